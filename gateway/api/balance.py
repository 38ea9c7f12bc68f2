"""The books counted three times, over HTTP, and in the same words straight from a ledger."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.api import shown
from gateway.api.callers import AUDIT, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.journal.balance import MAX_TOLD, balanced_books
from gateway.ledger import Ledger
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1/journal", tags=["journal"])


class BookedView(View):
    """One message that is not booked alike, or a total that is wrong."""

    envelope: str = Field(description="Its id; empty where the totals differ.")
    row: str = Field(description="The state that its row says; empty where there is none.")
    journal: str = Field(description="The state that its last entry says; empty where none tells of it.")
    words: str


class BooksView(View):
    """accepted = delivered + rejected + held + waiting + quarantined, from the rows, the counter and the journal."""

    balanced: bool
    accepted: int = Field(description="By the counter that is kept apart.")
    rows: dict[str, int] = Field(description="Messages by account, from the rows.")
    journal: dict[str, int] = Field(description="The same from the journal alone, up to the entry `counted_to`.")
    counted_to: int
    differences: list[BookedView] = Field(description=f"At most {MAX_TOLD}.")
    more: int = Field(description="Differences beyond those.")


@router.get("/balance", summary="Count the books three times", responses=shown.BOOKS)
async def get_balance(standing: Standing, caller: Annotated[Caller, Depends(Allowed(*AUDIT))]) -> BooksView:
    """Reads the whole journal and every row; a message that moves meanwhile is read again before it counts as a difference."""
    gateway = standing.gateway
    told = await counted(gateway.ledger)
    details = (("balanced", "yes" if told.balanced else "no"), ("differences", str(len(told.differences) + told.more)))
    await gateway.ledger.record([entry_by(caller.person, "journal.verified", gateway.clock.now(), details=details)])
    return told


async def counted(ledger: Ledger) -> BooksView:
    """What counting the books of a ledger gives."""
    found = await balanced_books(ledger)
    return BooksView(
        balanced=found.balanced, accepted=found.counter, rows=found.rows, journal=found.journal, counted_to=found.head,
        more=found.more,
        differences=[
            BookedView(envelope=each.envelope, row=each.row, journal=each.journal, words=each.words)
            for each in found.differences
        ],
    )  # fmt: skip
