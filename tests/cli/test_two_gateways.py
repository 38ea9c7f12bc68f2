"""Two gateways as real processes, exchanging a form by nothing but the command line.

XA and XB start without knowing each other, take each other's cards while they run, and XA sends. Every command that needs a running gateway is
tried on what then is there.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SPOC, Done, Spoc, environment
from tests.loop_time import PATIENCE_SECONDS

pytestmark = pytest.mark.xdist_group("two-gateways")
WHY = ("--purpose", "a test of the command line")
ON_FREE_PORTS = {
    "SPOC_SET_api__listen_port": "0", "SPOC_SET_channels__smtp__listen_port": "0", "SPOC_SET_workers__count": "1",
}  # fmt: skip
ROUTES = """
[[route]]
name = "receipt"
because = "Recorded on the message it speaks of."
when.form = "spoc/Receipt"
do.settle = true

[[route]]
name = "look-first"
because = "A person reads what is told in words."
when.form = "sirene/M"
do.hold = "route.look-first"
do.hold_text = "Read it."

[[route]]
name = "the-rest"
because = "Nothing is connected in this test."
do.answer = "draft"
"""


class Office:
    """One gateway that runs."""

    def __init__(self, spoc: Spoc, home: Path, state: str) -> None:
        self.home, self.state, self._spoc = home, state, spoc
        done = spoc("--home", home, "init", "--party", f"sirene:{state}", "--domain", f"{state.lower()}.spoc.example")
        assert done.code == 0, done.err
        (home / "routes.toml").write_text(ROUTES)
        self.process = subprocess.Popen(
            [SPOC, "--home", str(home), "serve", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(**ON_FREE_PORTS),
        )

    def await_ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the gateway ended instead of getting ready"
        found: dict[str, Any] = json.loads(line)
        return found

    def spoc(self, *arguments: object, given: bytes = b"") -> Done:
        return self._spoc("--home", self.home, *arguments, given=given)

    def end(self) -> int:
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory, spoc: Spoc) -> Iterator[tuple[Office, Office]]:
    place = tmp_path_factory.mktemp("two", numbered=True)
    both = (Office(spoc, place / "a", "XA"), Office(spoc, place / "b", "XB"))
    try:
        for office in both:
            office.await_ready()
        for office, other in (both, both[::-1]):
            card = other.spoc("partners", "card", f"sirene:{other.state}").out
            added = office.spoc("partners", "add", "-", "--json", given=card)
            assert added.told["gateway_reloaded"] is True, added.err
        yield both
    finally:
        ended = [office.end() for office in both]
    assert ended == [0, 0]


@pytest.fixture(scope="module")
def sent(offices: tuple[Office, Office], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Free text from XA that XB has confirmed, and what `send --wait` told about it."""
    ours, _ = offices
    file = tmp_path_factory.mktemp("form") / "text.xml"
    file.write_bytes(ours.spoc("sample", "sirene/FreeText", "--from", "sirene:XA", "--to", "sirene:XB").out)
    done = ours.spoc("send", file, "--to", "sirene:XB", "--wait", "--timeout", "60", "--json")
    assert done.code == 0, done.text + done.err
    return file, done.told


def test_a_form_is_sent_and_confirmed_by_the_other_gateway(sent: tuple[Path, dict[str, Any]]) -> None:
    _, told = sent

    assert told["message"]["state"] == "confirmed"
    assert told["known_before"] is False


def test_the_same_command_again_sends_nothing_new(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]
) -> None:
    file, first = sent
    again = offices[0].spoc("send", file, "--to", "sirene:XB", "--json").told

    assert (again["id"], again["known_before"]) == (first["id"], True)


