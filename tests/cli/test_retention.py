"""`spoc retention`: rules, what is due, holds, orders, runs and certificates, against a gateway in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.desk_side import open_doors
from tests.cli.conftest import Done, Spoc
from tests.retention.archive import Archive

Ask = Callable[..., Awaitable[Done]]


def test_the_rules_are_listed_without_a_gateway_and_without_a_home(quick: Spoc, tmp_path: Path) -> None:
    listed = quick("retention", "rules", "--json").told
    assert {each["id"] for each in listed["rules"] if not each["in_force"]} == {"RR-200", "RR-201", "RR-202"}
    text = quick("retention", "rules").text
    assert "decides nothing" in text
    assert "until an officer decides" in text


def test_an_office_corrects_its_rules_in_a_file_and_is_told_what_is_wrong_with_it(quick: Spoc, home: Path) -> None:
    shipped = (Path("config") / "retention.toml").read_text("utf-8")
    own = home / "retention.toml"
    own.write_text(shipped.replace('lasts = "BY_LAW"', 'lasts = "P5Y"'), "utf-8")
    told = quick("--home", home, "retention", "rules", "--json").told
    assert {each["lasts"] for each in told["rules"] if each["about"] == "own-alert"} == {"P5Y"}
    own.write_text(shipped.replace("in_force = false", "in_force = true").replace('"P90D"', '"P90"'), "utf-8")
    trouble = quick("--home", home, "retention", "rules", "--json").trouble
    assert trouble["exit_code"] == 78
    assert any("lasts" in fault["setting"] for fault in trouble["faults"])
    own.write_text(shipped.replace("in_force = false", "in_force = true"), "utf-8")
    faults = quick("--home", home, "retention", "rules", "--json").trouble["faults"]
    assert [fault["remedy"] for fault in faults] == ["Add decided_by: who decided it, and where that is written."] * 3
    assert all(fault["line"] > 1 for fault in faults)


def test_deciding_needs_a_gateway_that_runs(quick: Spoc, home: Path) -> None:
    done = quick("--home", home, "retention", "hold", "2026-11-21", "--reason", "complaint")
    assert (done.code, "spoc --home" in done.err) == (69, True)
    assert quick("--home", home, "retention", "show", "../x").code == 2
    assert quick("--home", home, "retention", "show", "x", "--kind", "folder").code == 2


@pytest.fixture
async def archive(home: Path) -> AsyncIterator[Archive]:
    data = home / "data"
    opened = Archive(data, store="sqlite", second_person=False)
    async with open_doors(data, opened.rig):
        yield opened


@pytest.fixture
def ask(spoc: Spoc, home: Path) -> Ask:
    async def run(*arguments: object) -> Done:
        return await asyncio.to_thread(spoc, "--home", home, "retention", *arguments)

    return run


async def test_from_what_is_due_to_the_certificate(
    archive: Archive, ask: Ask, tmp_path: Path, spoc: Spoc, home: Path
) -> None:
    row = await archive.about()
    await archive.alert_deleted(row)
    assert "Nothing is due" in (await ask("due")).text
    ahead = (await ask("due", "--on", "2027-11-21", "--json")).told["contents"]
    assert row.envelope.id in {each["subject"] for each in ahead}
    assert (await ask("certificate", row.envelope.id)).code == 66
    await archive.rig.later(timedelta(days=365))

    dry = (await ask("run", "--dry-run", "--json")).told["contents"]
    assert await archive.readable(row.envelope.id)
    assert "RR-120" in (await ask("run", "--dry-run")).text
    done = (await ask("run", "--json")).told
    assert done == {"destroyed": len(dry), "overdue": 0}
    assert not await archive.readable(row.envelope.id)

    file = tmp_path / "certificate.json"
    shown = await ask("certificate", row.envelope.id, "--kind", "message", "--to", file)
    assert "deletion certificate" in shown.text
    assert row.envelope.payload.digest in shown.text
    kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert [each["details"]["payload_sha256"] for each in kept["certificates"]] == [row.envelope.payload.digest]
    assert "destroyed" in (await ask("show", row.envelope.id, "--kind", "message")).text
    listed = await asyncio.to_thread(spoc, "--home", home, "messages", "list", "-p", "what is left")
    assert "RR-120" in listed.text
    read = await asyncio.to_thread(spoc, "--home", home, "messages", "show", row.envelope.id, "-p", "what is left")
    assert (read.code, "under the rule RR-120" in read.err) == (65, True)


async def test_holding_lifting_and_ordering(archive: Archive, ask: Ask) -> None:
    message = (await archive.about()).envelope.id
    held = await ask("hold", message, "--kind", "message", "--reason", "complaint 17")
    assert "legal hold" in held.text
    assert (await ask("order", message, "--kind", "message", "--ground", "court", "-r", "judgment")).code == 65
    assert (await ask("lift", message, "--kind", "message", "--reason", "settled", "--json")).told["hold"] is None
    ordered = (await ask("order", message, "--kind", "message", "--ground", "court", "-r", "judgment", "--json")).told
    assert ordered["order"]["confirmed_by"].startswith("user:")
    assert (await ask("run", "--json")).told["destroyed"] == 1
    assert (await ask("recall", message, "--kind", "message", "-r", "too late")).code == 65
