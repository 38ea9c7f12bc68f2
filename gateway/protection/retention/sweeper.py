"""Destroys what is due, in the background: intent, key, certificate, each durable before the next begins.

A kill between any two leaves an intent, and the next sweep begins with those: a key that is gone gets its certificate, one that is not is
looked at again first, because somebody may have set a hold meanwhile. Each row is written over the revision that was read, so of several
gateways on one database one alone carries a destruction out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.errors import GatewayError, Unavailable
from gateway.identity import derived_id
from gateway.journal import entry as entries
from gateway.journal.entry import Entry
from gateway.ledger import Ledger, Query, StaleMove
from gateway.ports import Clock
from gateway.protection.retention.certificate import (
    Details,
    certified,
    destruction_of,
    intended,
    intent_of,
    nothing_there,
    what_is_destroyed,
    withdrawn,
)
from gateway.protection.retention.facts import MOST_MESSAGES
from gateway.protection.retention.lifetime import Intent, Lifetime, Stage
from gateway.protection.retention.planning import Planned, Planning
from gateway.protection.retention.words import Decision, Why
from gateway.vault.subjects import EXCHANGE, SubjectId, of_envelope

BATCH: Final = 50
"""Destructions in one write."""
LOOK_EVERY: Final = timedelta(hours=4)
AFTER_TROUBLE: Final = timedelta(minutes=1)
STARTED: Final = "gateway.started"
NO_KEY: Final = "no-key"
LONGEST_SILENCE: Final = timedelta(days=7)
"""Between two lives of the gateway. After a longer one the machine's clock may be wrong, and a person has to sweep first."""
AFTER_A_SILENCE: Final = "retention.after-a-silence"
LOOK_BACK: Final = 500
log = logging.getLogger(__name__)


