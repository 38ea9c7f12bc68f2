"""What every store promises of running numbers: no gap, nothing changed, and the same answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.journal.balance import balanced_books
from gateway.ledger import Ledger, StaleMove
from gateway.numbers.series import COME, GIVEN, MISSING, SETTLED, SIGNED, Numbered, NumberQuery, open_tasks
from tests.contracts.store_examples import START, arrived, entry

OURS = ("sirene:XA", "sirene:XB")
THEIRS = ("sirene:XB", "sirene:XA")


def row(
    series: tuple[str, str], number: int, kind: str, about: str = "", minutes: int = 0, digest: str = ""
) -> Numbered:
    return Numbered(
        sender=series[0], receiver=series[1], number=number, kind=kind, about=about, digest=digest,
        at=START + timedelta(minutes=minutes), message_id=f"message-{number}", note="å",
    )  # fmt: skip


async def keep(ledger: Ledger, *rows: Numbered) -> None:
    await ledger.record_numbers(rows, [entry("messages.searched")])


async def test_a_series_has_no_gap_and_no_number_twice(ledger: Ledger) -> None:
    await keep(ledger, row(OURS, 1, GIVEN, "a"), row(OURS, 2, GIVEN, "b"))
    for wrong in (row(OURS, 4, GIVEN, "c"), row(OURS, 2, GIVEN, "c"), row(OURS, 1, GIVEN, "a")):
        with pytest.raises(StaleMove):
            await keep(ledger, wrong)
    await keep(ledger, row(OURS, 3, GIVEN, "c"))
    assert await ledger.last_number(*OURS) == 3
    assert await ledger.last_number(*THEIRS) == 0


async def test_a_write_that_fails_keeps_nothing(ledger: Ledger) -> None:
    before = await ledger.head()
    with pytest.raises(StaleMove):
        await keep(ledger, row(OURS, 1, GIVEN, "a"), row(OURS, 3, GIVEN, "b"))
    with pytest.raises(ValueError, match="entry"):
        await ledger.record_numbers([row(OURS, 1, GIVEN, "a")], [])
    assert await ledger.head() == before
    assert await ledger.numbers(NumberQuery(sender=OURS[0], receiver=OURS[1])) == []


async def test_what_is_known_stays_as_it_was_first_told(ledger: Ledger) -> None:
    first = row(THEIRS, 5, COME, "e", digest="a" * 64)
    await keep(ledger, first)
    await keep(ledger, row(THEIRS, 5, COME, "e", minutes=9, digest="b" * 64), row(THEIRS, 5, COME, "f", 9))
    found = await ledger.numbers(NumberQuery(sender=THEIRS[0], receiver=THEIRS[1]))
    assert found == [first, row(THEIRS, 5, COME, "f", 9)]


async def test_rows_are_asked_by_kind_number_and_time_and_in_pages(ledger: Ledger) -> None:
    rows = [row(OURS, number, GIVEN, f"e{number}", number) for number in range(1, 8)]
    await keep(ledger, *rows, *(row(OURS, number, SIGNED, f"e{number}", number + 1) for number in (1, 2)))
    await keep(ledger, row(THEIRS, 9, MISSING))
    asked = NumberQuery(sender=OURS[0], receiver=OURS[1], kinds=(GIVEN,))

    async def numbers(**conditions: object) -> list[int]:
        from msgspec.structs import replace

        return [each.number for each in await ledger.numbers(replace(asked, **conditions))]

    assert await numbers(least=3, most=5) == [3, 4, 5]
    assert await numbers(since=START + timedelta(minutes=6)) == [6, 7]
    assert await numbers(before=START + timedelta(minutes=6), newest_first=True, limit=1) == [5]
    paged, after = [], (-1, "", "")
    while page := await ledger.numbers(NumberQuery(sender=OURS[0], receiver=OURS[1], after=after, limit=2)):
        paged += [(each.number, each.kind) for each in page]
        after = page[-1].place
    assert paged == sorted(paged)
    assert len(paged) == 9
    assert sorted(await ledger.series()) == [OURS, THEIRS]


async def test_a_difference_is_open_until_its_own_kind_is_settled(ledger: Ledger) -> None:
    await keep(ledger, row(THEIRS, 2, MISSING), row(THEIRS, 3, MISSING), row(THEIRS, 3, SETTLED, MISSING, 5))
    found = await ledger.numbers(NumberQuery(sender=THEIRS[0], receiver=THEIRS[1]))
    assert [task.number for task in open_tasks(found)] == [2]


async def test_standings_are_told_in_order_and_in_pages(ledger: Ledger) -> None:
    made = [arrived() for _ in range(5)]
    for each in made:
        await ledger.accept(each, entry("envelope.received", each.id), "")
    ids = sorted(each.id for each in made)
    found, after = [], ""
    while page := await ledger.standings(after, 2):
        found += page
        after = page[-1][0]
    assert found == [(each, "inbound", "received") for each in ids]


async def test_the_books_of_any_store_balance_by_three_counts(ledger: Ledger) -> None:
    for _ in range(7):
        new = arrived()
        details = (("payload", new.payload.digest),)
        await ledger.accept(new, entry("envelope.received", new, details=details), "")
    for share in (3, 500_000):
        found = await balanced_books(ledger, share)
        assert found.balanced, found.differences
        assert (found.counter, found.rows["waiting"], found.journal["waiting"]) == (7, 7, 7)
