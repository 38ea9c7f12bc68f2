"""A gateway that runs as processes, and its time-stamp authority, which is another one: stamped while messages go on, an outage, a damaged stamp."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.setup import make_home
from tests.gateway.rig import NOON
from tests.journeys.test_published_while_running import LOOKS, Running
from tests.services.programs import require_program
from tests.simulators.callers import Started, start

PURPOSE = ("--purpose", "a test of the time-stamps")


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Started]:
    (tmp_path / "authority").mkdir()
    started = start(tmp_path / "authority", "timestamps")
    yield started
    started.end()


@pytest.fixture
def office(tmp_path: Path, authority: Started) -> Iterator[Running]:
    home = tmp_path / "home"
    make_home(home, ("sirene:XA",), "xa.spoc.example", NOON)
    settings = home / "spoc.toml"
    text = settings.read_text().replace("[channels.smtp]", "[channels.smtp]\nenabled = false")
    text += f'\n[timestamps.first]\nurl = "{authority.ready["url"]}"\nanchors_file = "{authority.ready["anchors"]}"\n'
    settings.write_text(f'{text}policy = "{authority.ready["policy"]}"\nevery_seconds = 1\n')
    running = Running(home)
    yield running
    running.end()


def told(authority: Started, path: str, body: str) -> None:
    request = urllib.request.Request(authority.ready["control"] + path, body.encode())
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def looked(office: Running, what: str) -> list[dict[str, Any]]:
    points = office.ask("doctor", "--offline")["points"]
    return [each for each in points if each["what"] == "published log" and what in each["text"]]


def stamped(office: Running, least: int) -> dict[str, Any]:
    """How it stands, as soon as so many entries are stamped."""
    for _ in range(LOOKS):
        found: dict[str, Any] = office.ask("journal", "stamps")
        if found["timestamps"][0]["size"] >= least:
            return found
    raise AssertionError(found)


def in_trouble(office: Running) -> dict[str, Any]:
    for _ in range(LOOKS):
        office.ask("messages", "list", *PURPOSE)
        found: dict[str, Any] = office.ask("journal", "stamps")
        if found["timestamps"][0]["trouble"]:
            return found
    raise AssertionError(found)


def test_stamped_while_it_runs_through_an_outage_and_after_damage(
    office: Running, authority: Started, tmp_path: Path
) -> None:
    office.start()
    points = {each["what"]: each for each in office.ask("doctor")["points"]}
    assert points["time-stamps of first"]["state"] == "ok"

    office.ask("messages", "list", *PURPOSE)
    number = office.ask("journal", "head")["number"]
    found = stamped(office, number)
    assert (found["timestamps"][0]["trouble"], found["timestamps"][0]["name"]) == ("", "first")
    assert abs(found["timestamps"][0]["clock_difference_seconds"]) < 30
    assert {each["state"] for each in looked(office, "time-stamped")} == {"ok"}

    told(authority, "/sim/scenario", '[[rule]]\ndo = { action = "drop", at = "before-work" }\n')
    found = in_trouble(office)
    assert (found["timestamps"][0]["trouble"], found["unstamped"] > 0) == ("stamp.away", True)
    assert {each["state"] for each in looked(office, "not yet stamped")} == {"warning"}
    told(authority, "/sim/scenario", "")

    # What was stamped is judged by a program that nobody here wrote.
    office.ask("journal", "stamps", str(number), "--to", str(tmp_path / "out"))
    (token,) = (tmp_path / "out").glob("*.tst")
    openssl = require_program("openssl")
    judged = [openssl, "ts", "-verify", "-token_in", "-in", token, "-data", token.with_suffix(".note")]
    done = subprocess.run(
        [*judged, "-CAfile", authority.ready["anchors"]], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(token.with_suffix(".note").read_text().split("\n")[1]) >= number

    office.end()
    assert office.ask("journal", "fsck")["intact"] is True
    assert office.ask("journal", "verify")["intact"] is True
    assert office.ask("journal", "stamps")["timestamps"][0]["size"] >= number
    kept = next(iter(sorted((office.home / "data" / "log" / "stamp" / "first").rglob("*.tst"))))
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    (fault,) = office.ask("journal", "fsck", code=1)["faults"]
    assert fault["place"] == kept.relative_to(office.home / "data" / "log").as_posix()
    assert fault["code"].startswith("stamp.")
    assert fault["place"] in json.dumps(office.ask("journal", "verify", code=1)["faults"])


def test_settings_that_cannot_be_are_told_with_their_line(office: Running, authority: Started) -> None:
    settings = office.home / "spoc.toml"
    good = settings.read_text()
    table = good[good.index("[timestamps.first]") :]
    for wrong, words in (
        (good.replace(authority.ready["url"], "ftp://tsa.example/"), "http"),
        (good.replace(authority.ready["anchors"], "nowhere.pem"), "nowhere.pem"),
        (good.replace("every_seconds = 1", "every_seconds = 0"), "every_seconds"),
        (good + table.replace("first", "Second"), "Second"),
        (good + table.replace("first", "second") + table.replace("first", "third"), "at most 2"),
    ):
        settings.write_text(wrong)
        points = [each for each in office.ask("doctor", "--offline", code=78)["points"] if each["state"] == "fault"]
        assert any(words in json.dumps(each) and each["line"] for each in points), points
    settings.write_text(good)
