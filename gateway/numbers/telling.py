"""What a message on its way tells of running numbers. Pure functions; the rows go into the write that moves the message."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import Final

from lxml import etree
from msgspec.structs import replace

from gateway import safexml
from gateway.by_hand import came_by_hand
from gateway.envelope import Envelope
from gateway.form import Form, Running
from gateway.identity import digest
from gateway.numbers.series import COME, SIGNED, TAKEN, VOID, Numbered

ELEMENT: Final = "{urn:x-spoc:header:1}RunningNumber"
NOTHING_LEFT: Final = frozenset({"refused", "unavailable"})
"""Outcomes of an attempt after which the other side surely has nothing."""


def numbered(form: Form, running: Running | None) -> Form:
    """The form with this number, and with no other: what a client wrote there is not ours."""
    return form if form.header.running == running else replace(form, header=replace(form.header, running=running))


def signed_number(envelope: Envelope, document: bytes, now: datetime) -> tuple[Numbered, ...]:
    """The digest that the number goes out with."""
    running = envelope.learned.running
    return (_ours(envelope, running, SIGNED, now, digest(document)),) if running else ()


def taken(envelope: Envelope, now: datetime) -> tuple[Numbered, ...]:
    """The other side's server has it, at the latest since now."""
    running = envelope.learned.running
    return (_ours(envelope, running, TAKEN, now),) if running and not envelope.inbound else ()


def void(envelope: Envelope, now: datetime, why: str) -> tuple[Numbered, ...]:
    """A number under which nothing went out, and nothing will. What may have been taken keeps its number."""
    running = envelope.learned.running
    if (
        envelope.inbound
        or running is None
        or any(tried.outcome not in NOTHING_LEFT for tried in envelope.learned.transmissions)
    ):
        return ()
    return (replace(_ours(envelope, running, VOID, now), note=why),)


def come(envelope: Envelope, own: Sequence[str], now: datetime) -> tuple[Numbered, ...]:
    """A number that came. The signature was verified; what a person took in by hand was signed by nobody and counts for nothing."""
    header = envelope.form.header
    if header.running is None or header.running.to not in own or came_by_hand(envelope):
        return ()
    row = Numbered(
        sender=header.sender, receiver=header.running.to, number=header.running.number, kind=COME, about=envelope.id,
        message_id=header.message_id, digest=digest(envelope.signature.verified), at=now,
    )  # fmt: skip
    return (row,)


def without_number(root: etree._Element) -> bytes:
    """The document without its number: one form to two offices under one roof is one content, with two numbers."""
    bare = deepcopy(root)
    for element in bare.iterfind(f"*/{ELEMENT}"):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    return safexml.canonical(bare)


def _ours(envelope: Envelope, running: Running, kind: str, now: datetime, content: str = "") -> Numbered:
    header = envelope.form.header
    return Numbered(
        sender=header.sender, receiver=running.to, number=running.number, kind=kind, about=envelope.id,
        message_id=header.message_id, digest=content, at=now,
    )  # fmt: skip
