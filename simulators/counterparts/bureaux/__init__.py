"""What makes a foreign office a SIRENE bureau: which states there are, and what a bureau can make a habit of.

| file | what it keeps |
| --- | --- |
| `states.toml`, `states.py` | the 31 states that use SIS, a former one, and fictitious ones |
| `habits.toml`, `habits.py` | named habits, all invented: late, strict, silent at night … |
| `replies.toml`, `replies.py` | which form is answered with which, and how the answer is written |
| `older.toml`, `older.py` | the layout of 2015, which some may still speak |
| `strict.toml`, `strict.py` | what a strict bureau refuses |
| `bureau.py` | the bureau itself: an office with mailboxes, habits and answers |
| `hosting.py` | many bureaux in one process, on one clock |
"""
