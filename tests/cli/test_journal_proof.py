"""The proof without a gateway: an untouched ledger is intact, and damage is named with its place."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from gateway.commands.ledgers import record_while_stopped
from gateway.journal.chain import Link, faults
from gateway.setup import make_home
from tests.cli.conftest import PARTIES, Spoc

OFFICES = ("sirene:XB", "sirene:XC", "sirene:XD", "ncb:XB")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose journal has four entries."""
    home = tmp_path_factory.mktemp("written") / "home"
    make_home(home, PARTIES, "xa.spoc.example", datetime.now(UTC))
    for party in OFFICES:
        asyncio.run(record_while_stopped(load(home), "partner.added", (("party", party),)))
    return home


@pytest.fixture
def kept(written: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(written, tmp_path / "kept")


def damage(home: Path, *statements: str) -> None:
    with sqlite3.connect(home / "data" / "ledger.sqlite") as ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            ledger.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            ledger.execute(statement)
    ledger.close()


def verify(quick: Spoc, home: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = quick("--home", home, "journal", "verify", "--json", *more)
    return done.code, done.told


def test_an_untouched_ledger_is_intact(quick: Spoc, kept: Path) -> None:
    code, told = verify(quick, kept)

    assert (code, told["intact"], told["entries"], told["source"]) == (0, True, 4, "ledger")
    assert told["balance"]["balanced"] is True


DAMAGE = [
    (
        "a changed word",
        ["UPDATE journal SET entry = CAST(replace(entry, 'sirene:XC', 'sirene:XX') AS BLOB) WHERE number = 2"],
        2,
    ),
    ("a hash of one's own", ["UPDATE journal SET hash = 'aa' || substr(hash, 3) WHERE number = 3"], 3),
    ("an entry taken out", ["DELETE FROM journal WHERE number = 2"], 2),
    ("the end cut off", ["DELETE FROM journal WHERE number = 4"], 4),
    ("bytes that are no entry", ["UPDATE journal SET entry = x'FF00' WHERE number = 1"], 1),
    ("a head of one's own", ["UPDATE standing SET hash = 'bb' || substr(hash, 3)"], 4),
]


@pytest.mark.parametrize(("statements", "place"), [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_damage_is_named_with_its_place(quick: Spoc, kept: Path, statements: list[str], place: int) -> None:
    damage(kept, *statements)
    code, told = verify(quick, kept)

    assert (code, told["intact"]) == (1, False)
    assert told["faults"][0]["number"] == place


def test_people_are_told_the_place_too(quick: Spoc, kept: Path) -> None:
    damage(kept, *DAMAGE[0][1])
    done = quick("--home", kept, "journal", "verify")

    assert done.code == 1
    assert "content does not match its hash" in done.text


def test_a_noted_head_finds_a_journal_that_was_written_anew(quick: Spoc, kept: Path) -> None:
    head = quick("--home", kept, "journal", "head").text.strip()
    assert verify(quick, kept, "--head", head)[0] == 0

    damage(
        kept,
        "DELETE FROM journal WHERE number = 4",
        "UPDATE standing SET number = 3, hash = (SELECT hash FROM journal WHERE number = 3)",
    )

    assert verify(quick, kept)[0] == 0
    code, told = verify(quick, kept, "--head", head)
    assert (code, told["faults"][0]["number"]) == (1, 4)


def test_books_that_do_not_balance_are_seen(quick: Spoc, kept: Path) -> None:
    damage(kept, "UPDATE standing SET accepted = 7")
    code, told = verify(quick, kept)

    assert code == 1
    assert (told["balance"]["accepted"], told["balance"]["balanced"]) == (7, False)


def test_an_export_can_be_checked_by_anybody(quick: Spoc, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    noted = quick("--home", kept, "journal", "head").text.strip()
    assert quick("--home", kept, "--case", "9999-99999-00001-26", "journal", "export", "--out", file).code == 0
    told = [json.loads(line) for line in file.read_text().splitlines()]
    links = [
        Link(number=one["number"], entry=one["canonical"].encode(), before=one["before"], hash=one["hash"])
        for one in told
    ]

    assert list(faults(links)) == []
    assert f"4:{links[-1].hash}" == noted
    assert quick("--home", kept, "journal", "export", "--after", 4, "--out", tmp_path / "rest.jsonl").code == 0
    (taken,) = [json.loads(line) for line in (tmp_path / "rest.jsonl").read_text().splitlines()]
    assert (taken["event"], taken["details"]["role"]) == ("journal.exported", "operator")
    assert "9999-99999-00001-26" not in (tmp_path / "rest.jsonl").read_text(), "an export names no case and no purpose"
    assert set(json.loads(taken["canonical"])["personal"]) == {"case"}
    assert quick("--home", kept, "journal", "export", "--out", file).code == 73


def test_a_damaged_entry_is_exported_as_it_stands(quick: Spoc, kept: Path) -> None:
    damage(kept, "UPDATE journal SET entry = x'FF00' WHERE number = 1")
    told = [json.loads(line) for line in quick("--home", kept, "journal", "export").text.splitlines()]

    assert [one["event"] for one in told] == ["unreadable", "partner.added", "partner.added", "partner.added"]


def test_what_is_no_ledger_is_said(quick: Spoc, home: Path) -> None:
    assert quick("--home", home, "journal", "verify").code == 66
    (home / "data" / "ledger.sqlite").write_bytes(b"not a ledger" * 1000)
    done = quick("--home", home, "journal", "verify", "--json")

    assert done.code == 1
    assert "ledger" in done.trouble["text"]


@pytest.mark.parametrize("head", ["5:abc", "5", "five:" + "0" * 64, "5:" + "g" * 64, "²:" + "0" * 64])
def test_a_mistyped_head_is_a_matter_of_usage_and_no_fault_of_the_journal(quick: Spoc, kept: Path, head: str) -> None:
    assert quick("--home", kept, "journal", "verify", "--head", head).code == 2