def arrived(offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    """The form as the other gateway lists it."""
    message_id = sent[1]["message"]["message_id"]
    found = offices[1].spoc("messages", "find", message_id, *WHY, "--json").told
    (one,) = [one for one in found if one["direction"] == "inbound" and one["format"] == "sirene/FreeText@1"]
    return dict(one)


def test_the_other_side_shows_every_field_as_it_understood_it(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]
) -> None:
    one = arrived(offices, sent)
    told = offices[1].spoc("messages", "show", one["id"], *WHY, "--json").told
    shown = offices[1].spoc("messages", "show", one["id"], *WHY).text

    assert told["signature"]["party"] == "sirene:XA"
    assert told["routing"]["explanation"]
    assert told["fields"]
    for field in told["fields"]:
        assert field["name"] in shown
    events = [entry["event"] for entry in offices[1].spoc("messages", "timeline", one["id"], *WHY, "--json").told]
    assert events[0] == "envelope.received"
    assert "envelope.read" in events


def test_the_bytes_are_those_that_came(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    one = arrived(offices, sent)
    raw = offices[1].spoc("messages", "raw", one["id"], *WHY)
    signed = offices[0].spoc("messages", "raw", sent[1]["id"], "--signed", *WHY)
    checked = offices[1].spoc("check", "--json", "-", given=signed.out).told["files"][0]

    assert len(raw.out) == one["octets"]
    assert b"Subject:" in raw.out
    assert (checked["signature"]["state"], checked["signature"]["party"]) == ("verified", "sirene:XA")
    assert offices[1].spoc("messages", "raw", one["id"], *WHY, "--out", tmp_path / "x.eml").code == 0
    assert (tmp_path / "x.eml").read_bytes() == raw.out


def test_what_is_not_there_is_not_found(offices: tuple[Office, Office]) -> None:
    ours, _ = offices

    assert ours.spoc("messages", "show", "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001", *WHY).code == 66
    assert ours.spoc("messages", "show", "nonsense", *WHY).code == 66
    assert ours.spoc("messages", "find", "nonsense", *WHY).code == 66


def test_a_decision_on_what_is_not_held_is_refused(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]
) -> None:
    done = offices[0].spoc("messages", "release", sent[1]["id"], "--reason", "in a hurry", "--json")

    assert (done.code, done.trouble["code"]) == (65, "envelope.not-held")


def test_a_held_form_is_released_by_an_officer(offices: tuple[Office, Office], tmp_path: Path) -> None:
    ours, theirs = offices
    form = ours.spoc("sample", "M", "--from", "sirene:XA", "--to", "sirene:XB").out
    file = tmp_path / "m.xml"
    file.write_bytes(form)
    taken = ours.spoc("send", file, "--to", "sirene:XB", "--wait", "--json").told
    assert taken["message"]["account"] == "delivered"
    found = theirs.spoc("messages", "find", taken["message"]["message_id"], *WHY, "--json").told
    held = [one for one in found if one["state"] == "held"]
    released = theirs.spoc("messages", "release", held[0]["id"], "--reason", "looked at", "--json")

    assert [one["reason_code"] for one in held] == ["route.look-first"]
    assert released.code == 0, released.err
    assert released.told["message"]["account"] == "delivered"
    assert theirs.spoc("messages", "show", held[0]["id"], *WHY, "--json").told["releases"][0]["reason"] == "looked at"


def test_a_refused_message_does_not_go_on_from_there(offices: tuple[Office, Office]) -> None:
    ours, theirs = offices
    form = ours.spoc("sample", "M", "--from", "sirene:XA", "--to", "sirene:XB").out
    taken = ours.spoc("send", "-", "--to", "sirene:XB", "--wait", "--json", given=form).told
    found = theirs.spoc("messages", "find", taken["message"]["message_id"], *WHY, "--json").told
    (held,) = [one["id"] for one in found if one["state"] == "held"]
    refused = theirs.spoc("messages", "reject", held, "--reason", "not for us")

    assert refused.code == 0, refused.err
    assert f"{held} is rejected" in refused.text
    assert "goes on" not in refused.text


def test_an_unreadable_form_is_refused_with_the_reason(offices: tuple[Office, Office]) -> None:
    done = offices[0].spoc("send", "-", "--to", "sirene:XB", "--json", given=b"<a/>")

    assert (done.code, done.trouble["code"]) == (65, "format.unknown")


