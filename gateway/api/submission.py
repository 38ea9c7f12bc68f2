"""From a request to an order to send: the payload that is kept, and for whom it is.

XML and MIME are kept as they came. A JSON form is kept as the gateway's own JSON, with what the caller left to us filled in: always the same for
the same caller and idempotency key, so that a repeated request is a repetition.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, ParamSpec, TypeVar

import msgspec
from fastapi import Request
from msgspec import Struct

from gateway import parcel, safexml
from gateway.api.bodies import body_of, media_type, strict_json
from gateway.api.callers import Here, claim_of
from gateway.api.door import MAX_MESSAGE_OCTETS
from gateway.api.problems import Problem
from gateway.envelope import Claim, Direction, Payload
from gateway.errors import Refused
from gateway.form import Form
from gateway.handover import Accepted
from gateway.identity import derived_id, party
from gateway.ledger import Query
from gateway.parcel import File
from gateway.persons import Person

CHANNEL: Final = "api"
JSON: Final = "application/json"
KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,62}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,62}")
_MIXED: Final = re.compile(r"multipart/mixed\s*;[\x20-\x7e]{1,200}", re.IGNORECASE | re.ASCII)
MAX_FILES: Final = parcel.MAX_PARTS - 1
_TRIES: Final = 3
MAX_TOLD: Final = 5
"""Findings that a refusal at the door names."""
READ_APART_FROM: Final = 64 * 1024
P = ParamSpec("P")
T = TypeVar("T")


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    file_name: str
    media_type: str
    content_base64: str


class _Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    counterpart: str
    form: dict[str, Any]
    attachments: tuple[_File, ...] = ()


class Submitted(Struct, frozen=True, kw_only=True):
    """What became of an order: the acceptance and the digest of what is kept."""

    accepted: Accepted
    digest: str


class Sent(Struct, frozen=True, kw_only=True):
    """What a caller sent, before anything in it is looked at."""

    kind: str
    body: bytes
    claim: Claim


async def received(request: Request, actor: str) -> Sent:
    """The body of an order with its idempotency key; raises `Problem`."""
    keys = request.headers.getlist("idempotency-key")
    key = keys[0] if len(keys) == 1 else ""
    if not KEY.fullmatch(key):
        raise Problem(
            400, "idempotency.missing",
            "Send the header Idempotency-Key with 1 to 128 visible ASCII characters, new for each message and the same when you repeat a request.",
        )  # fmt: skip
    claim = claim_of(request, actor, reference=key)
    kind = media_type(request)
    if kind not in (*parcel.XML_TYPES, JSON, parcel.MIXED):
        raise Problem(415, "request.media-type", "Send a form as application/xml, application/json or multipart/mixed.")
    return Sent(kind=kind, body=await body_of(request, MAX_MESSAGE_OCTETS), claim=claim)


async def submit(request: Request, standing: Here, person: Person) -> Submitted:
    """Keep an order to send; returns when it is durable. Raises `Problem`, or what the core raises."""
    sent = await received(request, person.actor)
    kind, body, claim = sent.kind, sent.body, sent.claim
    if kind == JSON:
        return await _json(await _apart(len(body), _read_order, body), len(body), standing, claim, person)
    counterpart = _named(request)
    payload = Payload.of(body, "application/xml") if kind in parcel.XML_TYPES else _mixed(request, body)
    await _apart(len(body), _readable, payload, standing)
    accepted = await standing.gateway.intake.submit(CHANNEL, payload, claim, counterpart, person)
    return Submitted(accepted=accepted, digest=payload.digest)


async def broadcast_form(request: Request, sent: Sent, standing: Here) -> tuple[str, Form, tuple[File, ...]]:
    """The counterpart that an order names, its form and its files; raises `Problem` or `Refused`.

    What a JSON form leaves out is filled in, its time of sending by the caller, who knows whether it is a repetition.
    """
    if sent.kind == JSON:
        order = await _apart(len(sent.body), _read_order, sent.body)
        now = standing.gateway.clock.now().replace(microsecond=0)
        return order.counterpart, _form(order.form, order.counterpart, sent.claim, now, standing), order.files
    counterpart = _named(request)
    payload = Payload.of(sent.body, "application/xml") if sent.kind in parcel.XML_TYPES else _mixed(request, sent.body)
    opened = await _apart(len(sent.body), parcel.open_parcel, payload)
    root = safexml.parse(opened.form)
    spec = standing.gateway.formats.recognise(str(root.tag), root.get("version", ""))
    findings = spec.validate(root)
    if findings:
        words = "; ".join(f"{each.field}: {each.text}" for each in findings[:MAX_TOLD])
        raise Problem(422, "schema.invalid", f"The form does not follow its schema: {words}")
    return counterpart, spec.decode(root), opened.files


def _named(request: Request) -> str:
    """The counterpart named in the header or the query; two different ones are no order."""
    named = {*request.headers.getlist("x-spoc-counterpart"), *request.query_params.getlist("counterpart")} - {""}
    if len(named) > 1:
        raise Problem(422, "counterpart.unreadable", "The request names two counterparts. Name one.")
    return _party(next(iter(named), ""))


def _party(text: str) -> str:
    if not text:
        raise Problem(
            400, "counterpart.missing", "Name the office to send to, for example X-SPOC-Counterpart: sirene:XB."
        )
    try:
        return party(text)
    except ValueError as error:
        raise Problem(422, "counterpart.unreadable", "The counterpart is not a party such as sirene:XB.") from error


def _mixed(request: Request, body: bytes) -> Payload:
    """The MIME entity: HTTP keeps its head in the header of the request, so that is put before it."""
    kind = request.headers.get("content-type", "")
    if not _MIXED.fullmatch(kind):
        raise Problem(415, "request.media-type", "Send multipart/mixed with a boundary.")
    return Payload.of(f"Content-Type: {kind}\r\nMIME-Version: 1.0\r\n\r\n".encode("ascii") + body, parcel.MIXED)


def _readable(payload: Payload, standing: Here) -> None:
    """Refuse at once what no stage could read; everything else is judged by the stages, with findings that stay."""
    opened = parcel.open_parcel(payload)
    if opened.form_type in parcel.XML_TYPES:
        root = safexml.parse(opened.form)
        standing.gateway.formats.recognise(str(root.tag), root.get("version", ""))


async def _apart(octets: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Large bodies are read in a thread, so that one caller does not stop the others."""
    if octets <= READ_APART_FROM:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class _Read:
    """An order whose shape is right."""

    counterpart: str
    form: dict[str, Any]
    files: tuple[File, ...]


