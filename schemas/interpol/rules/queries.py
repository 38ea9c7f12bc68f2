"""Queries and answers on documents and vehicles: keys, what an answer must hold, and that no person is in them."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form

OLDEST_SNAPSHOT: Final = timedelta(hours=48)
"""A local copy is refreshed every 24 to 48 hours; beyond that its silence means nothing."""
HITS: Final = frozenset({"HIT", "HIT_OWN_COUNTRY"})
UNANSWERED: Final = frozenset({"STALE_SNAPSHOT", "DENIED", "TIMEOUT", "ERROR"})
_FREE_TEXT: Final = frozenset({"CheckPlace", "Note", "Remarks", "Text"})
_NAMES: Final = (
    # a word that announces a name, and a capitalised one
    re.compile(
        r"(?i:\b(?:name|surname|forename|holder|bearer|owner|driver|born|mr|mrs|ms|mme|nom|prénom|née?|titulaire|apellidos?|nombre|titular"
        r"|nacid[oa])\b[\s:.]{1,4})[A-ZÀ-Þ][a-zà-ÿ'’]+"
    ),
    # SURNAME, Forename
    re.compile(r"\b[A-ZÀ-Þ]{3,40},\s{0,3}[A-ZÀ-Þ]"),
    # a date of birth, a personal number
    re.compile(r"(?i:\b(?:dob|date of birth|date de naissance|fecha de nacimiento)\b)"),
    re.compile(r"\b\d{6}-\d{4}\b"),
)


def _is_true(text: str) -> bool:
    return text.strip() in ("true", "1")


def _names_nobody(form: Form, _: Occasion) -> Iterable[Problem]:
    texts = [("Header/Subject", form.header.subject)]
    texts += [(field.name, field.value) for field in form.walk() if field.name in _FREE_TEXT]
    for place, text in texts:
        if any(pattern.search(text) for pattern in _NAMES):
            yield place, "The text seems to name a person or to hold personal data."


def _document_key(form: Form, _: Occasion) -> Iterable[Problem]:
    document = form.first("Document")
    if document and not all(document.text(name).strip() for name in ("Kind", "Number", "IssuingCountry")):
        yield "The query lacks the number, the kind or the issuing country of the document."


def _vehicle_key(form: Form, _: Occasion) -> Iterable[Problem]:
    vehicle = form.first("Vehicle")
    if vehicle is None:
        return
    given = {child.name for child in vehicle.children if child.value.strip()}
    if not given & {"Vin", "EngineNumber"} and not {"RegistrationNumber", "RegistrationCountry"} <= given:
        yield "The query holds no VIN, no engine number, and no plate with its country."


def _silence_has_a_reason(form: Form, _: Occasion) -> Iterable[Problem]:
    if _is_true(form.value("SuppressOwnerNotification")) and not form.value("EuComponent"):
        yield "The query is silent and does not come from an EU component."


def _is_sought(record: Field) -> bool:
    return record.child("KindOfLoss") is not None or record.text("Holding") == "WANTED"


def _hits_say_what_happened(form: Form, _: Occasion) -> Iterable[Problem]:
    records = form.named("Record")
    if form.value("ResultCode") in HITS and records and not any(record.child("KindOfLoss") for record in records):
        yield "The answer reports a hit and does not say how the document was lost."


def _blanks_have_no_holder(form: Form, _: Occasion) -> Iterable[Problem]:
    for record in form.named("Record"):
        document = record.child("Document")
        dated = document is not None and (document.child("IssuedOn") or document.child("ExpiresOn"))
        if record.text("KindOfLoss") == "STOLEN_BLANK" and dated:
            yield "A stolen blank document has a date of issue or expiry."


def _code_fits_records(form: Form, _: Occasion) -> Iterable[Problem]:
    code, records = form.value("ResultCode"), form.named("Record")
    if code in HITS | {"CANDIDATES"} and not records:
        yield f"The answer says {code} and holds no record."
    if code == "NO_HIT" and any(map(_is_sought, records)):
        yield "The answer says NO_HIT and holds a record of something sought."
    if code in UNANSWERED and not form.named("NotAnswered"):
        yield f"The answer says {code} and does not say which register is missing."


def _silence_is_fresh(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.value("ResultCode") != "NO_HIT" or form.value("Source") != "INTERPOL_SNAPSHOT":
        return
    if _is_old(form.value("SnapshotTime"), form.header.sent):
        yield "The answer says NO_HIT from a copy that is older than 48 hours."


def _is_old(snapshot: str, sent: datetime) -> bool:
    try:
        return sent - datetime.fromisoformat(snapshot) > OLDEST_SNAPSHOT
    except (ValueError, OverflowError):  # XSD allows 24:00:00, Python does not
        return True


def _hits_on_vehicles(form: Form, _: Occasion) -> Iterable[Problem]:
    if form.value("ResultCode") in HITS and form.named("Record") and not any(map(_is_sought, form.named("Record"))):
        yield "The answer reports a hit and holds no record of a search for the vehicle."


OBJECT_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-029",
        severity=Severity.ERROR,
        check=_names_nobody,
        text="Messages about documents and vehicles hold no personal data.",
        citation="IPV-029, databases SLTD and SMV 3.3",
        confidence="secondary",
        remedy="Leave names, birth dates and personal numbers out; ask about a person in a message of its own.",
    ),
)
SILENT_QUERY = Rule(
    id="IPV-057",
    severity=Severity.ERROR,
    check=_silence_has_a_reason,
    field="SuppressOwnerNotification",
    text="Only queries of EU interoperability components keep the owner of the record from being told.",
    citation="IPV-057, Regulation (EU) 2019/817 Art. 9(5)",
    confidence="verified",
    remedy="Name the EuComponent, or set SuppressOwnerNotification to false.",
)
DOCUMENT_KEY = Rule(
    id="IPV-039",
    severity=Severity.ERROR,
    check=_document_key,
    field="Document",
    text="A travel-document query has number, kind and issuing country, or an entity id.",
    citation="IPV-039, database SLTD 3.3",
    confidence="verified",
    remedy="Fill in all three, or ask by EntityId.",
)
VEHICLE_KEY = Rule(
    id="IPV-037",
    severity=Severity.ERROR,
    check=_vehicle_key,
    field="Vehicle",
    text="A vehicle query has a VIN, an engine number, a plate with its country, or an entity id.",
    citation="IPV-037, database SMV 3.3",
    confidence="verified",
    remedy="Add one of these keys.",
)
DOCUMENT_ANSWER_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPV-031",
        severity=Severity.ERROR,
        check=_hits_say_what_happened,
        field="Record/KindOfLoss",
        text="A record of a lost document has number, kind, issuing country and kind of loss.",
        citation="IPV-031, database SLTD 3.3",
        confidence="secondary",
        remedy="Write KindOfLoss; NOT_STATED where the register does not say.",
    ),
    Rule(
        id="IPV-032",
        severity=Severity.WARNING,
        check=_blanks_have_no_holder,
        field="Record/Document",
        text="A stolen blank has no dates of issue and expiry.",
        citation="IPV-032, database SLTD 3.3",
        confidence="secondary",
        remedy="Leave the dates out, or write another KindOfLoss.",
    ),
)
VEHICLE_ANSWER_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPX-005",
        severity=Severity.ERROR,
        check=_hits_on_vehicles,
        field="Record/Holding",
        text="A hit on a vehicle holds the record of the search for it.",
        citation="Query contract 3.1",
        confidence="proposal",
        remedy="Add the record with Holding WANTED, or write NO_HIT.",
    ),
)
ANSWER_RULES: tuple[Rule, ...] = (
    Rule(
        id="IPX-003",
        severity=Severity.ERROR,
        check=_code_fits_records,
        field="ResultCode",
        text="The result code agrees with the records and with what was not answered.",
        citation="Query contract 3.1",
        confidence="proposal",
        remedy="Write the code that describes the content of the answer.",
    ),
    Rule(
        id="IPX-004",
        severity=Severity.WARNING,
        check=_silence_is_fresh,
        field="SnapshotTime",
        text="A copy older than 48 hours cannot prove that there is no record.",
        citation="Snapshot rules 4.4",
        confidence="secondary",
        remedy="Write STALE_SNAPSHOT, or ask on line.",
    ),
)
