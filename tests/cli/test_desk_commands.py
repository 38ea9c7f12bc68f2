"""An officer at the desk by nothing but the command line, beside a gateway that runs: a fax is taken in, the answer is begun, a duty of
the office gets its exchange, and the year is counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.setup import make_home
from tests.cli.conftest import Done, Spoc
from tests.cli.test_two_gateways import Office
from tests.exchanges.stories import form_m

pytestmark = pytest.mark.xdist_group("desk-commands")
WHY = ("--purpose", "a test of the command line")
NOW = datetime.now(UTC).replace(microsecond=0)
CAME = (NOW - timedelta(hours=2)).isoformat()
YEAR = str(NOW.year)
QUESTION = form_m("Is the address still in use?", sent=NOW - timedelta(hours=2))
UNKNOWN = "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, spoc: Spoc) -> Iterator[Office]:
    """The gateway of XA, which knows XB and never reaches it."""
    place = tmp_path_factory.mktemp("desk")
    make_home(place / "theirs", ("sirene:XB",), "xb.sirene.example", NOW)
    card = spoc("--home", place / "theirs", "partners", "card", "sirene:XB").out
    made = Office(spoc, place / "ours", "XA")
    try:
        made.await_ready()
        assert made.spoc("partners", "add", "-", "--json", given=card).code == 0
        yield made
    finally:
        ended = made.end()
    assert ended == 0


def exchange_on(office: Office, alert: str) -> str:
    """The exchange that a question on an alert opened, once it is there."""
    for _ in range(100):
        found = office.spoc("exchanges", "list", *WHY, "--key", alert, "--json").told
        if found:
            return str(found[0]["exchange"])
    raise AssertionError(f"nothing opened an exchange on {alert}")


def register(office: Office, form: bytes, *more: object, how: str = "fax", sender: str = "sirene:XB") -> Done:
    said = ("--from", sender, "--received", CAME, "--how", how, "--reason", "The network is down.", *more)
    return office.spoc("messages", "register", "-", *said, given=form)


@pytest.fixture(scope="module")
def fax(office: Office) -> str:
    """The id of a question that came by fax."""
    done = register(office, QUESTION, "--json")
    assert done.code == 0, done.err
    return str(done.told["id"])


@pytest.fixture(scope="module")
def exchange(office: Office, fax: str) -> str:
    """The exchange that the question opened."""
    return exchange_on(office, "XA00000000000000018")


# --- a fax


def test_a_fax_is_taken_in_and_says_everywhere_that_it_is_not_signed(office: Office, fax: str, exchange: str) -> None:
    shown = office.spoc("messages", "show", fax, *WHY, "--json").told
    timeline = office.spoc("messages", "timeline", fax, *WHY, "--json").told

    assert shown["signature"]["profile"] == "unsigned"
    assert shown["signature"]["subject"].startswith("not signed; by fax, registered by")
    assert "not signed" in office.spoc("messages", "show", fax, *WHY).text
    assert dict(timeline[0]["details"])["why"] == "The network is down."
    assert shown["summary"]["exchange"] == exchange


def test_its_limit_counts_from_when_it_came(office: Office, exchange: str) -> None:
    (clock,) = office.spoc("exchanges", "show", exchange, *WHY, "--json").told["clocks"]

    assert clock["clock"] == "T01"
    assert datetime.fromisoformat(clock["started_at"]) == datetime.fromisoformat(CAME)


def test_a_fax_in_a_file_is_told_to_a_person_in_one_sentence(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "fax.xml"
    file.write_bytes(
        form_m("For your information.", reference="XB-M-2026-0000077", alert="XA00000000000000077", sent=NOW)
    )
    said = ("--from", "sirene:XB", "--received", CAME, "--how", "telephone", "-r", "Told by telephone.")
    done = office.spoc("messages", "register", file, *said)

    assert done.code == 0, done.err
    assert re.fullmatch(r"[0-9a-f-]{36} is taken in; it is not signed\.\n", done.text)


@pytest.mark.parametrize(
    ("change", "exit_code", "code"),
    [
        ({"how": "pigeon"}, 2, "by-hand.how"),
        ({"sender": "sirene:XD"}, 2, "sender.unknown"),
        ({"form": b"<a/>"}, 2, "format.unknown"),
        ({"form": b"\xff\xfe\x00"}, 2, "by-hand.incomplete"),
        ({"form": b"<no"}, 2, "xml.not-well-formed"),
    ],
)
def test_what_is_no_paper_is_refused_in_words(
    office: Office, change: dict[str, Any], exit_code: int, code: str
) -> None:
    form = change.pop("form", QUESTION)
    done = register(office, form, "--json", **change)

    assert (done.trouble["code"], done.trouble["text"] != "") == (code, True)
    assert done.code in (exit_code, 65), done.err


def test_when_and_why_it_came_must_be_said(office: Office, quick: Spoc) -> None:
    later = (NOW + timedelta(days=1)).isoformat()
    common = ("messages", "register", "-", "--from", "sirene:XB", "--json")
    for said, code in (
        (("--received", "2026-11-21T11:00:00", "-r", "x"), "by-hand.received"),
        (("--received", later, "-r", "x"), "by-hand.received"),
        (("--received", "soon", "-r", "x"), "by-hand.incomplete"),
        (("--received", CAME), "reason.missing"),
    ):
        done = quick("--home", office.home, *common, *said, given=QUESTION)
        assert done.trouble["code"] == code, (said, done.err)
        assert done.code in (2, 65)
    said = ("--from", "sirene:XB", "--received", CAME, "-r", "x")
    missing = quick("--home", office.home, "messages", "register", "no-such.xml", *said)
    assert missing.code in (2, 66)
    assert "no-such.xml" in missing.err


# --- the next form


def test_the_answer_is_begun_written_completed_and_sent(office: Office, tmp_path: Path) -> None:
    file, alert = tmp_path / "m.json", "XA00000000000000055"
    question = form_m("Is this address in use?", alert=alert, reference="XB-M-2026-0000055", sent=NOW)
    assert register(office, question).code == 0
    told = office.spoc("exchanges", "next", exchange_on(office, alert), "M", "--out", file, *WHY)
    form = json.loads(file.read_bytes())

    assert told.code == 0, told.err
    assert f"spoc send {file} --to sirene:XB" in " ".join(told.text.split())
    assert form["header"]["your_references"] == ["XB-M-2026-0000055"]

    form["fields"].append({"name": "SupplementaryInformation", "number": "083", "value": "Yes."})
    file.write_text(json.dumps(form), "utf-8")
    assert office.spoc("check", file).code == 0
    sent = office.spoc("send", file, "--to", "sirene:XB", "--json")
    assert sent.code == 0, sent.err
    assert (
        exchange_on(office, alert)
        == office.spoc("messages", "show", sent.told["id"], *WHY, "--json").told["summary"]["exchange"]
    )


def test_the_answer_for_a_program_says_what_is_empty_and_by_which_source(office: Office, exchange: str) -> None:
    begun = office.spoc("exchanges", "next", exchange, "M", *WHY, "--json").told
    shown = office.spoc("exchanges", "next", exchange, "M", *WHY).text

    assert begun["order"]["counterpart"] == "sirene:XB"
    assert "SupplementaryInformation" in [each["name"] for each in begun["empty"]]
    assert begun["citation"] and begun["confidence"]
    assert "SupplementaryInformation" in shown
    assert "Write it with --out FILE" in shown


def test_what_cannot_be_begun_is_refused_in_words(office: Office, quick: Spoc, exchange: str, tmp_path: Path) -> None:
    for arguments, exit_codes, code in (
        ((exchange, "N", *WHY), (65,), "draft.not-now"),
        ((exchange, "../M", *WHY), (2, 65), "draft.letter"),
        ((exchange, "M", "--to", "XB", *WHY), (2, 65), "draft.receiver"),
        ((exchange, "M"), (2,), "purpose.missing"),
        (("nonsense", "M", *WHY), (2,), "exchange.id"),
        ((UNKNOWN, "M", *WHY), (66,), "exchange.unknown"),
        ((exchange, "M", "--out", tmp_path / "no" / "such" / "m.json", *WHY), (73,), "file.unwritable"),
    ):
        done = quick("--home", office.home, "exchanges", "next", *arguments, "--json")
        assert done.trouble["code"] == code, (arguments, done.err)
        assert done.code in exit_codes, (arguments, done.code)


# --- a duty of the office


def test_a_duty_that_no_message_begins_gets_its_exchange_and_its_limit(office: Office) -> None:
    reason = ("--reason", "yearly figures on consultations")
    opened = office.spoc("exchanges", "open", "sirene", *reason, "--json").told
    own = opened["matter"]["exchange"]

    assert (opened["matter"]["key"], opened["steps"], opened["clocks"]) == ("office", [], [])
    recorded = office.spoc(
        "exchanges", "record", own, "consultation-figures.sent", "-r", "Sent by letter.", "--json"
    ).told
    assert [each["clock"] for each in recorded["clocks"]] == ["T44"]
    shown = office.spoc("exchanges", "show", own, *WHY).text
    assert "T44" in shown
    assert "Sent by letter." in shown
    listed = office.spoc("exchanges", "list", "--key", "office", *WHY, "--json").told
    assert own in [each["exchange"] for each in listed]


def test_an_exchange_opened_for_a_person_to_read(office: Office) -> None:
    done = office.spoc("exchanges", "open", "sirene", "--reason", "a log to be destroyed")

    assert done.code == 0, done.err
    assert "office" in done.text
    assert "None" not in done.text


def test_a_duty_needs_a_reason_and_a_family_that_has_some(office: Office, quick: Spoc) -> None:
    nothing = quick("--home", office.home, "exchanges", "open", "sirene", "--json")
    assert (nothing.code in (2, 65), nothing.trouble["code"]) == (True, "reason.missing")
    family = quick("--home", office.home, "exchanges", "open", "eurojust", "--reason", "x", "--json")
    assert (family.code in (2, 65, 66), family.trouble["code"].partition(".")[0]) == (True, "family")


# --- figures


def test_the_year_is_counted_for_people_with_source_and_bars(office: Office, exchange: str) -> None:
    done = office.spoc("statistics", "sirene", "--year", YEAR)

    assert done.code == 0, done.err
    assert "█" in done.text
    assert "forms-received" in done.text
    assert "sirene:XB" in done.text


def test_the_year_is_counted_for_programs_files_and_pictures(office: Office, exchange: str, tmp_path: Path) -> None:
    table, chart = tmp_path / "figures.csv", tmp_path / "figures.svg"
    done = office.spoc("statistics", "sirene", "--year", YEAR, "--csv", table, "--chart", chart, "--json")
    figures = {each["id"]: each for each in done.told["figures"]}

    assert done.told["written"] == [str(table), str(chart)]
    assert figures["forms-received"]["total"] >= 1
    assert all(each["citation"] and each["confidence"] for each in figures.values())
    assert f"Written: {table}" in " ".join(office.spoc("statistics", "sirene", "--csv", table).text.split())
    lines = table.read_text("utf-8").splitlines()
    assert any(line.startswith("forms-received") and "sirene:XB" in line for line in lines)
    picture = etree.fromstring(chart.read_bytes())
    assert picture.tag.endswith("svg")
    assert figures["forms-received"]["title"] in "".join(picture.itertext())


def test_a_number_opens_the_list_behind_it(office: Office, fax: str, exchange: str, tmp_path: Path) -> None:
    chart = tmp_path / "one.svg"
    one = office.spoc("statistics", "sirene", "--year", YEAR, "--figure", "forms-received", "--chart", chart, "--json")
    (figure,) = one.told["figures"]
    assert chart.is_file()
    row = next(row for row in figure["rows"] if "M" in row["key"])
    keys = [part for value in row["key"] for part in ("--open", value)]
    behind = office.spoc("statistics", "sirene", "--year", YEAR, "--figure", "forms-received", *keys, "--json").told

    assert behind["count"] == row["count"]
    assert len(behind["listed"]) == row["count"]
    assert fax in [each["envelope"] for each in behind["listed"]]
    shown = office.spoc("statistics", "sirene", "--year", YEAR, "--figure", "forms-received", *keys).text
    assert fax in "".join(shown.split())


def test_another_period_has_no_forms_and_still_has_its_figures(office: Office, quick: Spoc, exchange: str) -> None:
    done = quick(
        "--home", office.home, "statistics", "sirene", "--from", "2001-01-01", "--until", "2002-01-01", "--json"
    )

    assert {each["total"] for each in done.told["figures"]} == {0}
    assert quick("--home", office.home, "statistics", "sirene", "--year", "2001").code == 0


def test_a_question_that_cannot_be_counted_is_refused_in_words(office: Office, quick: Spoc, tmp_path: Path) -> None:
    for arguments, exit_codes, code in (
        (("eurojust",), (66,), "statistics.unknown"),
        (("sirene", "--figure", "no-such"), (66,), "statistics.figure"),
        (("sirene", "--open", "M"), (2,), "statistics.figure"),
        (("sirene", "--from", "2026-01-01"), (2,), "statistics.period"),
        (("sirene", "--from", "soon", "--until", "2026-01-01"), (2,), "statistics.period"),
        (("sirene", "--from", "2026-02-01", "--until", "2026-01-01"), (2, 65), "statistics.period"),
        (("sirene", "--csv", tmp_path / "no" / "such.csv"), (73,), "file.unwritable"),
        (("sirene", "--figure", "forms-received", "--open", "M"), (2, 65), "statistics.key"),
    ):  # fmt: skip
        done = quick("--home", office.home, "statistics", *arguments, "--json")
        assert done.code in exit_codes, (arguments, done.code, done.text, done.err)
        assert done.trouble["code"] == code, (arguments, done.err)


def test_without_a_gateway_every_one_of_them_says_how_to_start_it(home: Path, quick: Spoc) -> None:
    for arguments in (
        ("statistics", "sirene"),
        ("exchanges", "next", UNKNOWN, "M", *WHY),
        ("exchanges", "open", "sirene", "--reason", "x"),
        ("messages", "register", "-", "--from", "sirene:XB", "--received", CAME, "--reason", "x"),
    ):
        done = quick("--home", home, *arguments, "--json", given=QUESTION)
        assert done.code == 69, (arguments, done.err)
        assert "serve" in done.trouble["remedy"], done.trouble
