"""An alert, a hit, a deletion: two gateways as real processes, each with its N.SIS before one central system.

XB enters an alert, XA finds it and reports a hit by form G, XB deletes it, and XA's exchange starts its retention clock.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.alert_rig import TOKEN
from tests.cli.conftest import SPOC, Done, Spoc, environment
from tests.cli.test_two_gateways import ON_FREE_PORTS, ROUTES, Office
from tests.contracts.rest_simulators import running
from tests.loop_time import PATIENCE_SECONDS

WHY = ("--purpose", "case 9999-99999-00001-26")
CAR: dict[str, Any] = {
    "category": "OBJ-S", "article": "1862:38", "action": "Seize and contact the issuer.", "reason": "STOLEN",
    "subject": {
        "type": "vehicle", "vin": "ZZZJOURNEY0000001", "registration_number": "QJ 00001", "registration_country": "XB",
        "make": "Eksempla", "kind": "MOTOR_VEHICLE",
    },
}  # fmt: skip
HIT = (
    "--at",
    "2026-11-21T08:40:00Z",
    "--place",
    "Prøveby, ring road",
    "--action",
    "Stopped and seized.",
    "--occasion",
    "INLAND",
)


class AlertOffice(Office):
    """A gateway with N.SIS."""

    def __init__(self, spoc: Spoc, home: Path, state: str, nsis: str) -> None:
        self.home, self.state, self._spoc = home, state, spoc
        done = spoc("--home", home, "init", "--party", f"sirene:{state}", "--domain", f"{state.lower()}.spoc.example")
        assert done.code == 0, done.err
        (home / "routes.toml").write_text(ROUTES)
        table = f'\n[alert_systems.nsis]\nbase_url = "{nsis}/{state}"\ntoken = "{TOKEN}"\nfollow_seconds = 0.2\n'
        with (home / "spoc.toml").open("a") as settings:
            settings.write(table)
        self.process = subprocess.Popen(
            [SPOC, "--home", str(home), "serve", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment(**ON_FREE_PORTS),
        )  # fmt: skip

    def asked(self, quick: Spoc, *arguments: object, given: object = None) -> Done:
        """A command with a purpose, for a program."""
        body = json.dumps(given).encode() if given else b""
        return quick("--home", self.home, "--json", *arguments, *WHY, given=body)

    def alerts(self, quick: Spoc, *arguments: object, given: object = None) -> Done:
        """`spoc alerts …`."""
        return self.asked(quick, "alerts", *arguments, given=given)


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory, spoc: Spoc) -> Iterator[tuple[AlertOffice, AlertOffice]]:
    place = tmp_path_factory.mktemp("alerts", numbered=True)
    (place / "nsis").mkdir()
    with running("nsis", place / "nsis", "--token", TOKEN) as nsis:
        both = (AlertOffice(spoc, place / "a", "XA", nsis.url), AlertOffice(spoc, place / "b", "XB", nsis.url))
        try:
            for office in both:
                office.await_ready()
            for office, other in (both, both[::-1]):
                card = other.spoc("partners", "card", f"sirene:{other.state}").out
                assert office.spoc("partners", "add", "-", "--json", given=card).told["gateway_reloaded"] is True
            yield both
        finally:
            ended = [office.end() for office in both]
        assert ended == [0, 0]


@pytest.fixture(scope="module")
def entered(offices: tuple[AlertOffice, AlertOffice], spoc: Spoc) -> dict[str, Any]:
    """XB's alert."""
    done = offices[1].alerts(spoc, "enter", "-", given=CAR)
    assert done.code == 0, done.err
    return dict(done.told["alert"])


def test_the_same_file_again_enters_nothing_new(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], entered: dict[str, Any]
) -> None:
    assert offices[1].alerts(quick, "enter", "-", given=CAR).told["alert"]["id"] == entered["id"]


def test_what_is_not_complete_is_refused_with_field_source_and_remedy(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice]
) -> None:
    done = offices[0].alerts(quick, "enter", "-", given={**CAR, "subject": {"type": "vehicle", "kind": "TRAILER"}})
    assert done.code == 65
    assert "subject" in done.trouble["text"]
    checked = offices[0].alerts(quick, "check", "-", given={**CAR, "category": "NONE"})
    assert (checked.code, checked.told["findings"][0]["rule"]) == (1, "ALT-CAT")


def test_a_second_alert_on_it_shows_what_exists(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], entered: dict[str, Any]
) -> None:
    told = offices[0].alerts(quick, "check", "-", given=CAR).told
    assert [rival["alert"] for rival in told["advice"]["rivals"]] == [entered["id"]]
    shown = quick("--home", offices[0].home, "alerts", "check", "-", *WHY, given=json.dumps(CAR).encode()).text
    assert entered["id"] in shown


