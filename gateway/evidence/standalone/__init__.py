"""The stand-alone verifier of proof bundles: a package that imports nothing of ours and asks no network.

It is written so that it can be copied out and read by itself: the standard library, `cryptography`, `lxml` and `asn1crypto`, and inside it relative
imports alone. `spoc evidence verifier` writes it as one file, and `spoc evidence verify` calls the very same code.

- `safe`         XML and JSON from strangers
- `words`        every check with what it proves and what it does not
- `report`       what was found, the verdict, the exit code
- `container`    the ZIP in its one spelling: written and read
- `manifest`     the list of members that is signed
- `notes`        checkpoints, countersignatures, Merkle proofs
- `certificates`, `cms`, `revocation`, `stamps`   whose signature it is, and whether it held then
- `forms`        the signature inside a form; `parcels` finds form and files in what came
- `log`          the checkpoints, who saw them and when
- `trust`        what is believed: it comes from outside the bundle, always
- `summary`, `story`, `messages`   what the bundle says it holds, held against the journal
- `timeline`     the page for people
- `examination`  all of it in order
"""
