"""Foreign offices: a SIRENE bureau, an INTERPOL national central bureau, the desk of Europol.

Each module says who the office is; all of them act with `simulators/office/`. `templates/` holds what they write.
"""
