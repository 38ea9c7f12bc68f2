"""Every bad letter ends in a named state, with a stable reason, its bytes kept, and a sentence on which its sender can act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from gateway import parcel, safexml
from gateway.journal import entry as entries
from gateway.ledger import Row
from gateway.partners import Partner
from tests.corpus.hostile.letters import ALL, SENDER, Hostile, Letter
from tests.journeys.worlds import World, prove, world_on
from tests.signing import bad_inputs
from tests.signing.bad_shapes import Bad

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("hostile")]
SENT_VALUES = (
    "QQ00001",
    "ZZZTESTV1N0000001",
    "Eksempla",
    "7101700008",
    "Examplestad",
    "XB-G-2026-0000001",
    "elsewhere.example",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One gateway for the whole corpus: whatever came before, the next one is treated the same."""
    async with world_on("memory", tmp_path_factory.mktemp("hostile")) as made:
        yield made
        await prove(made.ledger)


async def arrived(world: World, letter: Letter) -> Row:
    return await world.row(await world.arrives(letter.payload, sender=letter.sender))


@pytest.mark.parametrize("hostile", ALL, ids=str)
async def test_a_bad_letter_ends_where_it_must(world: World, hostile: Hostile) -> None:
    letter = hostile.make(world)
    before = len(world.wire.sent)
    row = await arrived(world, letter)
    await ends_well(world, row, letter)
    assert row.reason is not None
    assert (row.state, row.reason.code.startswith(hostile.code)) == (hostile.state, True), row.reason
    refusals = [root for root in receipts(world, before) if root.findtext("{*}Body/{*}Stage") == "INVALID"]
    if hostile.told and hostile.state == "rejected":
        (refusal,) = refusals
        assert refusal.findtext("{*}Body/{*}Code") == row.reason.code
        assert refusal.findtext("{*}Body/{*}OfDigest") == letter.payload.digest
    else:
        assert refusals == []


@pytest.mark.parametrize("bad", bad_inputs.ALL, ids=str)
async def test_a_bad_signature_is_refused_by_the_whole_gateway_as_by_the_verifier(world: World, bad: Bad) -> None:
    known = list(world.directory)
    world.directory.replace([reached(bad.partner()), *(one for one in known if one.party != "sirene:XB")])
    try:
        letter = Letter(bad.document(), "application/xml")
        row = await arrived(world, letter)
    finally:
        world.directory.replace(known)
    await ends_well(world, row, letter)
    assert row.reason is not None
    enveloping = (
        bad.code == "signature.enveloping"
    )  # its root is no form of ours, so nobody looks for a signature in it
    assert (row.state, row.reason.code) == (("held", "format.unknown") if enveloping else ("rejected", bad.code))


def reached(partner: Partner) -> Partner:
    """The forger's partner, reached over the wire of this world."""
    return msgspec.structs.replace(partner, addresses=(SENDER,), channel="wire")


async def ends_well(world: World, row: Row, letter: Letter) -> None:
    """What holds for every end: named, explained, journalled, bytes kept."""
    assert row.state in ("rejected", "held"), row.reason
    assert row.envelope.payload.content == letter.content
    assert row.reason is not None
    told = [row.reason.public, *(finding.text + finding.remedy for finding in row.envelope.learned.findings or ())]
    for text in told:
        assert len(text) > 20
        assert text.strip().endswith((".", "…")), text
        assert not [value for value in SENT_VALUES if value in text], text
    journal = [entries.read(link.entry) for link in await world.ledger.timeline(row.envelope.id)]
    assert journal[0].event == "envelope.received"
    last = [entry for entry in journal if entry.event == f"envelope.{row.state}"][-1]
    assert last.reason == row.reason.code


def receipts(world: World, since: int) -> list:  # type: ignore[type-arg]  # elements of lxml
    return [safexml.parse(parcel.open_parcel(out.payload).form) for out in world.wire.sent[since:]]


async def test_no_name_stands_twice_in_the_corpus() -> None:
    names = [hostile.name for hostile in ALL]
    assert len(names) == len(set(names))
    assert Path(__file__).with_name("letters.py").exists()
