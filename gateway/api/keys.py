"""Our signing keys were exchanged: what `spoc keys` asks for after it has written which pair is which."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, Field

from gateway.api import shown
from gateway.api.callers import OPERATE, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.persons import entry_by
from gateway.signing.under_way import under_way

UNTIL_NOW: Final = "A moment with its zone; without one, everything up to now."
router = APIRouter(prefix="/api/v1", tags=["catalogue"])


class Step(StrEnum):
    """One step of exchanging a key."""

    MADE = "made"
    PUBLISHED = "published"
    CONFIRMED = "confirmed"
    SWITCHED = "switched"
    RETIRED = "retired"


class Use(StrEnum):
    """What a key is for."""

    FORMS = "forms"
    SMIME = "smime"


CHANGES_SIGNING = (Step.SWITCHED, Step.RETIRED)


class KeysView(View):
    """What became of it."""

    party: str
    step: Step
    renewed: bool = Field(description="Whether the signer and the workers have read the keys again.")


class UnderWay(View):
    """What an old key is still needed for."""

    party: str
    messages: int = Field(description="How many of its messages may still be sent again as they were signed.")


@router.get(
    "/keys/{party}/under-way", summary="Messages that an old signing key is still needed for", responses=shown.UNDER_WAY
)
async def still_under_way(
    standing: Standing,
    _: Annotated[Caller, Depends(Allowed(*OPERATE))],
    party: Annotated[str, Path(max_length=64, description="Our office.")],
    before: Annotated[AwareDatetime | None, Query(description=UNTIL_NOW)] = None,
) -> UnderWay:
    """Counted in the ledger, whatever kind it is. No old key is retired while there are some."""
    gateway = standing.gateway
    if party not in gateway.office.parties:
        raise Problem(404, "party.not-ours", "This is none of our offices.")
    until: datetime = before or gateway.clock.now()
    return UnderWay(party=party, messages=await under_way(gateway.ledger, party, until))


@router.post("/keys/{party}/{step}", summary="A signing key was exchanged", responses=shown.KEYS)
async def changed(
    standing: Standing,
    caller: Annotated[Caller, Depends(Allowed(*OPERATE))],
    party: Annotated[str, Path(max_length=64, description="Our office.")],
    step: Annotated[Step, Path(description="What was done.")],
    partner: Annotated[str, Query(max_length=64, description="The partner that confirmed.")] = "",
    use: Annotated[Use, Query(description="Which key of the office.")] = Use.FORMS,
) -> KeysView:
    """Journalled before it takes effect; then the signer and the workers are replaced. No message is refused meanwhile."""
    gateway = standing.gateway
    if party not in gateway.office.parties:
        raise Problem(404, "party.not-ours", "This is none of our offices.")
    said = (("partner", partner), ("use", "smime" if use is Use.SMIME else ""))
    details = (("party", party), *((name, text) for name, text in said if text))
    await gateway.ledger.record([entry_by(caller.person, f"key.{step}", gateway.clock.now(), details=details)])
    renewed = step in CHANGES_SIGNING or (
        use is Use.SMIME and step is Step.PUBLISHED
    )  # from then on the next one opens, too
    if renewed:
        await gateway.renew_keys()
    return KeysView(party=party, step=step, renewed=renewed)
