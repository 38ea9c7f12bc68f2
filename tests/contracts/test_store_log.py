"""What every store must do for the published log: one leader at a time, and a checkpoint that continues the last one or is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.journal.chain import GENESIS
from gateway.journal.publishing.head import LeaseLost, LogHead
from gateway.ledger import Ledger
from tests.contracts.store_examples import START, entry
from tests.contracts.store_fixtures import Store

SOON, LATER = START + timedelta(seconds=5), START + timedelta(seconds=20)


async def grown(ledger: Ledger, entries: int = 3) -> list[LogHead]:
    """Heads that could be published, one for each entry."""
    await ledger.record([entry("messages.searched")] * entries)
    return [LogHead(size=link.number, hash=link.hash, note=b"note") for link in await ledger.journal(0, entries)]


async def test_a_new_ledger_has_published_nothing(ledger: Ledger) -> None:
    assert await ledger.log_head() == LogHead(size=0, hash=GENESIS, note=b"")


async def test_one_leads_until_its_lease_ends_and_the_token_grows_with_each_leader(ledger: Ledger) -> None:
    first = await ledger.lease_log("a", START, SOON)
    assert first > 0
    assert await ledger.lease_log("b", START, SOON) == 0
    assert await ledger.lease_log("a", START, SOON) == first, "a renewed lease keeps its token"
    second = await ledger.lease_log("b", SOON, LATER)
    assert second > first
    assert await ledger.lease_log("a", SOON, LATER) == 0
    assert await ledger.lease_log("b", LATER, LATER + timedelta(seconds=1)) > second, "one that ended is a new one"


async def test_a_checkpoint_continues_the_last_one_or_is_refused(ledger: Ledger) -> None:
    one, two, three = await grown(ledger)
    token = await ledger.lease_log("a", START, SOON)
    await ledger.publish_log(one, 0, token)
    assert await ledger.log_head() == one
    for head, after, by in (
        (two, 0, token),  # does not continue what stands
        (two, 1, token - 1),  # fenced off
        (two, 1, token + 1),
        (LogHead(size=2, hash=three.hash, note=b""), 1, token),  # not the journal's hash there
        (LogHead(size=4, hash=three.hash, note=b""), 1, token),  # no such entry
    ):
        with pytest.raises(LeaseLost):
            await ledger.publish_log(head, after, by)
    assert await ledger.log_head() == one
    await ledger.publish_log(three, 1, token)
    with pytest.raises(LeaseLost):
        await ledger.publish_log(one, 3, token)
    assert await ledger.log_head() == three


async def test_a_leader_that_was_replaced_publishes_nothing_more(ledger: Ledger) -> None:
    one, two, _ = await grown(ledger)
    old = await ledger.lease_log("a", START, SOON)
    new = await ledger.lease_log("b", SOON, LATER)
    with pytest.raises(LeaseLost):
        await ledger.publish_log(one, 0, old)
    await ledger.publish_log(two, 0, new)
    assert (await ledger.log_head()).size == 2


async def test_what_was_published_survives_the_process(store: Store) -> None:
    ledger = store()
    await ledger.start()
    _, two, _ = await grown(ledger)
    await ledger.publish_log(two, 0, await ledger.lease_log("a", START, SOON))
    await ledger.stop()
    again = store()
    await again.start()
    try:
        assert await again.log_head() == (LogHead() if ledger.name == "memory" else two), "memory keeps nothing at all"
    finally:
        await again.stop()
