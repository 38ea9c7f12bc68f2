"""What a message is about, in the gateway's own neutral words.

Formats translate their fields into these words and registers translate these words into their queries, so that
formats times registers becomes formats plus registers. A subject says only what the message said.
"""

from msgspec import Struct

from gateway.names.written import WrittenName


class Identifier(Struct, frozen=True, kw_only=True):
    """A number that a state gave to a person; `kind` is `CPR`, `ENR`, `PASSPORT` or what the sender wrote."""

    kind: str
    value: str
    country: str = ""


class Person(Struct, frozen=True, kw_only=True, tag="person"):
    """A natural person. Dates are ISO 8601, partial where parts are unknown (`1970`, `1970-01`)."""

    family_names: tuple[str, ...] = ()
    given_names: tuple[str, ...] = ()
    date_of_birth: str = ""
    sex: str = ""
    nationalities: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    aliases: tuple[str, ...] = ()
    role: str = ""
    minor: bool = False
    written_names: tuple[WrittenName, ...] = ()
    """Names with script, language and converted form, where the sender gave an original or letters beyond ASCII."""


class Vehicle(Struct, frozen=True, kw_only=True, tag="vehicle"):
    """A road vehicle or a loose number plate."""

    registration_number: str = ""
    registration_country: str = ""
    vin: str = ""
    engine_number: str = ""
    make: str = ""
    model: str = ""
    colour: str = ""
    kind: str = ""


class Document(Struct, frozen=True, kw_only=True, tag="document"):
    """An identity or travel document, issued or blank."""

    kind: str = ""
    number: str = ""
    issuing_country: str = ""
    status: str = ""


class Thing(Struct, frozen=True, kw_only=True, tag="thing"):
    """Any other object: firearm, boat, aircraft, banknote, industrial equipment."""

    kind: str = ""
    serial_number: str = ""
    details: tuple[tuple[str, str], ...] = ()
    """Further identifying values as name and value."""

    def detail(self, name: str) -> str:
        """One of the details, however its name is written (`IcaoRegistration`, `icao_registration`); or an empty text."""
        wanted = _plain(name)
        return next((value for each, value in self.details if _plain(each) == wanted), "")


Subject = Person | Vehicle | Document | Thing
SUBJECT_KINDS = ("person", "vehicle", "document", "thing")


def said(subject: Subject, name: str) -> str:
    """What a subject says under a name: one of its own fields or, for a thing, a detail; empty where it says nothing."""
    if isinstance(subject, Thing) and name not in subject.__struct_fields__:
        return subject.detail(name)
    return str(getattr(subject, name, ""))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def kind_of(subject: Subject) -> str:
    """The word for the subject used in routing tables and by registers: one of `SUBJECT_KINDS`."""
    return str(subject.__struct_config__.tag)
