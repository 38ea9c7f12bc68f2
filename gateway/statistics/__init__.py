"""Figures that the law asks for, counted from the journal and from nothing else.

- `figure`   one figure as a family declares it: which entries count, by what they are grouped, who must get it
- `table`    reads a family's `statistics.toml`, strictly, every fault at once
- `tally`    counts: a pure walk over entries; every number keeps the list of entries behind it
- `drawing`  the same numbers as CSV and as a chart

The one idea: entries hold the facts of a form and never its content, so a figure of any past period can be counted again
after the content has been destroyed, and whoever doubts a number opens the list behind it.
"""
