"""The vault in a dictionary: the contract as plain Python, for tests and for newcomers. It does not last."""
