"""The states that use SIS, and what some of them take no part in. Facts as data in `states.csv`; the address book of the
bureaux may add to them and never takes away.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from msgspec import Struct

from gateway.addressbook.book import Book, Speciality
from gateway.identity import PartyId


class State(Struct, frozen=True, kw_only=True):
    """One state."""

    code: str
    name: str
    takes_no_part: tuple[Speciality, ...]
    source: str
    confidence: str


@cache
def all_states() -> tuple[State, ...]:
    """Every state that uses SIS, by code."""
    rows = csv.DictReader((files("schemas.sirene") / "states.csv").read_text(encoding="utf-8").splitlines())
    return tuple(
        State(
            code=row["code"], name=row["name"], source=row["source"], confidence=row["confidence"],
            takes_no_part=tuple(
                Speciality(article=article, citation=row["source"], confidence=row["confidence"])
                for article in row["takes_no_part"].split(";")
                if article
            ),
        )
        for row in rows
    )  # fmt: skip


def specialities(party: PartyId, book: Book | None) -> tuple[Speciality, ...]:
    """Everything in which the state of a bureau takes no part: by law, and by the address book in force."""
    role, _, code = party.partition(":")
    known = next((each for each in all_states() if role == "sirene" and each.code == code), None)
    bureau = book.bureau(party) if book else None
    return (*(known.takes_no_part if known else ()), *(bureau.takes_no_part if bureau else ()))


def kept_from(party: PartyId, article: str, book: Book | None) -> Speciality | None:
    """Why a bureau never gets anything about an alert under this article, or None when it does."""
    return next((each for each in specialities(party, book) if article and each.covers(article)), None)
