"""The P form that answers a G form: what our registers say about the vehicle that was found.

Only what a register said is written into fields. What is missing, doubtful or cannot be given is said in words in field
083, so that nobody takes silence for an answer. The main headings of the P form stay empty: no public source says what
each of them means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from gateway.form import Condition, Field, Form, Header, UrgencyReason
from gateway.questions import MATCHES, PENDING, STALE, TOO_MANY, UNANSWERED, Answer, Match
from gateway.reply import ReplyContext
from gateway.subjects import Vehicle
from schemas.header import utc_text
from schemas.sirene.articles import OBJECTS, rests_on
from schemas.sirene.markers import MarkerKind, asks_more_than_forms, forms_asked_for, marked

FORMAT: Final = "sirene/P@1"
MAX_NAME: Final = 120
MAX_LINE: Final = 200
MAX_TEXT: Final = 60_000
MAX_RECORDS: Final = 16
MAX_CONDITIONS: Final = 16
NORMAL: Final = "NORMAL"
URGENT_REASON: Final = "Answer to an urgent form."

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_PLATE = re.compile(r"[^0-9A-Z\u00c0-\u024f]")

# Element of the P form, and the field of the vehicle register that fills it (contract of the register of vehicles).
_VEHICLE_FIELDS: Final = (
    ("Make", "make"), ("Model", "model"), ("Vin", "vin"), ("RegistrationNumber", "plate"), ("Colour", "colour"),
    ("FirstRegistration", "firstRegistration"), ("RegistrationStatus", "status"),
)  # fmt: skip
_RECORD_FIELDS: Final = (
    ("RecordKind", "object"), ("RecordReason", "reason"), ("RecordSince", "since"),
    ("RecordReference", "journalNumber"),
)  # fmt: skip
_OUTCOMES: Final = {
    MATCHES: "{register} answered.",
    STALE: "{register} answered from an earlier copy.",
    TOO_MANY: "{register} has too many records that fit; more exact identification is needed.",
    PENDING: "{register} has not finished; the answer follows.",
    UNANSWERED: "{register} did not answer in time; this form is incomplete in that respect.",
}
_NOTHING: Final = "{register} has nothing that can be given."
"""The same words for an empty answer and for one that may not be given: absence and refusal look alike."""


class _Record(Struct, frozen=True):
    """One record that may be given, with the answer it came in."""

    answer: Answer
    match: Match


def draft(form: Form, answers: Sequence[Answer], reply: ReplyContext) -> Form | None:
    """The P form for a G form that asks for one after a hit on a vehicle under Article 38, else None."""
    vehicles = [subject for subject in form.subjects if isinstance(subject, Vehicle)]
    if "P" not in forms_asked_for(form) or not rests_on(form, OBJECTS) or not vehicles:
        return None
    handling, given, words = _givable(form, answers)
    fields = [*_opening(form), *(_vehicle(vehicle, given, words) for vehicle in vehicles)]
    fields.extend(_national_records(given, words))
    words.extend(_answer_words(answers))
    if len(vehicles) < len(form.subjects):
        words.append("Other persons or objects on your form are not answered here; an officer looks at them.")
    if asks_more_than_forms(form):
        words.append("What else you ask in field 089 is not answered here; an officer looks at it.")
    fields.append(Field(name="SupplementaryInformation", value=_joined(words)))
    return Form(format=FORMAT, header=_header(form, handling, reply), fields=tuple(fields))


def _header(form: Form, handling: tuple[Condition, ...], reply: ReplyContext) -> Header:
    question, urgent = form.header, _urgent(form)
    return Header(
        message_id=reply.message_id,
        sent=reply.now,
        sender=reply.own_party,
        to=(question.sender,),
        our_reference=reply.our_reference,
        your_references=(question.our_reference,),
        case_reference=question.case_reference,
        in_reply_to=question.message_id,
        subject="P form: object details",
        urgency=question.urgency if question.urgency != NORMAL else "URGENT" if urgent else NORMAL,
        urgency_reasons=(UrgencyReason(text=URGENT_REASON),) if urgent else (),
        handling=handling,
        purposes=question.purposes,
        language="en",
        test=question.test,
    )


def _urgent(form: Form) -> bool:
    return form.header.urgency != NORMAL or marked(form, MarkerKind.URGENT)


def _opening(form: Form) -> list[Field]:
    """The alert, and the urgency of the question."""
    fields = [Field(name="SchengenId", value=form.value("SchengenId"))] if form.value("SchengenId") else []
    if _urgent(form):
        parts = (Field(name="Notice", value="URGENT"), Field(name="Reason", value=URGENT_REASON))
        fields.append(Field(name="ImportantNotice", children=parts))
    return fields


def _givable(form: Form, answers: Sequence[Answer]) -> tuple[tuple[Condition, ...], list[_Record], list[str]]:
    """The conditions of question and records, the records that can be given, and words about those that cannot."""
    conditions = list(dict.fromkeys(form.header.handling))
    codes = {condition.code for condition in conditions}
    given: list[_Record] = []
    words: list[str] = []
    for answer in answers:
        for match in answer.matches if answer.outcome in (MATCHES, STALE) else ():
            new = [code for code in dict.fromkeys(match.handling) if code not in codes]
            carried = all(_CODE.fullmatch(code) for code in new) and len(conditions) + len(new) <= MAX_CONDITIONS
            if not carried or match.disclosable == "NO":
                words.append("Some information cannot be given in this form; an officer looks at it.")
                continue
            conditions.extend(Condition(code=code) for code in new)
            codes.update(new)
            given.append(_Record(answer, match))
    return tuple(conditions), given, words


def _vehicle(asked: Vehicle, given: list[_Record], words: list[str]) -> Field:
    """The vehicle as the register of vehicles knows it, or as it was named in the question where no record is sure."""
    name = asked.registration_number or asked.vin or "the vehicle"
    found = list({record.match.record: record for record in given if _fits(record.match, asked)}.values())
    exact = [record for record in found if asked.vin and _plain(record.match.value("vin")) == _plain(asked.vin)]
    found = exact or found
    if len(found) != 1:
        several, none = "several vehicles fit; name the VIN.", "the data repeated here are those of your form."
        words.append(f"{name}: {several if found else none}")
        return _as_asked(asked)
    match = found[0].match
    vin = match.value("vin")
    if asked.vin and vin and _plain(vin) != _plain(asked.vin):
        words.append(f"{name}: the registration number is on record for a vehicle with another VIN. Check both.")
        return _as_asked(asked)
    if asked.registration_number and _plain(match.value("plate")) != _plain(asked.registration_number):
        words.append(f"{name}: the vehicle is on record with another registration number.")
    parts = [field for element, key in _VEHICLE_FIELDS for field in _fitting(element, match.value(key), words)]
    country = asked.registration_country if _same_plate(match, asked) else ""
    return Field(name="Vehicle", children=_in_order(parts, country))


def _fits(match: Match, asked: Vehicle) -> bool:
    """Whether a record of the vehicle register (not of wanted objects) is about this vehicle."""
    if match.value("wantedId"):
        return False
    by_vin = bool(asked.vin) and _plain(match.value("vin")) == _plain(asked.vin)
    return by_vin or _same_plate(match, asked)


def _same_plate(match: Match, asked: Vehicle) -> bool:
    plate = _plain(asked.registration_number)
    return bool(plate) and _plain(match.value("plate")) == plate


def _as_asked(asked: Vehicle) -> Field:
    parts = [
        Field(name=element, value=value)
        for element, value in (("Vin", asked.vin), ("RegistrationNumber", asked.registration_number))
        if value
    ]
    return Field(name="Vehicle", children=_in_order(parts, asked.registration_country))


def _in_order(parts: list[Field], country: str) -> tuple[Field, ...]:
    """The parts with the country of registration in its place, after the number."""
    if not country or not any(part.name == "RegistrationNumber" for part in parts):
        return tuple(parts)
    place = next(index for index, part in enumerate(parts) if part.name == "RegistrationNumber") + 1
    return (*parts[:place], Field(name="RegistrationCountry", value=country), *parts[place:])


def _national_records(given: list[_Record], words: list[str]) -> Iterator[Field]:
    """Each entry of the register of wanted objects, without its own key."""
    wanted = [record for record in given if record.match.value("wantedId")]
    for record in wanted[:MAX_RECORDS]:
        source = _fitting("RecordSource", record.answer.register, words)
        parts = list(source or [Field(name="RecordSource", value="register")])
        said = [(element, record.match.value(key)) for element, key in _RECORD_FIELDS]
        parts += [field for element, value in said for field in _fitting(element, value, words)]
        if record.answer.as_of is not None:
            parts.append(Field(name="RecordAsOf", value=utc_text(record.answer.as_of)))
        yield Field(name="NationalRecord", children=tuple(parts))
    if len(wanted) > MAX_RECORDS:
        words.append(f"{len(wanted) - MAX_RECORDS} further records are not listed here; ask for them.")


def _answer_words(answers: Sequence[Answer]) -> Iterator[str]:
    if not answers:
        yield "No register was asked."
    for answer in answers:
        register = _NOT_XML.sub(" ", answer.register)[:MAX_NAME] or "A register"
        yield _OUTCOMES.get(answer.outcome, _NOTHING).format(register=register)
        if answer.partial and answer.usable:
            yield f"The answer of {register} is partial."
        if answer.outcome == STALE and answer.as_of is not None:
            yield f"The copy of {register} is of {utc_text(answer.as_of)}."


def _fitting(element: str, value: str, words: list[str]) -> list[Field]:
    """The field when the value can stand in it. A value is never cut: one that does not fit is left out, in words."""
    text = value.strip()
    if not text or text == "null":
        return []
    if _NOT_XML.search(text) or not _allowed(element, text):
        words.append(f"A value for {element} does not fit the form and is left out.")
        return []
    return [Field(name=element, value=text)]


def _allowed(element: str, text: str) -> bool:
    if element == "FirstRegistration":
        return _is_date(text)
    if element == "RecordSince":
        return bool(_PARTIAL_DATE.fullmatch(text))
    return len(text) <= (MAX_LINE if element.startswith("Record") else MAX_NAME)


def _joined(words: list[str]) -> str:
    """The sentences, each once, a line each; where they are too many, the last one says so."""
    lines, room = [], MAX_TEXT
    for line in dict.fromkeys(words):
        room -= len(line) + 1
        if room < 0:
            lines.append("There is more to say than this field holds; an officer follows up.")
            break
        lines.append(line)
    return "\n".join(lines)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _plain(identifier: str) -> str:
    """A plate or VIN for comparison: capitals without spaces and marks."""
    return _NOT_IN_PLATE.sub("", identifier.upper())
