"""Lifetimes of content: the rules, what is due, legal holds, destruction before the time, deletion certificates.

Nothing here shows content. Whoever decides states a reason, which is journalled; an order needs a second person unless the office decided
otherwise, and who may confirm it or lift a hold answers for data protection.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request

from gateway.api import retention_models as views
from gateway.api import shown
from gateway.api.bodies import small_json
from gateway.api.callers import AUDIT, OPERATE, READ, Allowed, Caller, Here, Standing
from gateway.api.models import ID
from gateway.api.problems import Problem
from gateway.api.published_log import InclusionView, shown_proof
from gateway.errors import Refused
from gateway.journal.publishing.doubt import Doubt
from gateway.journal.publishing.keys import JOURNAL
from gateway.persons import entry_by
from gateway.protection.retention.desk import Seen
from gateway.protection.retention.office import RetentionOffice

router = APIRouter(prefix="/api/v1/retention", tags=["retention"])
ORDER: Final = ("officer", "auditor", "operator")
"""Who sees what is due, sets holds and orders; lifting and confirming is for auditors and operators."""


class Kind(StrEnum):
    """What a name means."""

    ANY = "any"
    """An exchange, else a message, else a day of the journal."""
    EXCHANGE = "exchange"
    MESSAGE = "message"
    DAY = "day"


MayRead = Annotated[Caller, Depends(Allowed(*READ))]
MayOrder = Annotated[Caller, Depends(Allowed(*ORDER))]
MayConfirm = Annotated[Caller, Depends(Allowed(*AUDIT))]
KindPath = Annotated[Kind, Path(description="What is named.", examples=["message"])]
NamePath = Annotated[
    str, Path(max_length=64, description="Id of the exchange or message, or a day such as 2026-11-21.", examples=[ID])
]


def _office(standing: Here) -> RetentionOffice:
    office = standing.gateway.retention
    if office is None:
        raise Problem(503, "retention.none", "This gateway destroys nothing and keeps no rules of retention.")
    return office


def _kind(kind: Kind) -> str:
    return "" if kind is Kind.ANY else kind.value


@router.get("/rules", summary="Rules of retention", responses=shown.answers(views.RULES))
async def get_rules(standing: Standing, caller: MayRead) -> views.RulesView:
    """How long which content is kept, from when, by which source, and which of them are in force."""
    desk = _office(standing).desk
    return views.rules(desk.planning.rules, second_person=desk.second_person)


@router.get("/due", summary="What is due to be destroyed", responses=shown.answers(views.DUE, 422))
async def get_due(
    standing: Standing, caller: MayOrder,
    on: Annotated[date | None, Query(description="At the end of this day (UTC) instead of now.")] = None,
    everything: Annotated[bool, Query(description="Also what is kept, each with the reason.")] = False,
) -> views.DueView:  # fmt: skip
    """What a sweep would destroy then: computed as the sweep does it, and nothing is destroyed. Looking is journalled."""
    moment = datetime.combine(on, time(), UTC) + timedelta(days=1) if on else standing.gateway.clock.now()
    found, more = await _office(standing).desk.due(moment, caller.person, everything=everything)
    return views.DueView(on=moment, contents=[views.planned(each) for each in found], more=more)


@router.post(
    "/sweeps", summary="Destroy now what is due", responses=shown.answers(views.SWEPT, words="Destroyed and certified.")
)
async def post_sweep(standing: Standing, caller: Annotated[Caller, Depends(Allowed(*OPERATE))]) -> views.SweptView:
    """The sweep that else comes by itself."""
    sweeper, gateway = _office(standing).sweeper, standing.gateway
    await gateway.ledger.record([entry_by(caller.person, "retention.swept", gateway.clock.now())])
    count = await sweeper.sweep()
    return views.SweptView(destroyed=count, overdue=len(sweeper.overdue))


@router.get(
    "/{kind}/{name}", summary="How it stands with one lifetime", responses=shown.answers(views.LIFETIME, 404, 422)
)
async def get_lifetime(kind: KindPath, name: NamePath, standing: Standing, caller: MayOrder) -> views.LifetimeView:
    """Every content that it reaches, the rule that decides about each, holds and orders. Looking is journalled."""
    return views.lifetime(await _office(standing).desk.read(name, _kind(kind), caller.person))


@router.get(
    "/{kind}/{name}/certificates",
    summary="Deletion certificates",
    responses=shown.answers(views.CERTIFICATES, 404, 422),
)
async def get_certificates(
    kind: KindPath, name: NamePath, standing: Standing, caller: MayOrder
) -> views.CertificatesView:
    """Of a message or day, or of an exchange with all its messages; each with a proof that can be checked offline once it is published."""
    found = await _office(standing).desk.certificates(name, _kind(kind), caller.person)
    log = standing.gateway.log
    key = log.keys.public(JOURNAL) if log else None
    certificates = [views.certificate(each, await _proof(standing, each.number)) for each in found]
    return views.CertificatesView(key=key.text() if key else "", certificates=certificates)


async def _proof(standing: Here, number: int) -> InclusionView | None:
    """The proof of an entry; none where nothing is published, or not yet."""
    log = standing.gateway.log
    if log is None:
        return None
    try:
        return shown_proof(await log.prover.inclusion(number, log.witnessing.witnessed()))
    except Refused:
        return None
    except Doubt as doubt:
        raise Problem(503, doubt.code, f"The published log is in doubt at {doubt.place}: {doubt.words}.") from doubt


async def _reason(request: Request) -> str:
    return str((await small_json(request, ("reason",))).get("reason", ""))


async def _order(request: Request) -> tuple[str, str]:
    said = await small_json(request, ("reason", "ground"))
    return str(said.get("ground", "")), str(said.get("reason", ""))


Reason = Annotated[str, Depends(_reason)]


def _body(schema: Any, example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    return {
        "responses": shown.answers(views.LIFETIME, 400, 404, 408, 409, 413, 415, 422, words="Decided and journalled."),
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


_REASON: Final = _body(views.REASON_SCHEMA, {"reason": "Complaint 17 of 2026"})
_ORDER: Final = _body(views.ORDER_SCHEMA, {"reason": "Judgment of 2 March", "ground": "court"})


@router.post("/{kind}/{name}/hold", summary="Set a legal hold", **_REASON)
async def hold(
    kind: KindPath, name: NamePath, standing: Standing, caller: MayOrder, reason: Reason
) -> views.LifetimeView:
    """Nothing of it is destroyed while the hold stands, whatever the rules say."""
    return _told(await _office(standing).desk.hold(name, _kind(kind), caller.person, reason))


@router.post("/{kind}/{name}/lift", summary="Lift a legal hold", **_REASON)
async def lift(
    kind: KindPath, name: NamePath, standing: Standing, caller: MayConfirm, reason: Reason
) -> views.LifetimeView:
    """Lifetimes count from where they began: what is over goes with the next sweep."""
    return _told(await _office(standing).desk.lift(name, _kind(kind), caller.person, reason))


@router.post("/{kind}/{name}/order", summary="Order a destruction before the time", **_ORDER)
async def order(
    kind: KindPath, name: NamePath, standing: Standing, caller: MayOrder,
    said: Annotated[tuple[str, str], Depends(_order)],
) -> views.LifetimeView:  # fmt: skip
    """For a person's right to erasure, a court, a purpose that is achieved. A second person confirms it."""
    ground, reason = said
    return _told(await _office(standing).desk.order(name, _kind(kind), caller.person, ground, reason))


@router.post("/{kind}/{name}/confirm", summary="Confirm an order of somebody else", **_REASON)
async def confirm(
    kind: KindPath, name: NamePath, standing: Standing, caller: MayConfirm, reason: Reason
) -> views.LifetimeView:
    """The order is carried out now. It cannot be undone."""
    return _told(await _office(standing).desk.confirm(name, _kind(kind), caller.person, reason))


@router.post("/{kind}/{name}/recall", summary="Recall an order", **_REASON)
async def recall(
    kind: KindPath, name: NamePath, standing: Standing, caller: MayOrder, reason: Reason
) -> views.LifetimeView:
    """It no longer stands; what is destroyed stays so."""
    return _told(await _office(standing).desk.recall(name, _kind(kind), caller.person, reason))


def _told(seen: Seen) -> views.LifetimeView:
    return views.lifetime(seen)
