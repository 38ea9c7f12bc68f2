"""A form of the family in the words that rules and drafts need: entities with their marks, conditions, offices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from gateway.form import Field, Form
from gateway.names.written import written_beside
from gateway.subjects import Document, Identifier, Person, Subject, Thing, Vehicle
from schemas.europol import vocabulary as words

STATE_CODE_LENGTH: Final = 2
"""ISO 3166-1 alpha-2; an organisation has a longer name."""
ENTITIES: Final = ("Person", "Vehicle", "Document", "Object")


def form_name(form: Form) -> str:
    """`Request`, `Reply` or `Information`."""
    return form.format.partition("/")[2].partition("@")[0]


def entities(form: Form) -> Iterator[Field]:
    """Every person, vehicle, document and object of the body."""
    return (field for field in form.fields if field.name in ENTITIES)


def where(entity: Field) -> str:
    """How a finding names an entity: by its local name, never by what it says."""
    return f"{entity.name}[{entity.attribute('id')}]"


def true(field: Field | None, attribute: str) -> bool:
    """Whether a boolean attribute says true."""
    return field is not None and field.attribute(attribute).strip() in ("true", "1")


def handling_codes(form: Form) -> set[str]:
    """The handling codes of the header."""
    return {condition.code for condition in form.header.handling}


def evaluation(form: Form) -> str:
    """The evaluation of the message as `B2`; empty when there is none."""
    found = form.first("Evaluation")
    return found.attribute("source") + found.attribute("information") if found else ""


def evaluations(form: Form) -> Iterator[tuple[str, str]]:
    """Every evaluation that is written in the form, with its place."""
    if form.first("Evaluation"):
        yield "Evaluation", evaluation(form)
    for field in form.fields:
        mark = field.attribute("evaluation")
        if mark:
            yield f"{field.name}[{field.attribute('id') or field.attribute('asked')}]", mark


def evaluation_is_known(mark: str) -> bool:
    """Whether the mark is `^[ABCX][1-4]$`."""
    return len(mark) == 2 and mark[0] in words.SOURCE_EVALUATIONS and mark[1] in words.INFORMATION_EVALUATIONS


def state_of(party: str) -> str:
    """`XB` of `enu:XB`."""
    return party.partition(":")[2]


def role_of(party: str) -> str:
    """`enu` of `enu:XB`."""
    return party.partition(":")[0]


def recipients(form: Form) -> tuple[str, ...]:
    """Every office that gets the message."""
    return form.header.to + form.header.info


def goes_to_europol(form: Form) -> bool:
    """Whether Europol is an addressee or gets a copy."""
    copy = form.first("CopyToEuropol")
    return any(role_of(party) == words.EUROPOL_ROLE for party in recipients(form)) or (
        copy is not None and copy.attribute("decision") == "YES"
    )


def consents(form: Form, scope: str, owner: str = "") -> list[Field]:
    """The consents of this scope, those of the owning state only where the owner is a state."""
    return [
        consent
        for consent in form.named("Consent")
        if consent.attribute("scope") == scope
        and (len(owner) != STATE_CODE_LENGTH or state_of(consent.attribute("provider")) == owner)
    ]


def consented(form: Form, scope: str, owner: str = "") -> set[str]:
    """The offices that a consent of this scope names."""
    return {
        recipient.value.strip()
        for consent in consents(form, scope, owner)
        for recipient in consent.all("ConsentRecipient")
    }


def subjects(form: Form) -> tuple[Subject, ...]:
    """What the message is about, in the gateway's neutral words."""
    readers: dict[str, Callable[[Field], Subject]] = {
        "Person": _person,
        "Vehicle": _vehicle,
        "Document": _document,
        "Object": _thing,
    }
    return tuple(readers[entity.name](entity) for entity in entities(form))


def _texts(field: Field, name: str) -> tuple[str, ...]:
    return tuple(child.value for child in field.all(name))


def _person(field: Field) -> Person:
    return Person(
        family_names=_texts(field, "FamilyName"),
        given_names=_texts(field, "GivenName"),
        date_of_birth=field.text("DateOfBirth"),
        sex=field.text("Sex"),
        nationalities=_texts(field, "Nationality"),
        identifiers=tuple(
            Identifier(kind=found.attribute("kind"), value=found.value, country=found.attribute("country"))
            for found in field.all("Identifier")
        ),
        aliases=_texts(field, "Alias") + _texts(field, "NameAtBirth") + _texts(field, "FullName"),
        role=field.attribute("subjectCategory"),
        minor=true(field, "minor"),
        written_names=written_beside(
            " ".join((*_texts(field, "GivenName"), *_texts(field, "FamilyName"))),
            ((each.value.strip(), each.attribute("language")) for each in field.all("OriginalScriptName")),
        ),
    )


def _vehicle(field: Field) -> Vehicle:
    return Vehicle(
        registration_number=field.text("RegistrationNumber"),
        registration_country=field.text("RegistrationCountry"),
        vin=field.text("Vin"),
        engine_number=field.text("EngineNumber"),
        make=field.text("Make"),
        model=field.text("Model"),
        colour=field.text("Colour"),
        kind=field.text("Kind"),
    )


def _document(field: Field) -> Document:
    return Document(
        kind=field.text("Kind"),
        number=field.text("Number"),
        issuing_country=field.text("IssuingCountry"),
        status=field.text("Status"),
    )


def _thing(field: Field) -> Thing:
    description = field.text("Description")
    return Thing(
        kind=field.text("Kind"),
        serial_number=field.text("SerialNumber"),
        details=(("description", description),) if description else (),
    )
