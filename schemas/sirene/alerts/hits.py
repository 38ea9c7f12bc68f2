"""The G form that reports a hit, composed from the alert and from what those who had the hit say.

Nothing is invented: what the alert and the report do not say stays empty, and what the law wants to hear for this kind
of alert and is still missing is listed beside the form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from gateway.alerts.law import Hit, HitDraft
from gateway.alerts.words import Alert
from gateway.findings import Finding, Severity
from gateway.form import Field, Form, Header, UrgencyReason
from gateway.reply import ReplyContext
from gateway.subjects import Document, Person, Subject, Thing, Vehicle
from schemas.header import utc_text
from schemas.sirene.alerts.refusals import remark
from schemas.sirene.alerts.tables import report_items
from schemas.sirene.articles import ARREST, CHILDREN, within

FORMAT: Final = "sirene/G@1"
MINOR: Final = "MINOR"
LINKED: Final = "Other G forms on linked alerts follow."
OTHERS: Final = "Further alerts were hit in the same event; each is reported to its issuer by a G form of its own."
ADULT_AT: Final = 18
MAX_LINE: Final = 200
REPORT: Final = (
    "Located", "PersonIdentified", "TimeOfCheck", "PlaceOfCheck", "ReasonOfCheck", "Route", "Destination", "Companions",
    "IdentityRevealed", "ObjectsUsed", "ObjectsCarried", "Circumstances", "Residence", "LeftTerritory", "Removed",
)  # fmt: skip
"""Parts of the report of the check in the order of the schema."""
OBJECTS: Final = frozenset({
    "INDUSTRIAL_EQUIPMENT", "BOAT", "BOAT_ENGINE", "CONTAINER", "AIRCRAFT_ENGINE", "REGISTRATION_CERTIFICATE", "IT_ITEM",
    "VEHICLE_PART", "INDUSTRIAL_EQUIPMENT_PART", "HIGH_VALUE_OBJECT", "NON_CASH_PAYMENT",
})  # fmt: skip
VEHICLES: Final = frozenset({"MOTOR_VEHICLE", "TRAILER", "CARAVAN", "NUMBER_PLATE"})
SEXES: Final = frozenset({"M", "F", "U"})
ROLES: Final = frozenset({"SUBJECT", "COMPANION", "OCCUPANT", "VICTIM", "OTHER"})
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PARTIAL_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_NUMBER_KIND: Final = re.compile(r"[A-Z0-9_\-]{1,24}")
_AT_ONCE: Final = {
    **dict.fromkeys(ARREST, "SIRENE Manual (2015 text) 3.8(a); Regulation (EU) 2018/1862 Art 8(3)"),
    **dict.fromkeys(CHILDREN[:1], "Regulation (EU) 2018/1862 Art 8(3)"),
}


def compose(alert: Alert, hit: Hit, context: ReplyContext) -> HitDraft:
    """The G form to the issuer, with the list of what is still missing in it."""
    form = Form(format=FORMAT, header=_header(alert, hit, context), fields=tuple(_fields(alert, hit)))
    return HitDraft(form=form, missing=(*_missing(form, alert, hit), *_reminders(alert, hit)))


def _header(alert: Alert, hit: Hit, context: ReplyContext) -> Header:
    return Header(
        message_id=context.message_id, sent=context.now, sender=context.own_party, to=(alert.issuer,),
        our_reference=context.our_reference, subject="G form: hit on an alert",
        urgency="URGENT" if hit.urgent_because else "NORMAL",
        urgency_reasons=(UrgencyReason(text=hit.urgent_because),) if hit.urgent_because else (),
        language="en",
    )  # fmt: skip


def _fields(alert: Alert, hit: Hit) -> Iterator[Field]:
    yield _schengen_id(alert)
    if hit.urgent_because:
        parts = (Field(name="Notice", value="URGENT"), Field(name="Reason", value=hit.urgent_because))
        yield Field(name="ImportantNotice", children=parts)
    if alert.subject is not None:
        yield from _subject(alert.subject, alert, "SUBJECT")
    for other in hit.found:
        yield from _subject(other, alert, "OTHER")
    yield from _texts((
        ("HitRemark", _linked_remark(alert, hit)),
        ("ActionTaken", hit.action_taken),
        ("RequestForInformation", hit.asked),
        ("AlertArticle", alert.article),
        ("AlertArticleRemark", MINOR if _is_minor(alert, hit) else ""),
        ("ReceivingAuthority", hit.receiving_authority),
        ("OffenceCategory", _line(alert.particular("offence"))),
        ("AlertReason", _line(alert.reason)),
        ("SupplementaryInformation", f"Authority that had the hit: {hit.finder}." if hit.finder else ""),
    ))  # fmt: skip
    report = tuple(_report(hit))
    yield Field(name="CheckReport", attributes=(("occasion", hit.occasion),) if hit.occasion else (), children=report)


def _line(text: str) -> str:
    """A text that fits a field of one line; a longer one is left out, never cut."""
    return text if len(text) <= MAX_LINE else ""


def _schengen_id(alert: Alert) -> Field:
    state = alert.issuer.partition(":")[2]
    issuer = (("issuer", state),) if _COUNTRY.fullmatch(state) else ()
    return Field(name="SchengenId", value=alert.id, attributes=issuer)


def _texts(pairs: Iterable[tuple[str, str]]) -> Iterator[Field]:
    for name, value in pairs:
        if value.strip():
            yield Field(name=name, value=value.strip())


def _report(hit: Hit) -> Iterator[Field]:
    said = {"TimeOfCheck": utc_text(hit.at), "PlaceOfCheck": hit.place, **dict(hit.report)}
    yield from _texts((name, said.get(name, "")) for name in REPORT)


def _linked_remark(alert: Alert, hit: Hit) -> str:
    """Field 086. The ids of other states' alerts are told to their issuers only."""
    remarks = [hit.remark] if hit.remark else []
    others = [each for each in hit.also_hit if each != alert.id]
    if any(each in alert.links for each in others):
        remarks.append(LINKED)
    if any(each not in alert.links for each in others):
        remarks.append(OTHERS)
    return " ".join(remarks)


