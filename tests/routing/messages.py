"""Inbound envelopes as they look when they reach the stage `route`."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.envelope import Claim, Direction, Envelope, Payload
from gateway.findings import Finding
from gateway.form import Condition, Field, Form, Header
from gateway.subjects import Document, Person, Subject, Thing, Vehicle

NOW = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
CAR = Vehicle(registration_number="QQ00001", registration_country="XA")
PASSPORT = Document(kind="PASSPORT", number="000000001", issuing_country="XA")
TESTINE = Person(family_names=("Prøvesen",), given_names=("Testine",), date_of_birth="1970-01-11")
RIFLE = Thing(kind="FIREARM", serial_number="TEST-0001")


def field(number: str, value: str, *, name: str = "") -> Field:
    return Field(name=name or f"F{number}", number=number, value=value)


def message(
    format_id: str,
    *fields: Field,
    subjects: tuple[Subject, ...] = (),
    handling: tuple[str, ...] = (),
    purposes: tuple[str, ...] = (),
    sender: str = "sirene:XB",
    urgency: str = "NORMAL",
    test: bool = False,
    findings: tuple[Finding, ...] = (),
) -> Envelope:
    header = Header(
        message_id="01890000-0000-7000-8000-000000000001",
        sent=NOW,
        sender=sender,
        to=("sirene:XA",),
        our_reference="XB-0000001",
        urgency=urgency,
        test=test,
        handling=tuple(Condition(code=code) for code in handling),
        purposes=purposes,
    )
    envelope = Envelope(
        id="01890000-0000-7000-8000-000000000002",
        direction=Direction.INBOUND,
        channel="smtp",
        received_at=NOW,
        payload=Payload.of(b"<x/>", "application/xml"),
        claim=Claim(sender="oper@xb.sirene.example"),
    )
    return envelope.learn(
        form=Form(format=format_id, header=header, fields=fields, subjects=subjects), findings=findings
    )


def vehicle_hit(asks: str = "Please send P form", article: str = "1862:38", **more: object) -> Envelope:
    """The G form of the first story."""
    fields = [field("088", "Vehicle seized"), field("090", article), *([field("089", asks)] if asks else [])]
    return message("sirene/G@1", *fields, subjects=(CAR,), **more)  # type: ignore[arg-type]  # passed on
