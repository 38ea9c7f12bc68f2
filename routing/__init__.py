"""Where a message goes: a pure function from an envelope and a table to destinations, with an explanation.

It imports the core (`gateway`) and nothing else of ours, reads no file and asks nobody, so that the same envelope and
the same table give the same routes on every machine and in every year.
"""
