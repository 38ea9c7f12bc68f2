"""Our words about alerts into those of N.SIS and back; pure, tested without a wire.

The one idea: the issuing state is what N.SIS says it is; a Schengen ID is passed on as it stands and never taken apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from adapters.alertsystems.nsis.documents import (
    AlertDocument,
    BiometricDocument,
    ChangeDocument,
    MisuseDocument,
    SubjectDocument,
)
from adapters.alertsystems.nsis.documents import Identifier as IdentifierDocument
from adapters.rest.identifiers import full_date
from gateway.alerts.commands import UpdateAlert
from gateway.alerts.words import (
    Alert,
    AlertChange,
    Biometric,
    BiometricKind,
    ChangeKind,
    Consent,
    Flag,
    MisusedIdentity,
    PrintReference,
    Sought,
    Status,
)
from gateway.identity import PartyId, party
from gateway.names.spelling import spellings_of
from gateway.subjects import Document, Identifier, Person, Subject, Thing, Vehicle

ROLE: Final = "sirene"
MAX_KEY: Final = 200
Keys = dict[str, str]


def bureau(state: str) -> PartyId:
    """The SIRENE bureau of a state; raises `ValueError` for no state."""
    return party(f"{ROLE}:{state}")


def state_of(bureau: PartyId) -> str:
    """The code of a bureau's state."""
    return bureau.partition(":")[2]


# --- searches


def searches(sought: Sought) -> Sequence[Keys]:
    """The searches for something, best first; none when it has no key that N.SIS answers to."""
    match sought:
        case PrintReference():
            found = [{"printReference": sought.reference}]
        case Person():
            found = _person_keys(sought)
        case Vehicle():
            found = _vehicle_keys(sought)
        case Document():
            found = (
                [{"documentNumber": _tidy(sought.number), "country": sought.issuing_country}] if sought.number else []
            )
        case Thing():
            found = _thing_keys(sought)
    kept = ({name: value for name, value in keys.items() if value} for keys in found)
    fitting = [keys for keys in kept if keys and all(len(value) <= MAX_KEY for value in keys.values())]
    return [keys for number, keys in enumerate(fitting) if keys not in fitting[:number]]


def _person_keys(person: Person) -> list[Keys]:
    """Each name with the full date of birth, never a name alone; then the likeliest forms that another state may have entered."""
    born = full_date(person.date_of_birth)
    if not born:
        return []
    given = " ".join(person.given_names)
    names = [" ".join(person.family_names), *person.aliases]
    asked = [" ".join(f"{given} {name}".split()) for name in names if name.strip()]
    return [{"name": name, "birthDate": born} for name in dict.fromkeys((*asked, *spellings_of(person)))]


def _vehicle_keys(vehicle: Vehicle) -> list[Keys]:
    found: list[Keys] = []
    if vehicle.vin:
        found.append({"vin": _tidy(vehicle.vin)})
    if vehicle.registration_number:
        found.append({"plate": vehicle.registration_number, "country": vehicle.registration_country})
    return found


def _thing_keys(thing: Thing) -> list[Keys]:
    """By each number it has. A BIC number is often written as the serial number of a container."""
    found = [{"serial": thing.serial_number.strip()}]
    found += [{key: thing.detail(name).strip()} for name, key in _DETAIL_KEYS.items()]
    if thing.kind.upper() == "CONTAINER":
        found.append({"bic": thing.serial_number.strip()})
    return found


_DETAIL_KEYS: Final = {"IcaoRegistration": "icaoRegistration", "ExternalId": "externalId", "BicNumber": "bic"}
"""Details that identify an object, and their names as keys."""


def _tidy(number: str) -> str:
    return "".join(number.split()).upper()


# --- out


def content_of(alert: Alert) -> dict[str, Any]:
    """What an alert says, for entering it."""
    return {
        "category": alert.category,
        "article": alert.article,
        "validUntil": _moment(alert.expires_at),
        "reviewOn": _moment(alert.review_at),
        **_content({name: getattr(alert, name) for name in _NAMES}),
    }


def changes_of(change: UpdateAlert) -> dict[str, Any]:
    """What an update changes, and nothing else."""
    return _content({name: value for name in _NAMES if (value := getattr(change, name)) is not UNSET})


_NAMES: Final = {
    "subject": "subject", "action": "action", "reason": "reason", "authority": "authority",
    "decision": "decisionReference", "particulars": "particulars", "biometrics": "biometrics",
    "report_at_once": "reportAtOnce", "remarks": "remarks",
}  # fmt: skip
"""Our names of the content and theirs."""


def _content(given: dict[str, Any]) -> dict[str, Any]:
    made = dict(given)
    if isinstance(made.get("subject"), Person | Vehicle | Document | Thing):
        made["subject"] = msgspec.to_builtins(subject_out(made["subject"]))
    if "particulars" in made:
        made["particulars"] = dict(made["particulars"])
    if "biometrics" in made:
        made["biometrics"] = [biometric_out(each) for each in made["biometrics"]]
    if "remarks" in made:
        made["remarks"] = list(made["remarks"])
    return {_NAMES[name]: value for name, value in made.items()}


