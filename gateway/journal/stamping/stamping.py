"""Asks time-stamp authorities, beside the traffic: away, slow or wrong, an authority holds nothing up but its own line.

Each is asked at its own steady rhythm, about the newest checkpoint and only when there is a newer one. What was missed while it was away is made
up for by that one question, so that an outage costs no memory, however long it is. An answer that does not hold is refused with a code, and is trouble
like an answer that did not come. The times that authorities tell are held against our own clock: where they differ too far, a person must look at both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

from gateway.errors import GatewayError, Unavailable
from gateway.journal.entry import Entry
from gateway.journal.publishing.doubt import Doubt
from gateway.journal.stamping.question import question_for
from gateway.journal.stamping.reasons import SENTENCES, refusal
from gateway.journal.stamping.shelf import StampShelf, check_kept
from gateway.journal.stamping.tokens import Stamp, Trust, clock_difference, read_reply
from gateway.journal.tree.checkpoints import Checkpoint
from gateway.ledger import Ledger
from gateway.ports import Clock

AWAY: Final = "stamp.away"
UNKEPT: Final = "log.unwritable"
WORDS: Final = {AWAY: "It does not answer.", UNKEPT: "Its stamp cannot be kept on our disk.", **SENTENCES}
KINDS: Final = {AWAY: "away", UNKEPT: "unkept"}
"""Everything else is an answer that does not hold."""
TIMES: Final = frozenset({"stamp.back-dated", "stamp.future"})
LOOK_EVERY: Final = timedelta(seconds=1)
"""Whether there is a newer checkpoint, while there was none: the first one after a pause is stamped at once."""
AGAIN_FIRST: Final = timedelta(seconds=10)
AGAIN_AT_MOST: Final = timedelta(minutes=5)
ALARM_AFTER: Final = timedelta(seconds=60)
log = logging.getLogger(__name__)


class StampWire(Protocol):
    """The way to one authority."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ask(self, question: bytes) -> bytes:
        """The reply to a query, both in DER; raises `Unavailable`, or `Refused` for what cannot be one."""
        ...


class Checkpoints(Protocol):
    """Where the newest checkpoint comes from."""

    async def checkpoint(self) -> tuple[Checkpoint, bytes]:
        """The checkpoint and its note; raises `Refused` where there is none."""
        ...


class TimestampAuthority(Struct, frozen=True, kw_only=True):
    """Whom to ask, how often, and what is believed."""

    name: str
    trust: Trust
    wire: StampWire | None = None
    """None for one that is no longer asked, whose stamps are still checked."""
    every: timedelta = timedelta(seconds=30)
    tolerance: timedelta = timedelta(seconds=60)
    """How far its time may be from ours."""


@dataclass(slots=True)
class StampState:
    """How it stands with one authority."""

    name: str
    size: int = 0
    """How many entries are under the last checkpoint that it stamped."""
    at: datetime | None = None
    """The time that it told."""
    trouble: str = ""
    """Why it does not stamp now."""
    since: datetime | None = None
    tries: int = 0
    told: tuple[str, ...] = ()
    """What is journalled of the present trouble: `away`, `wrong`, `unkept`."""
    difference: timedelta | None = None
    """How far its time was from our clock when it was heard last; negative for before."""
    differs: bool = False
    """That this is too far is journalled."""


