"""The watch over legal clocks, over every store, in virtual time: each warning, breach and consequence exactly once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.errors import Unavailable
from gateway.exchanges.watch import TROUBLE_AGAIN
from gateway.ledger import Ledger, StaleMove
from tests.exchanges.matters import START, Watched
from tests.loop_time import PATIENCE_SECONDS

WARNED, BREACHED = "clock.warned", "clock.breached"


async def test_a_request_that_nobody_answers_warns_twice_and_is_breached_after_twelve_hours(ledger: Ledger) -> None:
    watched = Watched(ledger)
    asked = await watched.message()
    await watched.happens("request.received", about=asked.message_id)
    matter = await watched.matter()
    assert (matter.overdue, matter.due) == (False, START + timedelta(hours=12))
    assert await watched.told() == []
    await watched.later(hours=5, minutes=59)
    assert await watched.told() == []
    assert (await watched.matter()).next_look_at == START + timedelta(hours=6)
    await watched.later(minutes=1)
    await watched.later(hours=3, minutes=36)
    assert await watched.told() == [(WARNED, "T01", "50%"), (WARNED, "T01", "80%")]
    await watched.later(hours=2, minutes=24)
    assert (await watched.told())[2:] == [(BREACHED, "T01", "breached")]
    matter = await watched.matter()
    assert (matter.overdue, matter.closed, matter.next_look_at) == (True, False, None)
    await watched.later(days=30)
    assert len(await watched.told()) == 3


async def test_an_answer_in_time_ends_it_and_a_late_one_leaves_the_breach(ledger: Ledger) -> None:
    watched = Watched(ledger)
    first, second = await watched.message(), await watched.message()
    for each in (first, second):
        await watched.happens("request.received", about=each.message_id)
    await watched.later(hours=1)
    await watched.happens("request.answered", about=first.message_id)
    await watched.later(hours=12)
    assert [told[0] for told in await watched.told()] == [WARNED, WARNED, BREACHED]
    assert (await watched.matter()).overdue
    await watched.happens("request.answered", about=second.message_id)
    assert not (await watched.matter()).overdue
    assert len(await watched.told()) == 3


async def test_silence_takes_effect_once_and_at_the_later_of_two_readings(ledger: Ledger) -> None:
    watched = Watched(ledger)
    asked = await watched.message(sender="sirene:XA", to=("sirene:XB",), inbound=False, taken_at=START)
    await watched.happens("prior-consultation.received", about=asked.message_id)
    # Nothing says whom it binds: days cannot be counted, and that is said instead of guessed.
    assert [told[0] for told in await watched.told()] == ["clock.trouble"]
    assert "T17" in (await watched.matter()).trouble
    await watched.later(days=20)
    assert len(await watched.told()) == 1


async def test_a_new_watch_after_a_stop_repeats_nothing(ledger: Ledger) -> None:
    watched = Watched(ledger)
    asked = await watched.message()
    await watched.happens("request.received", about=asked.message_id)
    await watched.later(hours=10)
    assert [told[2] for told in await watched.told()] == ["50%", "80%"]
    again = Watched(ledger, watched.clock)
    await again.later(hours=3)
    both = [again.watch.quiet(), watched.watch.quiet()]
    await asyncio.gather(*both)
    assert [told[2] for told in await watched.told()] == ["50%", "80%", "breached"]


async def test_two_watches_that_look_at_once_write_once(ledger: Ledger) -> None:
    watched = Watched(ledger)
    asked = await watched.message()
    await watched.happens("request.received", about=asked.message_id)
    watched.clock.turn(timedelta(hours=13))
    others = [Watched(ledger, watched.clock).watch for _ in range(3)]
    await asyncio.gather(*(watch.quiet() for watch in (watched.watch, *others)))
    assert [told[2] for told in await watched.told()] == ["50%", "80%", "breached"]
    assert sum(watch.written[BREACHED] for watch in (watched.watch, *others)) == 1


async def test_what_is_owed_at_once_alarms_from_the_start(ledger: Ledger) -> None:
    watched = Watched(ledger)
    asked = await watched.message()
    await watched.happens("urgent-form.received", about=asked.message_id)
    assert await watched.told() == [(WARNED, "T03", "at-once")]
    await watched.later(hours=1)
    await watched.happens("urgent-form.taken-up", about=asked.message_id)
    assert (await watched.matter()).overdue is False


async def test_a_matter_that_cannot_be_computed_is_told_once_and_stops_nobody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(ledger)
    broken = await watched.message("x-broken")
    good = await watched.message("x-good")
    computed = watched.watch.picture

    def picture(kept, also=()):  # type: ignore[no-untyped-def]  # stands in for a fault of our own
        if kept.matter.exchange == "x-broken":
            raise ZeroDivisionError
        return computed(kept, also)

    monkeypatch.setattr(watched.watch, "picture", picture)
    await watched.happens("request.received", about=broken.message_id, exchange="x-broken")
    await watched.happens("request.received", about=good.message_id, exchange="x-good")
    await watched.later(hours=12)
    assert sorted(told[0] for told in await watched.told()) == [BREACHED, "clock.trouble", WARNED, WARNED]
    assert (await watched.matter("x-broken")).trouble == "our own fault: ZeroDivisionError"
    monkeypatch.setattr(watched.watch, "picture", computed)
    await watched.later(hours=TROUBLE_AGAIN.total_seconds() / 3600)
    assert ((await watched.matter("x-broken")).trouble, (await watched.matter("x-broken")).overdue) == ("", True)


async def test_the_task_waits_for_the_next_moment_and_is_woken_by_a_write(ledger: Ledger) -> None:
    watched = Watched(ledger)
    watched.watch.start()
    try:
        asked = await watched.message()
        await watched.happens("request.received", about=asked.message_id)
        watched.clock.turn(timedelta(hours=6))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await watched.told(WARNED):  # noqa: ASYNC110  # it is the task of the watch that is waited for
                await asyncio.sleep(0)
    finally:
        await watched.watch.stop()
        await watched.watch.stop()
    assert len(await watched.told(WARNED)) == 1


async def test_a_conclusion_on_an_old_state_is_refused(ledger: Ledger) -> None:
    watched = Watched(ledger)
    asked = await watched.message()
    await watched.happens("request.received", about=asked.message_id)
    matter = await watched.matter()
    await watched.happens("request.answered", about=asked.message_id)
    with pytest.raises(StaleMove):
        await ledger.conclude(matter, [], [], matter.revision)


@pytest.mark.parametrize("written", [False, True])
async def test_a_write_that_nobody_knows_the_end_of_is_not_written_twice(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    watched = Watched(ledger)
    asked = await watched.message()
    await watched.happens("request.received", about=asked.message_id)
    conclude = ledger.conclude

    async def dies(*what: Any) -> None:
        if written:
            await conclude(*what)
        raise Unavailable("ledger.unavailable", "The gateway cannot keep anything now.")

    monkeypatch.setattr(ledger, "conclude", dies)
    with pytest.raises(Unavailable):
        await watched.later(hours=12)
    monkeypatch.setattr(ledger, "conclude", conclude)
    await Watched(ledger, watched.clock).watch.quiet()
    assert [told[2] for told in await watched.told()] == ["50%", "80%", "breached"]
