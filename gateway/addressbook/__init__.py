"""The address book of the bureaux: where each can be reached, when it is down, what it takes no part in.

- `book`      the words: bureau, mailbox, alternative way, planned downtime, speciality
- `choosing`  which mailbox and which way a message takes: pure functions of the book, the form and the moment

The one idea: one signed, versioned file is the only source of addresses between bureaux (SIRENE Manual 1.11). Keys never
come from it: whom we believe stands in the partner file alone.
"""
