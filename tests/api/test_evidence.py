"""A proof bundle through the API: the same file that the verifier takes, for who may have it, journalled with who, why and for which case."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from tests.api.desk_side import Doors, open_doors
from tests.evidence.office import Archive, judged
from tests.evidence.plays import vehicle_hit
from tests.gateway.rig import Rig


async def test_an_auditor_takes_out_an_exchange(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    archive = Archive(tmp_path, rig)
    rig.gateway = replace(rig.gateway, evidence=archive.desk)
    async with open_doors(tmp_path, rig) as doors:
        exchange = await vehicle_hit(archive)
        await archive.publish()
        path = f"/api/v1/exchanges/{exchange}/evidence"
        answer = await doors.ask("GET", path, "auditor", headers={"X-SPOC-Case": "9999-99999-00001-26"})
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/vnd.etsi.asic-e+zip"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="evidence-{exchange}.asice"'
        assert answer.headers["Content-Length"] == str(len(answer.content))
        assert judged(answer.content, archive.pinned(tmp_path / "trust")).exit_code == 0
        await journalled(doors, exchange, hashlib.sha256(answer.content).hexdigest())

        await archive.settle()
        message = await doors.ask("GET", f"/api/v1/messages/{exchange}/evidence", "officer")
        assert judged(message.content, tmp_path / "trust").exit_code == 0
        assert len(message.content) < len(answer.content)


async def journalled(doors: Doors, exchange: str, digest: str) -> None:
    found = (await doors.local("GET", "/api/v1/journal?limit=1000")).json["entries"]
    (entry,) = [each for each in found if each["event"] == "evidence.exported"]
    assert entry["actor"] == "client:auditor"
    assert entry["details"]["exchange"] == exchange
    assert entry["details"]["bundle"] == digest
    assert '"purpose"' in entry["canonical"], "what was stated, or a commitment to it"
    assert entry["details"]["role"] == "auditor"


async def test_what_is_not_there_and_what_was_not_said(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.gateway = replace(rig.gateway, evidence=Archive(tmp_path, rig).desk)
    async with open_doors(tmp_path, rig) as doors:
        for kind in ("exchanges", "messages"):
            path = f"/api/v1/{kind}/019dee00-0000-7000-8000-000000000000/evidence"
            answer = await doors.ask("GET", path, "officer")
            assert (answer.status, answer.json["code"]) == (404, "evidence.unknown")
            answer = await doors.ask("GET", path, "officer", headers={"X-SPOC-Purpose": ""})
            assert (answer.status, answer.json["code"]) == (400, "purpose.missing")
            assert (await doors.ask("GET", path, "reader")).status == 403


async def test_a_gateway_that_publishes_nothing_proves_nothing(doors: Doors) -> None:
    answer = await doors.ask("GET", "/api/v1/exchanges/019dee00-0000-7000-8000-000000000000/evidence", "officer")
    assert (answer.status, answer.json["code"]) == (503, "log.none")
