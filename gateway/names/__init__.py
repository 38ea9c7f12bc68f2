"""Names of people in the scripts of Europe as pure functions. The one idea: what a person is called is what was
written; a form in capital ASCII is only a way to find it, and always says which table made it and what it lost.

- `tables/`   the conversions as data: `tables.toml` lists them, one CSV file each
- `table`     reads the tables, strictly, every fault at once
- `letters`   what Unicode says: scripts, hidden characters, dashes and apostrophes
- `convert`   one text by given tables, letter for letter
- `written`   a name with its script, its language, its form, its tables and remarks on what was lost
- `variants`  every form a name may have been written in, each with the rule that made it
- `compare`   whether two names may be the same, and which rule says so
- `spelling`  which names to ask a register by, and which rule joins the names of a record to those asked about

No form replaces an original, and a letter without a row is never guessed.
"""
