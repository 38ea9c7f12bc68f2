"""The one writer: entries come under checkpoints in order, any crash is gone on from, and what does not agree stops the log and nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.stores.memory.ledger import MemoryLedger
from gateway.errors import Unavailable
from gateway.journal.publishing import integrator
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.head import LogHead
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.tree.checkpoints import Checkpoint, signed
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.notes import NoteSigner
from gateway.journal.tree.proofs import verify_consistency, verify_inclusion
from gateway.journal.tree.tiles import Tile, leaves_in, tiles_of
from tests.gateway.rig import TurnedClock
from tests.journal.publishing.press import SECOND, Press, behind_its_back
from tests.journal.tree import naive


@pytest.fixture
async def press(tmp_path: Path) -> AsyncIterator[Press]:
    async with Press(tmp_path) as made:
        yield made


async def leaves(press: Press) -> list[bytes]:
    return [link.entry for link in await press.ledger.journal(0, 100_000)]


async def test_what_was_written_is_under_a_signed_checkpoint(press: Press) -> None:
    await press.write(3)
    checkpoint = await press.publish()
    assert checkpoint == Checkpoint(origin="xa.spoc.example/journal/XA", size=3, root=naive.root(await leaves(press)))
    assert (await press.ledger.log_head()).note == press.folder.checkpoint()
    assert await press.integrator.probe() is None
    assert await press.events("log.doubted") == []


async def test_an_idle_log_writes_nothing(press: Press) -> None:
    await press.write(3)
    await press.publish()
    before = {file: file.stat().st_mtime_ns for file in press.place.rglob("*") if file.is_file()}
    await press.publish()
    assert {file: file.stat().st_mtime_ns for file in press.place.rglob("*") if file.is_file()} == before


async def test_the_log_grows_over_full_tiles_and_every_root_is_the_defined_one(press: Press) -> None:
    old: list[Checkpoint] = []
    for size in (1, 255, 256, 257, 511, 512, 600, 1300):
        await press.write(size - (old[-1].size if old else 0))
        checkpoint = await press.publish()
        assert (checkpoint.size, checkpoint.root) == (size, naive.root(await leaves(press)))
        for earlier in old:
            found = await press.prover.consistency(earlier.size)
            assert (found.first_root, found.second_root) == (earlier.root, checkpoint.root)
            verify_consistency(earlier.size, size, found.proof, earlier.root, checkpoint.root)
        old.append(checkpoint)
    for tile in tiles_of(1300):
        assert press.folder.folder.joinpath(tile.path).stat().st_size == 32 * tile.width
    assert not press.folder.folder.joinpath("tile/0/000.p").exists(), "partial tiles go when the full one is published"
    assert await press.faults() == []
    assert [each.size for each in await press.examined()] == [1300]


async def test_every_entry_is_proved_and_its_bundle_is_served(press: Press) -> None:
    await press.write(700)
    checkpoint, all_leaves = await press.publish(), await leaves(press)
    for number in (1, 2, 255, 256, 257, 512, 699, 700):
        packet = await press.prover.inclusion(number)
        assert packet.leaf == all_leaves[number - 1]
        verify_inclusion(leaf_hash(packet.leaf), number - 1, 700, packet.proof, checkpoint.root)
        assert naive.leads_to(number - 1, 700, packet.leaf, list(packet.proof)) == checkpoint.root
    assert leaves_in(await press.prover.tile(Tile(-1, 1))) == all_leaves[256:512]
    assert leaves_in(await press.prover.tile(Tile(-1, 2, 188))) == all_leaves[512:]
    assert len(await press.prover.tile(Tile(0, 2, 100))) == 3200, "also one that was partial earlier"


async def test_the_log_goes_on_in_the_next_life(press: Press, tmp_path: Path) -> None:
    await press.write(300)
    first = await press.publish()
    await press.integrator.stop()
    await press.ledger.stop()
    async with Press(tmp_path) as later:
        assert later.key == press.key
        await later.write(300, 300)
        second = await later.publish()
        assert second.size == 600
        found = await later.prover.consistency(300)
        verify_consistency(300, 600, found.proof, first.root, second.root)
        assert await later.faults() == []


async def test_tiles_without_a_checkpoint_are_what_a_crash_leaves_and_change_nothing(
    press: Press, tmp_path: Path
) -> None:
    await press.write(300)
    await press.publish()
    before = tmp_path / "before"
    shutil.copytree(tmp_path / "log", before)
    await press.write(400)
    await press.publish()
    # A crash after the tiles and before the checkpoint: new tiles, the old note, and the ledger as it was.
    (press.folder.folder / "checkpoint").write_bytes((before / "checkpoint").read_bytes())
    await press.integrator.stop()
    behind = (before / "checkpoint").read_bytes().hex()
    behind_its_back(
        tmp_path, f"UPDATE log SET size = 300, note = x'{behind}', hash = (SELECT hash FROM journal WHERE number = 300)"
    )
    assert [fault.code for fault in await press.faults()] == []
    next_life = Integrator(press.ledger, LogFolder(tmp_path / "log"), press.keys, press.clock)
    press.clock.turn(timedelta(minutes=1))
    await next_life.quiet()
    assert (next_life.doubt, press.checkpoint.size) == (None, 700)
    assert await press.faults() == []
    await next_life.stop()


async def test_a_crash_between_ledger_and_folder_is_made_up_for(press: Press) -> None:
    await press.write(5)
    await press.publish()
    old = press.folder.checkpoint()
    await press.write(5)
    await press.publish()
    press.folder.publish(old)
    assert [fault.code for fault in await press.faults()] == ["log.checkpoint-behind"]
    assert (await press.publish()).size == 10, "also when nothing new has come"
    await press.write(1)
    assert (await press.publish()).size == 11
    assert press.integrator.doubt is None


async def test_a_checkpoint_that_was_removed_is_put_back(press: Press) -> None:
    await press.write(5)
    await press.publish()
    (press.folder.folder / "checkpoint").unlink()
    assert [(fault.code, fault.place) for fault in await press.faults()] == [("log.checkpoint-behind", "checkpoint")]
    assert (await press.publish()).size == 5


async def test_an_event_is_under_a_checkpoint_within_the_second(press: Press) -> None:
    """By the clock: whatever the moment, the next checkpoint is begun half a second later at most, and the rest is for making it."""
    assert integrator.PUBLISH_EVERY + integrator.LOOK_EVERY < SECOND
    made: list[int] = []
    press.integrator.published = lambda: made.append(press.checkpoint.size)
    press.integrator.start()
    for number in range(1, 4):
        await press.write(1, number)
        while len(made) < number:
            press.clock.turn(timedelta(milliseconds=50))
            await asyncio.to_thread(int)  # lets the task go on
    assert made == [1, 2, 3]


async def test_a_folder_that_cannot_be_written_is_late_after_a_minute_and_comes_back_by_itself(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    await press.write(3)

    def full(folder: LogFolder) -> None:
        raise Unavailable("log.unwritable", "No room.")

    with monkeypatch.context() as patch:
        patch.setattr(LogFolder, "settle", full)
        assert await press.integrator._safely() == integrator.TROUBLE_AGAIN
        assert await press.integrator.probe() is None
        press.clock.turn(integrator.LATE + SECOND)
        with pytest.raises(Unavailable, match=r"log\.late"):
            await press.integrator.probe()
    assert (await press.publish()).size == 3
    assert await press.integrator.probe() is None


# --- one writer


async def test_two_processes_never_write_at_once(press: Press, tmp_path: Path) -> None:
    await press.write(3)
    await press.publish()
    other = Integrator(press.ledger, LogFolder(tmp_path / "log"), press.keys, press.clock)
    await press.write(3)
    await other.quiet()
    assert press.checkpoint.size == 3, "the folder is locked by the other"
    assert (await press.publish()).size == 6


async def test_a_front_on_another_machine_waits_for_the_lease(tmp_path: Path) -> None:
    clock = TurnedClock()
    async with Press(tmp_path, MemoryLedger(clock)) as press:
        press.clock = clock
        press.integrator = Integrator(press.ledger, press.folder, press.keys, clock)
        await press.write(3)
        await press.publish()
        away = LogFolder(tmp_path / "elsewhere")
        shutil.copytree(tmp_path / "log", tmp_path / "elsewhere", ignore=shutil.ignore_patterns(".holder"))
        other = Integrator(press.ledger, away, press.keys, clock)
        await press.write(3)
        await other.quiet()
        assert (await press.ledger.log_head()).size == 3
        clock.turn(integrator.LEASE + SECOND)
        await other.quiet()
        assert (await press.ledger.log_head()).size == 6
        await other.stop()


async def test_who_was_fenced_off_while_it_wrote_publishes_nothing(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    await press.write(3)
    settled = LogFolder.settle

    def taken_over(folder: LogFolder) -> None:
        settled(folder)
        behind_its_back(press.place, "UPDATE log SET token = token + 1, holder = 'another'")

    monkeypatch.setattr(LogFolder, "settle", taken_over)
    assert await press.integrator._round() is True
    assert await press.ledger.log_head() == LogHead()
    assert press.folder.checkpoint() == b""


# --- refusal on doubt


async def doubted(press: Press) -> tuple[str, str]:
    """The code and the place of the doubt in which the log stands after another entry came."""
    size = (await press.ledger.log_head()).size
    note = press.folder.checkpoint()
    await press.write(1, 9000)
    press.clock.turn(SECOND)
    await press.integrator.quiet()
    assert press.integrator.doubt is not None
    assert (await press.ledger.log_head()).size == size, "nothing was signed"
    assert press.folder.checkpoint() == note
    with pytest.raises(Unavailable):
        await press.integrator.probe()
    assert await press.events("log.doubted") == [press.integrator.doubt.code]
    await press.integrator.quiet()
    assert len(await press.events("log.doubted")) == 1, "it is journalled once"
    return press.integrator.doubt.code, press.integrator.doubt.place


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


async def test_a_tile_that_was_changed_stops_the_log(press: Press) -> None:
    await press.write(300)
    await press.publish()
    press.damage("tile/0/001.p/44", flipped)
    assert await doubted(press) == ("log.root-differs", "tile/0/001.p/44, tile/1/000.p/1")


async def test_a_tile_that_is_gone_or_cut_stops_the_log(press: Press) -> None:
    await press.write(3)
    await press.publish()
    press.damage("tile/0/000.p/3", lambda content: content[:-1])
    assert await doubted(press) == ("log.tile-damaged", "tile/0/000.p/3")
    (press.folder.folder / "tile/0/000.p/3").unlink()
    press.clock.turn(timedelta(minutes=1))
    await press.integrator.quiet()
    assert press.integrator.doubt is not None
    assert press.integrator.doubt.code == "log.tile-missing"


async def test_a_doubt_that_was_mended_is_over(press: Press) -> None:
    await press.write(3)
    await press.publish()
    press.damage("tile/0/000.p/3", flipped)
    await doubted(press)
    press.damage("tile/0/000.p/3", flipped)
    press.clock.turn(timedelta(minutes=1))
    await press.integrator.quiet()
    await press.publish()
    assert press.integrator.doubt is None
    assert press.checkpoint.size == 6, "the doubt and its end are entries, too"
    assert await press.events("log.resumed") == [""]
    assert await press.integrator.probe() is None


async def test_another_checkpoint_in_the_folder_stops_the_log(press: Press) -> None:
    await press.write(3)
    await press.publish()
    press.damage("checkpoint", lambda content: content.replace(b"\n3\n", b"\n2\n"))
    assert (await doubted(press))[0] == "log.checkpoint-false"


async def test_a_forked_checkpoint_by_our_own_key_stops_the_log(press: Press) -> None:
    await press.write(3)
    await press.publish()
    signer = press.keys.signer("journal")
    assert signer is not None
    fork = signed(Checkpoint(origin=signer.name, size=3, root=leaf_hash(b"another")), signer)
    press.damage("checkpoint", lambda _: fork.content())
    assert await doubted(press) == ("log.checkpoint-forked", "checkpoint")


async def test_a_ledger_that_was_put_back_stops_the_log(press: Press, tmp_path: Path) -> None:
    await press.write(3)
    await press.publish()
    await press.integrator.stop()
    await press.ledger.stop()
    shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite")
    async with press.again() as grown:
        await grown.write(5)
        assert (await grown.publish()).size == 8
    (tmp_path / "ledger.sqlite").unlink()
    shutil.copy(tmp_path / "copy.sqlite", tmp_path / "ledger.sqlite")
    async with press.again() as restored:
        assert await doubted(restored) == ("log.checkpoint-ahead", "checkpoint")
        assert [fault.code for fault in await restored.faults()] == ["log.checkpoint-ahead"]


async def test_a_journal_that_was_cut_stops_the_log(press: Press, tmp_path: Path) -> None:
    await press.write(5)
    await press.publish()
    await press.integrator.stop()
    await press.ledger.stop()
    behind_its_back(
        tmp_path, "DELETE FROM journal WHERE number > 3",
        "UPDATE standing SET number = 3, hash = (SELECT hash FROM journal WHERE number = 3)",
    )  # fmt: skip
    async with press.again() as cut:
        await cut.integrator.quiet()
        assert cut.integrator.doubt is not None
        assert (cut.integrator.doubt.code, cut.integrator.doubt.place) == ("log.journal-cut", "entry 4")


async def test_a_journal_that_was_written_anew_does_not_continue_the_log(press: Press, tmp_path: Path) -> None:
    await press.write(5)
    await press.publish()
    behind_its_back(
        tmp_path,
        "UPDATE journal SET hash = 'aa' || substr(hash, 3) WHERE number = 5",
        "UPDATE standing SET hash = 'aa' || substr(hash, 3)",
    )
    await press.integrator.stop()
    await press.ledger.stop()
    async with press.again() as anew:
        code, place = await doubted(anew)
        assert (code, place) == ("log.journal-broken", "entry 6")


async def test_without_its_key_the_log_stops_and_no_other_key_is_made(press: Press, tmp_path: Path) -> None:
    await press.write(3)
    await press.publish()
    await press.integrator.stop()
    (tmp_path / "keys" / "journal.vkey").rename(tmp_path / "taken.vkey")
    press.integrator = Integrator(press.ledger, press.folder, press.keys, press.clock)
    assert (await doubted(press))[0] == "log.key-missing"


async def test_a_checkpoint_of_another_key_is_not_continued(press: Press, tmp_path: Path) -> None:
    await press.write(3)
    await press.publish()
    await press.integrator.stop()
    shutil.rmtree(tmp_path / "keys")
    press.keys.made("journal")
    press.integrator = Integrator(press.ledger, press.folder, press.keys, press.clock)
    code, place = await doubted(press)
    assert (code, place) == ("log.checkpoint-false", "ledger")


def test_the_name_of_a_log_cannot_hold_white_space() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    with pytest.raises(ValueError, match="name"):
        NoteSigner("two words", Ed25519PrivateKey.generate())
