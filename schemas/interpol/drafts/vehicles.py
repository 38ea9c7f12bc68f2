"""The answer to a vehicle query, from the vehicle register and the register of wanted vehicles.

A plate means a vehicle only together with its country, and the registers hold plates of our own state without saying
so. So a record counts as the vehicle asked about when its VIN is the same, or when a plate of our own state is;
everything less is for a person to judge.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from gateway.form import Field, Form
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from schemas.interpol import identifiers, subjects
from schemas.interpol.drafts import reply as drafting
from schemas.interpol.drafts.asked import SAME, UNCLEAR, AskedVehicle
from schemas.interpol.drafts.reply import Gap, day_of, leaf, one_of

VEHICLES: Final = "crm"
WANTED: Final = "wanted_vehicles"
_NAMES: Final = {VEHICLES: "VEHICLES", WANTED: "WANTED_VEHICLES"}
_STATUSES: Final = ("REGISTERED", "DEREGISTERED", "SCRAPPED", "EXPORTED", "STOLEN", "WANTED", "BLOCKED")
_SUSPICIOUS: Final = frozenset({"STOLEN", "WANTED", "BLOCKED"})
_OBJECTS: Final = ("VEHICLE", "PLATE_FRONT", "PLATE_REAR", "PLATES")
_REASONS: Final = ("STOLEN", "WANTED", "BLOCKED_FOR_CONFISCATION")
_TWO_VEHICLES: Final = "The plate and the VIN of the query belong to two vehicles in the register."


def draft(form: Form, answers: Sequence[Answer], reply: ReplyContext) -> Form | None:
    """The answer, or None when the conditions of the question do not fit into it."""
    asked = AskedVehicle.of(form, drafting.own_country(reply))
    said = {name: drafting.heard(answers, name) if asked.has_key else () for name in _NAMES}
    heard = [answer for each in said.values() for answer in each]
    handling = drafting.handling_of(form, heard)
    if handling is None:
        return None
    registrations = list(_registrations(said[VEHICLES], asked))
    bore_it_before = asked.is_ours and len(registrations) < len(_matches(said[VEHICLES]))
    records = list(dict.fromkeys([*registrations, *_searches(said[WANTED], asked)]))
    gaps = _gaps(said, asked)
    shown = sorted(records, key=lambda record: record.text("Holding") != "WANTED")[: drafting.wanted_records(form)]
    answer = Form(
        format="interpol/VehicleAnswer@1",
        header=drafting.header_of(form, reply, handling, "Answer to a vehicle query"),
        fields=(
            Field(name="QueryId", value=form.value("QueryId")),
            Field(name="Database", value=form.value("Database")),
            Field(name="Source", value="NATIONAL"),
            Field(name="ResultCode", value=_result(shown, gaps, asked)),
            *shown,
            Field(name="SnapshotTime", value=drafting.as_of(heard, reply)),
            Field(
                name="Truncated",
                value=str(drafting.is_truncated(heard, len(shown) == len(records) and not bore_it_before)).lower(),
            ),
            *(gap.field() for gap in gaps),
            *_notes(shown, gaps, asked),
            drafting.answered_by(reply),
        ),
    )
    return answer.with_subjects(subjects.of(answer))


def _gaps(said: dict[str, tuple[Answer, ...]], asked: AskedVehicle) -> list[Gap]:
    gaps = [gap for name, answers in said.items() for gap in drafting.gaps_of(answers, _NAMES[name])]
    if asked.has_key and not asked.is_ours and not asked.vin:
        gaps = [gap for gap in gaps if gap.register != _NAMES[VEHICLES]]
        gaps.insert(0, Gap(register=_NAMES[VEHICLES], code="NOT_ISSUING_COUNTRY"))
    if any(not (match.value("plate") or match.value("vin")) for match in _matches(said[VEHICLES])):
        gaps.append(Gap(register=_NAMES[VEHICLES], code="UNREADABLE"))
    if any(not asked.knows(match) for match in _matches(said[WANTED])):
        gaps.append(Gap(register=_NAMES[WANTED], code="UNREADABLE"))
    return gaps


def _matches(answers: Sequence[Answer]) -> list[Match]:
    return [match for answer in answers for match in drafting.matches_of(answer)]


def _registrations(answers: Sequence[Answer], asked: AskedVehicle) -> Iterator[Field]:
    """What the vehicle register says about the vehicle that bears the plate now, or has the VIN; no earlier bearers."""
    for match in _matches(answers):
        if asked.compare(match, keys_needed=True) is None:
            continue
        yield Field(name="Record", children=(
            Field(name="Holding", value="REGISTRATION"),
            Field(name="OwnerCountry", value=asked.own_country),
            *_described(match, asked, asked.own_country),
            *leaf("FirstRegistration", day_of(match.value("firstRegistration")) if asked.full else ""),
        ))  # fmt: skip


def _searches(answers: Sequence[Answer], asked: AskedVehicle) -> Iterator[Field]:
    """The searches for the vehicle or its plates that are open."""
    for match in _matches(answers):
        if not asked.knows(match) or match.value("status").upper() not in ("", "OPEN"):
            continue
        yield Field(name="Record", children=(
            Field(name="Holding", value="WANTED"),
            Field(name="OwnerCountry", value=asked.own_country),
            *_described(match, asked, ""),  # the register does not say of which country a plate is
            *leaf("WantedObject", one_of(match.value("object"), _OBJECTS)),
            *leaf("WantedReason", one_of(match.value("reason"), _REASONS, "NOT_STATED")),
            *leaf("Since", day_of(match.value("since"))),
            *(Field(name="NationalReference", value=number) for number in _references(match)),
        ))  # fmt: skip


def _references(match: Match) -> list[str]:
    numbers = (match.value(name).strip() for name in ("wantedId", "journalNumber"))
    return [number for number in numbers if drafting.is_reference(number)]


def _described(match: Match, asked: AskedVehicle, country: str) -> tuple[Field, ...]:
    """The vehicle as the record describes it; for a record without numbers, the numbers under which it was found."""
    plate, vin = identifiers.plate(match.value("plate")), identifiers.compact(match.value("vin"))
    if not (plate or vin):
        plate, vin = asked.plate, asked.vin
    plate = plate if drafting.is_plate(plate) else ""
    if plate == asked.plate and not country:
        country = asked.country
    old = identifiers.vin(vin) is None
    told = identifiers.vin(vin, old=old) or ""
    description = Field(name="Vehicle", children=(
        *leaf("RegistrationNumber", plate, "t"),
        *leaf("RegistrationCountry", country if plate else "", "t"),
        *leaf("Vin", told, "t"),
        *leaf("Make", drafting.word(match.value("make")), "t"),
        *leaf("Model", drafting.word(match.value("model")), "t"),
        *leaf("Colour", drafting.word(match.value("colour")), "t"),
        *leaf("Status", one_of(match.value("status"), _STATUSES), "t"),
    ))  # fmt: skip
    return (description, *leaf("OldVin", "true" if told and old else ""))


def _certainty(record: Field, asked: AskedVehicle) -> str:
    vehicle = record.child("Vehicle")
    found = asked.certainty(vehicle.text("Vin"), vehicle.text("RegistrationNumber")) if vehicle else None
    return found or UNCLEAR


def _result(records: Sequence[Field], gaps: Sequence[Gap], asked: AskedVehicle) -> str:
    sought = [record for record in records if record.text("Holding") == "WANTED"]
    if any(_certainty(record, asked) == SAME for record in sought):
        return "HIT"
    suspicious = any(record.text("Vehicle", "Status") in _SUSPICIOUS for record in records)
    if sought or suspicious or _are_two_vehicles(records, asked):
        return "CANDIDATES"
    # Where a foreign plate is registered is not ours to say; whether it is sought here is.
    return drafting.without_hit([gap for gap in gaps if gap.code != "NOT_ISSUING_COUNTRY"])


def _are_two_vehicles(records: Sequence[Field], asked: AskedVehicle) -> bool:
    found = {record.text("Vehicle", "Vin") for record in records if record.text("Vehicle", "Vin")}
    return bool(asked.vin) and bool(found - {asked.vin})


def _notes(records: Sequence[Field], gaps: Sequence[Gap], asked: AskedVehicle) -> tuple[Field, ...]:
    notes = drafting.notes_of(_result(records, gaps, asked), gaps)
    if _are_two_vehicles(records, asked):
        notes.append(_TWO_VEHICLES)
    return tuple(Field(name="Note", value=note) for note in notes)
