"""Which versions there are, on which days, and what a form becomes in another one: as the command line tells it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway import safexml
from tests.cli.conftest import Spoc

OLD_SAMPLE = Path("tests/corpus/sirene/versions/0/FormG/passes/sample.xml")


def test_formats_show_their_versions_with_days_and_how_sure_they_are(quick: Spoc) -> None:
    told = {one["id"]: one for one in quick("formats", "--json").told}
    new, old = told["sirene/G@1"]["versions"]

    assert (new["major"], new["current"], new["namespace"]) == (1, True, "urn:x-spoc:sirene:1")
    assert (old["id"], old["schema"]) == ("sirene/G@0", "schemas/sirene/xsd/v0/formg.xsd")
    assert (old["accept_until"], old["refused_from"], old["confidence"]) == ("2027-06-30", "2028-01-01", "proposal")
    assert Path(old["schema"]).is_file()
    assert [one["major"] for one in told["interpol/FreeText@1"]["versions"]] == [1]
    assert "layout of 2015" in quick("formats").text


def test_the_days_of_the_home_are_shown_instead_of_the_shipped_ones(quick: Spoc, home: Path) -> None:
    with (home / "spoc.toml").open("a") as file:
        file.write("\n[versions.sirene.0]\naccept_until = 2026-12-31\ngrace_days = 0\n")
    told = {one["id"]: one for one in quick("--home", home, "formats", "--json").told}
    old = told["sirene/G@1"]["versions"][1]

    assert (old["accept_until"], old["refused_from"], old["citation"]) == (
        "2026-12-31",
        "2027-01-01",
        "agreed by this office",
    )


def test_days_for_a_version_that_there_is_not_are_a_fault_of_the_settings(quick: Spoc, home: Path) -> None:
    with (home / "spoc.toml").open("a") as file:
        file.write("\n[versions.sirene.7]\naccept_until = 2026-12-31\n")
    done = quick("--home", home, "doctor", "--json")

    assert done.code != 0
    assert "there is no version 7 of sirene" in done.text + done.err


def test_convert_writes_the_other_version_and_reports_what_that_cost(quick: Spoc) -> None:
    sample = quick("sample", "G").out
    done = quick("convert", "-", "--to", "0", given=sample)

    assert done.code == 0
    assert safexml.parse(done.out).tag == "{urn:x-spoc:sirene:0}FormG"
    assert "AlertReason 308" in done.err
    assert quick("check", "-", given=done.out).code == 0
    told = quick("convert", "-", "--to", "sirene/G@0", "--json", given=sample).told
    assert (told["source"], told["target"], told["lossless"]) == ("sirene/G@1", "sirene/G@0", False)
    assert [(note["number"], note["change"]) for note in told["notes"]] == [("308", "lost"), ("327", "lost")]
    assert told["unmapped"] == ["399"]


def test_convert_brings_an_older_form_up_without_loss(quick: Spoc) -> None:
    done = quick("convert", OLD_SAMPLE.resolve(), "--to", "1", "--json")

    assert done.told["lossless"] is True
    assert safexml.parse(done.told["xml"].encode()).tag == "{urn:x-spoc:sirene:1}FormG"


@pytest.mark.parametrize(
    ("given", "to", "code"),
    [
        (b"<nonsense/>", "0", "format.unknown"),
        (OLD_SAMPLE.read_bytes(), "2", "format.version-unknown"),
        (OLD_SAMPLE.read_bytes(), "next", "format.version-unknown"),
        (OLD_SAMPLE.read_bytes().replace(b"2007/533:38", b"1862:38"), "1", "schema.invalid"),
        (OLD_SAMPLE.read_bytes().replace(b"sirene:0", b"sirene:3"), "1", "format.version-unknown"),
        (b'{"format": "sirene/G@0"}', "1", "json.unreadable"),
    ],
)
def test_what_cannot_be_converted_is_said(quick: Spoc, given: bytes, to: str, code: str) -> None:
    done = quick("convert", "-", "--to", to, "--json", given=given)

    assert (done.code, done.trouble["code"]) == (65, code)


def test_check_says_which_version_it_is_and_when_it_ends(quick: Spoc) -> None:
    def rules(at: str) -> dict[str, Any]:
        told = quick("check", OLD_SAMPLE.resolve(), "--at", at, "--json").told
        (file,) = told["files"]
        assert file["format"] == "sirene/G@0"
        return {"valid": told["valid"], **{finding["rule"]: finding for finding in file["findings"]}}

    assert "VER-03" in rules("2026-11-21T12:00:00Z")
    grace = rules("2027-09-01T12:00:00Z")
    assert (grace["valid"], grace["VER-02"]["severity"]) == (True, "warning")
    ended = rules("2028-02-01T12:00:00Z")
    assert (ended["valid"], ended["VER-01"]["severity"]) == (False, "error")
    assert "Send version 1" in ended["VER-01"]["remedy"]


def test_a_card_says_which_versions_its_office_reads(quick: Spoc, home: Path, their_card: dict[str, Any]) -> None:
    card = {**their_card, "versions": {"sirene": [0]}}
    assert quick("--home", home, "partners", "add", "-", given=json.dumps(card).encode()).code == 0

    (listed,) = quick("--home", home, "partners", "list", "--json").told
    assert listed["versions"] == {"sirene": [0]}
    (row,) = tomllib.loads((home / "partners.toml").read_text())["partner"]
    assert row["versions"] == {"sirene": [0]}
    ours = quick("--home", home, "partners", "card", "sirene:XA").told
    assert ours["versions"]["sirene"] == [1, 0]


@pytest.mark.parametrize("versions", [{"SIRENE": [1]}, {"sirene": [-1]}, {"sirene": ["one"]}, {"sirene": 1}, [1]])
def test_a_card_with_versions_that_cannot_be_is_refused(
    quick: Spoc, home: Path, their_card: dict[str, Any], versions: object
) -> None:
    card = {**their_card, "versions": versions}
    done = quick("--home", home, "partners", "add", "-", "--json", given=json.dumps(card).encode())

    assert done.code == 65
