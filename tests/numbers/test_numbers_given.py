"""What goes out has a number, without a gap, and keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lxml import etree

from gateway.ledger import Move, StaleMove
from gateway.numbers.series import NumberQuery
from tests.numbers.pair import OURS, XA, XB, Pair, content_of, form_m


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with Pair(tmp_path) as made:
        yield made


async def test_messages_are_numbered_from_one_on(pair: Pair) -> None:
    for name in ("a", "b", "c"):
        await pair.sends(name)
    assert pair.numbers_out() == [(XB, "1"), (XB, "2"), (XB, "3")]
    assert await pair.kinds(OURS, 2) == ["given", "signed", "taken"]


async def test_the_digest_that_is_kept_is_that_of_what_went_out(pair: Pair) -> None:
    await pair.sends("a")
    (kept,) = await pair.ledger.numbers(NumberQuery(sender=OURS[0], receiver=OURS[1], kinds=("signed",)))
    assert kept.digest == content_of(pair.out()[0])


async def test_a_partner_that_does_not_want_numbers_gets_none(pair: Pair) -> None:
    pair.want(numbers=False, sheets=False)
    await pair.sends("a")
    assert pair.numbers_out() == [("", "")]
    assert await pair.ledger.last_number(*OURS) == 0


async def test_receipts_have_no_number(pair: Pair) -> None:
    await pair.arrives(pair.theirs(None))
    assert [out for out in pair.out("Receipt") if out.find(".//{*}RunningNumber") is not None] == []
    assert await pair.ledger.last_number(*OURS) == 0


async def test_a_resend_keeps_its_number(pair: Pair) -> None:
    pair.wire.outcomes = ["ambiguous"]
    envelope = await pair.sends("a")
    await pair.sends("b")
    await pair.gateway.desk.release(envelope, "officer", "They say that nothing came.")
    await pair.gateway.quiet()
    assert pair.numbers_out() == [(XB, "1"), (XB, "2"), (XB, "1")]


async def test_a_number_that_a_client_writes_is_not_ours(pair: Pair) -> None:
    root = form_m(XA, XB, "forged", "Text.")
    etree.SubElement(root[0], "{urn:x-spoc:header:1}RunningNumber", to=XB).text = "77"
    await pair.orders(etree.tostring(root))
    await pair.gateway.quiet()
    assert pair.numbers_out() == [(XB, "1")]


async def test_many_at_once_leave_no_gap(pair: Pair) -> None:
    await asyncio.gather(*(pair.sends(f"n{number}") for number in range(40)))
    await pair.gateway.quiet()
    assert sorted(int(number) for _, number in pair.numbers_out()) == list(range(1, 41))


async def test_a_write_that_is_lost_takes_its_number_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = {"b"}
    commit = pair.ledger.commit

    async def sometimes(moves: tuple[Move, ...]) -> object:
        for move in moves:
            form = move.envelope.learned.form
            name = form.header.our_reference.rpartition("-")[2] if form else ""
            if move.after == "routed" and name in lost:
                lost.discard(name)
                raise StaleMove("somebody else wrote first")
        return await commit(moves)

    monkeypatch.setattr(pair.ledger, "commit", sometimes)
    for name in ("a", "b", "c"):
        await pair.sends(name)
    assert sorted(number for _, number in pair.numbers_out()) == ["1", "2", "3"]


async def test_another_process_goes_on_where_the_series_ends(pair: Pair) -> None:
    await pair.sends("a")
    await pair.gateway.stop()
    await pair.restarted().start()
    await pair.sends("b")
    assert pair.numbers_out() == [(XB, "1"), (XB, "2")]


async def test_a_message_that_is_given_up_leaves_its_number_void(pair: Pair) -> None:
    pair.wire.outcomes = ["refused"]
    envelope = await pair.sends("a")
    await pair.gateway.desk.reject(envelope, "officer", "Not needed any more.")
    await pair.gateway.quiet()
    assert await pair.kinds(OURS, 1) == ["given", "signed", "void"]
    await pair.sends("b")
    assert pair.numbers_out()[-1] == (XB, "2")


async def test_a_message_that_may_have_been_taken_does_not_become_void(pair: Pair) -> None:
    pair.wire.outcomes = ["ambiguous"]
    envelope = await pair.sends("a")
    await pair.gateway.desk.reject(envelope, "officer", "Nobody knows.")
    assert await pair.kinds(OURS, 1) == ["given", "signed"]


async def test_a_kill_between_number_and_sending_keeps_the_number(pair: Pair) -> None:
    """The gateway is gone after the write that gave the number: the next process signs with that number."""
    pipeline = pair.gateway.engine._pipeline
    envelope = await pair.orders(etree.tostring(form_m(XA, XB, "killed", "Text.")))
    row = await pair.ledger.get(envelope)
    await pair.gateway.engine.stop()
    while row is not None and row.state != "routed":
        row = (await pipeline.step(row)).row
    assert await pair.kinds(OURS, 1) == ["given"]
    await pair.gateway.stop()
    await pair.restarted().start()
    await pair.gateway.quiet()
    assert pair.numbers_out() == [(XB, "1")]
    assert await pair.ledger.last_number(*OURS) == 1
