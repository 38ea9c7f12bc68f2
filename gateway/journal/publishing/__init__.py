"""The journal published as a log that outsiders can check: tiles and signed checkpoints, made while traffic goes on.

- `head`            what the ledger keeps: the last checkpoint, and by which lease the next one may be made
- `doubt`           why the log is not continued: what was found, and where
- `folder`          tiles and checkpoint as files, each written whole and at once
- `growth`          the right edge of the tree, taken up from its tiles and held against the last checkpoint
- `keys`            the keys of the log and of our witness
- `integrator`      the one writer: reads new entries, writes tiles, signs, publishes; refuses when in doubt
- `proving`         proofs for anybody who asks
- `examination`     everything against everything: `spoc journal fsck`
- `verification`    the short check of the last checkpoint; `rebuilding` writes tiles again that were lost
- `witnessing`      asks witnesses to countersign, beside the traffic
- `countersigning`  our own witness for the logs of others
- `log`             all of them as the gateway holds them; `files` puts a small file in its place
"""
