"""Numbers and codes: documents, vehicles, files, countries, and characters that deceive."""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.interpol import identifiers
from schemas.interpol.vocabulary import HISTORIC_COUNTRIES, HISTORIC_ICAO, alpha2_of, is_current_country

IDENTIFIERS: Final = frozenset(
    {
        "ControlNumber",
        "EngineNumber",
        "EntityId",
        "FileNumber",
        "Identifier",
        "NationalReference",
        "Number",
        "QueryId",
        "RegistrationNumber",
        "RetryOf",
        "SerialNumber",
        "UserId",
        "Vin",
    }
)
_COUNTRIES: Final = frozenset(
    {"IssuingCountry", "RegistrationCountry", "OwnerCountry", "Nationality", "ExtraditionCountry"}
)


def documents(form: Form) -> Iterator[Field]:
    """Every document in the form, at any depth."""
    return (field for field in form.walk() if field.name == "Document")


def holders_of_vehicles(form: Form) -> Iterator[tuple[Field, bool]]:
    """Every vehicle in the form, with whether its VIN is declared old; the flag stands beside the vehicle."""
    top = Field(name="Body", children=form.fields)
    for parent in (top, *form.walk()):
        old = parent.text("OldVin").strip() in ("true", "1")
        yield from ((vehicle, old) for vehicle in parent.all("Vehicle"))


def _document_numbers(form: Form, _: Occasion) -> Iterable[Problem]:
    if any(identifiers.document_number(document.text("Number")) is None for document in documents(form)):
        yield "A document number is empty, longer than 24 characters, or holds more than letters A to Z and digits."


def _vins(form: Form, _: Occasion) -> Iterable[Problem]:
    for vehicle, old in holders_of_vehicles(form):
        if vehicle.child("Vin") and identifiers.vin(vehicle.text("Vin"), old=old) is None:
            yield "A VIN does not have 17 characters of A-H, J-N, P, R-Z and 0-9."


def _check_digits(form: Form, _: Occasion) -> Iterable[Problem]:
    for vehicle, old in holders_of_vehicles(form):
        if not old and identifiers.has_wrong_check_digit(identifiers.compact(vehicle.text("Vin"))):
            yield "The check digit of a North American VIN is wrong; it may have been misread."


def _file_numbers(form: Form, _: Occasion) -> Iterable[Problem]:
    for field in form.walk():
        if field.name in ("EntityId", "FileNumber") and not identifiers.FILE_NUMBER.fullmatch(field.value.strip()):
            yield field.name, "An INTERPOL file number is not a year, a slash and up to six digits."


def _control_numbers(form: Form, _: Occasion) -> Iterable[Problem]:
    for field in form.walk():
        if field.name == "ControlNumber" and not identifiers.CONTROL_NUMBER.fullmatch(field.value.strip()):
            yield "A control number is not a letter, a number, a month and a year as in A-1251/2-2011."


def _country_codes(form: Form, _: Occasion) -> Iterable[Problem]:
    top = Field(name="Body", children=form.fields)
    for field in (top, *form.walk()):
        if field.name in _COUNTRIES and field.value != "ALL" and not is_current_country(field.value):
            old = field.value in HISTORIC_COUNTRIES
            yield field.name, "A country code is historic." if old else "A country code is unknown."
        printed, document = field.text("IssuingCountryIcao"), field.child("Document")
        if printed and document:
            yield from _printed_code(printed, document.text("IssuingCountry"))


def _printed_code(printed: str, alpha2: str) -> Iterable[Problem]:
    meant = alpha2_of(printed)
    if printed in HISTORIC_ICAO or meant is None:
        yield "IssuingCountryIcao", "The issuing country as printed is historic or unknown."
    elif meant and meant != alpha2:
        yield "IssuingCountryIcao", "The issuing country as printed and its two-letter code are two countries."


def _nothing_deceives(form: Form, _: Occasion) -> Iterable[Problem]:
    header = form.header
    for reference in (header.our_reference, header.case_reference, *header.your_references):
        if identifiers.deceives(reference):
            yield "Header", "A reference holds characters that deceive the eye."
    for field in form.walk():
        if field.name in IDENTIFIERS and identifiers.deceives(field.value):
            yield field.name, "An identifier holds control characters, direction marks or letters of several alphabets."


NUMBER_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-034",
        severity=Severity.ERROR,
        check=_document_numbers,
        field="Document/Number",
        text="A document number has 1 to 24 letters A to Z and digits; spaces and hyphens do not count.",
        citation="IPV-034, number handling 3.3",
        confidence="proposal",
        remedy="Write the number as in the machine-readable zone, without filler characters.",
    ),
    Rule(
        id="IPV-035",
        severity=Severity.ERROR,
        check=_vins,
        field="Vehicle/Vin",
        text="A VIN has 17 characters without I, O and Q.",
        citation="IPV-035, ISO 3779",
        confidence="unverified",
        remedy="Read the VIN again; for a vehicle older than the standard set OldVin to true.",
    ),
    Rule(
        id="IPV-041",
        severity=Severity.ERROR,
        check=_file_numbers,
        text="An INTERPOL file number is a year, a slash and up to six digits.",
        citation="IPV-041, references 7.3",
        confidence="verified",
        remedy="Write it as in 2014/5590.",
    ),
    Rule(
        id="IPV-042",
        severity=Severity.ERROR,
        check=_control_numbers,
        field="ControlNumber",
        text="A notice control number has the form letter, number, month, year.",
        citation="IPV-042, references 7.3",
        confidence="secondary",
        remedy="Write it as in A-1251/2-2011.",
    ),
    Rule(
        id="IPV-043",
        severity=Severity.WARNING,
        check=_country_codes,
        text="Country codes mean a country of today, and the printed code means the same one.",
        citation="IPV-043, country codes 7.2",
        confidence="secondary",
        remedy="Write the ISO 3166-1 code of the country of today; the code as printed belongs in IssuingCountryIcao.",
    ),
    Rule(
        id="IPV-061",
        severity=Severity.ERROR,
        check=_nothing_deceives,
        text="Identifiers hold no control characters, no direction marks and letters of one alphabet only.",
        citation="IPV-061, languages 1.6",
        confidence="proposal",
        remedy="Type the identifier anew in plain characters.",
    ),
)

CHECK_DIGIT = Rule(
    id="IPV-036",
    severity=Severity.WARNING,
    check=_check_digits,
    field="Vehicle/Vin",
    text="Position 9 of a North American VIN is its check digit.",
    citation="IPV-036",
    confidence="unverified",
    remedy="Read the VIN again and compare it with the plate on the vehicle.",
)
"""For what a person has read off a vehicle; a register's own answer is not read again."""