@pytest.mark.parametrize(
    ("option", "kind", "detail"),
    [
        ("--registration", "AIRCRAFT", "IcaoRegistration"), ("--external-id", "BOAT", "ExternalId"),
        ("--bic", "CONTAINER", "BicNumber"),
    ],
)  # fmt: skip
def test_the_other_state_finds_an_object_by_the_key_of_its_kind(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], option: str, kind: str, detail: str
) -> None:
    alert = {**CAR, "subject": {"type": "thing", "kind": kind, "details": {detail: f"ZZ-{kind}"}}}
    made = offices[1].alerts(quick, "enter", "-", given=alert).told["alert"]["id"]
    found = offices[0].alerts(quick, "search", "object", option, f"zz{kind}").told["alerts"]
    assert [one["id"] for one in found] == [made]
    assert offices[0].alerts(quick, "search", "object", "--kind", kind).code != 0  # a kind alone is never sent


@pytest.mark.parametrize(
    "search", [("vehicle", "--plate", "QJ00001", "--country", "XB"), ("vehicle", "--vin", "ZZZJOURNEY0000001")]
)
def test_the_other_state_finds_it(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], entered: dict[str, Any], search: tuple[str, ...]
) -> None:
    assert [one["id"] for one in offices[0].alerts(quick, "search", *search).told["alerts"]] == [entered["id"]]
    assert entered["id"] in quick("--home", offices[0].home, "alerts", "search", *search, *WHY).text
    assert quick("--home", offices[0].home, "alerts", "search", *search).code == 2  # no purpose, no answer


def test_nobody_changes_the_alert_of_another_state(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], entered: dict[str, Any]
) -> None:
    done = offices[0].alerts(quick, "delete", entered["id"], "--ground", "seized")
    assert (done.code, done.trouble["code"]) == (65, "alert.refused")
    assert "form J" in done.trouble["text"]


def test_a_draft_of_a_hit_lists_what_is_missing_and_keeps_nothing(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], entered: dict[str, Any]
) -> None:
    told = offices[0].alerts(quick, "hit", entered["id"], "--at", "2026-11-21T08:40:00Z", "--draft").told
    assert told["order"] is None
    assert "088" in {one["field"] for one in told["missing"]}
    assert "A draft" in quick("--home", offices[0].home, "alerts", "hit", entered["id"], *HIT, "--draft", *WHY).text


def test_hit_hand_over_deletion_and_the_clock_of_the_exchange(
    quick: Spoc, offices: tuple[AlertOffice, AlertOffice], entered: dict[str, Any]
) -> None:
    ours, theirs = offices
    reported = ours.alerts(quick, "hit", entered["id"], *HIT, "--ask", "Please send P form.")
    assert reported.code == 0, reported.err
    order = reported.told["order"]["id"]
    assert (
        ours.alerts(quick, "hit", entered["id"], *HIT, "--ask", "Please send P form.").told["order"]["known_before"]
        is True
    )
    until(lambda: ours.asked(quick, "messages", "show", order).told["summary"]["state"] == "held")
    assert quick("--home", ours.home, "messages", "release", order, "--reason", "read").code == 0
    until(lambda: ours.asked(quick, "messages", "show", order).told["summary"]["state"] == "confirmed")
    (arrived,) = [one for one in theirs.asked(quick, "messages", "list").told if one["format"] == "sirene/G@1"]
    assert arrived["counterpart"] == "sirene:XA"

    deleted = theirs.alerts(quick, "delete", entered["id"], "--ground", "seized and handed over").told
    assert (deleted["alert"]["status"], deleted["exchanges"]) == ("DELETED", 1)
    until(lambda: "alert.deleted" in told_to_exchanges(ours, quick))
    shown = ours.alerts(quick, "show", entered["id"]).told["alert"]
    assert (shown["status"], shown["subject"]) == ("DELETED", None)
    assert "alert.deleted" in told_to_exchanges(theirs, quick)


def test_adapters_and_health_name_the_alert_system(quick: Spoc, offices: tuple[AlertOffice, AlertOffice]) -> None:
    assert "nsis" in quick("adapters").text
    assert "alert system nsis" in offices[0].spoc("doctor").text


def told_to_exchanges(office: AlertOffice, quick: Spoc) -> str:
    """What exchanges were told, from the journal."""
    return "".join(
        line for line in quick("--home", office.home, "journal", "export").text.splitlines() if "alert.told" in line
    )


def until(came: Any) -> None:
    """Wait for another process, and never for ever."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not came():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
