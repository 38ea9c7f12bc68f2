"""Numbers of a partner: out of order is fine, a gap becomes a task, a number with two messages is an alarm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from gateway.numbers.gaps import TOLERANCE
from tests.numbers.pair import THEIRS, XA, XB, Pair, form_m


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with Pair(tmp_path) as made:
        made.want(numbers=True, sheets=False)
        yield made


async def comes(pair: Pair, *numbers: int) -> None:
    for number in numbers:
        await pair.arrives(pair.theirs(number, f"Text {number}."))


async def test_out_of_order_is_no_difference(pair: Pair) -> None:
    await comes(pair, 1, 3, 4, 2)
    await pair.later(TOLERANCE * 2)
    assert await pair.open() == []
    assert await pair.kinds(THEIRS, 3) == ["come"]


async def test_a_number_that_does_not_come_in_time_becomes_a_task(pair: Pair) -> None:
    await comes(pair, 1, 3)
    await pair.later(TOLERANCE - timedelta(minutes=1))
    assert await pair.open() == []
    await pair.later(timedelta(minutes=1))
    assert await pair.open() == [("missing", 2)]
    await pair.later(TOLERANCE)
    assert await pair.open() == [("missing", 2)]


async def test_what_comes_late_settles_the_task(pair: Pair) -> None:
    await comes(pair, 1, 3)
    await pair.later(TOLERANCE)
    await comes(pair, 2)
    assert await pair.open() == []
    assert await pair.kinds(THEIRS, 2) == ["come", "missing", "settled"]


async def test_a_person_settles_with_a_reason_once(pair: Pair) -> None:
    from gateway.errors import Refused

    await comes(pair, 1, 3)
    await pair.later(TOLERANCE)
    desk = pair.gateway.sheets
    with pytest.raises(Refused, match="reason"):
        await desk.settle(THEIRS, 2, "missing", "officer", " ")
    await desk.settle(THEIRS, 2, "missing", "officer", "They say that it was a test.")
    assert await pair.open() == []
    with pytest.raises(Refused, match="open difference"):
        await desk.settle(THEIRS, 2, "missing", "officer", "Again.")
    entries = [link.entry for link in await pair.ledger.journal(0, 10_000)]
    assert any(b'"event":"number.settled"' in entry and b'"about":"missing"' in entry for entry in entries)


async def test_another_process_remembers_what_is_missing(pair: Pair) -> None:
    await comes(pair, 1, 3)
    await pair.gateway.stop()
    await pair.restarted().start()
    await pair.later(TOLERANCE)
    assert await pair.open() == [("missing", 2)]
    await pair.gateway.stop()
    await pair.restarted().start()
    await comes(pair, 2, 4)
    assert await pair.open() == []


async def test_a_series_begins_with_the_first_number_that_comes(pair: Pair) -> None:
    await comes(pair, 500, 501)
    await pair.later(TOLERANCE * 2)
    assert await pair.open() == []


async def test_a_number_with_another_message_is_an_alarm_and_both_go_on(pair: Pair) -> None:
    first = await pair.arrives(pair.theirs(1, "One.", "one"))
    second = await pair.arrives(pair.theirs(1, "Two.", "two"))
    assert await pair.open() == [("twice", 1)]
    assert {(await pair.row(each)).state for each in (first, second)} == {(await pair.row(first)).state}


async def test_the_same_message_again_is_no_difference(pair: Pair) -> None:
    payload = pair.theirs(1)
    await pair.arrives(payload)
    again = await pair.arrives(payload)
    assert (await pair.row(again)).state == "repeated"
    assert await pair.open() == []


async def test_an_enormous_jump_is_told_without_an_enormous_list(pair: Pair) -> None:
    await comes(pair, 1, 999_999_999_999)
    await pair.later(TOLERANCE)
    found = await pair.open()
    assert len(found) == 1000
    assert found[0] == ("missing", 2)


async def test_a_number_counts_only_once_its_signature_is_genuine(pair: Pair) -> None:
    payload = pair.theirs(9)
    from gateway.envelope import Payload

    forged = Payload.of(payload.content.replace(b">9</h:RunningNumber>", b">8</h:RunningNumber>"), payload.media_type)
    assert forged.digest != payload.digest
    envelope = await pair.arrives(forged)
    assert (await pair.row(envelope)).state == "rejected"
    assert await pair.ledger.series() == []


async def test_a_number_for_another_office_is_not_ours(pair: Pair) -> None:
    root = form_m(XB, XA, "elsewhere", "Text.")
    etree.SubElement(root[0], "{urn:x-spoc:header:1}RunningNumber", to="sirene:XC").text = "4"
    envelope = await pair.arrives(pair.bureaux[XB].signed(etree.tostring(root)))
    assert (await pair.row(envelope)).state != "rejected"
    assert await pair.ledger.series() == []
