"""Our words into those of POLSAS and back (national systems dossier, section 3.3, CA-02).

The one idea: the role decides what may be done with the record of a person. Who comes in a role that POLSAS lacks
is not filed under another one: the document says it, and an officer decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from adapters.rest.identifiers import full_date, normalised, plate, substitute_number
from gateway.identity import Digest
from gateway.questions import CaseRequest, Context
from gateway.subjects import Person, Subject, Vehicle

ROLES: Final = {
    # ours and the families': theirs (roles of the dossier, section 1.9)
    "": "SUBJECT",
    "SUBJECT": "SUBJECT",
    "MISSING": "SUBJECT",
    "CRIMINAL-HISTORY": "SUBJECT",
    "POTENTIAL_OFFENDER": "SUBJECT",
    "UNABLE-TO-IDENTIFY": "SUBJECT",
    "DECEASED": "SUBJECT",
    "DECEASED-UNIDENTIFIED": "SUBJECT",
    "UNIDENTIFIED_BODY": "SUBJECT",
    "SUSPECT": "SUSPECT",
    "CHARGED": "CHARGED",
    "CONVICTED": "CONVICTED",
    "WITNESS": "WITNESS",
    "VICTIM": "VICTIM",
    "REPORTER": "REPORTER",
    "FINED": "FINED",
    "PERMIT_HOLDER": "PERMIT_HOLDER",
    "HOLDER": "HOLDER",
    "OWNER": "HOLDER",
}
MAX_TITLE: Final = 200
MAX_NAME: Final = 200
MEDIA_TYPE: Final = "application/xml"
_REFERENCE: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-]{0,63}")


def opening(request: CaseRequest) -> dict[str, Any]:
    """The body that opens a case, without its context. The title is neutral, and no other free text is sent."""
    return {
        "sourceMessage": request.idempotency_key,
        "title": request.title[:MAX_TITLE],
        "persons": [found for subject in request.subjects if (found := _person(subject))],
        "plates": list(dict.fromkeys(_plates(request.subjects))),
    }


def filing(document: tuple[str, Digest], request: CaseRequest) -> dict[str, Any]:
    """The body that writes one document: message and digest, by which it is there once. The bytes stay with us."""
    message_id, sha256 = document
    return {
        "sourceMessage": message_id,
        "sha256": sha256,
        "mediaType": MEDIA_TYPE,
        "title": request.title[:MAX_TITLE],
        "handling": list(request.handling),
    }


def proof_context(key: str, at: datetime, office: str, legal_basis: str) -> Context:
    """The context of a search for our own case. The time makes the request new: it asks what is there now."""
    return Context(
        correlation_id=key,
        request_id=f"{key}/find/{at.isoformat()}",
        purpose="INVESTIGATE",
        legal_basis=legal_basis,
        case_reference=key,
        requester="gateway",
        on_behalf_of=office,
        channel_origin="NATIONAL",
    )


def case_number(text: object) -> str:
    """A journal number as it can stand in a path; empty for anything else. Its exact shape is unverified."""
    return text if isinstance(text, str) and _REFERENCE.fullmatch(text) else ""


def _plates(subjects: Sequence[Subject]) -> Iterator[str]:
    for subject in subjects:
        if isinstance(subject, Vehicle) and (letters := plate(subject.registration_number)):
            yield letters


def _person(subject: Subject) -> dict[str, Any] | None:
    if not isinstance(subject, Person) or subject.role.upper() not in ROLES:
        return None
    return {
        "role": ROLES[subject.role.upper()],
        "names": _names(subject),
        "birthDate": full_date(subject.date_of_birth),
        "identifier": _identifier(subject),
    }


def _names(person: Person) -> list[str]:
    """The name, then each original in its own script and the capital letters that it is searched by."""
    parts = [name for part in (person.given_names, person.family_names) if (name := " ".join(part))]
    found = [" ".join(parts)]
    for written in person.written_names:
        found += [written.text, *([written.converted] if written.complete else [])]
    return list(dict.fromkeys(each[:MAX_NAME] for each in found if each))


def _identifier(person: Person) -> dict[str, str] | None:
    """CPR or substitute number; without one POLSAS draws a substitute number that is never used again."""
    for identifier in person.identifiers:
        kind = identifier.kind.upper()
        read = {"CPR": normalised, "ENR": substitute_number}.get(kind)
        if read and (value := read(identifier.value)):
            return {"kind": kind, "value": value}
    return None
