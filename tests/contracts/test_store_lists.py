"""What every store must answer: what is due, in which order, and what a search finds."""

from __future__ import annotations

from datetime import timedelta

from gateway.envelope import Claim, Direction, Identification, Leg
from gateway.ledger import Ledger, Query, Row
from gateway.verdict import Reason
from tests.contracts.store_examples import START, after, arrived, form, go, new_id, read, step, take, understood

NOBODY = new_id()


async def _received(ledger: Ledger, minute: float, urgency: str = "NORMAL") -> str:
    envelope = arrived(received_at=after(minutes=minute)).learn(form=form(urgency=urgency))
    return (await take(ledger, envelope)).envelope.id


async def _later(ledger: Ledger, envelope: str, minute: float) -> None:
    row = await read(ledger, envelope)
    await ledger.commit([step(row, row.state, due=after(minutes=minute))])


async def test_urgent_work_comes_first_then_the_oldest(ledger: Ledger) -> None:
    young, old = await _received(ledger, 20), await _received(ledger, 10)
    urgent, retried = await _received(ledger, 30, "URGENT"), await _received(ledger, 5)
    most = await _received(ledger, 40, "VERY_URGENT")
    await _later(ledger, retried, 50)
    await _later(ledger, urgent, 50)
    assert await ledger.due(after(minutes=60), 10) == [most, urgent, retried, old, young]
    assert await ledger.due(after(minutes=60), 3) == [most, urgent, retried]
    assert await ledger.due(after(minutes=49), 10) == [most, old, young]


async def test_who_waits_is_told_office_by_office_however_much_another_has_waiting(ledger: Ledger) -> None:
    flood = [await _received(ledger, minute) for minute in range(6)]
    other = arrived(received_at=after(minutes=50), claim=Claim(sender="sirene:XC")).learn(
        identification=Identification(format="sirene/M@1", partner="sirene:XC")
    )
    alone = (await take(ledger, other)).envelope.id
    urgent, again, not_yet = (
        await _received(ledger, 20, "URGENT"),
        await _received(ledger, 6),
        await _received(ledger, 7),
    )
    await _later(ledger, again, 55)
    await _later(ledger, not_yet, 70)
    found = await ledger.waiting(after(minutes=60), 2)
    office = form().header.sender
    assert {(each.id, each.counterpart, each.urgent, each.again) for each in found} == {
        (flood[0], office, False, False), (flood[1], office, False, False), (alone, "sirene:XC", False, False),
        (urgent, office, True, False), (again, office, False, True),
    }  # fmt: skip


async def test_only_working_states_are_due(ledger: Ledger) -> None:
    waiting = await take(ledger)
    for end in ("held", "rejected", "quarantined"):
        await go(ledger, await take(ledger), end)
    out = await take(ledger, arrived(direction=Direction.OUTBOUND))
    await go(ledger, out, "checked", "routed", "encoded", "signed", "transmitted", "confirmed")
    assert await ledger.due(after(days=1), 10) == [waiting.envelope.id]


async def test_the_next_time_is_the_earliest_of_the_future(ledger: Ledger) -> None:
    assert await ledger.next_due() is None
    at_once, past, soon, late = [await _received(ledger, minute) for minute in range(4)]
    for envelope, minute in ((past, -5), (soon, 15), (late, 90)):
        await _later(ledger, envelope, minute)
    assert await ledger.next_due() == after(minutes=15)
    await go(ledger, await read(ledger, soon), "held", due=after(minutes=1))
    assert await ledger.next_due() == after(minutes=90)
    assert await ledger.due(START, 10) == [at_once, past]


async def _known(ledger: Ledger, content: bytes, **header: object) -> Row:
    sender = Claim(sender="oper@xb.sirene.example", reference=f"<{new_id()}@xb.sirene.example>")
    row = await take(ledger, arrived(content, claim=sender))
    known = understood(row.envelope, **header).learn(exchange=f"exchange of {content.decode()}")
    await ledger.commit([step(row, "decoded", known, via=("identified", "verified"))])
    return await read(ledger, row.envelope.id)


async def test_a_list_shows_what_is_known_without_the_content(ledger: Ledger) -> None:
    row = await _known(ledger, b"one", urgency="URGENT", test=True)
    header = row.envelope.form.header
    reason = Reason(code="handling.onward", public="Not to be passed on.", operator="H1 on field 3")
    await go(ledger, row, "held", reason=reason)
    [found] = await ledger.find(Query())
    assert (found.id, found.direction) == (row.envelope.id, Direction.INBOUND)
    assert (found.kind, found.channel) == ("message", "mail")
    assert (found.state, found.account, found.format, found.counterpart) == ("held", "held", "sirene/G@1", "sirene:XB")
    assert (found.message_id, found.our_reference) == (header.message_id, header.our_reference)
    assert (found.exchange, found.cause, found.urgency, found.test) == ("exchange of one", "", "URGENT", True)
    assert (found.received_at, found.updated_at, found.due, found.attempts) == (START, after(minutes=1), None, 0)
    assert (found.reason_code, found.reason_public) == ("handling.onward", "Not to be passed on.")
    assert (found.digest, found.octets) == (row.envelope.payload.digest, 3)


