"""The formats: what a message looks like, and what must hold in it.

A format recognises, decodes, checks and encodes one kind of message. It imports the core (`gateway`) and nothing else
of ours, so each one can be replaced without touching the rest.

- `xsd/`       the header and the neutral types that all families share
- `sirene/`, `interpol/`, `europol/`   one family each: its own `xsd/`, its `forms/`, and beside them as facts its
  vocabulary, rules with citations, clocks and dialogues

To add a form: one XSD, one file in `forms/`, one sample in the corpus.

To add an older version of a family: `versions.toml` (which versions there are, on which days) and `conversions/N-to-M.toml`
(what version N says that M cannot). `make schemas` writes `xsd/vM/` from it, and forms are converted by it (`conversion.py`).
"""
