"""The program that the auditor's guide prints checks an export without a line of ours, and finds what was changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.api.views import entry
from gateway.journal.chain import GENESIS, extend
from gateway.journal.entry import Entry
from tests.docs.pages import ROOT, blocks
from tests.docs.shell import gateway, run, short_folder

AT = datetime(2026, 3, 1, 10, 15, 0, 42, tzinfo=UTC)
(PROGRAM,) = blocks(ROOT / "docs" / "auditor.md", "python")


def exported(count: int = 5) -> tuple[list[dict[str, Any]], str]:
    """A journal as `spoc journal export` writes it, and its head."""
    entries = [
        Entry(event="envelope.read", at=AT, actor="user:åse", envelope=f"e{number}", details=(("what", "prøve"),))
        for number in range(count)
    ]
    links = extend(0, GENESIS, [each.canonical() for each in entries])
    return [entry(link, None, personal=False).model_dump(mode="json") for link in links], f"{count}:{links[-1].hash}"


def judged(tmp_path: Path, lines: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    """What the program of the guide says, run by a Python that cannot import anything of ours."""
    program, file = tmp_path / "check.py", tmp_path / "journal.jsonl"
    program.write_text(PROGRAM.text, "utf-8")
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    command = [sys.executable, "-I", "-S", str(program), str(file)]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)


def test_it_fits_on_a_page_and_imports_nothing_of_ours() -> None:
    code = [line for line in PROGRAM.text.splitlines() if line.strip()]
    assert len(code) <= 15
    assert [line for line in code if "import" in line] == ["import hashlib, json, sys"]


def test_an_intact_journal_gives_its_head(tmp_path: Path) -> None:
    lines, head = exported()
    said = judged(tmp_path, lines)
    assert (said.returncode, said.stdout.strip()) == (0, f"5 entries, head {head}")


def test_what_a_running_gateway_exports_satisfies_it(tmp_path: Path) -> None:
    with short_folder() as folder:
        with gateway(folder):
            run("spoc token auditor", folder)
            number, _, hash_ = run("spoc journal head", folder).strip().partition(":")
            run("spoc journal export --out out.jsonl", folder)
        lines = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    said = judged(tmp_path, lines)
    assert int(number) >= 2
    assert lines[int(number) - 1]["hash"] == hash_
    assert (said.returncode, said.stdout.split(" ")[0]) == (0, str(len(lines)))


def flipped(lines: list[dict[str, Any]]) -> None:
    lines[2]["canonical"] = lines[2]["canonical"].replace("e2", "e3")


def retold(lines: list[dict[str, Any]]) -> None:
    lines[2]["actor"] = "user:nobody"


def taken_out(lines: list[dict[str, Any]]) -> None:
    del lines[2]


def exchanged(lines: list[dict[str, Any]]) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def rehashed(lines: list[dict[str, Any]]) -> None:
    lines[2]["hash"] = lines[1]["hash"]


@pytest.mark.parametrize("change", [flipped, retold, taken_out, exchanged, rehashed])
def test_a_change_is_found_where_it_was_made(tmp_path: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    lines, _ = exported()
    change(lines)
    said = judged(tmp_path, lines)
    assert (said.returncode, said.stderr.strip()) == (1, "entry 3 is not what was written")


def test_the_formula_on_the_page_names_the_domain_of_the_code() -> None:
    from gateway.journal import chain

    page = (ROOT / "docs" / "auditor.md").read_text("utf-8")
    assert f'"{chain._DOMAIN[:-1].decode()}" 00' in page