def test_a_form_to_nobody_ends_refused(offices: tuple[Office, Office]) -> None:
    form = offices[0].spoc("sample", "P", "--from", "sirene:XA", "--to", "sirene:XD").out
    done = offices[0].spoc("send", "-", "--to", "sirene:XD", "--wait", "--json", given=form)

    assert done.code == 1
    assert done.told["message"]["account"] in ("rejected", "held")
    assert done.told["message"]["reason_code"]


def test_a_form_that_breaks_a_rule_is_told_with_its_findings_and_the_next_command(
    offices: tuple[Office, Office],
) -> None:
    ours, _ = offices
    form = ours.spoc("sample", "P", "--from", "sirene:XA", "--to", "sirene:XB").out
    wrong = re.sub(rb"<SchengenId.*?</SchengenId>", b"", form)
    done = ours.spoc("send", "-", "--to", "sirene:XB", "--wait", given=wrong)
    findings = ours.spoc("send", "-", "--to", "sirene:XB", "--wait", "--json", given=wrong).told["findings"]

    assert done.code == 1, done.text + done.err
    assert findings
    for one in findings:
        assert all(one[part] in done.text for part in ("rule", "field", "text", "remedy")), done.text
    assert f"spoc --home {ours.home} messages show" in done.text


def test_without_waiting_the_next_command_is_told(offices: tuple[Office, Office], sent: tuple[Path, Any]) -> None:
    done = offices[0].spoc("send", sent[0], "--to", "sirene:XB")

    assert f"spoc --home {offices[0].home} messages show {sent[1]['id']} --purpose" in done.text
    assert "--wait" in done.text


def test_the_proof_holds_on_both_sides_while_they_run(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]
) -> None:
    for office in offices:
        head = office.spoc("journal", "head").text.strip()
        done = office.spoc("journal", "verify", "--head", head, "--json")

        assert (done.code, done.told["intact"], done.told["source"]) == (0, True, "gateway"), done.text
        lines = office.spoc("journal", "export").text.splitlines()
        assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))


def test_processes_are_listed_by_role(offices: tuple[Office, Office]) -> None:
    found = offices[0].spoc("processes", "--json").told

    assert [one["role"] for one in found] == ["front", "signer", "worker"]
    assert found[0]["pid"] == offices[0].process.pid


def test_a_token_opens_the_http_door_for_its_role_only(offices: tuple[Office, Office]) -> None:
    url = offices[0].home / "data" / "run" / "ready.json"
    address = json.loads(url.read_text())["api"]
    token = offices[0].spoc("token", "reader").text.strip()
    allowed = urllib.request.Request(f"{address}/api/v1/formats", headers={"Authorization": f"Bearer {token}"})
    forbidden = urllib.request.Request(f"{address}/api/v1/journal", headers={"Authorization": f"Bearer {token}"})

    with urllib.request.urlopen(allowed, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(forbidden, timeout=PATIENCE_SECONDS)
    with refused.value:
        assert refused.value.code == 403


def test_the_way_to_a_running_partner_is_open(offices: tuple[Office, Office]) -> None:
    done = offices[0].spoc("partners", "test", "sirene:XB", "--json")

    assert (done.code, done.told["reachable"]) == (0, True), done.text


def test_the_doctor_finds_a_running_gateway_well(offices: tuple[Office, Office]) -> None:
    done = offices[0].spoc("doctor", "--json")
    states = {point["what"]: point["state"] for point in done.told["points"]}

    assert done.code == 0, done.text
    assert (states["gateway"], states["partner sirene:XB"]) == ("ok", "ok")


def test_a_second_gateway_on_the_same_folder_does_not_start(offices: tuple[Office, Office]) -> None:
    done = offices[0].spoc("serve", "--json")

    assert done.code == 78
    assert str(offices[0].process.pid) in done.trouble["text"]
    assert offices[0].spoc("processes").code == 0


def test_what_went_has_a_number_that_both_know(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]
) -> None:
    ours, theirs = offices
    for office in offices:
        told = office.spoc("sheets", "differences", "--json")
        assert (told.code, told.told["differences"]) == (0, []), told.err
    series = {"sender": "sirene:XA", "receiver": "sirene:XB"}
    known = [office.spoc("sheets", "differences", "--json").told["series"] for office in (ours, theirs)]
    last = [[each["last"] for each in found if each.items() >= series.items()] for found in known]
    assert last[0] == last[1] != [[]]
    assert "There are no sheets." in ours.spoc("sheets", "list").text
    unknown = ours.spoc("sheets", "show", "019dee00-0000-7000-8000-000000000000", "--json")
    assert (unknown.code, unknown.trouble["code"]) == (66, "sheet.unknown")
    nothing = ours.spoc("sheets", "settle", "sirene:XB", "sirene:XA", "1", "missing", "--reason", "x", "--json")
    assert (nothing.code, nothing.trouble["code"]) == (66, "difference.unknown")


