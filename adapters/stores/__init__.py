"""Stores: where envelopes and their journal live. Each keeps the whole contract of `gateway.ledger`.

- `sqlite/`    the embedded default: one file, one owner, many waiting writes in one durable commit
- `postgres/`  several gateways on several machines
- `memory/`    nothing is kept; for tests and for newcomers who want to read the contract as plain Python

What all of them say about an envelope in the same words stands in `columns`. What a write decides stands in `draft`;
SQLite decides the same in SQL, and a test holds the two against each other.
"""
