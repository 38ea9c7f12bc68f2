"""Exchanges under way: what the ledger keeps of each, whether a new message fits, and the watch over its legal clocks.

- `matter`    what a list shows of one exchange, and when somebody must look at it again
- `joining`   to which exchange a message belongs
- `reading`   an exchange with its standing and its clocks at a moment: the one place where they are put together
- `running`   the runs of legal clocks in an exchange, and what each asks to be written once and for all
- `fitting`   whether a message fits its exchange: advance, hold with the explanation, refuse
- `watch`     the background task that looks at every exchange when its time has come

The one idea: an exchange is its steps and what was recorded for it. Everything else is computed when somebody asks, so
the row of a matter may be thrown away and made anew.
"""
