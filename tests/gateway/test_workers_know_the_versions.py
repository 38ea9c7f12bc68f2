"""A worker process knows on which days a version is taken, and which versions a partner reads, from the front alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from config.load import load
from gateway.assembly import briefing, worker_command
from gateway.partners import Directory
from gateway.setup import make_home
from gateway.verdict import Reject
from gateway.workers import BRIEFINGS, ENCODER, WorkerPool
from tests.gateway.rig import NOON, Bureau
from tests.gateway.test_exchange_story import PHOTO, hit
from tests.gateway.test_versions_side_by_side import in_old_layout
from tests.gateway.test_workers_know_what_the_front_knows import letter


async def test_a_worker_refuses_a_version_by_the_days_that_the_office_has_set(tmp_path: Path) -> None:
    make_home(tmp_path / "home", ["sirene:XA", "ncb:XA"], "xa.spoc.example", datetime.now(UTC))
    with (tmp_path / "home" / "spoc.toml").open("a") as file:
        file.write("\n[versions.sirene.0]\naccept_until = 2026-01-31\ngrace_days = 0\n")
    home = load(tmp_path / "home", {})
    bureau = Bureau(tmp_path / "xb", "sirene:XB", "oper@xb.sirene.example")
    directory = Directory([msgspec.structs.replace(bureau.partner, versions={"sirene": (0,)})])
    envelope = msgspec.structs.replace(letter(bureau), payload=bureau.signed(in_old_layout(hit()), (PHOTO,)))
    pool = WorkerPool(worker_command(), 1, lambda: briefing(home, directory))
    await pool.start()
    try:
        last = (await pool.judge(envelope, "received", NOON)).judged[-1].verdict
    finally:
        await pool.stop()

    assert isinstance(last, Reject)
    assert "VER-01" in {finding.rule for finding in last.findings}
    told = BRIEFINGS.decode(ENCODER.encode(briefing(home, directory)))
    assert told.partners[0].versions == {"sirene": (0,)}
