"""What every store must do with envelopes and moves: `gateway.ledger` told as stories."""

from __future__ import annotations

import asyncio

import pytest

from gateway import lifecycle
from gateway.envelope import Attempt, Claim, Direction, Leg
from gateway.errors import Unavailable
from gateway.handover import Accepted
from gateway.identity import digest
from gateway.journal import chain
from gateway.journal import entry as entries
from gateway.ledger import Committed, KeyConflict, Ledger, Spawned, StaleMove
from gateway.verdict import Reason
from tests.contracts.store_examples import (
    START,
    WAY_IN,
    after,
    arrived,
    claim,
    entry,
    form,
    go,
    new_id,
    read,
    step,
    take,
    understood,
)  # fmt: skip
from tests.contracts.store_fixtures import PLACES, STORES, Store


def test_every_store_with_a_manifest_is_tested() -> None:
    assert set(STORES) == set(PLACES)
    assert {name: manifest["name"] for name, manifest in STORES.items()} == {name: name for name in STORES}
    assert {manifest["kind"] for manifest in STORES.values()} == {"store"}


# --- life-cycle ----------------------------------------------------------------------------------------------------


async def test_a_store_may_be_stopped_unstarted_and_twice_and_started_again(store: Store) -> None:
    opened = store()
    await opened.stop()
    with pytest.raises(Unavailable):
        await opened.probe()
    await opened.start()
    await opened.probe()
    await opened.stop()
    await opened.stop()
    with pytest.raises(Unavailable):
        await opened.accept(arrived(), entry("envelope.received"), "")
    with pytest.raises(Unavailable):
        await opened.head()
    await opened.start()
    await opened.probe()
    await opened.stop()


async def test_a_probe_journals_nothing(ledger: Ledger) -> None:
    await ledger.probe()
    assert await ledger.head() == (0, chain.GENESIS)


# --- taking in -----------------------------------------------------------------------------------------------------


async def test_what_is_taken_in_comes_back_as_it_was(ledger: Ledger) -> None:
    envelope = arrived(b"\x00\xff bytes as they came")
    assert await ledger.accept(envelope, entry("envelope.received", envelope), "k1") == Accepted(envelope=envelope.id)
    row = await read(ledger, envelope.id)
    assert row.envelope == envelope
    assert (row.state, row.version, row.attempts, row.breaks) == ("received", 1, 0, 0)
    assert (row.due, row.reason, row.updated_at) == (None, None, START)
    assert await ledger.get(new_id()) is None


async def test_the_same_delivery_is_known_and_not_taken_in_twice(ledger: Ledger) -> None:
    first = await take(ledger, arrived(b"one"), key="delivery-1")
    again = arrived(b"one")
    answer = await ledger.accept(again, entry("envelope.received", again), "delivery-1")
    assert answer == Accepted(envelope=first.envelope.id, known_before=True)
    assert await ledger.get(again.id) is None
    assert (await ledger.accepted(), (await ledger.head())[0]) == (1, 1)


async def test_the_same_delivery_with_other_bytes_is_a_conflict_and_nothing_is_written(ledger: Ledger) -> None:
    await take(ledger, arrived(b"one"), key="delivery-1")
    other = arrived(b"two")
    with pytest.raises(KeyConflict):
        await ledger.accept(other, entry("envelope.received", other), "delivery-1")
    assert (await ledger.accepted(), (await ledger.head())[0]) == (1, 1)


async def test_keys_belong_to_their_channel_and_no_key_matches_no_key(ledger: Ledger) -> None:
    await take(ledger, arrived(b"one"), key="7")
    await take(ledger, arrived(b"two", channel="queue"), key="7")
    await take(ledger, arrived(b"three"))
    await take(ledger, arrived(b"four"))
    assert await ledger.accepted() == 4


async def test_asking_again_with_the_same_envelope_is_safe(ledger: Ledger) -> None:
    row = await take(ledger)
    received = entry("envelope.received", row.envelope)
    assert (await ledger.accept(row.envelope, received, "")).known_before
    with pytest.raises(KeyConflict):
        await ledger.accept(arrived(b"other", id=row.envelope.id), received, "")
    assert await ledger.accepted() == 1


