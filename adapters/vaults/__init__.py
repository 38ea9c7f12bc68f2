"""Vaults: where wrapped content keys live, apart from the ledger. Each keeps the whole contract of `gateway.vault.port.Vault`.

- `files/`     the embedded default: a folder of blocks beside the ledger, each key overwritten in its place when it is destroyed
- `postgres/`  several gateways on several machines
- `memory/`    nothing is kept; for tests and for reading the contract as plain Python
"""
