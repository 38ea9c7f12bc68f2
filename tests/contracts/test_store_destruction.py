"""Every store: what is destroyed cannot be read and everything else stays; what entries say of persons is kept apart from them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.exchanges.matter import MatterQuery
from gateway.journal import chain, commitments
from gateway.journal import entry as entries
from gateway.ledger import Ledger, Query
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDestroyed
from gateway.vault.subjects import of_day, of_exchange
from gateway.verdict import Reason
from tests.contracts.store_examples import START, entry, step, take
from tests.contracts.store_fixtures import Store
from tests.contracts.test_store_exchanges import moved

NAME = "Canarewski"
RULE = Destruction(at=START + timedelta(days=3), rule="sirene.three-years")
LATER = Destruction(at=START + timedelta(days=4), rule="order.court")


async def test_a_destroyed_envelope_cannot_be_read_and_its_neighbour_can(ledger: Ledger) -> None:
    gone, stays = await take(ledger), await take(ledger)
    told = entry("content.destroyed", gone.envelope)
    assert await ledger.destroy([gone.envelope.id], RULE, [told]) == ()
    with pytest.raises(ContentDestroyed, match=r"2026-03-05 under the rule sirene\.three-years") as refused:
        await ledger.get(gone.envelope.id)
    assert (refused.value.code, refused.value.destruction) == ("content.destroyed", RULE)
    assert await ledger.get(stays.envelope.id) == stays
    assert await ledger.destroyed([gone.envelope.id, stays.envelope.id, "nobody"]) == {gone.envelope.id: RULE}
    assert {each.id for each in await ledger.find(Query())} == {gone.envelope.id, stays.envelope.id}
    assert [entries.read(link.entry).event for link in await ledger.timeline(gone.envelope.id)][
        -1
    ] == "content.destroyed"
    assert list(chain.faults(await ledger.journal(0, 100))) == []


async def test_destroying_again_changes_nothing_and_who_has_no_key_is_named(ledger: Ledger) -> None:
    gone = await take(ledger)
    assert await ledger.destroy([gone.envelope.id, "nobody"], RULE, []) == ("nobody",)
    assert await ledger.destroy([gone.envelope.id], LATER, []) == ()
    assert await ledger.destroyed([gone.envelope.id]) == {gone.envelope.id: RULE}


async def test_what_is_destroyed_stays_destroyed_for_the_next_process(store: Store) -> None:
    first = store()
    if first.name == "memory":
        assert type(store()) is type(first)  # it has no next process
        return
    await first.start()
    gone = await take(first)
    await first.destroy([gone.envelope.id], RULE, [])
    await first.stop()
    again = store()
    await again.start()
    with pytest.raises(ContentDestroyed):
        await again.get(gone.envelope.id)
    await again.stop()


async def test_reasons_go_with_the_content_and_codes_stay(ledger: Ledger) -> None:
    row = await take(ledger)
    held = Reason(code="sender.unknown", public=f"{NAME} is nobody's partner.", operator=f"See {NAME}.")
    await ledger.commit([step(row, "held", reason=held)])
    kept = await ledger.get(row.envelope.id)
    assert kept is not None
    assert kept.reason == held
    (shown,) = await ledger.find(Query())
    assert shown.reason_public == held.public
    await ledger.destroy([row.envelope.id], RULE, [])
    (shown,) = await ledger.find(Query())
    assert (shown.reason_code, shown.reason_public) == ("sender.unknown", "")


async def test_what_entries_say_of_persons_is_kept_apart_and_bound_to_them(ledger: Ledger) -> None:
    row = await take(ledger)
    about = entry("envelope.read", row.envelope, details=(("purpose", f"Is it {NAME}?"), ("what", "timeline")))
    searched = entry("messages.searched", details=(("purpose", NAME), ("query", "0" * 64)))
    await ledger.record([about, searched, entry("gateway.started")])
    links = await ledger.journal(1, 10)
    assert not any(NAME.encode() in link.entry for link in links)
    read = [entries.read(link.entry) for link in links]
    assert [dict(each.details) for each in read] == [{"what": "timeline"}, {}, {}]
    opened = await ledger.personal([link.number for link in links])
    assert [{each.name: each.value for each in opened[number]} for number in (2, 3)] == [  # type: ignore[union-attr]
        {"purpose": f"Is it {NAME}?"}, {"purpose": NAME, "query": "0" * 64},
    ]  # fmt: skip
    assert set(opened) == {2, 3}
    assert [commitments.faults(read[number - 2], opened[number]) for number in (2, 3)] == [[], []]  # type: ignore[arg-type]
    other = tuple(replace(each, value="somebody else") for each in opened[2])  # type: ignore[union-attr]
    assert commitments.faults(read[0], other) == ["purpose is not what the entry was written with"]


async def test_what_a_day_says_of_persons_goes_with_the_day(ledger: Ledger) -> None:
    row = await take(ledger)
    await ledger.record([entry("messages.searched", details=(("purpose", NAME),))])
    await ledger.record([entry("envelope.released", row.envelope, details=(("purpose", NAME),))])
    assert await ledger.destroy([of_day(START)], RULE, []) == ()
    opened = await ledger.personal([2, 3])
    assert opened[2] == RULE
    assert not isinstance(opened[3], Destruction)
    await ledger.record([entry("messages.searched", details=(("purpose", "after"),))])
    later = (await ledger.personal([4]))[4]
    assert not isinstance(later, Destruction)
    assert later[0].value == "after"


async def test_words_of_an_exchange_go_and_what_is_counted_stays(ledger: Ledger) -> None:
    known = await moved(ledger)
    happening = Happening(name="request.received", at=START, reason=f"{NAME} telephoned.")
    happened = Happened(id="h1", exchange=known.exchange, happening=happening)
    await ledger.record_happened([happened], [entry("happening.recorded", details=(("why", happening.reason),))])
    assert (await ledger.exchange(known.exchange)).happened == (happened,)
    assert await ledger.destroy([of_exchange(known.exchange)], RULE, []) == ()
    left = await ledger.exchange(known.exchange)
    assert [(each.id, each.happening.name, each.happening.reason) for each in left.happened] == [
        ("h1", "request.received", "")
    ]
    assert [(each.envelope, each.sent, each.facts) for each in left.steps] == [
        (known.envelope, known.sent, known.facts)
    ]
    assert left.matter is not None
    assert [each.exchange for each in await ledger.matters(MatterQuery())] == [known.exchange]
