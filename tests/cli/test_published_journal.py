"""The published log on the command line: proofs for outsiders, an export that any tool can read, and damage named with its place."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from config.load import load
from gateway.assembly import log_folder, log_keys
from gateway.clock import SystemClock
from gateway.journal.entry import Entry
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.tree.tiles import leaves_in
from gateway.setup import make_home
from tests.cli.conftest import PARTIES, Spoc
from tests.journal.publishing.press import behind_its_back
from tests.journal.tree import naive

SIZE = 300


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose journal of three hundred entries was published before the gateway stopped."""
    home = tmp_path_factory.mktemp("published") / "home"
    make_home(home, PARTIES, "xa.spoc.example", datetime.now(UTC))

    async def publish() -> None:
        read, clock = load(home), SystemClock()
        ledger = SqliteLedger(read.data / "ledger.sqlite", clock)
        await ledger.start()
        entries = [
            Entry(event="partner.added", at=clock.now(), details=(("party", f"sirene:{each}"),)) for each in range(SIZE)
        ]
        await ledger.record(entries)
        integrator = Integrator(ledger, log_folder(read), log_keys(read), clock)
        await integrator.quiet()
        await integrator.stop()
        await ledger.stop()

    asyncio.run(publish())
    return home


@pytest.fixture
def kept(published: Path, tmp_path: Path) -> Path:
    return shutil.copytree(published, tmp_path / "kept")


def test_a_new_home_has_keys_for_log_and_witness(home: Path) -> None:
    keys = {file.name: file.read_text() for file in (home / "keys" / "log").glob("*.vkey")}
    assert set(keys) == {"journal.vkey", "witness.vkey"}
    assert keys["journal.vkey"].startswith("xa.spoc.example/journal/XA+")
    assert keys["witness.vkey"].startswith("xa.spoc.example/witness/XA+")
    assert {file.stat().st_mode & 0o777 for file in (home / "keys" / "log").glob("*.key.pem")} == {0o600}


def test_verify_speaks_of_the_checkpoint(quick: Spoc, kept: Path) -> None:
    done = quick("--home", kept, "journal", "verify", "--json")
    assert (done.code, done.told["intact"], done.told["published"]) == (0, True, SIZE)
    (kept / "data" / "log" / "tile" / "0" / "001.p" / "44").write_bytes(bytes(44 * 32))
    done = quick("--home", kept, "journal", "verify", "--json")
    assert (done.code, done.told["intact"]) == (1, False)
    assert "log.root-differs" in done.told["faults"][0]["fault"]


