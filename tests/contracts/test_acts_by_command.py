"""Every command that there is: what it writes into the journal, by the gateway that it asks or by itself, or why it is no act.

The operations of the API are held to their entries in `test_acts_of_persons.py`; here stands which of them a command uses. A command that
stands nowhere fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.api.acts import Act
from gateway.cli import app
from gateway.journal.events import EVENTS
from tests.contracts.test_acts_of_persons import ALERTS, API, DESK, ELSEWHERE, LOG, OFFICE

MESSAGE, EXCHANGE, ALERT, KEPT = (
    f"{API}/messages/{{envelope}}", f"{API}/exchanges/{{exchange}}", f"{API}/alerts/{{alert}}", f"{API}/retention/{{kind}}/{{name}}",
)  # fmt: skip
BY_API = {
    "send": f"POST {API}/messages", "broadcast": f"POST {API}/broadcasts", "messages list": f"GET {API}/messages",
    "messages find": f"GET {API}/messages", "messages show": f"GET {MESSAGE}", "messages timeline": f"GET {MESSAGE}/timeline",
    "messages raw": f"GET {MESSAGE}/raw", "messages register": f"POST {API}/messages/by-hand",
    "messages release": f"POST {MESSAGE}/release", "messages reject": f"POST {MESSAGE}/reject",
    "messages replay": f"POST {MESSAGE}/replay", "exchanges list": f"GET {API}/exchanges", "exchanges show": f"GET {EXCHANGE}",
    "exchanges next": f"POST {EXCHANGE}/drafts", "exchanges open": f"POST {API}/exchanges",
    "exchanges record": f"POST {EXCHANGE}/happenings", "alerts list": f"GET {API}/alerts", "alerts show": f"GET {ALERT}",
    "alerts check": f"POST {API}/alerts/checks", "alerts enter": f"POST {API}/alerts", "alerts update": f"PATCH {ALERT}",
    "alerts extend": f"POST {ALERT}/extension", "alerts flag": f"POST {ALERT}/flags", "alerts unflag": f"POST {ALERT}/flags/removal",
    "alerts link": f"POST {ALERT}/links", "alerts misuse": f"POST {ALERT}/misused-identity", "alerts hide": f"POST {ALERT}/hiding",
    "alerts hit": f"POST {ALERT}/hits", "alerts note": f"POST {ALERT}/happenings", "alerts delete": f"DELETE {ALERT}",
    **{f"alerts search {what}": f"POST {API}/alerts/searches" for what in ("person", "vehicle", "document", "object", "prints")},
    "address-book show": f"GET {API}/address-book", "address-book take": f"POST {API}/address-book",
    "statistics": f"GET {API}/statistics/{{family}}", "token": "POST /oauth2/token", "sheets list": f"GET {API}/sheets",
    "sheets show": f"GET {API}/sheets/{{sheet}}", "sheets differences": f"GET {API}/sheets/differences",
    "sheets settle": f"POST {API}/sheets/differences/settle", "evidence export": f"GET {EXCHANGE}/evidence",
    "retention due": f"GET {API}/retention/due", "retention show": f"GET {KEPT}", "retention certificate": f"GET {KEPT}/certificates",
    "retention run": f"POST {API}/retention/sweeps",
    **{f"retention {act}": f"POST {KEPT}/{act}" for act in ("hold", "lift", "order", "confirm", "recall")},
}  # fmt: skip
"""Commands that ask the running gateway, and nobody else."""
BY_ITSELF = {
    "partners add": "partner.added", "clients add": "client.added", "keys next": "key.made", "keys publish": "key.published",
    "keys confirm": "key.confirmed", "keys switch": "key.switched", "keys retire": "key.retired", "journal export": "journal.exported",
    "journal prove": "journal.exported", "journal verify": "journal.verified", "journal fsck": "log.rebuilt",
    "journal balance": "journal.verified", "address-book sign": "address-book.signed", "vault create": "vault.master-made",
    "vault roll": "vault.master-made", "vault rewrap": "vault.rewrapped", "vault retire": "vault.master-removed",
    "serve": "gateway.started",
}  # fmt: skip
"""Commands whose act is journalled by the gateway while it runs, and by the command itself while it does not. A check of a ledger that
does not run writes nothing: it must not change what it examines."""
NO_ACT = {
    **dict.fromkeys(("adapters", "formats", "rules", "sample", "names", "dialogues", "clocks", "alerts categories"), "published tables"),
    **dict.fromkeys(("tolerances", "retention rules", "clients list", "partners list", "partners card", "keys list"), "settings of the office"),
    **dict.fromkeys(("check", "convert", "explain", "address-book check"), "reads a file that the caller has"),
    **dict.fromkeys(("evidence verify", "evidence verifier", "evidence trust"), "checks a bundle that the caller has"),
    **dict.fromkeys(("doctor", "processes", "partners test", "journal head", "journal stamps", "vault status"), "state of the machine"),
    "algorithms": "counts algorithms by partner", "init": "there is no journal yet", "demo": "a world of its own",
}  # fmt: skip


def _commands(group: Any, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


def test_every_command_is_an_act_or_says_why_not() -> None:
    there = set(_commands(typer.main.get_command(app)))
    tables = (BY_API, BY_ITSELF, NO_ACT)
    known = set().union(*tables)
    assert sum(map(len, tables)) == len(known), "a command stands in two tables"
    assert there - known == set(), "not told"
    assert known - there == set(), "told, and not there"


def test_what_a_command_asks_for_is_an_act_of_the_interface() -> None:
    assert set(BY_API.values()) <= DESK.keys() | OFFICE.keys() | LOG.keys() | ALERTS.keys() | ELSEWHERE.keys()


def test_what_a_command_journals_itself_is_known_to_the_journal() -> None:
    assert set(BY_ITSELF.values()) <= EVENTS.keys()
    assert {str(act) for act in Act} <= EVENTS.keys()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert _spoc(tmp_path / "home", "init").returncode == 0
    return tmp_path / "home"


def _spoc(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "--home", str(home), "--case", "9999-99999-00001-26", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_acts_beside_a_gateway_that_does_not_run_are_journalled_whole(home: Path, tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    theirs = tmp_path / "theirs"
    assert _spoc(theirs, "init", "--party", "sirene:XB", "--domain", "xb.sirene.example").returncode == 0
    card.write_text(_spoc(theirs, "--json", "partners", "card", "sirene:XB").stdout)
    for line in (
        ("clients", "add", "cases", "--role", "reader"), ("partners", "add", str(card), "--host", "127.0.0.1"),
        ("keys", "next", "sirene:XA"), ("journal", "export"),
    ):  # fmt: skip
        done = _spoc(home, *line)
        assert done.returncode == 0, (line, done.stderr)
    entries = [json.loads(line) for line in _spoc(home, "journal", "export").stdout.splitlines()]
    told = {entry["event"]: entry for entry in entries}
    for event in ("client.added", "partner.added", "key.made", "journal.exported"):
        assert told[event]["actor"].startswith("user:"), event
        assert told[event]["details"]["role"] == "operator", event
        assert "case" in json.loads(told[event]["canonical"])["personal"], (
            event
        )  # sealed: only a commitment stands there
