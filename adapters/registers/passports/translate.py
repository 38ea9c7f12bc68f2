"""Our words into the keys of the passport register (national systems dossier, section 3.3, NR-09).

The one idea: the register holds passports of one state only. A passport of another state, or a card, may bear the same
number, so it is not asked about. A person is asked about by CPR number, else by name and full date of birth.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.registers.contract import Keys
from adapters.rest.identifiers import full_date, normalised, passport_number
from gateway.subjects import Document, Person, Subject

MAX_NAME = 200


def searches(subject: Subject, country: str = "") -> Sequence[Keys]:
    """The one search for a passport or its holder, or none. `country` is ours; empty asks about every state's."""
    if isinstance(subject, Document):
        return _document(subject, country)
    return _holder(subject, country) if isinstance(subject, Person) else ()


def _document(document: Document, country: str) -> Sequence[Keys]:
    kind = document.kind.strip().upper()
    is_passport = not kind or (kind.startswith("P") and "PERMIT" not in kind) or "PASSPORT" in kind
    is_ours = not country or document.issuing_country in ("", country)
    number = passport_number(document.number)
    return ({"passportNumber": number},) if is_passport and is_ours and number else ()


def _holder(person: Person, country: str) -> Sequence[Keys]:
    numbers = {each.kind.upper(): each for each in reversed(person.identifiers)}
    cpr = numbers.get("CPR")
    if cpr and (digits := normalised(cpr.value)):
        return ({"cpr": digits},)
    own = numbers.get("PASSPORT")
    if own and (not country or own.country in ("", country)) and (number := passport_number(own.value)):
        return ({"passportNumber": number},)
    name = " ".join(" ".join((*person.given_names, *person.family_names)).split())
    born = full_date(person.date_of_birth)
    if not person.family_names or not born or len(name) > MAX_NAME:
        return ()
    return ({"name": name, "birthDate": born},)
