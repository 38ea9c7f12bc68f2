"""What a form says that dialogues, clocks and figures look at: words of its family's closed list, never personal data.

The one idea: a form is read once, and what later parts need of it travels as these few words, so that the journal, the
standing of an exchange and the yearly figures can be computed for ever, also after the content has been destroyed.
"""

from __future__ import annotations

Facts = tuple[tuple[str, str], ...]
"""Name and value, sorted by name, each name once; empty values are left out."""

LETTER = "letter"
"""Every family names its kind of form by this fact."""


def fact(facts: Facts, name: str) -> str:
    """The value of one fact, or an empty text."""
    return next((value for key, value in facts if key == name), "")