class Sweeper:
    """Sweeps. One for each front; `pause` of 0 never sweeps by itself."""

    def __init__(self, planning: Planning, ledger: Ledger, clock: Clock, pause: timedelta = LOOK_EVERY) -> None:
        self.planning, self._ledger, self._clock, self._pause = planning, ledger, clock, pause
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._sweeping = asyncio.Lock()
        self.destroyed: Counter[str] = Counter()
        """How many subjects were destroyed since the start, by rule."""
        self.overdue: tuple[Planned, ...] = ()
        """What the last sweep found kept beyond the law's longest time."""
        self.doubtful: Callable[[], bool] = lambda: False
        """Whether the clock is in doubt: then nothing is destroyed, for that cannot be taken back."""
        self._silent: bool | None = None
        """Not known before the first sweep."""
        self.swept_at: datetime | None = None
        self.trouble = ""

    def start(self) -> None:
        """Begin to sweep."""
        if self._task is None and self._pause:
            self._task = asyncio.create_task(self._run(), name="retention-sweep")

    async def stop(self) -> None:
        """Stop at once; the next start goes on from what was intended."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def look(self) -> None:
        """Somebody ordered something."""
        self._changed.set()

    async def by_itself(self) -> int:
        """Sweep, unless the gateway was silent for so long before it started that a person should look first."""
        if self._silent is None:
            self._silent = await self._was_silent()
        if self._silent:
            self.trouble = AFTER_A_SILENCE
            log.warning(
                "nothing is destroyed until a person has swept: the gateway was silent for long before this start"
            )
            return 0
        return await self.sweep()

    async def _was_silent(self) -> bool:
        number, _ = await self._ledger.head()
        told = [entries.read(link.entry) for link in await self._ledger.journal(max(0, number - LOOK_BACK), LOOK_BACK)]
        starts = [place for place, entry in enumerate(told) if place and entry.event == STARTED]
        return bool(starts) and told[starts[-1]].at - told[starts[-1] - 1].at > LONGEST_SILENCE

    async def sweep(self) -> int:
        """Destroy everything that is due now; how many subjects. Raises `Unavailable`."""
        async with self._sweeping:
            if self.doubtful():
                self.trouble = "time.in-doubt"
                return 0
            count = await self._complete() + await self._ordered()
            overdue: list[Planned] = []
            async for batch in self._batches(overdue):
                count += await self._destroy(batch)
            await self._warn(overdue)
            self._silent = False
            self.overdue, self.swept_at, self.trouble = tuple(overdue), self._clock.now(), ""
            return count

    async def _ordered(self) -> int:
        """What people ordered goes first: they need not wait until everything else was looked at."""
        count, after = 0, ""
        while found := await self._ledger.lifetimes_in(Stage.KEPT, after, BATCH):
            after = found[-1].subject
            for life in found:
                if life.order is not None and life.order.valid:
                    reached = [each for each in await self._reached(life.subject) if each.decision.destroy]
                    for begin in range(0, len(reached), BATCH):
                        count += await self._destroy(reached[begin : begin + BATCH])
        return count

    async def _reached(self, subject: SubjectId) -> list[Planned]:
        now = self._clock.now()
        if subject.startswith(EXCHANGE):
            # What was recorded of the exchange goes with the whole sweep, once all its messages are gone.
            found = await self.planning.of_exchange(subject.removeprefix(EXCHANGE), now)
            return [each for each in found if each.message is not None]
        planned = await self.planning.of(subject, now)
        return [planned] if planned else []

    async def _batches(self, overdue: list[Planned]) -> AsyncIterator[list[Planned]]:
        batch: list[Planned] = []
        async for each in self.planning.all(self._clock.now()):
            if batch and batch[-1].message is not None and each.message is None:
                yield batch  # an exchange goes after its messages
                batch = []
            if each.decision.destroy:
                batch.append(each)
            elif each.decision.overdue:
                overdue.append(each)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _warn(self, overdue: Sequence[Planned]) -> None:
        """That something keeps a content beyond the law's longest time is journalled once for each."""
        now = self._clock.now()
        for begin in range(0, len(overdue), BATCH):
            some = overdue[begin : begin + BATCH]
            lives = await self._ledger.lifetimes([each.subject for each in some])
            fresh = [(each, lives.get(each.subject) or Lifetime(subject=each.subject)) for each in some]
            made = [
                (replace(life, told_overdue=True), _overdue(each, now)) for each, life in fresh if not life.told_overdue
            ]
            await self._written(made)

    # --- the three things, in their order

    async def _destroy(self, batch: Sequence[Planned]) -> int:
        now = self._clock.now()
        lives = await self._ledger.lifetimes([each.subject for each in batch])
        made: list[tuple[Lifetime, Entry]] = []
        again = 0
        for each in batch:
            life = lives.get(each.subject) or Lifetime(subject=each.subject)
            if each.again:
                again += await self._destroy_again(each, life)
                continue
            if life.stage is not Stage.KEPT or life.plain or await self._messages_left(each):
                continue
            made.append(intended(life, await self._intent(each, now)))
        kept = await self._written(made)
        return again + await self._carry_out([replace(life, revision=life.revision + 1) for life in kept])

    async def _destroy_again(self, each: Planned, life: Lifetime) -> int:
        """Words that came after the end: whatever dies in between, the next sweep finds either them or the certificate."""
        now = self._clock.now()
        intent = await self._intent(each, now)
        await self._ledger.destroy([life.subject], destruction_of(intent), ())
        _, entry = certified(replace(life, intent=intent), now, 0)
        return len(await self._written([(replace(life, destroyed_at=now), entry)]))

    async def _messages_left(self, each: Planned) -> bool:
        """Whether an exchange still has a message with content: what was recorded of it goes last."""
        if each.message is not None or not each.exchange:
            return False
        found = await self._ledger.find(Query(exchange=each.exchange, limit=MOST_MESSAGES))
        lives = await self._ledger.lifetimes([of_envelope(one.id) for one in found])
        known = (lives.get(of_envelope(one.id)) for one in found)
        return any(life is None or life.stage is not Stage.DESTROYED for life in known)

    async def _intent(self, each: Planned, now: datetime) -> Intent:
        details: Details = tuple(
            (name, text)
            for name, text in (("subject", each.subject), ("exchange", each.exchange), ("day", str(each.day or "")))
            if text
        )
        if each.message is not None:
            try:
                row = await self._ledger.get(each.envelope)
            except Unavailable:
                raise
            except GatewayError:
                row = None  # it does not open any more: what is left to certify is the list's own
            if row is not None:
                details = what_is_destroyed(row, each.exchange, each.message.counterpart)
            else:
                details = (*details, ("payload_sha256", each.message.digest))
        return intent_of(each.decision, now, details, each.envelope)

    async def _written(self, made: Sequence[tuple[Lifetime, Entry]]) -> list[Lifetime]:
        """Write rows and entries together; where one of them is stale, each by itself, and the stale ones are left for the next sweep."""
        if not made:
            return []
        try:
            await self._ledger.keep_lifetimes([life for life, _ in made], [entry for _, entry in made])
        except StaleMove:
            if len(made) == 1:
                return []
            return [life for one in made for life in await self._written([one])]
        return [life for life, _ in made]

    async def _carry_out(self, lives: Sequence[Lifetime]) -> int:
        """The keys, then the certificates, of what was intended."""
        count = 0
        for _, group in groupby(sorted(lives, key=_rule), key=_rule):
            some = list(group)
            intent = some[0].intent
            assert intent is not None
            keyless = set(await self._ledger.destroy([life.subject for life in some], destruction_of(intent), ()))
            now = self._clock.now()
            await self._tell(some, now)
            number, _ = await self._ledger.head()
            made = [self._outcome(life, now, number, keyless=life.subject in keyless) for life in some]
            done = [life for life in await self._written(made) if life.stage is Stage.DESTROYED]
            count += len(done)
            self.destroyed[intent.rule] += len(done)
        return count

    @staticmethod
    def _outcome(life: Lifetime, now: datetime, number: int, *, keyless: bool) -> tuple[Lifetime, Entry]:
        if not keyless:
            return certified(life, now, number)
        return _plain(life, now) if _message(life) else nothing_there(life, now)

    async def _complete(self) -> int:
        """What an earlier life intended."""
        count, before = 0, set[str]()
        while found := await self._ledger.lifetimes_in(Stage.INTENDED, "", BATCH):
            if before == (before := {life.subject for life in found}):
                break  # somebody else is at it
            gone = await self._ledger.destroyed([life.subject for life in found])
            going = [life for life in found if life.subject in gone]
            still: list[Lifetime] = []
            for life in found:
                if life.subject not in gone:
                    (still if await self._stays(life) else going).append(life)
            now = self._clock.now()
            count += await self._carry_out(going)
            await self._written([withdrawn(life, now, "no-longer-due") for life in still])
        return count

    async def _stays(self, life: Lifetime) -> bool:
        """Whether what was intended is no longer to be done: somebody set a hold, or the rules were changed."""
        now = self._clock.now()
        decision = await self._decision(life, now)
        return decision is not None and not decision.destroy and decision.why is not Why.DESTROYED

    async def _decision(self, life: Lifetime, now: datetime) -> Decision | None:
        assert life.intent is not None
        if life.intent.envelope:
            planned = await self.planning.of(life.intent.envelope, now)
            return planned.decision if planned else None
        async for each in self.planning.apart(life.subject, now):
            return each.decision
        return None

    async def _tell(self, done: Sequence[Lifetime], now: datetime) -> None:
        """The clocks of an exchange learn that it is done, once: that is owed by law, and the watch counts it. Before the certificate, so
        that no kill in between leaves them untold.
        """
        for life in done:
            details = dict(life.intent.details) if life.intent else {}
            rule = self.planning.rules.get(life.rule)
            exchange = details.get("exchange", "")
            if _message(life) or not exchange or rule is None or not rule.tells:
                continue
            happened = Happened(
                id=derived_id(f"{exchange}\n{rule.tells}", "retention"), exchange=exchange,
                happening=Happening(name=rule.tells, at=now), actor="gateway",
            )  # fmt: skip
            if any(each.id == happened.id for each in (await self._ledger.exchange(exchange)).happened):
                continue
            entry = Entry(
                event="happening.recorded", at=now, details=(("exchange", exchange), ("happening", rule.tells))
            )
            try:
                await self._ledger.record_happened([happened], [entry])
            except ValueError:
                log.warning("an exchange cannot be told that it was destroyed, exchange=%s", exchange)

    # --- in the background

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            pause = self._pause
            try:
                count = await self.by_itself()
                if count:
                    log.info("retention destroyed %d", count)
            except Unavailable as error:
                self.trouble, pause = error.code, min(AFTER_TROUBLE, self._pause)
                log.warning("retention: %s", error.code)
            except Exception as error:  # one odd row must not end the sweeps for ever
                self.trouble = "gateway.fault"
                log.exception("retention failed, kind=%s", type(error).__name__)
            await self._wait(self._clock.now() + pause)

    async def _wait(self, until: datetime) -> None:
        changed = asyncio.create_task(self._changed.wait())
        timer = asyncio.create_task(self._clock.wait_until(until))
        try:
            await asyncio.wait({changed, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            timer.cancel()
        await asyncio.gather(changed, timer, return_exceptions=True)


def _rule(life: Lifetime) -> tuple[str, datetime]:
    assert life.intent is not None
    return life.intent.rule, life.intent.at


def _message(life: Lifetime) -> bool:
    return life.intent is not None and bool(life.intent.envelope)


def _plain(life: Lifetime, at: datetime) -> tuple[Lifetime, Entry]:
    """A message without a key: its content is older than the vault and plain, so nothing was destroyed and nothing is certified."""
    back, entry = withdrawn(life, at, NO_KEY)
    return replace(back, plain=True), entry


def _overdue(each: Planned, now: datetime) -> Entry:
    decision = each.decision
    details = (
        ("subject", each.subject), ("exchange", each.exchange), ("why", decision.why.value), ("about", decision.about),
        ("until", decision.until.isoformat() if decision.until else ""),
    )  # fmt: skip
    return Entry(
        event="retention.overdue", at=now, envelope=each.envelope, reason=decision.rule.id if decision.rule else "",
        details=tuple(detail for detail in details if detail[1]),
    )  # fmt: skip
