"""Legal time limits as pure functions. The one idea: a clock is what its events and a calendar make it at a moment.

- `limit`       how long: hours, days, working days, months, years; and when such a limit ends
- `calendar`    which days are working days, and in which legal time, where the bound authority sits
- `definition`  one row of law: what starts it, stops it, pauses it, who owes what, by which source
- `happening`   what took place and when, in the words that definitions use
- `state`       the answer: waiting, running, paused, stopped, breached or expired, with the due time
- `walk`        how a run of a clock comes out of its happenings, step by step
- `table`       reads a family's `clocks.toml`, strictly, every fault at once

Nothing here asks for the time, sleeps or keeps anything: the same happenings give the same state, whoever asks and when.
"""