async def test_the_counterpart_is_the_best_that_is_known(ledger: Ledger) -> None:
    row = await take(ledger)
    assert (await ledger.find(Query()))[0].counterpart == "oper@xb.sirene.example"
    known = understood(row.envelope)
    await ledger.commit([step(row, "identified", known.learn(form=None, signature=None))])
    [found] = await ledger.find(Query())
    assert (found.counterpart, found.format, found.message_id) == ("sirene:XB", "sirene/G@1", "")
    out = arrived(direction=Direction.OUTBOUND).learn(
        leg=Leg(counterpart="sirene:XC", channel="mail", address="oper@xc.sirene.example")
    )
    await take(ledger, out)
    assert [found.id for found in await ledger.find(Query(counterpart="sirene:XC"))] == [out.id]
    answer = arrived(direction=Direction.OUTBOUND).learn(form=form(sender="sirene:XA", to=("sirene:XD", "sirene:XB")))
    await take(ledger, answer)
    assert [found.id for found in await ledger.find(Query(counterpart="sirene:XD"))] == [answer.id]


async def test_every_key_of_an_envelope_finds_it_and_nothing_else_does(ledger: Ledger) -> None:
    rows = [await _known(ledger, content, our_reference=f"XB-{content.decode()}") for content in (b"one", b"two")]
    for row in rows:
        known = row.envelope
        keys = (
            known.id, known.form.header.message_id, known.form.header.our_reference, known.exchange,
            known.payload.digest, known.claim.reference,
        )  # fmt: skip
        for key in keys:
            assert [found.id for found in await ledger.find(Query(text=key))] == [known.id], key
            assert await ledger.find(Query(text=key, states=("rejected",))) == []
            assert [found.id for found in await ledger.find(Query(text=key, states=("decoded",)))] == [known.id]
    for nothing in ("XB", "%", "exchange", "' OR 1=1 --", NOBODY, "\udcff\x00"):
        assert await ledger.find(Query(text=nothing)) == []


async def test_conditions_must_all_hold(ledger: Ledger) -> None:
    first, second = await _known(ledger, b"one"), await _known(ledger, b"two", sender="sirene:XC")
    child = arrived(direction=Direction.OUTBOUND, cause=first.envelope.id)
    await take(ledger, child)
    expected = {
        Query(direction=Direction.OUTBOUND): [child.id],
        Query(direction=Direction.INBOUND): [second.envelope.id, first.envelope.id],
        Query(states=("received", "decoded")): [child.id, second.envelope.id, first.envelope.id],
        Query(states=("received",), direction=Direction.INBOUND): [],
        Query(states=("no such state",)): [],
        Query(format="sirene/G@1"): [second.envelope.id, first.envelope.id],
        Query(format="sirene/P@1"): [],
        Query(counterpart="sirene:XC"): [second.envelope.id],
        Query(counterpart="sirene:XC", states=("decoded",)): [second.envelope.id],
        Query(exchange="exchange of one"): [first.envelope.id],
        Query(exchange="exchange of one", counterpart="sirene:XC"): [],
        Query(cause=first.envelope.id): [child.id],
        Query(cause=first.envelope.id, states=("received",)): [child.id],
        Query(message_id=second.envelope.form.header.message_id): [second.envelope.id],
        Query(message_id=second.envelope.form.header.message_id, before_id=second.envelope.id): [],
        Query(limit=0): [],
    }
    for query, ids in expected.items():
        assert [found.id for found in await ledger.find(query)] == ids, query


async def test_pages_follow_each_other_newest_first(ledger: Ledger) -> None:
    rows = [await take(ledger) for _ in range(25)]
    for row in rows[::2]:
        await go(ledger, row, "held")
    wanted = {
        Query(limit=4): rows,
        Query(limit=4, states=("held",)): rows[::2],
        Query(limit=4, states=("held", "received")): rows,
        Query(limit=4, counterpart="oper@xb.sirene.example", direction=Direction.INBOUND): rows,
    }
    for query, expected in wanted.items():
        seen: list[str] = []
        page = await ledger.find(query)
        while page:
            assert len(page) <= 4
            seen += [found.id for found in page]
            page = await ledger.find(Query(**{**_fields(query), "before_id": seen[-1]}))
        assert seen == [row.envelope.id for row in reversed(expected)], query


def _fields(query: Query) -> dict[str, object]:
    return {name: getattr(query, name) for name in query.__struct_fields__}


async def test_the_backlog_is_told_by_lane_with_since_when_the_oldest_could_go_on(ledger: Ledger) -> None:
    assert await ledger.backlog(START) == []
    await _received(ledger, 10)
    await _received(ledger, 20)
    urgent, later = await _received(ledger, 5, "URGENT"), await _received(ledger, 1)
    await _later(ledger, urgent, 40)
    await _later(ledger, later, 90)
    found = {each.urgent: (each.count, each.oldest) for each in await ledger.backlog(after(minutes=60))}
    assert found == {False: (3, after(minutes=10)), True: (1, after(minutes=40))}
    found = {each.urgent: (each.count, each.oldest) for each in await ledger.backlog(after(minutes=30))}
    assert found == {False: (3, after(minutes=10)), True: (1, None)}


async def test_what_came_is_counted_by_counterpart_without_tests(ledger: Ledger) -> None:
    since = START - timedelta(days=3650)
    until = START + timedelta(days=3650)
    assert await ledger.arrivals(since, until) == {}
    await _received(ledger, 1)
    await _received(ledger, 2)
    await take(ledger, arrived().learn(form=form(test=True)))
    await take(ledger, arrived(direction=Direction.OUTBOUND).learn(form=form()))
    await take(ledger, arrived(kind="canary"))
    assert await ledger.arrivals(since, until) == {form().header.sender: 2}
    assert await ledger.arrivals(since, since + timedelta(days=1)) == {}
