"""XML signatures: our own keys, signing, and the strict verification of what partners signed.

| file | what it keeps |
| --- | --- |
| `keys.py` | our own signing keys, loaded once, one per party |
| `sign.py` | `XadesSigner`: XAdES baseline-B, enveloped |
| `shape.py` | what a signature may look like, as closed lists; looked at before anything is computed |
| `trust.py` | which certificate may sign for a partner |
| `verify.py` | `StrictVerifier`: shape, trust, value, coverage, in this order |
| `grammar.py` | which parts a signature may have, one row per element |
| `properties.py` | the signed XAdES properties |
| `reasons.py` | every refusal with the sentence that the sender reads |
| `authority.py` | a small test authority for a first set-up |
"""
