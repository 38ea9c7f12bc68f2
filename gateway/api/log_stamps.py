"""Time-stamps over the published log: how it stands with each authority, and the stamps that cover an entry, for whoever checks them elsewhere."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.api import log_shown
from gateway.api.callers import Allowed, Caller, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.errors import Refused
from gateway.journal.stamping.shelf import Kept, StampShelf, check_kept
from gateway.journal.stamping.stamping import WORDS, StampState, TimestampAuthority

router = APIRouter(prefix="/api/v1", tags=["journal"])
Anybody = Annotated[Caller, Depends(Allowed())]


class AuthorityView(View):
    """How it stands with one time-stamp authority."""

    name: str
    size: int = Field(description="How many entries are under the last checkpoint that it stamped.")
    stamped_at: datetime | None = Field(description="The time that it told.")
    trouble: str = Field(description="Why it does not stamp now; empty when it does.")
    words: str
    clock_difference_seconds: float | None = Field(
        description="How far its time was from our clock when it was heard last; negative for before."
    )


class StampView(View):
    """One time-stamp, with what it is over."""

    authority: str
    size: int = Field(description="How many entries are under the checkpoint that was stamped.")
    at: datetime | None = Field(description="The time that the stamp tells; empty where it does not hold.")
    trouble: str = Field(description="Why it does not hold; empty when it does.")
    token: str = Field(description="The RFC 3161 token (DER) in base64.")
    checkpoint: str = Field(description="The signed note, whose SHA-256 was stamped, octet for octet.")


class StampsView(View):
    """The first stamp of each authority over so many entries, or more."""

    stamps: list[StampView]


def authority_view(state: StampState) -> AuthorityView:
    """The state as it is told."""
    difference = state.difference
    return AuthorityView(
        name=state.name, size=state.size, stamped_at=state.at, trouble=state.trouble, words=WORDS.get(state.trouble, ""),
        clock_difference_seconds=None if difference is None else difference.total_seconds(),
    )  # fmt: skip


def stamp_view(kept: Kept, authority: TimestampAuthority | None) -> StampView:
    """A kept stamp, checked where its authority is known."""
    at, trouble = None, ""
    if authority is None:
        trouble = "stamp.unknown-authority"
    else:
        try:
            at = check_kept(kept, authority.trust).at
        except Refused as error:
            trouble = error.code
    return StampView(
        authority=kept.authority, size=kept.size, at=at, trouble=trouble, token=b64encode(kept.token).decode(),
        checkpoint=kept.note.decode("utf-8", "replace"),
    )  # fmt: skip


async def covering(shelf: StampShelf, authorities: Iterable[TimestampAuthority], size: int) -> StampsView:
    """The stamps over an entry."""
    known = {each.name: each for each in authorities}

    def found() -> StampsView:
        kept = shelf.covering(size)
        return StampsView(stamps=[stamp_view(each, known.get(each.authority)) for each in kept])

    return await asyncio.to_thread(found)


@router.get("/log/stamps", summary="Time-stamps that cover an entry", responses=log_shown.STAMPS)
async def stamps(
    standing: Standing, caller: Anybody,
    size: Annotated[int, Query(ge=1, description="The number of an entry, or the size of a checkpoint.")],
) -> StampsView:  # fmt: skip
    """Of each authority the stamp over the checkpoint of this size, or the next one after it: it proves that the entry existed by then."""
    log = standing.gateway.log
    if log is None:
        raise Problem(503, "log.none", "This gateway keeps nothing that outlives it, so it publishes nothing either.")
    found = await covering(log.stamping.shelf, log.stamping.authorities, size)
    if not found.stamps:
        raise Problem(404, "log.unstamped", "No time-stamp is over so many entries yet.")
    return found
