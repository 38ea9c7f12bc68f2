"""The partner file, read again while the gateway runs: what `spoc partners add` asks for after it has written the file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.api import shown
from gateway.api.callers import OPERATE, Allowed, Caller, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.partners import Partner
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1", tags=["catalogue"])


class ReloadedView(View):
    """The directory after the partner file was read again."""

    partners: int = Field(description="How many offices there are now.")
    added: list[str]
    changed: list[str]
    removed: list[str]


@router.post("/partners/reload", summary="Read the partner file again", responses=shown.RELOADED)
async def reload(standing: Standing, caller: Annotated[Caller, Depends(Allowed(*OPERATE))]) -> ReloadedView:
    """Nothing changes when anything in the file is wrong. Every difference is journalled before it takes effect."""
    read = standing.door.read_partners
    if read is None:
        raise Problem(503, "partners.no-file", "This gateway was started without a partner file.")
    gateway = standing.gateway
    found = tuple(await asyncio.to_thread(read))
    view = _differences({partner.party: partner for partner in gateway.directory}, found)
    now = gateway.clock.now()
    told = [("added", view.added), ("changed", view.changed), ("removed", view.removed)]
    entries = [
        entry_by(caller.person, "partner.added", now, details=(("party", party), ("change", change)))
        for change, parties in told
        for party in parties
    ]
    if entries:
        await gateway.ledger.record(entries)
        gateway.directory.replace(found)
        await gateway.renew_partners()
    return view


def _differences(before: Mapping[str, Partner], after: Iterable[Partner]) -> ReloadedView:
    now = {partner.party: partner for partner in after}
    return ReloadedView(
        partners=len(now),
        added=sorted(now.keys() - before.keys()),
        changed=sorted(party for party in now.keys() & before.keys() if now[party] != before[party]),
        removed=sorted(before.keys() - now.keys()),
    )
