"""Sheets of a day, ours and theirs, and what becomes of a difference."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.identity import derived_id
from gateway.numbers.gaps import TOLERANCE
from gateway.numbers.sheets import Line, Sheet, digest_of
from tests.numbers.pair import OURS, THEIRS, XA, XB, Pair, content_of

TODAY = date(2026, 11, 21)
BEGINS, ENDS = datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with Pair(tmp_path) as made:
        yield made


def told(**what: object) -> Sheet:
    """A sheet of XB for the first day."""
    return Sheet(**{"sender": XB, "receiver": XA, "day": TODAY, "begins": BEGINS, "ends": ENDS, **what})  # type: ignore[arg-type]  # its own fields


def line(number: int, state: str = "sent", name: str = "", digest: str = "a" * 64) -> Line:
    return Line(number=number, state=state, message_id=derived_id(name or str(number), "x"), digest=digest)


async def test_each_day_that_has_ended_has_one_sheet(pair: Pair) -> None:
    await pair.sends("a")
    await pair.sends("b")
    await pair.arrives(pair.theirs(1))
    await pair.to_the_next_sheet()
    (sheet,) = await pair.our_sheets()
    assert (sheet.day, sheet.begins, sheet.ends, sheet.edition) == (TODAY, BEGINS, ENDS, 1)
    assert [(each.number, each.state) for each in sheet.sent] == [(1, "sent"), (2, "sent")]
    assert [each.digest for each in sheet.sent] == [content_of(tree) for tree in pair.out()]
    assert [(each.number, each.state) for each in sheet.received] == [(1, "came")]
    assert sheet.received_up_to == 1
    await pair.later(timedelta(hours=5))
    assert len(await pair.our_sheets()) == 1
    await pair.to_the_next_sheet()
    assert [each.sent for each in (await pair.our_sheets())[1:]] == [()]


async def test_a_sheet_goes_out_signed_and_is_never_answered(pair: Pair) -> None:
    await pair.sends("a")
    await pair.to_the_next_sheet()
    (tree,) = pair.out("Sheet")
    assert tree.find("{http://www.w3.org/2000/09/xmldsig#}Signature") is not None
    assert tree.find(".//{*}RunningNumber") is None
    before = len(pair.wire.sent)
    await pair.arrives(pair.their_sheet(told()))
    assert len(pair.wire.sent) == before


async def test_who_wants_no_sheets_gets_none_and_may_send_some(pair: Pair) -> None:
    pair.want(numbers=True, sheets=False)
    await pair.sends("a")
    await pair.to_the_next_sheet()
    assert await pair.our_sheets() == []
    envelope = await pair.arrives(pair.their_sheet(told(sent=(line(1),))))
    assert (await pair.row(envelope)).state == "settled"


async def test_a_gateway_that_was_away_sends_the_sheets_of_the_days_between(pair: Pair) -> None:
    await pair.sends("a")
    await pair.gateway.stop()
    pair.clock.turn(timedelta(days=4))
    await pair.restarted().start()
    await pair.gateway.quiet()
    found = await pair.our_sheets()
    assert [sheet.day for sheet in found] == [TODAY + timedelta(days=each) for each in range(4)]
    assert [len(sheet.sent) for sheet in found] == [1, 0, 0, 0]


async def test_a_kill_after_the_sheet_was_kept_sends_no_second_one(pair: Pair) -> None:
    await pair.sends("a")
    await pair.to_the_next_sheet()
    await pair.gateway.stop()
    await pair.restarted().start()
    await pair.gateway.quiet()
    assert len(pair.out("Sheet")) == 1


async def test_what_was_waiting_is_told_by_a_later_edition(pair: Pair) -> None:
    pair.wire.outcomes = ["refused"]
    envelope = await pair.sends("a")
    await pair.sends("b")
    await pair.to_the_next_sheet()
    await pair.gateway.desk.reject(envelope, "officer", "Not needed.")
    await pair.to_the_next_sheet()
    first = [(sheet.day, sheet.edition, [each.state for each in sheet.sent]) for sheet in await pair.our_sheets()]
    assert (TODAY, 1, ["waiting", "sent"]) in first
    assert (TODAY, 2, ["void", "sent"]) in first
    await pair.to_the_next_sheet()
    assert [sheet.edition for sheet in await pair.our_sheets() if sheet.day == TODAY] == [1, 2]


async def test_a_sheet_that_agrees_is_recorded(pair: Pair) -> None:
    await pair.sends("a")
    await pair.arrives(pair.theirs(1))
    (ours,) = pair.out()
    (come,) = await _rows(pair, THEIRS)
    sheet = told(
        sent=(Line(number=1, state="sent", message_id=come.message_id, digest=come.digest),),
        received=(Line(number=1, state="came", message_id=_id(ours), digest=content_of(ours)),), received_up_to=1,
    )  # fmt: skip
    row = await pair.row(await pair.arrives(pair.their_sheet(sheet)))
    assert (row.state, row.reason.code if row.reason else "") == ("settled", "sheet.agrees")
    assert await pair.open() == []


async def test_what_they_sent_and_never_came_becomes_a_task_after_the_tolerance(pair: Pair) -> None:
    await pair.arrives(pair.theirs(1))
    (come,) = await _rows(pair, THEIRS)
    sheet = told(sent=(Line(number=1, state="sent", message_id=come.message_id, digest=come.digest), line(2)))
    await pair.arrives(pair.their_sheet(sheet))
    assert await pair.open() == []  # it may have been on its way at midnight
    await pair.later(TOLERANCE)
    assert await pair.open() == [("missing", 2)]
    await pair.to_the_next_sheet()
    assert [(each.number, each.state) for each in (await pair.our_sheets())[-1].received] == [
        (1, "came"),
        (2, "missing"),
    ]


async def test_what_was_lost_before_the_first_that_came_is_shown_by_their_sheet(pair: Pair) -> None:
    await pair.arrives(pair.theirs(3))
    await pair.arrives(pair.their_sheet(told(sent=(line(1), line(2)))))
    await pair.later(TOLERANCE)
    assert await pair.open() == [("missing", 1), ("missing", 2)]


async def test_what_never_came_to_them_is_brought_before_an_officer_who_sends_it_again(pair: Pair) -> None:
    first = await pair.sends("a")
    await pair.sends("b")
    second = pair.out()[1]
    came = Line(number=2, state="came", message_id=_id(second), digest=content_of(second))
    lost = told(received=(Line(number=1, state="missing"), came), received_up_to=2)
    await pair.arrives(pair.their_sheet(lost))
    assert await pair.open() == [("unheard", 1)]
    row = await pair.row(first)
    assert (row.state, row.reason.code if row.reason else "") == ("held", "sheet.unheard")
    await pair.gateway.desk.replay(first, "officer", "Their sheet says that it never came.")
    await pair.gateway.quiet()
    assert [number for _, number in pair.numbers_out()] == ["1", "2", "1"]
    assert content_of(pair.out()[2]) == content_of(pair.out()[0])
    next_day = told(
        day=TODAY + timedelta(days=1), begins=ENDS, ends=ENDS + timedelta(days=1), received_up_to=2,
        received=(Line(number=1, state="came", message_id=_id(pair.out()[0]), digest=content_of(pair.out()[0])),),
    )  # fmt: skip
    await pair.arrives(pair.their_sheet(next_day))
    assert await pair.open() == []
    assert "settled" in await pair.kinds(OURS, 1)


async def test_what_is_not_handed_over_yet_is_no_difference(pair: Pair) -> None:
    pair.wire.outcomes = ["unavailable"]
    await pair.sends("a")
    await pair.arrives(pair.their_sheet(told(received=(Line(number=1, state="missing"),), received_up_to=1)))
    assert await pair.open() == []


async def test_another_digest_is_a_difference_both_ways(pair: Pair) -> None:
    await pair.sends("a")
    await pair.arrives(pair.theirs(1))
    (ours,) = pair.out()
    sheet = told(
        sent=(line(1, digest="b" * 64),), received_up_to=1,
        received=(Line(number=1, state="came", message_id=_id(ours), digest="c" * 64),),
    )  # fmt: skip
    row = await pair.row(await pair.arrives(pair.their_sheet(sheet)))
    assert row.reason is not None
    assert row.reason.code == "sheet.differs"
    assert await pair.open() == [("differs", 1), ("differs", 1)]


async def test_a_number_that_we_never_gave_is_a_difference(pair: Pair) -> None:
    await pair.arrives(pair.their_sheet(told(received=(line(7, "came"),), received_up_to=7)))
    assert await pair.open() == [("foreign", 7)]


async def test_a_void_number_is_awaited_no_longer(pair: Pair) -> None:
    await pair.arrives(pair.theirs(1))
    await pair.arrives(pair.theirs(3))
    await pair.later(TOLERANCE)
    assert await pair.open() == [("missing", 2)]
    come = {row.number: row for row in await _rows(pair, THEIRS) if row.kind == "come"}
    sent = tuple(
        Line(number=each, state="sent", message_id=come[each].message_id, digest=come[each].digest) for each in (1, 3)
    )
    await pair.arrives(pair.their_sheet(told(sent=(sent[0], Line(number=2, state="void"), sent[1]))))
    assert await pair.open() == []


async def test_a_changed_sheet_amends_and_takes_nothing_back(pair: Pair) -> None:
    await pair.arrives(pair.their_sheet(told(sent=(line(1), line(2)))))
    await pair.later(TOLERANCE)
    assert await pair.open() == [("missing", 1), ("missing", 2)]
    await pair.arrives(pair.their_sheet(told(sent=(line(1), Line(number=2, state="void")), edition=2)))
    assert await pair.open() == [("missing", 1)]
    assert len(await pair.gateway.sheets.sheets(XB)) >= 2


async def test_a_sheet_that_knows_nothing_of_ours_waits_for_an_officer(pair: Pair) -> None:
    envelope = await pair.arrives(pair.their_sheet(told(sent=tuple(line(number) for number in range(1, 1200)))))
    row = await pair.row(envelope)
    assert (row.state, row.reason.code if row.reason else "") == ("held", "sheet.too-different")
    assert await pair.ledger.series() == []
    await pair.gateway.desk.release(envelope, "officer", "They have sent all of that, and our ledger is new.")
    await pair.gateway.quiet()
    assert (await pair.row(envelope)).state == "settled"
    await pair.later(TOLERANCE)
    assert len(await pair.open()) == 1000 + 199


async def test_a_sheet_that_contradicts_itself_waits_for_an_officer(pair: Pair) -> None:
    payload = pair.their_sheet(told(sent=(line(1), line(3))))
    row = await pair.row(await pair.arrives(payload))
    assert (row.state, row.reason.code if row.reason else "") == ("held", "rules.officer")
    assert await pair.ledger.series() == []


async def test_a_day_of_25_hours_is_one_day() -> None:
    from zoneinfo import ZoneInfo

    from gateway.numbers.composing import legal_day

    day = legal_day(date(2026, 10, 25), ZoneInfo("Europe/Copenhagen"))
    assert day.ends - day.begins == timedelta(hours=25)


def test_the_digest_of_a_section_is_what_the_schema_says() -> None:
    from hashlib import sha256

    lines = (Line(number=2, state="void"), Line(number=1, state="sent", message_id="m", digest="d"))
    assert digest_of(lines) == sha256(b"1 sent m d\n2 void  \n").hexdigest()


async def _rows(pair: Pair, series: tuple[str, str]) -> list:  # type: ignore[type-arg]  # rows of any kind
    from gateway.numbers.series import NumberQuery

    return await pair.ledger.numbers(NumberQuery(sender=series[0], receiver=series[1]))


def _id(tree) -> str:  # type: ignore[no-untyped-def]  # an element
    return str(tree.findtext("{*}Header/{*}MessageId"))
