"""What an operator did to files of this gateway while it ran: the command tells it here, so that no act of a person is missing in the journal."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from gateway.api import shown
from gateway.api.callers import OPERATE, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1", tags=["catalogue"])
MAX_TOLD: Final = 300


class Act(StrEnum):
    """What can be told."""

    CLIENT_ADDED = "client.added"
    LOG_REBUILT = "log.rebuilt"
    BOOK_SIGNED = "address-book.signed"
    JOURNAL_EXPORTED = "journal.exported"
    MASTER_MADE = "vault.master-made"
    KEYS_REWRAPPED = "vault.rewrapped"
    MASTER_REMOVED = "vault.master-removed"


class ActTold(View):
    """It stands in the journal."""

    act: Act
    told: str = Field(description="As it was told.")


@router.post("/acts/{act}", summary="An operator did something to the files", responses=shown.ACT_TOLD)
async def tell(
    standing: Standing,
    caller: Annotated[Caller, Depends(Allowed(*OPERATE))],
    act: Annotated[Act, Path(description="What was done.")],
    what: Annotated[
        str, Query(max_length=MAX_TOLD, description="To what: the client with its roles, the folder.")
    ] = "",
) -> ActTold:
    """Only journalled; what was done is done already."""
    gateway, details = standing.gateway, ((("what", what),) if what else ())
    await gateway.ledger.record([entry_by(caller.person, str(act), gateway.clock.now(), details=details)])
    return ActTold(act=act, told=what)