def _read_order(body: bytes) -> _Read:
    try:
        order = msgspec.convert(strict_json(body), _Order)
    except msgspec.ValidationError as error:
        raise _unfit(error) from error
    return _Read(counterpart=_party(order.counterpart), form=order.form, files=_files(order))


async def _json(order: _Read, octets: int, standing: Here, claim: Claim, person: Person) -> Submitted:
    """Submit a JSON form. A repetition meets the time that was filled in first."""
    counterpart = order.counterpart
    sent = standing.gateway.clock.now().replace(microsecond=0)
    for last in range(1, _TRIES + 1):
        form = _form(order.form, counterpart, claim, sent, standing)
        payload = await _apart(octets, packed, form, order.files)
        await _apart(octets, _readable, payload, standing)
        try:
            accepted = await standing.gateway.intake.submit(CHANNEL, payload, claim, counterpart, person)
        except Refused as refused:
            earlier = (
                await first_sent(standing, claim) if refused.code == "idempotency.conflict" and last < _TRIES else None
            )
            if earlier is None or earlier == sent:
                raise
            sent = earlier
        else:
            return Submitted(accepted=accepted, digest=payload.digest)
    raise AssertionError("the last try returns or raises")


def _files(order: _Order) -> tuple[File, ...]:
    if len(order.attachments) > MAX_FILES:
        raise Problem(422, "attachment.too-many", f"Send at most {MAX_FILES} files with one form.")
    return tuple(_file(number, each) for number, each in enumerate(order.attachments, 1))


def _file(number: int, given: _File) -> File:
    if not _MEDIA_TYPE.fullmatch(given.media_type):
        raise Problem(422, "attachment.media-type", f"The media type of file {number} is none, such as image/jpeg.")
    try:
        content = base64.b64decode(given.content_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(422, "attachment.base64", f"The content of file {number} is not base64.") from error
    return File(file_name=given.file_name, media_type=given.media_type.lower(), content=content)


def _form(given: Mapping[str, Any], counterpart: str, claim: Claim, sent: datetime, standing: Here) -> Form:
    """The form with its header completed; raises `Problem` when something in it would be lost."""
    header = given.get("header", {})
    if not isinstance(header, dict):
        raise Problem(422, "form.unfit", "form.header is not an object.")
    message_id = derived_id(f"{claim.sender}\n{claim.reference}", "submission")
    filled = {
        "message_id": message_id, "sent": sent.isoformat(), "sender": standing.gateway.office.facing(counterpart),
        "to": [counterpart], "our_reference": f"S-{message_id[:13].upper()}",
    }  # fmt: skip
    whole = {**given, "header": {**filled, **header}}
    try:
        form = msgspec.convert(whole, Form)
    except msgspec.ValidationError as error:
        raise _unfit(error) from error
    left_out = lost(whole, msgspec.to_builtins(form), "form")
    if left_out:
        raise Problem(
            422,
            "form.unfit",
            f"{left_out} is no member of a form; compare it with the example. Nothing that you send is left out silently.",
        )
    standing.gateway.formats.get(form.format)
    return form


def lost(given: Any, kept: Any, where: str) -> str:
    """The first member that was given and would not be kept, or an empty text. Names are quoted only up to 40 characters."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            place = f"{where}.{name[:40]}"
            if name not in kept:
                return place
            if found := lost(value, kept[name], place):
                return found
    elif isinstance(given, list) and isinstance(kept, list | tuple):
        for number, (value, other) in enumerate(zip(given, kept, strict=False)):
            if found := lost(value, other, f"{where}[{number}]"):
                return found
    return ""


def packed(form: Form, files: tuple[File, ...]) -> Payload:
    """The order as it is kept; raises `Problem` for what cannot be."""
    try:
        return parcel.pack(msgspec.json.encode(form), files, form_type=JSON)
    except (OverflowError, ValueError) as error:
        raise Problem(422, "form.unfit", "The form holds a number or a character that cannot be kept.") from error


def _unfit(error: msgspec.ValidationError) -> Problem:
    """What msgspec says names types and places, never values."""
    return Problem(422, "form.unfit", f"The JSON does not have the shape of an order: {error}.")


async def first_sent(standing: Here, claim: Claim) -> datetime | None:
    """The time that was filled in when this caller used this key first."""
    for found in await standing.gateway.ledger.find(
        Query(direction=Direction.OUTBOUND, text=claim.reference, limit=200)
    ):
        row = await standing.gateway.ledger.get(found.id)
        first = row.envelope.claim if row else None
        if row and first and (first.sender, first.reference) == (claim.sender, claim.reference):
            opened = parcel.open_parcel(row.envelope.payload)
            if opened.form_type == JSON:
                return msgspec.json.decode(opened.form, type=Form).header.sent
    return None