async def test_an_entry_that_does_not_name_the_envelope_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no journal entry names"):
        await ledger.accept(arrived(), entry("envelope.received", new_id()), "")
    row = await take(ledger)
    with pytest.raises(ValueError, match="no journal entry names"):
        await ledger.commit([step(row, "identified", entries=(entry("envelope.identified"),))])
    assert (await ledger.accepted(), (await ledger.head())[0]) == (1, 1)


async def test_hostile_text_in_a_claim_is_kept_visibly_and_refuses_nothing(ledger: Ledger) -> None:
    hostile = Claim(sender="\udcff\x00@xb.example", reference="a\udc80")
    envelope = arrived(claim=hostile, channel="mail")
    await ledger.accept(envelope, entry("envelope.received", envelope), "key\x00\udcff")
    again = arrived(claim=hostile)
    assert (await ledger.accept(again, entry("envelope.received", again), "key\x00\udcff")).known_before
    row = await read(ledger, envelope.id)
    assert row.envelope.claim.reference == "a\\udc80"
    assert row.envelope.payload == envelope.payload


# --- moving --------------------------------------------------------------------------------------------------------


async def test_an_envelope_goes_the_whole_way_and_the_journal_tells_it(ledger: Ledger) -> None:
    row = await take(ledger)
    row = await go(ledger, row, *WAY_IN[1:])
    assert (row.state, row.version) == ("acknowledged", len(WAY_IN))
    told = [entries.read(link.entry).event for link in await ledger.timeline(row.envelope.id)]
    assert told == [lifecycle.event(state) for state in WAY_IN]


async def test_what_the_stages_learned_comes_back_and_the_intake_stays(ledger: Ledger) -> None:
    row = await take(ledger)
    known = understood(row.envelope).learn(
        encoded=b"<encoded/>", signed=b"<signed/>", exchange="x-1", findings=(),
        leg=Leg(counterpart="sirene:XB", channel="mail", address="oper@xb.sirene.example"),
        transmissions=(Attempt(number=1, at=START, outcome="taken", evidence="250 2.0.0 Ok \udcff"),),
    )  # fmt: skip
    await ledger.commit([step(row, "decoded", known, via=("identified", "verified"))])
    kept = (await read(ledger, row.envelope.id)).envelope
    assert kept.learned.transmissions[0].evidence == "250 2.0.0 Ok \\udcff"
    assert kept.learn(transmissions=known.learned.transmissions) == known
    later = kept.learn(signed=b"<signed-again/>", encoded=b"")
    await ledger.commit([step(await read(ledger, row.envelope.id), "checked", later)])
    assert (await read(ledger, row.envelope.id)).envelope == later


async def test_a_move_keeps_its_reason_its_time_and_its_counts(ledger: Ledger) -> None:
    row = await take(ledger)
    reason = Reason(code="register.unavailable", public="Later.", operator="cpr does not answer")
    await ledger.commit([step(row, "received", reason=reason, due=after(minutes=5), attempts=2, breaks=1)])
    row = await read(ledger, row.envelope.id)
    assert (row.reason, row.due, row.attempts, row.breaks) == (reason, after(minutes=5), 2, 1)
    assert (row.state, row.version, row.updated_at) == ("received", 2, after(minutes=1))
    row = await go(ledger, row, "identified")
    assert (row.reason, row.due, row.attempts, row.breaks) == (None, None, 0, 0)


async def test_a_stale_move_is_refused_and_leaves_no_trace(ledger: Ledger) -> None:
    row = await take(ledger)
    await ledger.commit([step(row, "identified")])
    head = await ledger.head()
    for stale in (step(row, "held"), step(row, "identified", version=2), step(row, "identified", version=0)):
        with pytest.raises(StaleMove):
            await ledger.commit([stale])
    with pytest.raises(StaleMove):
        await ledger.commit([step(row, "identified", arrived())])
    assert await ledger.head() == head
    assert (await read(ledger, row.envelope.id)).state == "identified"


