"""The family's fields in the gateway's neutral words."""

from collections.abc import Callable

from gateway.form import Field, Form
from gateway.names.written import written_beside
from gateway.subjects import Document, Identifier, Person, Subject, Thing, Vehicle
from schemas.interpol import identifiers


def document(field: Field) -> Document:
    """A document; its number as compared, or as sent where it cannot be one."""
    number = field.text("Number").strip()
    return Document(
        kind=field.text("Kind").strip(),
        number=identifiers.document_number(number) or number,
        issuing_country=field.text("IssuingCountry"),
        status=field.text("Status").strip(),
    )


def vehicle(field: Field) -> Vehicle:
    """A vehicle; VIN and plate as compared."""
    return Vehicle(
        registration_number=identifiers.plate(field.text("RegistrationNumber").strip()),
        registration_country=field.text("RegistrationCountry"),
        vin=identifiers.compact(field.text("Vin").strip()),
        engine_number=field.text("EngineNumber").strip(),
        make=field.text("Make").strip(),
        model=field.text("Model").strip(),
        colour=field.text("Colour").strip(),
        kind=field.text("Kind").strip(),
    )


def person(field: Field) -> Person:
    """A person; the role is the status code that the source gave."""
    return Person(
        family_names=_texts(field, "FamilyName"),
        given_names=_texts(field, "GivenName"),
        date_of_birth=field.text("DateOfBirth"),
        sex=field.text("Sex"),
        nationalities=_texts(field, "Nationality"),
        identifiers=tuple(
            Identifier(kind=found.attribute("kind"), value=found.value.strip(), country=found.attribute("country"))
            for found in field.all("Identifier")
        ),
        aliases=_texts(field, "Alias"),
        role=field.attribute("role"),
        minor=field.attribute("minor") in ("true", "1"),
        written_names=written_beside(
            " ".join((*_texts(field, "GivenName"), *_texts(field, "FamilyName"))),
            ((each.value.strip(), each.attribute("language")) for each in field.all("OriginalScriptName")),
        ),
    )


def thing(field: Field) -> Thing:
    """Any other object."""
    described = field.text("Description")
    return Thing(
        kind=field.text("Kind").strip(),
        serial_number=field.text("SerialNumber").strip(),
        details=(("description", described),) if described else (),
    )


def _texts(field: Field, name: str) -> tuple[str, ...]:
    return tuple(found.value.strip() for found in field.all(name))


_WORDS: dict[str, Callable[[Field], Subject]] = {
    "Document": document,
    "Vehicle": vehicle,
    "Person": person,
    "Object": thing,
}


def of(form: Form) -> tuple[Subject, ...]:
    """Every subject at the top of the body or in a record, in order, each once."""
    places = (child for field in form.fields for child in (field, *(field.children if field.name == "Record" else ())))
    return tuple(dict.fromkeys(_WORDS[field.name](field) for field in places if field.name in _WORDS))
