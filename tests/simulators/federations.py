"""Bureaux hosted in the test's own process on a stopped clock, writing to each other over real mail."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulators.counterparts.bureaux.bureau import Bureau
from simulators.counterparts.bureaux.hosting import Federation, Ground, make_plan
from simulators.office.clerk import Clerk
from tests.loop_time import PATIENCE_SECONDS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Town:
    """A federation, and what a tester does with it."""

    federation: Federation

    def __getitem__(self, code: str) -> Bureau:
        return self.federation.bureaux[code]

    async def send(self, code: str, to: str, form: str, **order: Any) -> dict[str, Any]:
        return await Clerk(self[code]).carry_out({"form": form, "to": f"sirene:{to}", **order})

    async def got(self, code: str, count: int = 1, **query: str) -> list[dict[str, Any]]:
        """At least so many messages that fit, as soon as they are there."""
        found = await self[code].mailbag.wait(query, count, PATIENCE_SECONDS)
        assert len(found) >= count, f"{code} has only {len(found)} of {count} for {query}"
        return found

    async def stages(self, code: str, sent: Mapping[str, Any], count: int = 2) -> list[str]:
        receipts = await self.got(code, count, of_message_id=sent["message_id"])
        return [each["receipt"]["stage"] for each in receipts]

    async def answer_to(self, code: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        return (await self.got(code, in_reply_to=sent["message_id"], receipts="no"))[0]

    async def waits_until(self) -> datetime:
        moment = await self.federation.clock.somebody_waits(PATIENCE_SECONDS)
        assert moment is not None, "nobody waits for anything"
        return moment

    def forward(self, **step: float) -> None:
        self.federation.clock.turn_to(self.federation.clock.now() + timedelta(**step))


@asynccontextmanager
async def town(folder: Path, states: str, at: datetime = NOON, **habits: str) -> AsyncIterator[Town]:
    """`town(folder, "XB,XC", XC="late:20")`; without TLS where nothing is about it, since that is quicker."""
    plan = make_plan(states, None, {"starttls": "never"})
    settings = {code: {**row, "habits": habits.get(code, "")} for code, row in plan.settings.items()}
    federation = Federation(
        type(plan)(states=plan.states, settings=settings), Ground(folder=folder / "federation", fixed_time=at)
    )
    try:
        await federation.start()
        yield Town(federation)
    finally:
        await federation.stop()
