"""What every store keeps of exchanges: steps, happenings and the row of the matter, in the write that explains them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Kept, Matter, MatterQuery
from gateway.journal import entry as entries
from gateway.ledger import Ledger, StaleMove
from tests.contracts.store_examples import START, after, claim, entry, go, new_id, read, step, take, understood
from tests.contracts.store_fixtures import open_ledger

SCHENGEN_ID = "XB0000000000000000001"


def told(envelope: str, exchange: str = "x-1", **fields: Any) -> Step:
    """A step as correlate makes it."""
    plain: dict[str, Any] = {
        "envelope": envelope, "exchange": exchange, "format": "sirene/M@1", "sender": "sirene:XB", "to": ("sirene:XA",),
        "message_id": new_id(), "reference": "XB-M-2026-0000001", "sent": START, "known_at": after(minutes=1),
        "facts": (("letter", "M"),), "key": SCHENGEN_ID,
    }  # fmt: skip
    return Step(**plain | fields)


def came_about(name: str = "telephone.called", exchange: str = "x-1", **fields: Any) -> Happened:
    return Happened(**{"id": name, "exchange": exchange, "happening": Happening(name=name, at=after(hours=1))} | fields)


async def moved(ledger: Ledger, exchange: str = "x-1", **fields: Any) -> Step:
    """A message that is kept as a step of an exchange."""
    row = await take(ledger)
    known = told(row.envelope.id, exchange, **fields)
    await ledger.commit([step(row, "identified", steps=(known,))])
    return known


async def matter(ledger: Ledger, exchange: str = "x-1") -> Matter:
    found = (await ledger.exchange(exchange)).matter
    assert found is not None
    return found


async def test_a_step_is_kept_with_its_move_and_makes_the_matter_due(ledger: Ledger) -> None:
    known = await moved(ledger)
    kept = await ledger.exchange("x-1")
    assert kept.steps == (known,)
    assert kept.matter == Matter(
        exchange="x-1", family="sirene", key=SCHENGEN_ID, counterparts=("sirene:XB",), revision=1,
        opened_at=after(minutes=1), updated_at=after(minutes=1), next_look_at=after(minutes=1),
    )  # fmt: skip
    assert await ledger.next_look() == after(minutes=1)
    assert await ledger.matters_due(after(minutes=1), 10) == ["x-1"]
    assert await ledger.matters_due(START, 10) == []


async def test_an_exchange_that_nobody_wrote_to_is_empty(ledger: Ledger) -> None:
    assert await ledger.exchange("nothing") == Kept()
    assert await ledger.next_look() is None


async def test_a_later_step_of_the_same_message_takes_the_place_of_the_first(ledger: Ledger) -> None:
    first = await moved(ledger)
    row = await read(ledger, first.envelope)
    again = told(first.envelope, message_id=first.message_id, taken_at=after(minutes=5))
    await ledger.commit([step(row, "verified", steps=(again,))])
    kept = await ledger.exchange("x-1")
    assert kept.steps == (again,)
    assert kept.revision == 2


async def test_a_move_that_is_stale_keeps_no_step(ledger: Ledger) -> None:
    row = await take(ledger)
    stale = step(row, "identified", version=row.version + 1, steps=(told(row.envelope.id),))
    with pytest.raises(StaleMove):
        await ledger.commit([stale])
    assert await ledger.exchange("x-1") == Kept()


async def test_a_repetition_keeps_no_step(ledger: Ledger) -> None:
    header = {"message_id": new_id()}
    for number in range(2):
        row = await go(ledger, await take(ledger), "identified", "verified")
        known = understood(row.envelope, **header)
        move = step(row, "decoded", known, claim=claim(known), steps=(told(row.envelope.id),))
        answer = await ledger.commit([move])
        assert bool(answer.duplicate_of) is bool(number)
    assert len((await ledger.exchange("x-1")).steps) == 1


async def test_two_that_decided_on_the_same_state_cannot_both_write(ledger: Ledger) -> None:
    one, other = await take(ledger), await take(ledger)
    await ledger.commit([step(one, "identified", steps=(told(one.envelope.id),), expects=(("x-1", 0),))])
    late = step(other, "identified", steps=(told(other.envelope.id),), expects=(("x-1", 0),))
    with pytest.raises(StaleMove):
        await ledger.commit([late])
    assert (await read(ledger, other.envelope.id)).state == "received"
    await ledger.commit([step(other, "identified", steps=(told(other.envelope.id),), expects=(("x-1", 1),))])
    assert len((await ledger.exchange("x-1")).steps) == 2


async def test_the_same_happening_is_kept_once_and_wakes_the_watch_once(ledger: Ledger) -> None:
    await moved(ledger)
    recorded = entry("happening.recorded", details=(("name", "telephone.called"),))
    for _ in range(2):
        await ledger.record_happened([came_about()], [recorded])
    kept = await ledger.exchange("x-1")
    assert kept.happened == (came_about(),)
    assert kept.revision == 2
    with pytest.raises(ValueError, match=r"ledger refuses|is recorded for"):
        await ledger.record_happened([came_about(exchange="x-2")], [recorded])
    with pytest.raises(ValueError, match=r"ledger refuses|is recorded for"):
        await ledger.record_happened([came_about("court.decided")], [])


async def test_an_exchange_that_no_message_began_is_opened_with_an_entry(ledger: Ledger) -> None:
    duty = Matter(exchange="x-7", family="sirene", key="office", opened_at=START, updated_at=START, next_look_at=START)
    await ledger.conclude(duty, [], [entry("exchange.opened", details=(("exchange", "x-7"),))], 0)
    kept = await ledger.exchange("x-7")
    assert kept.matter is not None
    assert (kept.matter.family, kept.matter.key, kept.revision, kept.steps) == ("sirene", "office", 1, ())
    assert [each.exchange for each in await ledger.matters(MatterQuery(key="office"))] == ["x-7"]
    with pytest.raises(StaleMove):
        await ledger.conclude(duty, [], [entry("exchange.opened")], 0)


async def test_what_clocks_conclude_is_one_write(ledger: Ledger) -> None:
    await moved(ledger)
    known = await matter(ledger)
    done = Matter(
        exchange="x-1", family="sirene", key=SCHENGEN_ID, counterparts=("sirene:XB",), marks=("T01|m|breached",),
        overdue=True, next_look_at=after(days=1), opened_at=known.opened_at, updated_at=after(hours=12),
    )  # fmt: skip
    breached = entry("clock.breached", details=(("clock", "T01"),))
    await ledger.conclude(done, [came_about("took-effect.no-objection")], [breached], known.revision)
    kept = await ledger.exchange("x-1")
    assert kept.matter is not None
    assert (kept.matter.overdue, kept.matter.marks, kept.revision) == (True, ("T01|m|breached",), 2)
    assert [each.id for each in kept.happened] == ["took-effect.no-objection"]
    head, _ = await ledger.head()
    with pytest.raises(StaleMove):
        await ledger.conclude(done, [came_about("other.thing")], [breached], known.revision)
    assert (await ledger.head())[0] == head
    assert len((await ledger.exchange("x-1")).happened) == 1
    assert entries.read((await ledger.journal(head - 1, 1))[0].entry).event == "clock.breached"
    with pytest.raises(StaleMove):
        await ledger.conclude(Matter(exchange="x-9", opened_at=START, updated_at=START), [], [], 0)
    with pytest.raises(StaleMove):
        await ledger.conclude(Matter(exchange="x-9", opened_at=START, updated_at=START), [], [breached], 3)
    await ledger.conclude(done, [], [], 2)
    assert await ledger.next_look() == after(days=1)


async def test_matters_are_found_by_what_they_are_about(ledger: Ledger) -> None:
    for number in range(5):
        sender = "sirene:XB" if number % 2 else "sirene:XC"
        await moved(ledger, f"x-{number}", sender=sender, key=f"XA{number % 2}")
    await moved(ledger, "x-5", format="interpol/FreeText@1", key="", inbound=False, to=("ncb:XB", "ncb:XC"))
    closed = await matter(ledger, "x-1")
    await ledger.conclude(replace(closed, closed=True), [], [], 1)

    async def found(**fields: Any) -> list[str]:
        return [each.exchange[2:] for each in await ledger.matters(MatterQuery(**fields))]

    assert await found() == ["5", "4", "3", "2", "1", "0"]
    assert await found(limit=2) == ["5", "4"]
    assert await found(before="x-3", limit=2) == ["2", "1"]
    assert await found(family="interpol") == ["5"]
    assert await found(key="XA1") == ["3", "1"]
    assert await found(key="XA1", counterpart="sirene:XC") == []
    assert await found(counterpart="sirene:XC") == ["4", "2", "0"]
    assert await found(counterpart="ncb:XC") == ["5"]
    assert await found(counterpart="sirene:XB", closed=False, family="sirene") == ["3"]
    assert await found(closed=True) == ["1"]
    assert await found(closed=False, overdue=False, family="sirene") == ["4", "3", "2", "0"]
    assert await found(overdue=True) == []


async def test_exchanges_outlive_the_process(lasting_place: tuple[str, str]) -> None:
    first = open_ledger(*lasting_place)
    await first.start()
    known = await moved(first)
    await first.record_happened([came_about()], [entry("happening.recorded")])
    await first.stop()
    second = open_ledger(*lasting_place)
    await second.start()
    try:
        kept = await second.exchange("x-1")
        assert (kept.steps, kept.happened, kept.revision) == ((known,), (came_about(),), 2)
        assert await second.matters_due(START + timedelta(days=1), 5) == ["x-1"]
    finally:
        await second.stop()
