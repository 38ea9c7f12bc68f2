"""A signer, or an idle worker, that does not answer any more is replaced; one that is only busy is not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from gateway import signers, workers
from gateway.clock import SystemClock
from gateway.signers import SignerProcess
from gateway.signing.authority import set_up_authority
from gateway.workers import WorkerPool
from tests.loop_time import PATIENCE_SECONDS
from tests.signing.test_signer_process import briefing

ANSWERS = """
import struct, sys
out = sys.stdout.buffer
def say(): out.write(b"\\0\\0\\0\\5ready"); out.flush()
say()
while len(head := sys.stdin.buffer.read(4)) == 4:
    sys.stdin.buffer.read(struct.unpack(">I", head)[0])
    say()
"""


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signers, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(workers, "HEARTBEAT_SECONDS", 0.3)


async def test_a_signer_that_hangs_is_replaced(tmp_path: Path) -> None:
    now = SystemClock().now()
    files = list(set_up_authority(tmp_path / "keys", ["sirene:XB"], (), now).signing)
    process = SignerProcess(tmp_path / "k.sock", lambda number: briefing(tmp_path, files, number), SystemClock())
    await process.start()
    try:
        first = process.pid
        signers.HEARTBEAT_SECONDS = PATIENCE_SECONDS  # type: ignore[misc]  # set back by the fixture
        await process.beat()
        assert (process.pid, process.deaths) == (first, 0)
        signers.HEARTBEAT_SECONDS = 0.3  # type: ignore[misc]
        os.kill(first, signal.SIGSTOP)
        await process.beat()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while process.pid in (0, first) or process.trouble:  # noqa: ASYNC110  # another process starts
                await asyncio.sleep(0.01)
        assert process.deaths == 1
    finally:
        await process.stop()


async def test_an_idle_worker_that_hangs_is_replaced_and_one_that_answers_stays() -> None:
    pool = WorkerPool([sys.executable, "-c", ANSWERS], 2)
    await pool.start()
    try:
        assert len(pool.pids) == 2 + workers.RESERVED_WORKERS
        before = pool.pids
        workers.HEARTBEAT_SECONDS = PATIENCE_SECONDS  # type: ignore[misc]  # set back by the fixture
        await pool.beat()
        assert (pool.pids, pool.replaced) == (before, 0)
        workers.HEARTBEAT_SECONDS = 0.3  # type: ignore[misc]
        os.kill(before[1], signal.SIGSTOP)
        await pool.beat()
        assert pool.pids[1] != before[1]
        assert pool.replaced >= 1
        assert pool.trouble == []
    finally:
        await pool.stop()