class Stamping:
    """One task for each authority that is asked."""

    def __init__(
        self, authorities: Iterable[TimestampAuthority], checkpoints: Checkpoints, ledger: Ledger, shelf: StampShelf, clock: Clock
    ) -> None:  # fmt: skip
        self.authorities, self.shelf = tuple(authorities), shelf
        self._checkpoints, self._ledger, self._clock = checkpoints, ledger, clock
        self._asked = [each for each in self.authorities if each.wire is not None]
        self.states = [StampState(name=each.name) for each in self._asked]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up what was stamped, and begin to ask."""
        if self._tasks:
            return
        for authority, state in zip(self._asked, self.states, strict=True):
            known = await asyncio.to_thread(taken_up, authority, self.shelf)
            state.size, state.at = known.size, known.at
            assert authority.wire is not None
            await authority.wire.start()
            self._tasks.append(asyncio.create_task(self._run(authority, state), name=f"time-stamps {authority.name}"))

    async def stop(self) -> None:
        """Stop at once."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for authority in self._asked:
            if authority.wire is not None:
                await authority.wire.stop()

    async def quiet(self) -> None:
        """Ask every authority once, without waiting for its time. For tests."""
        for authority, state in zip(self._asked, self.states, strict=True):
            await self._safely(authority, state)

    def stamped(self) -> int | None:
        """How many entries are under a stamp; None where nobody is asked."""
        return max((state.size for state in self.states), default=None)

    # --- asking

    async def _run(self, authority: TimestampAuthority, state: StampState) -> None:
        while True:
            begun = self._clock.now()
            pause = _pause(authority, state) if await self._safely(authority, state) else LOOK_EVERY
            # from the earlier of the two: a clock that was put back meanwhile makes nobody wait until it is there again
            await self._clock.wait_until(min(begun, self._clock.now()) + pause)

    async def _safely(self, authority: TimestampAuthority, state: StampState) -> bool:
        """Ask about what is new, whatever happens; whether there was anything to ask about."""
        try:
            checkpoint, note = await self._checkpoints.checkpoint()
        except (GatewayError, Doubt) as error:
            log.info("nothing to be stamped now: %s", error.code)
            return False
        if checkpoint.size <= state.size:
            return False
        try:
            stamp = await self._asked_for(authority, state, note)
            await asyncio.to_thread(self.shelf.put, authority.name, checkpoint.size, note, stamp.token)
            state.size, state.at = checkpoint.size, stamp.at
            await self._over(state)
        except GatewayError as error:
            await self._noted(state, error.code, error.operator)
        except Exception as error:
            log.exception("an authority cannot be asked, kind=%s", type(error).__name__)
        return True

    async def _asked_for(self, authority: TimestampAuthority, state: StampState, note: bytes) -> Stamp:
        """A stamp over the note, checked; raises `Unavailable` and `Refused`."""
        assert authority.wire is not None
        question = question_for(note, authority.trust.policy)
        begun = self._clock.now()
        reply = await authority.wire.ask(question.content)
        ended = self._clock.now()
        stamp = await asyncio.to_thread(read_reply, reply, question, authority.trust)
        await self._compare(authority, state, clock_difference(stamp.at, begun, ended))
        if state.at is not None and stamp.at < state.at - authority.tolerance:
            raise refusal("stamp.back-dated", f"it told {state.at:%Y-%m-%d %H:%M:%S} before")
        return stamp

    # --- telling

    async def _compare(self, authority: TimestampAuthority, state: StampState, difference: timedelta) -> None:
        """Hold its time against our clock; raises `Refused` where they are too far apart."""
        state.difference = difference
        if abs(difference) <= authority.tolerance:
            state.differs = False
            return
        seconds = f"{difference.total_seconds():.0f} s"
        code = "stamp.back-dated" if difference < timedelta() else "stamp.future"
        if not state.differs:
            log.warning("the time of %s and our clock differ by %s", authority.name, seconds)
            details = (("authority", authority.name), ("difference", seconds))
            await self._record(Entry(event="log.clock-differs", at=self._clock.now(), reason=code, details=details))
            state.differs = True
        raise refusal(code, seconds)

    async def _noted(self, state: StampState, code: str, words: str) -> None:
        now = self._clock.now()
        state.since = state.since or now
        state.trouble, state.tries = code, state.tries + 1
        kind = KINDS.get(code, "wrong")
        if kind in state.told or now - state.since < ALARM_AFTER:
            return
        log.warning("time-stamps of %s: %s", state.name, code)
        details = (("authority", state.name), ("stamped", str(state.size)), ("why", words))
        if await self._record(Entry(event="log.unstamped", at=now, reason=code, details=details)):
            state.told = (*state.told, kind)

    async def _over(self, state: StampState) -> None:
        told, after = state.told, state.trouble
        state.trouble, state.since, state.told, state.tries = "", None, (), 0
        if told:
            details = (("after", after), ("authority", state.name), ("stamped", str(state.size)))
            await self._record(Entry(event="log.stamped", at=self._clock.now(), details=details))

    async def _record(self, entry: Entry) -> bool:
        try:
            await self._ledger.record([entry])
        except Unavailable as error:
            log.warning("could not be journalled: %s %s", entry.event, error.code)
            return False
        return True


def taken_up(authority: TimestampAuthority, shelf: StampShelf) -> StampState:
    """What it stamped last; where that cannot be read it is asked again."""
    state = StampState(name=authority.name)
    try:
        kept = shelf.last(authority.name)
        if kept:
            state.at, state.size = check_kept(kept, authority.trust).at, kept.size
    except GatewayError as error:
        log.warning("the last stamp of %s is not taken up: %s", authority.name, error.code)
    return state


def _pause(authority: TimestampAuthority, state: StampState) -> timedelta:
    """The rhythm; in trouble sooner at first, then less and less often."""
    if not state.trouble:
        return authority.every
    doubled: timedelta = AGAIN_FIRST * 2 ** min(state.tries - 1, 10)
    return min(doubled, AGAIN_AT_MOST)
