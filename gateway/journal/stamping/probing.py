"""Whether an authority stamps as the settings say: it is asked for one stamp, over nothing, and that is checked like every other."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.journal.stamping.question import question_for
from gateway.journal.stamping.reasons import refusal
from gateway.journal.stamping.stamping import TimestampAuthority
from gateway.journal.stamping.tokens import clock_difference, read_reply
from gateway.ports import Clock

NOTHING: Final = b"spoc-gateway asks whether stamps can be had\n"


class Probing:
    """One authority that is tried."""

    def __init__(self, authority: TimestampAuthority, clock: Clock) -> None:
        self._authority, self._clock = authority, clock

    async def start(self) -> None:
        """Open the way."""
        if self._authority.wire:
            await self._authority.wire.start()

    async def stop(self) -> None:
        """Safe unstarted and twice."""
        if self._authority.wire:
            await self._authority.wire.stop()

    async def probe(self) -> None:
        """Raise `Unavailable` or `Refused` when its stamp would not be taken. The stamp is not kept."""
        if self._authority.wire is None:
            return
        question = question_for(NOTHING, self._authority.trust.policy)
        begun = self._clock.now()
        reply = await self._authority.wire.ask(question.content)
        ended = self._clock.now()
        stamp = await asyncio.to_thread(read_reply, reply, question, self._authority.trust)
        difference = clock_difference(stamp.at, begun, ended)
        if abs(difference) > self._authority.tolerance:
            code = "stamp.future" if difference.total_seconds() > 0 else "stamp.back-dated"
            raise refusal(code, f"{difference.total_seconds():.0f} s from our clock")
