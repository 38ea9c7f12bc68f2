"""Nothing is missing: running numbers, and daily sheets that two offices hold against each other.

- `series.py`    what is kept of a number: given, signed, come, missed, settled; rows are added and never changed
- `giving.py`    the next number of a series, without a gap
- `sheets.py`    what a daily sheet says, in the core's words, and its digest
- `composing.py` our sheet of a day from what is kept
- `comparing.py` their sheet held against what is kept
- `watch.py`     looks for numbers that do not come, and sends the sheets when a day has ended
- `desk.py`      lists, differences, and settling them by a person
"""
