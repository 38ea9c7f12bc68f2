"""A disk that is full, behind a real mail door and a real ledger file: nothing is taken that is not kept, and all is well when space returns."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.flow.gauges import Gauges
from gateway.flow.marks import Level, Mark, Watermarks
from gateway.flow.watch import FlowWatch
from gateway.journal import chain
from tests.adapters.smtp.dialogue import MAIL, Client, Opened
from tests.gateway.rig import Rig, TurnedClock

SMALL_MIB = 24
MARKS = Watermarks(
    disk_free_mib=Mark(warn=12, shed=8, stop=4, falling=True),
    disk_free_percent=Mark(warn=90, shed=60, stop=30, falling=True),
    memory_mib=Mark(),
)


@contextlib.contextmanager
def _no_file_grows_beyond(octets: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MIB}m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


async def _mail(port: int, number: int) -> str:
    client = await Client.connect(port)
    await client.ready_for_content()
    said = await client.say(MAIL.replace(b"<one@", f"<{number}@".encode()) + b".")
    await client.close()
    return said


async def _kept(ledger: SqliteLedger) -> int:
    """How many are kept, after looking whether books and journal agree."""
    assert list(chain.faults(await ledger.journal(0, 100_000))) == []
    accepted = await ledger.accepted()
    assert accepted == sum((await ledger.counts()).values())
    return accepted


async def test_a_write_that_fails_is_no_acceptance_and_the_door_works_again_by_itself(
    opened: Opened, tmp_path: Path
) -> None:
    clock = TurnedClock()
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path, clock)
    async with Rig(tmp_path / "rig", ledger, clock) as rig:
        door = await opened()
        door._door.intake = rig.gateway.intake
        taken = (await _mail(door.port, 1)).startswith("250")
        await rig.gateway.quiet()
        before = await _kept(ledger)
        with _no_file_grows_beyond(path.with_name(path.name + "-wal").stat().st_size):
            for number in range(2, 5):
                assert (await _mail(door.port, number)).startswith("451 4.3.0")
            assert await _kept(ledger) == before
        assert taken
        assert (await _mail(door.port, 5)).startswith("250")
        await rig.gateway.quiet()
        assert await _kept(ledger) > before


async def test_a_disk_that_fills_closes_the_door_before_it_is_full_and_opens_it_again(
    opened: Opened, tmp_path: Path, small_disk: Path
) -> None:
    clock = TurnedClock()
    ledger = SqliteLedger(small_disk / "ledger.sqlite", clock)
    async with Rig(tmp_path / "rig", ledger, clock) as rig:
        door = await opened()
        door._door.intake = rig.gateway.intake
        watch = FlowWatch(ledger, clock, rig.gateway.intake.doors, Gauges(ledger, small_disk).read, MARKS)
        await watch.look()
        assert rig.gateway.intake.doors.level is Level.OPEN
        assert (await _mail(door.port, 1)).startswith("250")
        filler, seen = small_disk / "filler", [Level.OPEN]
        with filler.open("wb") as file:
            for _ in range(2 * SMALL_MIB):
                with contextlib.suppress(OSError):
                    file.write(bytes(512 * 1024))
                    file.flush()
                await watch.look()
                if seen[-1] is not rig.gateway.intake.doors.level:
                    seen.append(rig.gateway.intake.doors.level)
                if seen[-1] is Level.STOP:
                    break
        assert seen == [Level.OPEN, Level.WARN, Level.SHED, Level.STOP]
        assert (await _mail(door.port, 2)).startswith("451 4.3.1")
        await rig.gateway.quiet()
        before = await _kept(ledger)
        filler.unlink()
        await watch.look()
        assert rig.gateway.intake.doors.level is Level.OPEN
        assert (await _mail(door.port, 3)).startswith("250")
        await rig.gateway.quiet()
        assert await _kept(ledger) > before


async def test_a_disk_without_a_single_octet_left_takes_nothing_and_loses_nothing(
    opened: Opened, tmp_path: Path, small_disk: Path
) -> None:
    clock = TurnedClock()
    ledger = SqliteLedger(small_disk / "ledger.sqlite", clock)
    async with Rig(tmp_path / "rig", ledger, clock) as rig:
        door = await opened()
        door._door.intake = rig.gateway.intake
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        taken = 0
        while (said := await _mail(door.port, taken)).startswith(
            "250"
        ):  # what the log file of the ledger still has room for
            taken += 1
        assert said.startswith("451")
        assert await _kept(ledger) >= taken
        filler.unlink()
        await rig.later(timedelta(minutes=1))
        assert (await _mail(door.port, 10_000)).startswith("250")
        await rig.gateway.quiet()
        assert await _kept(ledger) > taken
