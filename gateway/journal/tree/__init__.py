"""The journal as a Merkle tree, in plain functions: nothing here reads a file, a clock or a ledger.

- `hashing`      leaves and nodes (RFC 9162 section 2.1), and the peaks of a tree that grows
- `proofs`       inclusion and consistency: made from any source of hashes, verified from nothing but the proof
- `tiles`        the tree in files of 256 hashes, and entries in bundles (C2SP tlog-tiles)
- `leaves`       what of a journal entry is a leaf
- `notes`        signed texts and the keys that sign them (C2SP signed-note v1.0.0)
- `checkpoints`  size and root of a log in a signed text, and countersignatures (C2SP tlog-checkpoint, tlog-cosignature)
- `packets`      a proof with all that is needed to check it, in one text (C2SP tlog-proof)
"""
