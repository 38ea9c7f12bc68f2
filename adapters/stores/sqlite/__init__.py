"""The ledger in one SQLite file: durable with nothing but Python.

`ledger` is the door; `writer` the one thread that writes, many waiting requests in one durable commit; `writes` what a
request does to the tables; `reads` the questions; `search` finds envelopes; `schema` the tables and their versions;
`owner` keeps a second gateway out.
"""
