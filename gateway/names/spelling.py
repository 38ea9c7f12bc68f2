"""Which names to ask a register by, and which rule joins the names of a record to those asked about.

The one idea: a register is asked by the name as it was written first; only when it finds nothing, by a few of the
likeliest other forms. What comes back is held against every name of the person, and the rule that joins them is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.names.compare import NameMatch, compare
from gateway.names.variants import FOLDED, spellings
from gateway.names.written import WrittenName, written
from gateway.subjects import Person, Subject

MAX_SPELLINGS: Final = 4
"""Forms of one person's name that a question carries: each may become a call, and each widens what is asked."""
MAX_NAMES_COMPARED: Final = 20
"""Names of one record that are held against those asked about."""


def whole_name(person: Person) -> str:
    """Given names, then family names, as one text."""
    return " ".join(" ".join((*person.given_names, *person.family_names)).split())


def spellings_of(subject: Subject) -> tuple[str, ...]:
    """Other forms of a person's name, the likeliest first; empty where the name has one form only.

    The order of the parts is known from the fields, and folded double letters are too weak a reason for another call.
    """
    if not isinstance(subject, Person) or not subject.family_names:
        return ()
    own = whole_name(subject)
    found: dict[str, None] = {}
    for name in _names(subject):
        for variant in spellings(name).forms:
            if not variant.pattern and variant.form != own.upper() and FOLDED not in variant.rule:
                found.setdefault(variant.form)
    return tuple(found)[:MAX_SPELLINGS]


def joined_by(subject: Subject, names: Iterable[str]) -> NameMatch | None:
    """The surest rule that joins the person to one of the names of a record."""
    if not isinstance(subject, Person):
        return None
    theirs = [written(name) for name in list(names)[:MAX_NAMES_COMPARED]]
    found = (compare(ours, each) for ours in _names(subject) for each in theirs)
    return min((match for match in found if match), key=lambda match: match.rank, default=None)


def rule_joining(subject: object, found: Subject | None) -> str:
    """In words, which rule joins a person that was asked about to one that was found; empty for anything else or where none does."""
    if not isinstance(subject, Person) or not isinstance(found, Person):
        return ""
    given = " ".join(found.given_names)
    rule = joined_by(
        subject, (whole_name(found), *(f"{given} {alias}".strip() for alias in found.aliases), *found.aliases)
    )
    return str(rule) if rule else ""


def _names(person: Person) -> Iterator[WrittenName]:
    """The name in its fields, then in its original script."""
    own = whole_name(person)
    if own:
        yield written(own)
    yield from (name for name in person.written_names if name.text != own)
