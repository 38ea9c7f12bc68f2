"""Proof bundles: everything about one exchange or message that lets a stranger check, offline, what was exchanged, when and with whom.

- `collecting`   what belongs together: messages, receipts, entries, proofs, certificates, answers about revocation
- `binding`      it becomes one ASiC-E container, signed by the office
- `desk`         a person takes a bundle out, for a stated purpose; that is journalled
- `verifier`     the stand-alone verifier as one file
- `standalone`   the verifier itself, which imports nothing of ours; what both sides must write alike is there

The gateway imports the verifier, never the other way about.
"""
