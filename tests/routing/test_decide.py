"""The decision and its words."""

from __future__ import annotations

import pytest

from gateway.envelope import Envelope
from gateway.findings import Finding, Severity
from routing.conditions import begins_with
from routing.decide import TableRouter
from routing.explain import WIDTH, explain
from routing.table import Table, read_table
from tests.routing.messages import CAR, PASSPORT, field, message, vehicle_hit

TABLE = """
[[route]]
name = "asks-for-p"
because = "Reason one."
when.form = "sirene/G"
when.article = "1862:38"
when.asks = "P"
do.ask = ["crm", "wanted_vehicles"]
do.case = "polsas"
do.forward = ["ncb:XC"]
do.answer = "automatic"

[[route]]
name = "documents"
because = "Reason two."
when.family = "interpol"
do.case = "polsas"

[[route]]
name = "the-rest-of-g"
because = "Reason three."
when.form = "G"
do.hold = "route.look"
do.hold_text = "Somebody must look."
do.case = "polsas"
"""


def table_with(when: str, do: str = 'do.case = "polsas"') -> Table:
    return read_table(f'[[route]]\nname = "it"\nbecause = "r"\n{when}\n{do}\n')


@pytest.fixture
def table() -> Table:
    return read_table(TABLE, file="routes.toml")


def test_the_words_name_the_row_its_reason_and_what_was_met(table: Table) -> None:
    routing = TableRouter(table).decide(vehicle_hit())
    assert routing.explanation[:2] == (
        "Row “asks-for-p” (routes.toml, line 2) decides. Reason one.",
        "It matches because the form is sirene/G; field 090 names the article 1862:38; field 089 asks for a form P.",
    )
    assert "Registers asked: crm, wanted_vehicles." in routing.explanation
    assert routing.forward_to == ("ncb:XC",)


def test_the_words_say_why_earlier_rows_of_the_same_family_did_not_decide(table: Table) -> None:
    words = "\n".join(TableRouter(table).decide(vehicle_hit(asks="Thank you", article="1862:26")).explanation)
    assert "Not row “asks-for-p” (line 2), which asks that field 090 names the article 1862:38; field 089 asks" in words
    assert "documents" not in words  # another family


def test_the_reason_to_hold_comes_last_where_the_officer_looks(table: Table) -> None:
    routing = TableRouter(table).decide(vehicle_hit(asks=""))
    assert (routing.hold, routing.case_system) == ("route.look", "polsas")
    assert routing.explanation[-1] == "Before all that it waits for an officer: Somebody must look."


def test_an_exercise_never_reaches_a_case_system_or_another_office(table: Table) -> None:
    routing = TableRouter(table).decide(vehicle_hit(test=True))
    assert (routing.case_system, routing.forward_to) == ("", ())
    assert routing.registers == ("crm", "wanted_vehicles")
    words = "\n".join(routing.explanation)
    assert "Marked as a test (header, element Test)" in words
    assert "its case system and its forwarding is left out" in words
    assert "A case is opened" not in words


def test_the_same_envelope_always_gets_the_same_answer(table: Table) -> None:
    assert TableRouter(table).decide(vehicle_hit()) == TableRouter(read_table(TABLE, file="routes.toml")).decide(
        vehicle_hit()
    )


def test_the_explanation_repeats_nothing_of_the_message(table: Table) -> None:
    envelope = vehicle_hit(asks="Ask Testine Prøvesen", article="Secret 4711")
    words = "\n".join(TableRouter(table).decide(envelope).explanation)
    assert "Testine" not in words
    assert "4711" not in words


def test_an_explanation_for_people_fits_the_page_and_quotes_the_table(table: Table) -> None:
    lines = explain(TableRouter(table).decide(vehicle_hit()), table)
    assert max(map(len, lines)) <= WIDTH
    assert lines[0] == "row:         asks-for-p (routes.toml, line 2, row 1 of 3)"
    assert "because:     Reason one." in lines
    assert "registers:   crm, wanted_vehicles" in lines


