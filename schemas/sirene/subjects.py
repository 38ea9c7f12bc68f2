"""What a SIRENE form is about, in the gateway's own words: the subject of the alert first, then others who were met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.form import Field, Form
from gateway.names.written import WrittenName, written_beside
from gateway.subjects import Document, Identifier, Person, Subject, Thing, Vehicle
from schemas.sirene.articles import CHILDREN, rests_on
from schemas.sirene.markers import MarkerKind, marked

SUBJECT_ROLE: Final = "SUBJECT"
ADULT_AT: Final = 18


def subjects(form: Form) -> tuple[Subject, ...]:
    """Every person and object of the form, in its order."""
    minor = marked(form, MarkerKind.MINOR, MarkerKind.UNACCOMPANIED_MINOR)
    return tuple(_read(field, minor) for field in form.fields if field.name == "Person" or field.name in _OBJECTS)


def about_child(form: Form) -> bool:
    """Whether the subject is a child for certain: by the article of the alert, or by the date of birth on the day of sending."""
    persons = [person for person in form.named("Person") if person.attribute("role", SUBJECT_ROLE) == SUBJECT_ROLE]
    return rests_on(form, CHILDREN) or any(_is_child(_text(each, "DateOfBirth"), form.header.sent) for each in persons)


def _is_child(born: str, at: datetime) -> bool:
    """Whether somebody born then is a child for certain; a partial date gets the benefit of the doubt."""
    year, month, day = (*(int(part) for part in born.split("-") if part.isdecimal()), 0, 0, 0)[:3]
    if not year or year > at.year:
        return False
    return (at.year - year, at.month, at.day) < (ADULT_AT, month or 1, day or 1)


def _read(field: Field, minor: bool) -> Subject:
    return _person(field, minor) if field.name == "Person" else _OBJECTS[field.name](field)


def _texts(field: Field, *names: str) -> tuple[str, ...]:
    return tuple(child.value.strip() for name in names for child in field.all(name) if child.value.strip())


def _text(field: Field, name: str) -> str:
    return field.text(name).strip()


def _person(field: Field, minor: bool) -> Person:
    role = field.attribute("role", SUBJECT_ROLE)
    return Person(
        family_names=_texts(field, "Surname"),
        given_names=_texts(field, "Forename"),
        date_of_birth=_text(field, "DateOfBirth"),
        sex=_text(field, "Sex"),
        nationalities=_texts(field, "Nationality"),
        identifiers=tuple(
            Identifier(kind=each.attribute("kind"), value=each.value.strip(), country=each.attribute("country"))
            for each in field.all("NationalNumber")
        ),
        aliases=_texts(field, "Alias", "NameAtBirth", "PreviousName", "OriginalScriptName"),
        role=role,
        minor=minor and role == SUBJECT_ROLE,
        written_names=_written(field),
    )


def _written(field: Field) -> tuple[WrittenName, ...]:
    latin = " ".join((*_texts(field, "Forename"), *_texts(field, "Surname")))
    originals = ((each.value.strip(), each.attribute("language")) for each in field.all("OriginalScriptName"))
    return written_beside(latin, originals)


def _vehicle(field: Field) -> Vehicle:
    return Vehicle(
        registration_number=_text(field, "RegistrationNumber"),
        registration_country=_text(field, "RegistrationCountry"),
        vin=_text(field, "Vin"),
        make=_text(field, "Make"),
        model=_text(field, "Model"),
        colour=_text(field, "Colour"),
        kind=_text(field, "VehicleKind"),
    )


def _document(field: Field) -> Document:
    return Document(
        kind=_text(field, "DocumentCategory"),
        number=_text(field, "DocumentNumber"),
        issuing_country=_text(field, "IssuingCountry"),
    )


def _thing(kind: str, serial: str) -> Callable[[Field], Thing]:
    """A reader of objects whose kind is fixed and whose serial number stands in the named element."""

    def read(field: Field) -> Thing:
        return Thing(
            kind=_text(field, "ObjectCategory") or kind,
            serial_number=_text(field, serial),
            details=tuple(
                (child.name, child.value.strip())
                for child in field.children
                if child.name not in (serial, "ObjectCategory")
            ),
        )

    return read


_OBJECTS: Final[dict[str, Callable[[Field], Subject]]] = {
    "Vehicle": _vehicle,
    "Document": _document,
    "Aircraft": _thing("AIRCRAFT", "AircraftSerialNumber"),
    "Firearm": _thing("FIREARM", "FirearmSerialNumber"),
    "Banknote": _thing("BANKNOTE", "BanknoteSerialNumber"),
    "OtherObject": _thing("", "ObjectSerialNumber"),
}
