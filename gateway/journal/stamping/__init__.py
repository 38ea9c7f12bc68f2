"""Time-stamps (RFC 3161) over the published log: somebody else says when a checkpoint existed, and all entries under it with it.

- `reasons`      why a stamp is refused: stable codes with their sentences
- `question`     what an authority is asked
- `tokens`       what an answer must be, checked to the last octet, and whose it is
- `shelf`        stamps as files beside the tiles
- `stamping`     asks the authorities, beside the traffic
- `probing`      whether an authority stamps as the settings say
- `examination`  every stamp against the log: `spoc journal fsck` and `verify`

**Which checkpoints are stamped.** One stamp proves every entry under its checkpoint, and a later checkpoint is over all earlier ones. So the newest
checkpoint is stamped, at a steady rhythm, and after an outage the newest one again: the checkpoints in between need no stamp of their own, since
none could be told an earlier time than that of the one stamp that is asked for now. Nothing is queued, and nothing has to be remembered.
"""
