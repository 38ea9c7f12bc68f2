"""A new master key takes over while messages come and go: nothing is lost, nothing that was destroyed comes back."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.errors import Misconfigured, Unavailable
from gateway.journal import entry as entries
from gateway.journal.rows import row_faults
from gateway.ledger import Query
from gateway.vault.port import BLOCK, Destruction
from gateway.vault.rolling import Rolling
from gateway.vault.sealed import ContentDestroyed
from tests.gateway.rig import NOON, TurnedClock
from tests.journeys.worlds import World, keyring, world_on

RULE = Destruction(at=NOON, rule="order.court")
MESSAGES = 24


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_on("sqlite", tmp_path)


def keys(world: World) -> SqliteLedger:
    assert isinstance(world.ledger, SqliteLedger)
    return world.ledger


async def all_read(world: World) -> int:
    """How many envelopes can be read, all of them."""
    found = await world.ledger.find(Query(limit=1000))
    assert all([await world.ledger.get(each.id) for each in found])
    return len(found)


async def test_a_master_key_is_exchanged_under_traffic_and_nothing_is_lost(world: World, tmp_path: Path) -> None:
    async with world:
        ring = keys(world).keyring
        assert ring is not None
        rolling = Rolling(ring, world.ledger, world.clock)
        first = await world.other_hit_arrives(1)
        old = ring.masters.newest
        stolen = tmp_path.parent / "vault-of-before"
        shutil.copytree(tmp_path / "vault", stolen)

        async def traffic() -> list[str]:
            return [await world.other_hit_arrives(number) for number in range(2, MESSAGES)]

        async def roll() -> None:
            for turn in range(4):
                ring.folder.make(NOON + timedelta(minutes=turn + 1))
                await asyncio.sleep(0)
                await rolling.look()

        came, _ = await asyncio.gather(traffic(), roll())
        gone = await world.hit_arrives()
        assert await world.ledger.destroy([gone], RULE, []) == ()
        await rolling.look()
        newest = ring.masters.newest
        assert newest != old
        assert set(await ring.vault.masters()) == {newest}
        read = [entries.read(link.entry) for link in await world.ledger.journal(0, 10_000)]
        told = [dict(entry.details) for entry in read if entry.event == "vault.rewrapped"]
        assert told[0]["keys"] == str(BLOCK + 1), "the block in use, and the key of the searches"
        for file in ring.folder.folder.glob("*.master"):
            if file.stem != newest:
                with ring.folder.aside(file.stem):
                    ring.folder.remove_aside(file.stem)
        assert len(came) == MESSAGES - 2

    again = world_on("sqlite", tmp_path)
    async with again:
        assert (await again.row(first)).envelope.form.header.message_id
        with pytest.raises(ContentDestroyed):
            await again.ledger.get(gone)
        found = [each for each in await again.ledger.find(Query(limit=1000)) if each.id != gone]
        assert all([await again.ledger.get(each.id) for each in found])
        head = await again.ledger.head()
        assert [fault async for fault in row_faults(again.ledger, head[0]) if gone not in fault.fault] == []
        await again.sound()

    # The copy of the vault from before holds the destroyed key, and nothing opens it any more.
    shutil.rmtree(tmp_path / "vault")
    shutil.copytree(stolen, tmp_path / "vault")
    late = SqliteLedger(tmp_path / "ledger.sqlite", TurnedClock(), keyring=keyring(tmp_path))
    with pytest.raises(Misconfigured, match=old):
        await late.start()


async def test_a_master_that_is_laid_aside_comes_back_unless_it_is_removed(tmp_path: Path) -> None:
    ring = keyring(tmp_path)
    await ring.start()
    name = ring.masters.newest
    with ring.folder.aside(name), pytest.raises(Misconfigured, match="no master key"):
        ring.read_masters_again()
    assert ring.read_masters_again().newest == name
    await ring.stop()


async def test_no_key_is_made_under_a_master_that_is_not_there_any_more(tmp_path: Path) -> None:
    ring = keyring(tmp_path)
    await ring.start()
    with ring.folder.aside(ring.masters.newest), pytest.raises(Unavailable, match="no master key"):
        await ring.fresh()
    assert (await ring.fresh()).number
    await ring.stop()


async def test_a_vault_that_is_away_refuses_at_the_door_and_comes_back(world: World, tmp_path: Path) -> None:
    async with world:
        await world.hit_arrives()
        ring = keys(world).keyring
        assert ring is not None
        ring._ready.clear()
        (tmp_path / "vault").rename(tmp_path / "elsewhere")
        with pytest.raises(Unavailable):
            await world.other_hit_arrives(5)
        with pytest.raises(Unavailable):
            await world.ledger.probe()
        (tmp_path / "elsewhere").rename(tmp_path / "vault")
        await world.other_hit_arrives(6)
        await all_read(world)
        await world.sound()