def test_an_explanation_of_the_unroutable_says_so(table: Table) -> None:
    lines = explain(TableRouter(table).decide(message("europol/Reply@1")), table)
    assert lines[0] == "row:         none (route.unroutable)"
    assert "hold:        route.unroutable" in lines


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Please send P form", True), ("please send a 'P' form with a photo", True), ("form P, please", True),
        ("P", True), ("P-form", True), ("send P FORMS", True), ("", False), ("please help", False),
        ("send L form", False),
        ("no P form needed", False), ("Do not send a P form", False), ("XP form", False), ("stop", False),
    ],
)  # fmt: skip
def test_field_089_asks_for_a_letter_as_people_write_it(text: str, asked: bool) -> None:
    routing = TableRouter(table_with('when.asks = "P"')).decide(message("sirene/G@1", field("089", text)))
    assert (routing.row == "it") is asked


def test_the_indefinite_article_is_no_form_letter() -> None:
    router = TableRouter(table_with('when.asks = "A"'))
    assert router.decide(message("sirene/G@1", field("089", "please send a form"))).row == ""
    assert router.decide(message("sirene/G@1", field("089", "please send A form"))).row == "it"


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("1862:38", True), ("1862:38(2)(a)", True), (" 1862 : 38 MINOR", True), ("1862:38 2 components", True),
        ("1862:380", False), ("1862:38a", False), ("1862:3", False), ("Art 38", False), ("", False),
    ],
)  # fmt: skip
def test_an_article_ends_at_a_boundary(text: str, begins: bool) -> None:
    assert begins_with(text, "1862:38") is begins


G, G_URGENT, G_OF_XC = (message("sirene/G@1", **more) for more in ({}, {"urgency": "URGENT"}, {"sender": "sirene:XC"}))
G_ON_A_CAR, G_ON_A_PASSPORT, G_ON_BOTH = (
    message("sirene/G@1", subjects=subjects) for subjects in ((CAR,), (PASSPORT,), (CAR, PASSPORT))
)
OPEN, H0, H2, H3 = (message("europol/Reply@1", handling=codes) for codes in ((), ("H0",), ("H2",), ("H3", "H1")))
FREE, FOR_P3 = (message("interpol/FreeText@1", purposes=purposes) for purposes in ((), ("p3",)))
RED = message("interpol/Diffusion@1", field("", "RED", name="Kind"))


def test_a_remark_beside_the_article_does_not_stand_for_it() -> None:
    router = TableRouter(table_with('when.article = "1862:38"'))
    assert router.decide(message("sirene/G@1", field("090", "1862:26"), field("090", "1862:38 was meant"))).row == ""


MET = [
    ('when.family = "sirene"', G, FREE),
    ('when.form = "sirene/G@1"', G, message("sirene/G@2")),
    ('when.form = ["g", "a"]', message("sirene/A@1"), message("sirene/M@1")),
    ('when.sender = "sirene:XC"', G_OF_XC, G),
    ('when.sender = { none = ["sirene:XC"] }', G, G_OF_XC),
    ('when.urgency = ["URGENT", "VERY_URGENT"]', G_URGENT, G),
    ('when.urgency = { none = ["URGENT"] }', G, G_URGENT),
    ('when.subjects = "vehicle"', G_ON_BOTH, G_ON_A_PASSPORT),
    ('when.subjects = { all = ["vehicle", "document"] }', G_ON_BOTH, G_ON_A_CAR),
    ('when.handling = "h2"', H2, H0),
    ('when.handling = { none = ["H3"] }', OPEN, H3),
    ('when.purposes = "P3"', FOR_P3, FREE),
    ("when.test = true", vehicle_hit(test=True), vehicle_hit()),
    ('when.field = { number = "089", present = true }', vehicle_hit(), vehicle_hit(asks="")),
    ('when.field = { number = "089", present = false }', vehicle_hit(asks=""), vehicle_hit()),
    ('when.field = { name = "Kind", contains = "red" }', RED, vehicle_hit()),
]


@pytest.mark.parametrize(("when", "meets", "misses"), MET, ids=[when for when, *_ in MET])
def test_a_condition_tells_messages_apart(when: str, meets: Envelope, misses: Envelope) -> None:
    router = TableRouter(table_with(when, do='do.answer = "draft"'))
    assert router.decide(meets).row == "it"
    assert router.decide(misses).row == ""


@pytest.mark.parametrize(("finding", "row"), [("R31", "it"), ("warning", "it"), ("R32", ""), ("hold", "")])
def test_a_row_may_ask_for_a_finding_by_rule_or_severity(finding: str, row: str) -> None:
    found = Finding(rule="R31", severity=Severity.WARNING, text="…")
    routing = TableRouter(table_with(f'when.finding = "{finding}"')).decide(message("sirene/P@1", findings=(found,)))
    assert routing.row == row
