"""What all commands share: options that stand anywhere, exit codes, colours, help."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gateway.cli import hoisted
from tests.cli.conftest import SPOC, Spoc, environment


def test_options_for_all_may_stand_anywhere() -> None:
    assert hoisted(["check", "x.xml", "--json", "--home", "h", "-v"]) == [
        "--json",
        "--home",
        "h",
        "-v",
        "check",
        "x.xml",
    ]
    assert hoisted(["partners", "--home=h", "list"]) == ["--home=h", "partners", "list"]


def test_nothing_is_moved_from_behind_two_hyphens() -> None:
    assert hoisted(["check", "--", "--json"]) == ["check", "--", "--json"]


def test_an_option_without_its_value_is_left_for_the_parser_to_refuse(spoc: Spoc) -> None:
    assert spoc("formats", "--home").code == 2


def test_the_module_is_the_command(spoc: Spoc) -> None:
    assert spoc("--version", module=True) == spoc("--version")


@pytest.mark.parametrize(
    "command",
    [
        [], ["init"], ["serve"], ["demo"], ["send"], ["check"], ["explain"], ["messages", "list"], ["messages", "show"],
        ["partners", "add"], ["partners", "card"], ["token"], ["sample"], ["journal", "verify"], ["doctor"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_help_says_what_a_command_does(quick: Spoc, command: list[str]) -> None:
    done = quick(*command, "--help")

    assert done.code == 0
    assert "Usage: spoc" in done.text
    assert len(done.text.splitlines()) > 8


def test_an_unknown_command_is_a_matter_of_usage(quick: Spoc) -> None:
    assert quick("sned").code == 2


def test_nothing_is_coloured_where_nobody_looks(spoc: Spoc, home: Path) -> None:
    assert b"\x1b" not in spoc("--home", home, "doctor", "--offline").out
    assert b"\x1b" not in spoc("formats", FORCE_COLOR="").out


@pytest.mark.parametrize(
    "command", ["formats", "adapters", "rules sirene", "rules interpol", "rules europol", "rules spoc"]
)
def test_programs_read_what_the_house_knows(quick: Spoc, command: str) -> None:
    told = quick(*command.split(), "--json").told

    assert told
    assert all(isinstance(one, dict) for one in told)


def test_every_rule_shows_its_source(quick: Spoc) -> None:
    rules = quick("rules", "sirene", "--json").told

    assert all(rule["citation"] and rule["confidence"] for rule in rules)
    assert all(rule["formats"] for rule in rules if rule["enforced_in"] == "rule")


def test_an_unknown_family_is_not_found(quick: Spoc) -> None:
    done = quick("rules", "eurojust", "--json")

    assert done.code == 66
    assert "sirene" in done.trouble["remedy"]


def test_whoever_stops_reading_stops_the_command_quietly() -> None:
    done = subprocess.run(
        [f"{SPOC} rules sirene --json | head -c 10"],
        shell=True,
        capture_output=True,
        timeout=60,
        env=environment(),
        check=False,
    )

    assert len(done.stdout) == 10
    assert done.stderr == b""


@pytest.mark.parametrize(
    "command",
    [
        ["messages", "list", "-p", "looking"], ["messages", "find", "x", "-p", "looking"], ["token", "reader"], ["processes"],
        ["messages", "release", "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001", "-r", "agreed"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_gateway_that_does_not_run_is_said_with_how_to_start_it(quick: Spoc, home: Path, command: list[str]) -> None:
    done = quick("--home", home, *command)

    assert done.code == 69
    assert f"spoc --home {home} serve" in done.err


@pytest.mark.parametrize(
    "command", [["list"], ["find", "x"], ["show", "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001"]], ids=" ".join
)
def test_nobody_looks_without_a_purpose(quick: Spoc, home: Path, command: list[str]) -> None:
    done = quick("--home", home, "messages", *command)

    assert done.code == 2
    assert "--purpose" in done.err


def test_a_missing_home_is_a_matter_of_configuration(spoc: Spoc, tmp_path: Path) -> None:
    done = spoc("--home", tmp_path / "nowhere", "partners", "list", "--json")

    assert done.code == 78
    assert "init" in done.trouble["faults"][0]["remedy"]


def test_the_environment_names_the_home(spoc: Spoc, home: Path) -> None:
    assert spoc("partners", "list", "--json", SPOC_HOME=str(home)).told == []


def test_without_partners_the_way_to_the_first_is_named(quick: Spoc, home: Path) -> None:
    assert "spoc partners add CARD" in quick("--home", home, "partners", "list").text


def test_what_starts_nothing_does_not_speak_of_starting(quick: Spoc, home: Path) -> None:
    (home / "routes.toml").write_text('[[route]]\nname = "a"\ndo.answer = "loudly"\n')
    form = quick("sample", "G").out
    done = quick("--home", home, "explain", "-", given=form)

    assert done.code == 78, done.err
    assert "started" not in done.err
    assert "routes.toml" in done.err