async def test_of_two_moves_of_the_same_row_one_wins(ledger: Ledger) -> None:
    row = await take(ledger)
    answers = await asyncio.gather(
        *(ledger.commit([step(row, to)]) for to in ("identified", "held", "rejected", "quarantined")),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted(type(answer).__name__ for answer in answers) == ["Committed", "StaleMove", "StaleMove", "StaleMove"]
    assert (await read(ledger, row.envelope.id)).version == 2


async def test_an_illegal_move_cannot_even_be_made(ledger: Ledger) -> None:
    row = await take(ledger)
    with pytest.raises(ValueError, match="lifecycle"):
        step(row, "acknowledged")
    with pytest.raises(ValueError, match="lifecycle"):
        step(row, "decoded", via=("verified",))
    with pytest.raises(ValueError, match="entry"):
        step(row, "identified", entries=())


async def test_several_moves_are_written_all_or_none(ledger: Ledger) -> None:
    first, second = await take(ledger), await take(ledger)
    head = await ledger.head()
    child = arrived()
    with pytest.raises(StaleMove):
        await ledger.commit([
            step(first, "identified", spawn=(Spawned(envelope=child, entries=(entry("envelope.received", child),)),)),
            step(second, "identified", version=9),
        ])  # fmt: skip
    assert await ledger.head() == head
    assert (await read(ledger, first.envelope.id)).state == "received"
    assert (await ledger.get(child.id), await ledger.accepted()) == (None, 2)
    further = step(first, "verified", version=2, before="identified")
    await ledger.commit([step(first, "identified"), step(second, "held"), further])
    assert [(await read(ledger, row.envelope.id)).state for row in (first, second)] == ["verified", "held"]


async def test_a_failing_request_does_not_spoil_those_beside_it(ledger: Ledger) -> None:
    rows = [await take(ledger) for _ in range(20)]
    answers = await asyncio.gather(
        *(ledger.commit([step(row, "identified", version=1 + place % 2)]) for place, row in enumerate(rows)),
        return_exceptions=True,
    )  # fmt: skip
    assert [isinstance(answer, StaleMove) for answer in answers] == [False, True] * 10
    assert await ledger.counts() == {("inbound", "identified"): 10, ("inbound", "received"): 10}
    assert list(chain.faults(await ledger.journal(0, 100))) == []


# --- repetitions ---------------------------------------------------------------------------------------------------


async def _decoded(
    ledger: Ledger, content: bytes = b"one", matter: str = "m1", **header: object
) -> tuple[str, Committed]:
    row = await take(ledger, arrived(content))
    known = understood(row.envelope, **header)
    own = claim(known, matter=digest(matter.encode()) if matter else "")
    committed = await ledger.commit([step(row, "decoded", known, via=("identified", "verified"), claim=own)])
    return row.envelope.id, committed


async def test_a_repetition_is_told_and_nothing_is_written(ledger: Ledger) -> None:
    message = new_id()
    first, committed = await _decoded(ledger, message_id=message)
    assert committed == Committed()
    head = (await ledger.head())[0]
    again, committed = await _decoded(ledger, message_id=message)
    assert committed == Committed(duplicate_of=first, same_content=True)
    assert ((await read(ledger, again)).state, (await ledger.head())[0]) == ("received", head + 1)


async def test_the_same_message_id_with_other_content_is_told_apart(ledger: Ledger) -> None:
    message = new_id()
    first, _ = await _decoded(ledger, message_id=message)
    _, committed = await _decoded(ledger, b"other", message_id=message)
    assert committed == Committed(duplicate_of=first, same_content=False)


async def test_another_sender_may_use_the_same_message_id(ledger: Ledger) -> None:
    message = new_id()
    await _decoded(ledger, message_id=message, sender="sirene:XB")
    assert (await _decoded(ledger, message_id=message, sender="sirene:XC"))[1] == Committed()


async def test_the_same_matter_under_a_new_id_is_written_and_flagged(ledger: Ledger) -> None:
    first, _ = await _decoded(ledger, matter="photo of a vehicle")
    second, committed = await _decoded(ledger, matter="photo of a vehicle")
    assert committed == Committed(same_matter=first)
    assert (await read(ledger, second)).state == "decoded"
    assert (await _decoded(ledger, matter="photo of a vehicle"))[1] == Committed(same_matter=first)
    assert (await _decoded(ledger, matter="photo of a vehicle", sender="sirene:XC"))[1] == Committed()
    assert (await _decoded(ledger, matter=""))[1] == (await _decoded(ledger, matter=""))[1] == Committed()


async def test_an_envelope_may_claim_its_own_key_again(ledger: Ledger) -> None:
    first, _ = await _decoded(ledger)
    await _decoded(ledger)
    row = await go(ledger, await read(ledger, first), "held", "received", "identified", "verified")
    assert await ledger.commit([step(row, "decoded", claim=claim(row.envelope))]) == Committed()


async def test_of_many_copies_at_once_exactly_one_is_the_first(ledger: Ledger) -> None:
    message = new_id()
    found = await asyncio.gather(*(_decoded(ledger, message_id=message) for _ in range(20)))
    first = [envelope for envelope, committed in found if not committed.duplicate_of]
    assert len(first) == 1
    assert {committed.duplicate_of for _, committed in found} == {"", first[0]}


# --- offspring -----------------------------------------------------------------------------------------------------


async def test_a_spawned_envelope_is_written_with_its_parent_and_only_once(ledger: Ledger) -> None:
    row = await take(ledger)
    reply = arrived(b"order", direction=Direction.OUTBOUND, kind="reply", cause=row.envelope.id, channel="gateway")
    reply = reply.learn(form=form(to=("sirene:XB",), sender="sirene:XA"))
    reason = Reason(code="answer.draft", public="An officer decides.")
    spawned = Spawned(envelope=reply, state="held", reason=reason, entries=(entry("envelope.held", reply),))
    await ledger.commit([step(row, "identified", spawn=(spawned,))])
    made = await read(ledger, reply.id)
    assert (made.envelope, made.state, made.reason, made.version) == (reply, "held", reason, 1)
    assert (made.updated_at, await ledger.accepted()) == (after(minutes=1), 2)
    await go(ledger, made, "received")
    head = (await ledger.head())[0]
    await ledger.commit([step(await read(ledger, row.envelope.id), "verified", spawn=(spawned,))])
    assert ((await read(ledger, reply.id)).state, await ledger.accepted()) == ("received", 2)
    assert (await ledger.head())[0] == head + 1


async def test_offspring_without_an_entry_of_its_own_is_explained_by_its_parent(ledger: Ledger) -> None:
    row, child = await take(ledger), arrived()
    await ledger.commit([step(row, "identified", spawn=(Spawned(envelope=child),))])
    assert ((await read(ledger, child.id)).state, await ledger.timeline(child.id)) == ("received", [])


# --- journal and balance -------------------------------------------------------------------------------------------


async def test_happenings_that_are_no_step_are_journalled_too(ledger: Ledger) -> None:
    row = await take(ledger)
    read_by = entry("envelope.read", row.envelope, actor="user:officer", details=(("purpose", "supervision"),))
    await ledger.record([entry("gateway.started"), read_by])
    await ledger.record([])
    links = await ledger.journal(0, 10)
    told = [entries.read(link.entry).event for link in links]
    assert told == ["envelope.received", "gateway.started", "envelope.read"]
    assert await ledger.timeline(row.envelope.id) == [links[0], links[2]]
    assert await ledger.head() == (3, links[-1].hash)
    assert [link.number for link in await ledger.journal(1, 1)] == [2]
    assert await ledger.timeline("") == await ledger.journal(3, 10) == []


async def test_the_journal_is_whole_after_hundreds_of_writes_at_once(ledger: Ledger) -> None:
    async def story() -> None:
        row = await take(ledger)
        row = await go(ledger, row, *WAY_IN[1:4])
        await ledger.record([entry("envelope.read", row.envelope)])

    await asyncio.gather(*(story() for _ in range(150)))
    links = await ledger.journal(0, 10_000)
    assert len(links) == 150 * 5
    assert list(chain.faults(links)) == []
    assert await ledger.head() == (links[-1].number, links[-1].hash)


async def test_the_books_balance_at_every_moment(ledger: Ledger) -> None:
    for place, state in enumerate(["identified", "held", "rejected", "quarantined"] * 3):
        row, child = await take(ledger), arrived(direction=Direction.OUTBOUND)
        spawn = (Spawned(envelope=child, entries=(entry("envelope.received", child),)),) if place % 2 else ()
        await ledger.commit([step(row, state, spawn=spawn)])
        counts = await ledger.counts()
        assert sum(counts.values()) == await ledger.accepted()
    assert counts == {
        ("inbound", "identified"): 3, ("inbound", "held"): 3, ("inbound", "rejected"): 3, ("inbound", "quarantined"): 3,
        ("outbound", "received"): 6,
    }  # fmt: skip
