"""Is it alive, and can it do its work? The only operations that are open to everybody."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gateway.api import shown
from gateway.api.callers import Here, Standing
from gateway.api.models import View

router = APIRouter(tags=["health"])
KEPT_FOR: Final = timedelta(seconds=2)
"""Probes reach out to other systems; whoever asks more often gets the last answer."""
PROBE_SECONDS: Final = 10


class AliveView(View):
    """The process answers."""

    status: str = Field(examples=["alive"])


class ReadyView(View):
    """Whether the gateway can receive, sign, journal and deliver."""

    ready: bool
    reasons: list[str] = Field(description="Why not; empty when ready.")
    alarms: list[str] = Field(
        default_factory=list,
        description="What stands still, is late or is about to run out; messages go on, and a person should look.",
        examples=[["queue"]],
    )
    checked_at: datetime


@dataclass(slots=True)
class Readiness:
    """The last answer, and one probing at a time."""

    lock: asyncio.Lock
    last: ReadyView | None = None

    async def view(self, standing: Here) -> ReadyView:
        """The present answer, or one that is at most `KEPT_FOR` old."""
        async with self.lock:
            now = standing.gateway.clock.now()
            if self.last is None or not timedelta() <= now - self.last.checked_at <= KEPT_FOR:
                self.last = await _probe(standing, now)
            return self.last


async def _probe(standing: Here, now: datetime) -> ReadyView:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            reasons = await standing.gateway.not_ready()
    except TimeoutError:
        reasons = [f"probe: no answer within {PROBE_SECONDS} seconds"]
    flow = standing.gateway.flow
    alarms = (
        sorted({name.partition(" ")[0] for name in flow.alarms}) if flow else []
    )  # partners are not named to everybody
    return ReadyView(ready=not reasons, reasons=reasons, alarms=alarms, checked_at=now)


@router.get("/healthz", summary="Alive", responses=shown.ALIVE)
async def healthz() -> AliveView:
    """Answers as long as the process runs."""
    return AliveView(status="alive")


@router.get("/readyz", summary="Ready for work", responses=shown.READY)
async def readyz(request: Request, response: Response, standing: Standing) -> ReadyView:
    """503 with the list of reasons when something that is needed does not work now."""
    readiness: Readiness = request.app.state.readiness
    view = await readiness.view(standing)
    response.status_code = 200 if view.ready else 503
    return view
