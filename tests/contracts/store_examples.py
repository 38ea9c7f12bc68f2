"""Envelopes, entries and moves for the tests of stores: fictitious, small, and legal unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from uuid6 import uuid7

from gateway.envelope import Claim, Direction, Envelope, Identification, Payload, SignatureReport
from gateway.form import Form, Header
from gateway.identity import digest
from gateway.journal.entry import Entry
from gateway.ledger import Committed, Ledger, Move, Row
from gateway.lifecycle import event
from gateway.verdict import DuplicateKey

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WAY_IN = (
    "received", "identified", "verified", "decoded", "checked", "correlated", "routed", "delivered", "acknowledged",
)  # fmt: skip


def new_id() -> str:
    return str(uuid7())


def after(**time: float) -> datetime:
    return START + timedelta(**time)


def arrived(content: bytes = b"<FormG/>", **fields: Any) -> Envelope:
    """An envelope as a channel brings it in."""
    plain: dict[str, Any] = {
        "id": new_id(), "direction": Direction.INBOUND, "channel": "mail", "received_at": START,
        "payload": Payload.of(content, "application/xml"),
        "claim": Claim(
            sender="oper@xb.sirene.example", recipients=("sirene@xa.spoc.example",), reference="<1@xb.example>"
        ),
    }  # fmt: skip
    return Envelope(**plain | fields)


def form(**header: Any) -> Form:
    plain: dict[str, Any] = {
        "message_id": new_id(), "sent": START, "sender": "sirene:XB", "to": ("sirene:XA",),
        "our_reference": "XB-G-2026-0000001",
    }  # fmt: skip
    return Form(format="sirene/G@1", header=Header(**plain | header))


def understood(envelope: Envelope, **header: Any) -> Envelope:
    """The same envelope with everything that decode knows."""
    verified = b"<FormG>" + envelope.payload.content + b"</FormG>"
    report = SignatureReport(
        party="sirene:XB", profile="xades-b", algorithm="ecdsa-sha256", certificate=digest(b"certificate"),
        subject="SIRENE XB signing", serial="17", signed_at=START, verified=verified,
    )  # fmt: skip
    return envelope.learn(
        identification=Identification(format="sirene/G@1", partner="sirene:XB"), signature=report, form=form(**header)
    )


def entry(name: str, envelope: Envelope | str = "", **fields: Any) -> Entry:
    return Entry(event=name, at=START, envelope=envelope if isinstance(envelope, str) else envelope.id, **fields)


async def take(ledger: Ledger, envelope: Envelope | None = None, key: str = "") -> Row:
    """Take an envelope in and read its row."""
    envelope = envelope or arrived()
    accepted = await ledger.accept(envelope, entry("envelope.received", envelope), key)
    return await read(ledger, accepted.envelope)


async def read(ledger: Ledger, envelope: str) -> Row:
    row = await ledger.get(envelope)
    assert row is not None
    return row


def step(row: Row, to: str, envelope: Envelope | None = None, **fields: Any) -> Move:
    """The move of a row to a state; retries stay where they are."""
    envelope = envelope or row.envelope
    happened = "envelope.retry" if to == row.state else event(to)
    plain: dict[str, Any] = {
        "envelope": envelope, "version": row.version, "before": row.state, "after": to, "at": after(minutes=1),
        "entries": (entry(happened, envelope),),
    }  # fmt: skip
    return Move(**plain | fields)


async def go(ledger: Ledger, row: Row, *states: str, **fields: Any) -> Row:
    """Move a row along the states."""
    for state in states:
        assert await ledger.commit([step(row, state, **fields)]) == Committed()
        row = await read(ledger, row.envelope.id)
    return row


def claim(envelope: Envelope, **fields: Any) -> DuplicateKey:
    """The duplicate key of an understood envelope."""
    header = envelope.form.header
    plain: dict[str, Any] = {
        "sender": header.sender, "message_id": header.message_id, "content": digest(envelope.signature.verified),
        "matter": digest(envelope.payload.content),
    }  # fmt: skip
    return DuplicateKey(**plain | fields)
