"""What every store keeps of lifetimes: each over the revision that it rests on, in one write with the entries that explain it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from gateway.journal import entry as entries
from gateway.ledger import Ledger, StaleMove
from gateway.protection.retention.lifetime import Intent, Lifetime, Stage
from gateway.protection.retention.words import Hold, Order
from tests.contracts.store_examples import START, after, entry, new_id


@dataclass
class Subject:
    """A subject in a store."""

    ledger: Ledger
    id: str

    async def known(self) -> Lifetime | None:
        return (await self.ledger.lifetimes([self.id, "nothing"])).get(self.id)

    async def write(self, life: Lifetime) -> Lifetime:
        await self.ledger.keep_lifetimes([life], [entry("retention.held")])
        found = await self.known()
        assert found is not None
        return found


@pytest.fixture
def subject(ledger: Ledger) -> Subject:
    return Subject(ledger, new_id())


async def test_what_was_decided_is_kept_whole(subject: Subject) -> None:
    intent = Intent(at=START, rule="RR-120", actor="gateway", details=(("subject", "x"),), envelope=new_id())
    order = Order(by="user:a", at=START, ground="court", confirmed_by="user:b", confirmed_at=after(hours=1))
    life = Lifetime(
        subject=subject.id, hold=Hold(by="user:c", at=START), order=order, stage=Stage.INTENDED, intent=intent
    )
    assert await subject.known() is None
    assert await subject.write(life) == replace(life, revision=1)


async def test_of_two_who_decide_on_the_same_state_one_alone_succeeds(subject: Subject) -> None:
    first = Lifetime(subject=subject.id, hold=Hold(by="user:a", at=START))
    known = await subject.write(first)
    number, _ = await subject.ledger.head()
    with pytest.raises(StaleMove):
        await subject.write(Lifetime(subject=subject.id, stage=Stage.INTENDED))
    other = Lifetime(subject=new_id())
    with pytest.raises(StaleMove):
        await subject.ledger.keep_lifetimes([other, first], [entry("retention.held")])
    assert await subject.known() == known
    assert await subject.ledger.lifetimes([other.subject]) == {}
    assert (await subject.ledger.head())[0] == number
    assert (await subject.write(replace(known, hold=None))).revision == 2


async def test_nothing_is_decided_without_an_entry(subject: Subject) -> None:
    with pytest.raises(ValueError, match="entry"):
        await subject.ledger.keep_lifetimes([Lifetime(subject=subject.id)], [])
    assert await subject.known() is None


async def test_lifetimes_are_found_by_their_stage(ledger: Ledger) -> None:
    names = sorted(new_id() for _ in range(5))
    made = [Lifetime(subject=name, stage=Stage.INTENDED) for name in names]
    await ledger.keep_lifetimes(
        [*made, Lifetime(subject=new_id(), stage=Stage.DESTROYED)], [entry("retention.intended")]
    )
    assert [each.subject for each in await ledger.lifetimes_in(Stage.INTENDED, "", 3)] == names[:3]
    assert [each.subject for each in await ledger.lifetimes_in(Stage.INTENDED, names[2], 3)] == names[3:]
    assert await ledger.lifetimes_in(Stage.KEPT, "", 3) == []
    told = entries.read((await ledger.journal((await ledger.head())[0] - 1, 1))[0].entry)
    assert told.event == "retention.intended"


async def test_a_destruction_is_never_taken_back_in_a_lasting_store(lasting_place: tuple[str, str]) -> None:
    from tests.contracts.store_fixtures import open_ledger

    ledger = open_ledger(*lasting_place)
    await ledger.start()
    try:
        life = Lifetime(subject=new_id(), stage=Stage.DESTROYED)
        await ledger.keep_lifetimes([life], [entry("retention.intended")])
        with pytest.raises(ValueError, match="ledger refuses"):
            await ledger.keep_lifetimes([replace(life, revision=1, stage=Stage.KEPT)], [entry("retention.held")])
        assert (await ledger.lifetimes([life.subject]))[life.subject].stage is Stage.DESTROYED
    finally:
        await ledger.stop()