def _is_minor(alert: Alert, hit: Hit) -> bool:
    if hit.child is not None:
        return hit.child
    if any(within(alert.article, each) for each in CHILDREN):
        return True
    person = alert.subject
    return isinstance(person, Person) and (person.minor or _certainly_child(person.date_of_birth, hit.at))


def _certainly_child(born: str, at: datetime) -> bool:
    """A partial date gets the benefit of the doubt, as rule R53 reads it."""
    if not _PARTIAL_DATE.fullmatch(born):
        return False
    year, month, day = (*(int(part) for part in born.split("-")), 1, 1)[:3]
    return (at.year - year, at.month, at.day) < (ADULT_AT, month, day) and year <= at.year


# --- subjects


def _subject(subject: Subject, alert: Alert, role: str) -> Iterator[Field]:
    match subject:
        case Person():
            made = _person(subject, alert, role)
        case Vehicle():
            made = _vehicle(subject)
        case Document():
            made = _plain("Document", (
                ("DocumentCategory", subject.kind), ("IssuingCountry", _country(subject.issuing_country)),
                ("DocumentNumber", subject.number),
            ))  # fmt: skip
        case Thing():
            made = _thing(subject)
    if made.children:
        yield made


def _plain(name: str, pairs: Iterable[tuple[str, str]]) -> Field:
    return Field(name=name, children=tuple(Field(name=key, value=value) for key, value in pairs if value))


def _person(person: Person, alert: Alert, role: str) -> Field:
    is_subject = role == "SUBJECT"
    stated = person.role if person.role in ROLES and not is_subject else role
    born = person.date_of_birth if _PARTIAL_DATE.fullmatch(person.date_of_birth) else ""
    pairs = [
        *(("Surname", name) for name in person.family_names),
        *(("Forename", name) for name in person.given_names),
        ("NameAtBirth", alert.particular("names_at_birth") if is_subject else ""),
        ("DateOfBirth", born),
        ("PlaceOfBirth", alert.particular("place_of_birth") if is_subject else ""),
        *(("Alias", name) for name in person.aliases),
        ("Sex", person.sex if person.sex in SEXES else ""),
        *(("Nationality", state) for state in person.nationalities if _country(state)),
    ]
    numbers = tuple(
        Field(
            name="NationalNumber", value=each.value,
            attributes=(("kind", each.kind), *((("country", each.country),) if _country(each.country) else ())),
        )
        for each in person.identifiers
        if _NUMBER_KIND.fullmatch(each.kind)
    )  # fmt: skip
    made = _plain("Person", pairs)
    return Field(name="Person", attributes=(("role", stated),), children=(*made.children, *numbers))