def test_the_books_of_both_balance_while_they_run(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]]
) -> None:
    for office in offices:
        done = office.spoc("journal", "balance", "--json")
        assert (done.code, done.told["source"], done.told["balanced"]) == (0, "gateway", True), done.text
        assert done.told["accepted"] == sum(done.told["rows"].values()) == sum(done.told["journal"].values())
    assert "The books balance." in offices[0].spoc("journal", "balance").text


def test_the_exchange_is_proved_to_a_stranger(
    offices: tuple[Office, Office], sent: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    ours, theirs = offices
    exchange = sent[1]["message"]["exchange"]
    assert ours.spoc("evidence", "export", exchange, "--out", tmp_path / "text.asice").code == 2, "no purpose"
    done = ours.spoc("evidence", "export", exchange, "--out", tmp_path / "text.asice", *WHY, "--json")
    assert done.code == 0, done.err
    assert done.told["octets"] == (tmp_path / "text.asice").stat().st_size
    assert ours.spoc("evidence", "export", exchange, "--out", tmp_path / "text.asice", *WHY).code == 73, (
        "never overwritten"
    )

    # What a stranger believes comes from the offices by another way; here from both.
    assert ours.spoc("evidence", "trust", "--out", tmp_path / "trust").code == 0
    held = theirs.spoc("evidence", "verify", tmp_path / "text.asice", "--trust", tmp_path / "trust", "--json")
    assert (held.code, held.told["verdict"]) == (0, "holds"), held.text
    alone = theirs.spoc("evidence", "verify", tmp_path / "text.asice", "--json")
    assert (alone.code, alone.told["verdict"]) == (2, "consistent in itself, but nobody vouches")
    content = bytearray((tmp_path / "text.asice").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "damaged.asice").write_bytes(content)
    assert theirs.spoc("evidence", "verify", tmp_path / "damaged.asice", "--trust", tmp_path / "trust").code == 1

    # The other office proves the same exchange from its own books, with its own log.
    inbound = arrived(offices, sent)
    assert (
        theirs.spoc("evidence", "export", inbound["message_id"], "--message", "--out", tmp_path / "b.asice", *WHY).code
        == 0
    )
    assert theirs.spoc("evidence", "trust", "--out", tmp_path / "theirs").code == 0
    both = ("--trust", tmp_path / "theirs")
    assert ours.spoc("evidence", "verify", tmp_path / "b.asice", *both).code == 0
    refused = ours.spoc("evidence", "verify", tmp_path / "b.asice", "--trust", tmp_path / "trust", "--json")
    assert refused.told["reason"]["check"] == "log.key", "it is not our log"

    assert ours.spoc("evidence", "verifier", "--out", tmp_path / "spoc-verify.pyz").code == 0
    missing = ours.spoc(
        "evidence", "export", "01a20000-0000-7000-8000-000000000000", "--out", tmp_path / "no.asice", *WHY, "--json"
    )
    assert (missing.code, missing.trouble["code"]) == (66, "evidence.unknown")
