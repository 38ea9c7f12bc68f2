"""Worker processes are briefed by the front: what somebody changes in a file meanwhile counts for nothing."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from config.load import load
from gateway.assembly import briefing, worker_command
from gateway.envelope import Claim, Direction, Envelope
from gateway.errors import Unavailable
from gateway.partners import Directory
from gateway.setup import make_home
from gateway.verdict import Advance, Reject
from gateway.workers import WorkerPool
from tests.gateway.rig import NOON, Bureau
from tests.gateway.test_exchange_story import PHOTO, hit


def letter(bureau: Bureau) -> Envelope:
    payload = bureau.signed(hit(), (PHOTO,))
    claim = Claim(sender=bureau.address, recipients=("sirene@xa.spoc.example",))
    return Envelope(
        id="01a1ff00-0000-7000-8000-000000000001",
        direction=Direction.INBOUND,
        channel="smtp",
        received_at=NOON,
        payload=payload,
        claim=claim,
    )


async def test_a_worker_that_is_replaced_trusts_whom_the_front_trusts(tmp_path: Path) -> None:
    make_home(tmp_path / "home", ["sirene:XA", "ncb:XA"], "xa.spoc.example", datetime.now(UTC))
    home = load(tmp_path / "home", {})
    known, other = (Bureau(tmp_path / name, "sirene:XB", "oper@xb.sirene.example") for name in ("known", "other"))
    directory = Directory([known.partner])
    pool = WorkerPool(worker_command(), 1, lambda: briefing(home, directory))
    await pool.start()
    try:
        (home.folder / "partners.toml").write_text("this is not TOML [", encoding="utf-8")
        os.kill(pool.pids[0], signal.SIGKILL)
        for bureau, kind in ((known, Advance), (other, Reject)):
            trail = await judged(pool, letter(bureau))
            assert isinstance(trail.judged[-1].verdict, kind), bureau.address
        directory.replace([other.partner])
        await pool.renew()
        assert isinstance((await judged(pool, letter(known))).judged[-1].verdict, Reject)
        assert pool.trouble == []
    finally:
        await pool.stop()


async def judged(pool: WorkerPool, envelope: Envelope):  # type: ignore[no-untyped-def]  # a trail
    """The trail, also from a worker that has to be started again first."""
    try:
        return await pool.judge(envelope, "received", NOON)
    except Exception:  # noqa: BLE001  # the kill is noticed at the first job
        return await pool.judge(envelope, "received", NOON)


async def test_a_worker_that_cannot_start_says_so(tmp_path: Path) -> None:
    make_home(tmp_path / "home", ["sirene:XA"], "xa.spoc.example", datetime.now(UTC))
    home = load(tmp_path / "home", {})
    brief = msgspec.structs.replace(briefing(home, Directory()), keys=(("sirene:XA", "/nowhere", "/nowhere"),))
    pool = WorkerPool(worker_command(), 1, lambda: brief)
    with pytest.raises(Unavailable):
        await pool.start()
    assert pool.trouble == ["it does not start; its log says why"]
    await pool.stop()