def subject_out(subject: Subject) -> SubjectDocument:
    """A subject in their words."""
    match subject:
        case Person():
            return SubjectDocument(
                kind="PERSON", surnames=list(subject.family_names), forenames=list(subject.given_names),
                birth_date=subject.date_of_birth, sex=subject.sex, nationalities=list(subject.nationalities),
                identifiers=[IdentifierDocument(each.kind, each.value, each.country) for each in subject.identifiers],
                aliases=list(subject.aliases), minor=subject.minor,
            )  # fmt: skip
        case Vehicle():
            return SubjectDocument(
                kind="VEHICLE", vin=subject.vin, plate=subject.registration_number, country=subject.registration_country,
                engine_number=subject.engine_number, make=subject.make, model=subject.model, colour=subject.colour,
                vehicle_kind=subject.kind,
            )  # fmt: skip
        case Document():
            return SubjectDocument(
                kind="DOCUMENT", document_kind=subject.kind, number=subject.number,
                issuing_country=subject.issuing_country, status_text=subject.status,
            )  # fmt: skip
        case Thing():
            return SubjectDocument(
                kind="OBJECT", object_kind=subject.kind, serial=subject.serial_number, details=dict(subject.details)
            )


def biometric_out(biometric: Biometric) -> dict[str, Any]:
    """A set of biometrics in their words."""
    return {"kind": biometric.kind.value, "reference": biometric.reference, "count": biometric.count}


def misuse_out(identity: MisusedIdentity | None) -> dict[str, Any] | None:
    """The data of an innocent person in their words."""
    if identity is None:
        return None
    return {
        "aliasNumber": identity.alias_number,
        "content": dict(identity.content),
        "biometrics": [biometric_out(each) for each in identity.biometrics],
        "consents": [
            {
                "category": each.category,
                "givenOn": each.given_on.isoformat() if each.given_on else None,
                "withdrawnOn": each.withdrawn_on.isoformat() if each.withdrawn_on else None,
            }
            for each in identity.consents
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


# --- in


def alert_of(document: AlertDocument) -> Alert:
    """An alert in our words; raises `ValueError` for what ours do not have."""
    flags = tuple(
        Flag(state=bureau(each.state), since=each.since, reason=each.reason, requested_by=each.requested_by)
        for each in document.flags
    )
    return Alert(
        id=document.entry_id, issuer=bureau(document.issuing_state), category=document.category, article=document.article,
        subject=subject_of(document.subject) if document.subject else None, action=document.action, reason=document.reason,
        authority=document.authority, decision=document.decision_reference, particulars=tuple(document.particulars.items()),
        biometrics=tuple(biometric_of(each) for each in document.biometrics), report_at_once=document.report_at_once,
        entered_at=_aware(document.entered_on), expires_at=_aware(document.valid_until), review_at=_aware(document.review_on),
        links=tuple(document.links), flags=flags, remarks=tuple(document.remarks), hidden_until=_aware(document.hidden_until),
        misused_identity=misuse_of(document.misused_identity) if document.misused_identity else None,
        status=Status(document.status), deleted_at=_aware(document.deleted_on), version=document.version,
    )  # fmt: skip


def subject_of(document: SubjectDocument) -> Subject:
    """A subject in our words; raises `ValueError` for an unknown kind."""
    match document.kind:
        case "PERSON":
            return Person(
                family_names=tuple(document.surnames), given_names=tuple(document.forenames),
                date_of_birth=document.birth_date, sex=document.sex, nationalities=tuple(document.nationalities),
                identifiers=tuple(
                    Identifier(kind=each.kind, value=each.value, country=each.country) for each in document.identifiers
                ),
                aliases=tuple(document.aliases), minor=document.minor,
            )  # fmt: skip
        case "VEHICLE":
            return Vehicle(
                registration_number=document.plate, registration_country=document.country, vin=document.vin,
                engine_number=document.engine_number, make=document.make, model=document.model, colour=document.colour,
                kind=document.vehicle_kind,
            )  # fmt: skip
        case "DOCUMENT":
            return Document(
                kind=document.document_kind, number=document.number, issuing_country=document.issuing_country,
                status=document.status_text,
            )  # fmt: skip
        case "OBJECT":
            return Thing(
                kind=document.object_kind, serial_number=document.serial, details=tuple(document.details.items())
            )
    raise ValueError("an unknown kind of subject")


def biometric_of(document: BiometricDocument) -> Biometric:
    """A set of biometrics in our words."""
    return Biometric(kind=BiometricKind(document.kind), reference=document.reference, count=document.count)


def misuse_of(document: MisuseDocument) -> MisusedIdentity:
    """The data of an innocent person in our words."""
    return MisusedIdentity(
        alias_number=document.alias_number, content=tuple(document.content.items()),
        biometrics=tuple(biometric_of(each) for each in document.biometrics),
        consents=tuple(
            Consent(category=each.category, given_on=each.given_on, withdrawn_on=each.withdrawn_on)
            for each in document.consents
        ),
    )  # fmt: skip


def change_of(document: ChangeDocument) -> AlertChange:
    """A notice in our words; raises `ValueError` for what ours do not have."""
    at = _aware(document.at)
    assert at is not None
    return AlertChange(
        number=document.number, kind=ChangeKind(document.kind), alert=document.entry_id,
        issuer=bureau(document.issuing_state), category=document.category, article=document.article, at=at,
        expires_at=_aware(document.valid_until),
    )  # fmt: skip


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment
