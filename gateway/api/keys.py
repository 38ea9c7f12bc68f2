"""Our signing keys were exchanged: what `spoc keys` asks for after it has written which pair is which."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from gateway.api import shown
from gateway.api.callers import OPERATE, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1", tags=["catalogue"])


class Step(StrEnum):
    """One step of exchanging a key."""

    MADE = "made"
    PUBLISHED = "published"
    CONFIRMED = "confirmed"
    SWITCHED = "switched"
    RETIRED = "retired"


CHANGES_SIGNING = (Step.SWITCHED, Step.RETIRED)


class KeysView(View):
    """What became of it."""

    party: str
    step: Step
    renewed: bool = Field(description="Whether the signer and the workers have read the keys again.")


@router.post("/keys/{party}/{step}", summary="A signing key was exchanged", responses=shown.KEYS)
async def changed(
    standing: Standing,
    caller: Annotated[Caller, Depends(Allowed(*OPERATE))],
    party: Annotated[str, Path(max_length=64, description="Our office.")],
    step: Annotated[Step, Path(description="What was done.")],
    partner: Annotated[str, Query(max_length=64, description="The partner that confirmed.")] = "",
) -> KeysView:
    """Journalled before it takes effect; then the signer and the workers are replaced. No message is refused meanwhile."""
    gateway = standing.gateway
    if party not in gateway.office.parties:
        raise Problem(404, "party.not-ours", "This is none of our offices.")
    details = (("party", party), *((("partner", partner),) if partner else ()))
    await gateway.ledger.record(
        [entry_by(caller.person, f"key.{step}", gateway.clock.now(), details=details)]
    )
    renewed = step in CHANGES_SIGNING
    if renewed:
        await gateway.renew_keys()
    return KeysView(party=party, step=step, renewed=renewed)
