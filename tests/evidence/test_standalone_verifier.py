"""The verifier stands alone: it imports nothing of ours, opens no socket, and says the same as one file in a place where no gateway is."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from gateway import lifecycle
from gateway.envelope import Direction
from gateway.evidence.standalone import story
from gateway.evidence.standalone.words import CHECKS
from gateway.evidence.verifier import packed
from tests.evidence.conftest import Made
from tests.evidence.damage import Piece, flip

FOLDER = Path("gateway/evidence/standalone")
THEIRS = {"asn1crypto", "cryptography", "lxml"}
NO_NETWORK = {
    "socket",
    "ssl",
    "urllib",
    "http",
    "asyncio",
    "ftplib",
    "smtplib",
    "subprocess",
    "multiprocessing",
    "ctypes",
    "requests",
    "aiohttp",
}
ALONE = """
import os, runpy, sys
sys.meta_path = [each for each in sys.meta_path if "editable" not in repr(each).lower()]
sys.path = [each for each in sys.path if not os.path.isdir(os.path.join(each, "gateway"))]
import importlib.util
assert importlib.util.find_spec("gateway") is None, "the gateway can be imported here"
import socket
def refused(*_, **__): raise AssertionError("the verifier opens a socket")
socket.socket.connect = refused
sys.argv = {argv!r}
runpy.run_path({file!r}, run_name="__main__")
"""


def imported(file: Path) -> set[str]:
    """The top names of everything that a module imports from outside its own package."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 1, f"{file}: relative imports stay inside the package"
    return found


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_a_module_imports_nothing_of_ours_and_no_network(file: Path) -> None:
    outside = imported(file)
    assert outside <= THEIRS | set(sys.stdlib_module_names)
    assert not outside & NO_NETWORK
    assert not {"eval(", "exec(", "__import__", "importlib"} & set(file.read_text("utf-8").split())


def test_its_table_of_states_is_the_gateways_own() -> None:
    for direction, table in ((Direction.INBOUND, story.INBOUND), (Direction.OUTBOUND, story.OUTBOUND)):
        ours = {row.name: set(row.leads_to) for row in lifecycle.STATES if row.direction is direction}
        assert {name: set(after) for name, after in table.items()} == ours


def test_every_check_has_its_words() -> None:
    for name, check in CHECKS.items():
        assert name.count(".") == 1
        assert all((check.title, check.proves, check.not_)), name


def alone(place: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The one file, run by an interpreter that cannot see the repository."""
    file = place / "spoc-verify.pyz"
    if not file.exists():
        file.write_bytes(packed())
    program = ALONE.format(argv=["spoc-verify", *map(str, arguments)], file=str(file))
    return subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=place, capture_output=True, text=True, timeout=60, check=False
    )


def test_as_one_file_it_says_the_same_without_a_gateway(made: Made, tmp_path: Path) -> None:
    (tmp_path / "hit.asice").write_bytes(made.bundle)
    done = alone(tmp_path, "hit.asice", "--trust", made.trust, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "holds"
    assert alone(tmp_path, "hit.asice", "--trust", made.trust).stdout.startswith("verdict: holds\n")


def test_without_trust_it_says_that_nobody_vouches(made: Made, tmp_path: Path) -> None:
    (tmp_path / "hit.asice").write_bytes(made.bundle)
    done = alone(tmp_path, "hit.asice")
    assert (done.returncode, done.stdout.partition("\n")[0]) == (
        2,
        "verdict: consistent in itself, but nobody vouches",
    )


def test_a_damaged_one_is_refused_with_its_place(made: Made, tmp_path: Path) -> None:
    piece = Piece(made)
    flip(piece, "hit.payload")
    (tmp_path / "hit.asice").write_bytes(piece.bundle("finder"))
    done = alone(tmp_path, "hit.asice", "--trust", made.trust, "--json")
    reason = json.loads(done.stdout)["reason"]
    assert (done.returncode, reason["check"], reason["place"]) == (1, "manifest.digests", piece.name("hit.payload"))


@pytest.mark.parametrize("given", ["nowhere.asice", "spoc-verify.pyz --trust nowhere.vkey"])
def test_what_is_not_there_is_said_in_a_sentence(given: str, tmp_path: Path) -> None:
    done = alone(tmp_path, *given.split())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and done.stderr


def test_a_folder_of_nonsense_is_no_trust(made: Made, tmp_path: Path) -> None:
    (tmp_path / "hit.asice").write_bytes(made.bundle)
    for name, content in {"a.vkey": "x+y+z", "b.json": "{}", "c.pem": "nothing"}.items():
        (tmp_path / "trust").mkdir(exist_ok=True)
        (tmp_path / "trust" / name).write_text(content)
        done = alone(tmp_path, "hit.asice", "--trust", "trust")
        assert done.returncode == 2 and name in done.stderr and "Traceback" not in done.stderr
        (tmp_path / "trust" / name).unlink()


def test_the_file_is_the_same_each_time() -> None:
    assert packed() == packed()
    import io

    with zipfile.ZipFile(io.BytesIO(packed())) as file:
        assert file.testzip() is None
        assert {Path(name).parts[0] for name in file.namelist()} == {"spoc_verify", "__main__.py"}