def _vehicle(vehicle: Vehicle) -> Field:
    return _plain("Vehicle", (
        ("VehicleKind", vehicle.kind if vehicle.kind in VEHICLES else ""), ("Make", vehicle.make), ("Model", vehicle.model),
        ("Vin", vehicle.vin), ("RegistrationNumber", vehicle.registration_number),
        ("RegistrationCountry", _country(vehicle.registration_country)), ("Colour", vehicle.colour),
    ))  # fmt: skip


def _thing(thing: Thing) -> Field:
    kind = thing.kind.upper()
    known = thing.detail
    number = thing.serial_number or known("BicNumber") or known("ExternalId")
    if kind in _NUMBERED:
        name, serial, parts = _NUMBERED[kind]
        pairs = ((part, thing.serial_number if part == serial else known(part)) for part in parts)
        return _plain(name, ((part, _country(value) if part.endswith("Country") else value) for part, value in pairs))
    return _plain("OtherObject", (
        ("ObjectCategory", kind if kind in OBJECTS else "HIGH_VALUE_OBJECT"), ("ObjectMake", known("ObjectMake")),
        ("ObjectModel", known("ObjectModel")), ("ObjectSerialNumber", number),
        ("ObjectDescription", known("ObjectDescription") or (thing.kind if kind not in OBJECTS else "")),
    ))  # fmt: skip


_NUMBERED: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "AIRCRAFT": (
        "Aircraft", "AircraftSerialNumber",
        (
            "AircraftCategory", "AircraftMake", "AircraftModel", "AircraftSerialNumber", "IcaoRegistration",
            "RegistrationCountry", "AircraftColour", "RfidTag",
        ),
    ),
    "FIREARM": (
        "Firearm", "FirearmSerialNumber",
        ("FirearmType", "FirearmMake", "FirearmModel", "FirearmCalibre", "FirearmSerialNumber", "RfidTag"),
    ),
    "BANKNOTE": ("Banknote", "BanknoteSerialNumber", ("Currency", "Denomination", "BanknoteSerialNumber")),
}  # fmt: skip


def _country(code: str) -> str:
    return code if _COUNTRY.fullmatch(code) else ""


# --- what is missing


def _missing(form: Form, alert: Alert, hit: Hit) -> Iterator[Finding]:
    report = form.first("CheckReport")
    told: dict[str, Callable[[str], str]] = {"form": form.value, "report": report.text if report else form.value}
    wanted = [
        item for item in report_items() if within(alert.article, item.article) and item.occasion in ("", hit.occasion)
    ]
    for item in wanted:
        if not any(tell(name) for name in item.elements.split("|") for tell in told.values()):
            yield remark(
                "HIT-REPORT", item.field, f"The report does not say {item.words}.",
                "Add it where it is known; where it is not, say so.", item.citation,
            )  # fmt: skip
    if within(alert.article, "1860:3") and not hit.occasion:
        yield remark(
            "HIT-REPORT", "CheckReport", "It is not said whether the person was met on exit, on entry or inland.",
            "Say which; the law asks for something else in each case.", "Regulation (EU) 2018/1860 Arts 6, 7, 8",
        )  # fmt: skip
    if not hit.action_taken and not any(item.field == "088" for item in wanted):
        yield remark(
            "HIT-REPORT", "088", "It is not said what was done.", "Describe the action as fully as possible.",
            "SIRENE Manual (2015 text) 2.3(b)",
        )  # fmt: skip


def _reminders(alert: Alert, hit: Hit) -> Iterator[Finding]:
    for article, citation in _AT_ONCE.items():
        if within(alert.article, article):
            yield _reminder(
                "The issuing bureau is told at once.",
                "Send the form at once, and telephone where appropriate.",
                citation,
            )
    if alert.report_at_once:
        words = "The issuer asked to be told of hits without delay."
        yield _reminder(words, "Send the form at once.", "SIRENE Manual (2015 text) 7.6(c)")
    unlinked = [each for each in hit.also_hit if each != alert.id]
    if unlinked:
        words = f"{len(unlinked)} further alert(s) were hit in the same event."
        yield _reminder(words, "Report each by a G form of its own.", "SIRENE Manual (2015 text) 2.12.1")


def _reminder(text: str, remedy: str, citation: str) -> Finding:
    return Finding(rule="HIT-REMIND", severity=Severity.INFO, text=text, remedy=remedy, citation=citation)
