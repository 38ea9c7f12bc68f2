"""The ledger in dictionaries: the contract as plain Python, for tests and for newcomers. It does not last."""
