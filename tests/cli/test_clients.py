"""`spoc clients`: a caller is added once, its secret is shown once, and the settings stay readable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.load import load
from gateway.setup import secret_matches


def spoc(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "--home", str(home), "--json", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients") / "home"
    assert spoc(folder, "init").returncode == 0
    return folder


def test_a_new_client_can_prove_itself_with_the_secret_that_was_shown(home: Path) -> None:
    made = json.loads(spoc(home, "clients", "add", "cases", "--role", "submitter", "--role", "reader").stdout)
    (client,) = [one for one in load(home, {}).settings.clients if one.id == "cases"]
    assert client.roles == ("submitter", "reader")
    assert secret_matches(made["secret"], client.secret_hash)
    assert made["secret"] not in (home / "spoc.toml").read_text("utf-8")
    assert (home / "spoc.toml").stat().st_mode & 0o077 == 0


def test_a_client_with_a_certificate_has_no_secret(home: Path) -> None:
    made = json.loads(spoc(home, "clients", "add", "wall", "--role", "auditor", "--certificate", "ab" * 32).stdout)
    assert made["secret"] == ""
    listed = json.loads(spoc(home, "clients", "list").stdout)
    assert {"client": "wall", "roles": ["auditor"], "proof": "certificate"} in listed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("officer", "--role", "officer"), 65),
        (("x y", "--role", "officer"), 2),
        (("x", "--role", "king"), 2),
        (("x", "--role", "officer", "--certificate", "zz"), 2),
        (("x",), 2),
    ],
)
def test_what_cannot_be_added_changes_nothing(home: Path, arguments: tuple[str, ...], code: int) -> None:
    before = (home / "spoc.toml").read_bytes()
    assert spoc(home, "clients", "add", *arguments).returncode == code
    assert (home / "spoc.toml").read_bytes() == before


def test_adding_is_journalled(home: Path) -> None:
    spoc(home, "clients", "add", "late", "--role", "reader")
    exported = spoc(home, "journal", "export").stdout
    assert "client.added" in exported
