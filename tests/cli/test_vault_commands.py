"""`spoc vault`, `spoc doctor` and the start of a gateway: the master key is there, for its owner alone, or it is said what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Spoc


@pytest.fixture
def home(tmp_path: Path, quick: Spoc) -> Path:
    assert quick("--home", tmp_path / "home", "init", "--party", "sirene:XA").code == 0
    return tmp_path / "home"


def master(home: Path) -> Path:
    (file,) = (home / "keys" / "vault").glob("*.master")
    return file


def doctor(quick: Spoc, home: Path) -> list[tuple[str, str]]:
    told = json.loads(quick("--home", home, "--json", "doctor", "--offline").text)
    points = told["points"] if isinstance(told, dict) else told
    return [(point["state"], point["text"]) for point in points if point["what"] == "vault"]


def test_init_makes_a_master_key_for_its_owner_alone(home: Path, quick: Spoc) -> None:
    file = master(home)
    assert (file.stat().st_mode & 0o777, len(file.read_bytes())) == (0o600, 32)
    assert [state for state, _ in doctor(quick, home)] == ["ok"]


def test_a_gateway_does_not_start_without_its_master_key_and_says_which_is_missing(home: Path, quick: Spoc) -> None:
    quick("--home", home, "vault", "roll")  # an act that is journalled: the vault has keys from now on
    for file in (home / "keys" / "vault").glob("*.master"):
        file.rename(file.with_suffix(".away"))
    refused = quick("--home", home, "serve")
    assert refused.code == 78
    assert "There is no master key in" in refused.err
    assert quick("--home", home, "vault", "create").code == 1, "a new one would open nothing that is there"
    assert quick("--home", home, "vault", "status").code == 1
    assert [state for state, _ in doctor(quick, home)] == ["fault"]


def test_a_master_key_that_others_can_read_is_refused(home: Path, quick: Spoc) -> None:
    master(home).chmod(0o644)
    refused = quick("--home", home, "serve")
    assert refused.code == 78
    assert "can be read by others" in refused.err


def test_a_master_key_is_exchanged_by_three_commands(home: Path, quick: Spoc) -> None:
    old = master(home).stem
    made = json.loads(quick("--home", home, "--json", "vault", "roll").text)
    assert (made["before"], made["journalled"]) == (old, True)
    assert quick("--home", home, "vault", "retire", made["master"]).code == 1, "the newest is needed"
    assert json.loads(quick("--home", home, "--json", "vault", "rewrap").text)["master"] == made["master"]
    assert [state for state, _ in doctor(quick, home)] == ["warning"]
    assert json.loads(quick("--home", home, "--json", "vault", "retire", old).text)["removed"] is True
    status = json.loads(quick("--home", home, "--json", "vault", "status").text)
    assert [(one["master"], one["newest"], one["there"]) for one in status["masters"]] == [(made["master"], True, True)]
    told = [json.loads(line)["event"] for line in quick("--home", home, "journal", "export").text.splitlines()]
    assert [event for event in told if event.startswith("vault.")] == ["vault.master-made", "vault.master-removed"]
