"""The ledger in PostgreSQL: several gateways on several machines share one journal.

`ledger` is the door; `writer` groups what is waiting; `writes` reads what a group needs and writes what was decided;
`reads` and `search` are the questions; `schema` the tables and their versions; `faults` tells whose fault an error is.
"""