def test_an_entry_is_proved_for_somebody_outside(quick: Spoc, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "entry.tlog-proof"
    assert quick("--home", kept, "journal", "prove", "257", "--to", file).code == 0
    above, _, note = file.read_text().partition("\n\n")
    head, extra, index, *lines = above.split("\n")
    _, size, root = naive.checkpoint(note)
    assert (head, index, size) == ("c2sp.org/tlog-proof@v1", "index 256", SIZE)
    leaf = base64.b64decode(extra.removeprefix("extra "))
    assert json.loads(leaf)["details"] == {"party": "sirene:256"}
    assert naive.leads_to(256, size, leaf, [base64.b64decode(line) for line in lines]) == root
    assert quick("--home", kept, "journal", "prove", "257", "--to", file).code == 73, "nothing is overwritten"
    assert quick("--home", kept, "journal", "prove", "257").text == file.read_text()


def test_what_is_not_published_is_not_proved(quick: Spoc, kept: Path, home: Path) -> None:
    done = quick("--home", kept, "journal", "prove", str(SIZE + 1), "--json")
    assert (done.code, done.trouble["code"]) == (66, "log.no-entry")
    assert quick("--home", kept, "journal", "prove", "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001").code == 66
    assert quick("--home", home, "journal", "prove", "1").code == 66


def test_fsck_names_the_tile_the_entry_and_the_number(quick: Spoc, kept: Path) -> None:
    whole = quick("--home", kept, "journal", "fsck", "--json")
    assert (whole.code, whole.told["intact"], whole.told["size"]) == (0, True, SIZE)
    tile = kept / "data" / "log" / "tile" / "0" / "000"
    content = bytearray(tile.read_bytes())
    content[100 * 32] ^= 1
    tile.write_bytes(bytes(content))
    behind_its_back(
        kept / "data", "UPDATE journal SET entry = CAST(replace(entry, 'sirene', 'sirenf') AS BLOB) WHERE number = 280"
    )
    done = quick("--home", kept, "journal", "fsck", "--json")
    told = [(fault["code"], fault["place"], fault["number"]) for fault in done.told["faults"]]
    assert (done.code, told) == (1, [("log.tile-damaged", "tile/0/000", 101), ("log.entry-differs", "ledger", 280)])
    assert "tile/0/000" in quick("--home", kept, "journal", "fsck").text


def test_lost_tiles_are_written_again_from_entries_that_have_the_signed_root(quick: Spoc, kept: Path) -> None:
    log = kept / "data" / "log"
    before = {file: file.read_bytes() for file in (log / "tile").rglob("*") if file.is_file()}
    (log / "tile" / "0" / "000").write_bytes(bytes(8192))
    (log / "tile" / "1" / "000.p" / "1").unlink()
    assert quick("--home", kept, "journal", "fsck", "--json").code == 1
    done = quick("--home", kept, "journal", "fsck", "--rebuild", "--json")
    assert (done.code, done.told["intact"], done.told["rebuilt"]) == (0, True, 2)
    assert {file: file.read_bytes() for file in (log / "tile").rglob("*") if file.is_file()} == before
    shutil.rmtree(log / "tile")
    done = quick("--home", kept, "journal", "fsck", "--rebuild", "--json")
    assert (done.code, done.told["rebuilt"]) == (0, 3)

    shutil.rmtree(log / "tile")
    behind_its_back(
        kept / "data", "UPDATE journal SET entry = CAST(replace(entry, 'sirene', 'sirenf') AS BLOB) WHERE number = 280"
    )
    done = quick("--home", kept, "journal", "fsck", "--rebuild", "--json")
    assert (done.code, done.trouble["code"]) == (1, "log.entry-differs")
    assert not (log / "tile").exists(), "not one tile is written over other entries"


def test_an_export_is_a_log_that_any_tool_reads(quick: Spoc, kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    assert quick("--home", kept, "journal", "export", "--log", folder).code == 0
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {
        "checkpoint", "log.vkey", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44",
    }  # fmt: skip
    _, size, root = naive.checkpoint((folder / "checkpoint").read_text())
    leaves = [
        leaf for name in ("000", "001.p/44") for leaf in leaves_in((folder / "tile" / "entries" / name).read_bytes())
    ]
    assert (len(leaves), naive.root(leaves)) == (size, root)
    assert quick("--home", kept, "journal", "export", "--log", folder).code == 73


def test_the_guide_s_program_checks_an_export_and_finds_what_was_changed(
    quick: Spoc, kept: Path, tmp_path: Path
) -> None:
    from tests.docs.pages import ROOT, blocks

    program = blocks(ROOT / "docs" / "auditor.md", "py")[0].text
    folder = tmp_path / "export"
    assert quick("--home", kept, "journal", "export", "--log", folder).code == 0

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=60, check=False
        )

    done = check()
    assert (done.returncode, done.stdout.strip()) == (
        0,
        f"{SIZE} entries under the checkpoint of xa.spoc.example/journal/XA",
    ), done.stderr
    for name, at in (
        ("tile/entries/000", 500),
        ("tile/entries/001.p/44", 40),
        ("checkpoint", 30),
        ("checkpoint", 130),
        ("log.vkey", 60),
    ):
        file = folder / name
        good = file.read_bytes()
        file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert check().returncode != 0, name
        file.write_bytes(good)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('[journal]\ncountersigns = ["nonsense"]\n', "NAME+ID+KEY"),
        ("[journal]\ncountersigns = [WITNESS]\n", "the key of a log"),
        ('[[journal.witnesses]]\nurl = "https://witness.example"\nkey = "nonsense"\n', "NAME+ID+KEY"),
        ('[[journal.witnesses]]\nurl = "https://witness.example"\nkey = LOG\n', "that of a witness"),
        ('[[journal.witnesses]]\nurl = "http://witness.example"\nkey = WITNESS\n', "https"),
        ('[[journal.witnesses]]\nurl = "https://witness.example"\n', "missing"),
    ],
)
def test_a_witness_that_cannot_be_is_told_with_its_line(quick: Spoc, home: Path, lines: str, words: str) -> None:
    keys = {
        name: (home / "keys" / "log" / f"{file}.vkey").read_text().strip()
        for name, file in (("LOG", "journal"), ("WITNESS", "witness"))
    }
    for name, key in keys.items():
        lines = lines.replace(name, f'"{key}"')
    settings = home / "spoc.toml"
    settings.write_text(f"{settings.read_text()}\n{lines}")
    done = quick("--home", home, "doctor", "--offline", "--json")
    assert done.code == 78
    (point,) = [point for point in done.told["points"] if point["line"]]
    assert (words in point["text"], point["file"]) == (True, str(settings)), point
    assert point["line"] > 10
