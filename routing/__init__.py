"""Where a message goes: a pure function from an envelope and a table to destinations, with an explanation.

It imports the core (`gateway`) and nothing else of ours, reads no file and asks nobody, so that the same envelope and
the same table give the same routes on every machine and in every year.

- `table.py`       rows, and every reason to refuse a table; `read_table(text, file=…, known=…)`
- `reading.py`     what `when` and `do` may say; `lines.py` knows where it stands
- `conditions.py`  what a row may ask of an envelope
- `decide.py`      `TableRouter`, the port `Router`
- `explain.py`     a decision as lines for a person
"""
