"""Handling conditions and the confidentiality level, read from the header.

The level is a handling code, so it travels with every copy by the same rule as the conditions: never dropped, never
weakened.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from gateway.form import Condition, Header
from schemas.interpol.identifiers import country_of
from schemas.interpol.vocabulary import CONDITIONS, LEVELS

EXCLUDE: Final = "C6-EXCLUDE"
ONLY: Final = "C7-ONLY"
PURPOSE: Final = "C8-PURPOSE"
DESTROY_BY: Final = "C9-DESTROY-BY"
TEXT: Final = "C0-TEXT"
_ENFORCED: Final = frozenset({*LEVELS, EXCLUDE, ONLY, PURPOSE, DESTROY_BY})
"""Codes whose value a program acts on; they are never turned into words."""
MAX_CONDITIONS: Final = 16
"""What the header has room for."""
MAX_TEXT: Final = 2000


def levels(header: Header) -> list[str]:
    """The confidentiality levels that the message states."""
    return [condition.code for condition in header.handling if condition.code in LEVELS]


def confidentiality(header: Header) -> str:
    """The level that holds: the highest stated one, the lowest of all where none is stated."""
    return max(levels(header) or [LEVELS[0]], key=LEVELS.index)


def is_known(condition: Condition) -> bool:
    """Whether the family's list has the code."""
    return condition.code in CONDITIONS or condition.code in LEVELS


def countries(condition: Condition) -> frozenset[str] | None:
    """The countries that C6 or C7 names, or None when the text is no list of codes."""
    named = [part.strip().upper() for part in condition.text.split(",")]
    return (
        frozenset(named) if all(part.isascii() and part.isalpha() and 2 <= len(part) <= 12 for part in named) else None
    )


def shuts_out(condition: Condition, party: str) -> bool:
    """Whether the condition keeps the message from the office. A list that cannot be read shuts everybody out."""
    if condition.code not in (EXCLUDE, ONLY):
        return False
    named = countries(condition)
    if named is None:
        return True
    return (country_of(party) in named) is (condition.code == EXCLUDE)


def day(text: str) -> date | None:
    """The date that a text holds, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def joined(first: Iterable[Condition], further: Iterable[Condition]) -> tuple[Condition, ...] | None:
    """All conditions of both, each once, with a level; None when the header has no room for all of them.

    Where there are too many, the last place says the shortest ones in words.
    """
    union = list(dict.fromkeys([*first, *further]))
    if not any(condition.code in LEVELS for condition in union):
        union.insert(0, Condition(code=LEVELS[0]))
    if len(union) <= MAX_CONDITIONS:
        return tuple(union)
    kept = sorted(union, key=lambda condition: (condition.code not in _ENFORCED, -len(condition.text)))
    head, rest = kept[: MAX_CONDITIONS - 1], kept[MAX_CONDITIONS - 1 :]
    words = "; ".join(f"{condition.code} {condition.text}".strip() for condition in rest)
    if len(words) > MAX_TEXT or any(condition.code in _ENFORCED for condition in rest):
        return None
    return (*head, Condition(code=TEXT, text=words))
