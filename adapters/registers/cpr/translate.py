"""Our words into the keys of CPR (national systems dossier, section 3.3, NR-01).

The one idea: the number alone, or the name with the full date of birth; never a name alone, never more than is needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.registers.contract import Keys
from adapters.rest.identifiers import full_date, normalised
from gateway.subjects import Person, Subject

MAX_NAME = 200


def searches(subject: Subject) -> Sequence[Keys]:
    """The one search for a person, or none."""
    if not isinstance(subject, Person):
        return ()
    numbers = (normalised(each.value) for each in subject.identifiers if each.kind.upper() == "CPR")
    number = next((found for found in numbers if found), None)
    if number:
        return ({"cpr": number},)
    name = " ".join(" ".join((*subject.given_names, *subject.family_names)).split())
    born = full_date(subject.date_of_birth)
    if not subject.family_names or not born or len(name) > MAX_NAME:
        return ()
    return ({"name": name, "birthDate": born},)


def new_record(reference: object) -> str:
    """The path of the record that replaces an annulled number; empty when the reference is none."""
    if isinstance(reference, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-]{0,63}", reference):
        return f"/cpr/persons/{reference}"
    return ""
