"""One message to every bureau: an order for each, under one message id, and nobody left out in silence.

The same request again, under the same idempotency key, has the first answer, whatever the address book says meanwhile: it orders
what the first one did not come to, and nothing twice.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request
from pydantic import Field

from gateway.addressbook.book import EVERYBODY
from gateway.api import shown
from gateway.api.broadcast_orders import BROADCAST, Addressed, Ordered, claim_of, content_of, ordered_before, told
from gateway.api.callers import SUBMIT, Allowed, Caller, Here, Standing
from gateway.api.messages import IdempotencyKey
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.api.submission import CHANNEL, JSON, broadcast_form, packed, received
from gateway.facts import fact
from gateway.form import Form
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1/broadcasts", tags=["messages"])
MAX_RECEIVERS: Final = 64
"""As many as the header of a form can name."""


class OrderedView(View):
    """One order."""

    party: str
    id: str
    known_before: bool


class LeftOutView(View):
    """One bureau that does not get it, and why."""

    party: str
    reason: str
    citation: str


class BroadcastView(View):
    """What became of the order to send to everybody."""

    message_id: str
    issue: int = Field(description="Issue of the address book that named the bureaux; 0 where the partner file did.")
    ordered: list[OrderedView]
    left_out: list[LeftOutView]


@router.post(
    "",
    status_code=202,
    summary="Send a message to every bureau",
    responses=shown.BROADCAST,
    openapi_extra=shown.BROADCAST_BODY,
)
async def post_broadcast(
    request: Request,
    standing: Standing,
    caller: Annotated[Caller, Depends(Allowed(*SUBMIT))],
    idempotency_key: IdempotencyKey = "",
) -> BroadcastView:
    """Takes an unsigned form whose counterpart is `sirene:ALL` and orders it for every bureau of the address book, or of
    the partner file where there is no book. A bureau whose state takes no part in the alert, or that is no partner, is
    left out and named with the reason. The same request under the same key has the first answer.
    """
    sent = await received(request, caller.actor)
    # What is filled in follows from the key: an ordinary order under the same key must not get the same message id.
    own = msgspec.structs.replace(sent, claim=claim_of(sent.claim, EVERYBODY))
    counterpart, first, files = await broadcast_form(request, own, standing)
    role, _, everybody = counterpart.partition(":")
    if everybody != EVERYBODY:
        raise Problem(422, "broadcast.counterpart", f"A broadcast goes to {role}:{EVERYBODY}.")
    before = await ordered_before(standing.gateway.ledger, sent.claim)
    # A time that we filled in ourselves is that of the first request.
    when = before.sent if before and sent.kind == JSON else first.header.sent
    content = content_of(first, files, when)
    if before:
        before.check(content)
    addressed = before.addressed if before else await addressed_by(first, role, standing)
    if not addressed.receivers:
        raise Problem(422, "broadcast.nobody", "Nobody is left to send it to; see GET /api/v1/address-book.")
    header = msgspec.structs.replace(first.header, to=addressed.receivers, sent=when)
    form = msgspec.structs.replace(first, header=header)
    payload = packed(form, files)
    said = told(form, before or Ordered(addressed=addressed, content=content, sent=when))
    if not before:
        entry = entry_by(caller.person, "broadcast.ordered", standing.gateway.clock.now(), details=said)
        await standing.gateway.ledger.record([entry])
    ordered = []
    for number, party in enumerate(addressed.receivers):
        claim = claim_of(sent.claim, party if number else EVERYBODY)
        beside = () if number else tuple((f"{BROADCAST}{name}", words) for name, words in said)
        accepted = await standing.gateway.intake.submit(CHANNEL, payload, claim, party, caller.person, beside)
        ordered.append(OrderedView(party=party, id=accepted.envelope, known_before=accepted.known_before))
    left_out = [LeftOutView(party=party, reason=why, citation=source) for party, why, source in addressed.left_out]
    return BroadcastView(
        message_id=form.header.message_id, issue=addressed.issue, ordered=ordered, left_out=left_out
    )  # fmt: skip


async def addressed_by(form: Form, role: str, standing: Here) -> Addressed:
    """Every bureau of a role with the reason for those that are left out."""
    gateway = standing.gateway
    book, own = gateway.directory.book, frozenset(gateway.office.parties)
    listed = [each.party for each in book.everybody(role, but=own)] if book else []
    if not book:
        listed = sorted(party for party in gateway.directory.parties - own if party.partition(":")[0] == role)
    receivers, left_out = [], []
    family, article = gateway.formats.family(form.format), await _article(form, standing)
    for party in listed:
        kept = family.kept_from(form, party, book, article) if family.kept_from else None
        if kept is not None:
            left_out.append((party, f"Its state takes no part in alerts under {kept.article}.", kept.citation))
        elif gateway.directory.get(party) is None:
            left_out.append((party, "It is no partner of this office; take in its card.", "partners.toml"))
        else:
            receivers.append(party)
    if len(receivers) > MAX_RECEIVERS:
        raise Problem(422, "broadcast.too-many", f"A form can name {MAX_RECEIVERS} receivers.")
    return Addressed(receivers=tuple(receivers), left_out=tuple(left_out), issue=book.issue if book else 0)


async def _article(form: Form, standing: Here) -> str:
    """Under which article the alert is, as the alert system has it; an empty text where it is not known now. Then an order to a
    bureau that is kept from some articles waits for an officer by its own rules.
    """
    gateway = standing.gateway
    shared = gateway.formats.family(form.format).shared_fact
    alert = fact(gateway.formats.get(form.format).facts(form), shared) if shared else ""
    known = await gateway.lookup.look_up(alert) if alert and gateway.lookup else None
    return known.article if known else ""
