"""The routing table that is shipped: every message kind goes where the matrix says."""

from __future__ import annotations

from importlib import resources

import pytest

from gateway.envelope import Envelope
from routing.decide import TableRouter
from routing.table import Known, Table, read_table
from tests.routing.messages import CAR, PASSPORT, RIFLE, TESTINE, field, message, vehicle_hit

KNOWN = Known(registers=frozenset({"cpr", "crm", "wanted_vehicles", "passports"}), case_systems=frozenset({"polsas"}))
VEHICLES = ("crm", "wanted_vehicles")


@pytest.fixture(scope="module")
def table() -> Table:
    text = resources.files("config").joinpath("routes.toml").read_text(encoding="utf-8")
    return read_table(text, known=KNOWN)


def hit(article: str, *subjects: object) -> Envelope:
    return message("sirene/G@1", field("090", article), subjects=subjects)  # type: ignore[arg-type]  # subjects


CASES = {
    "a vehicle hit that asks for a P form": (vehicle_hit(), VEHICLES, "automatic", ""),
    "a vehicle hit that asks for something else": (vehicle_hit(asks="Where is the owner?"), VEHICLES, "draft", ""),
    "a vehicle hit that asks for nothing": (vehicle_hit(asks=""), VEHICLES, "none", ""),
    "a hit on a vehicle and a document": (hit("1862:38", CAR, PASSPORT), (*VEHICLES, "passports", "cpr"), "draft", ""),
    "a document hit": (hit("1862:38", PASSPORT), ("passports", "cpr"), "draft", ""),
    "a firearm hit": (hit("1862:38(2)(e)", RIFLE), (), "draft", ""),
    "a missing person": (hit("1862:32 MINOR", TESTINE), ("cpr", "passports"), "draft", ""),
    "a person wanted for arrest": (hit("1862:26", TESTINE), ("cpr",), "draft", ""),
    "an unknown wanted person": (hit("1862:40"), (), "draft", ""),
    "an article nobody knows": (hit("1862:99", TESTINE), (), "draft", "route.article-unknown"),
    "an arrest request": (message("sirene/A@1", subjects=(TESTINE,)), ("cpr", "passports"), "none", ""),
    "urgent information on a refused entry": (
        message("sirene/M@1", field("311", "URGENT"), field("090", "1861:24")), (), "draft", "",
    ),
    "further information": (message("sirene/M@1"), (), "draft", ""),
    "a missing person at high risk": (
        message("sirene/M@1", field("311", "URGENT"), field("090", "1862:32(1)(a)")), ("cpr", "passports"), "draft", "",
    ),
    "a camera hit without action": (message("sirene/H@1", field("090", "1862:38"), subjects=(CAR,)), VEHICLES, "draft", ""),
    "a person who was not stopped": (
        message("sirene/H@1", field("090", "1862:36"), subjects=(TESTINE,)), ("cpr",), "draft", "",
    ),
    "a passport that was not seized": (
        message("sirene/H@1", field("090", "1862:38"), subjects=(PASSPORT,)), ("passports", "cpr"), "draft", "",
    ),
    "an H form without an article": (message("sirene/H@1"), (), "draft", "route.article-unknown"),
    "free text between bureaux": (message("sirene/FreeText@1"), (), "draft", ""),
    "a consultation before an alert exists": (message("sirene/FreeText@1", field("090", "1861:24")), ("cpr",), "draft", ""),
    "a consultation on a permit": (
        message("sirene/M@1", field("083", "consultation procedure"), field("090", "1861:24")), ("cpr",), "draft", "",
    ),
    "a permit granted": (message("sirene/N@1", subjects=(TESTINE,)), ("cpr",), "none", "route.permit-decision"),
    "a permit kept": (message("sirene/O@1", subjects=(TESTINE,)), ("cpr",), "none", "route.permit-decision"),
    "an alert beside another": (message("sirene/E@1", subjects=(CAR,)), (), "draft", "route.flag-or-priority"),
    "a flag": (message("sirene/F@1", subjects=(TESTINE,)), (), "draft", "route.flag-or-priority"),
    "a misused identity": (message("sirene/Q@1", subjects=(TESTINE,)), ("cpr", "passports"), "draft", ""),
    "wrong content": (message("sirene/J@1", subjects=(TESTINE,)), (), "draft", ""),
    "a request of a person": (message("sirene/K@1", subjects=(TESTINE,)), (), "draft", ""),
    "prints of an unknown person": (message("sirene/L@1", field("090", "1862:40")), (), "draft", ""),
    "prints for an alert": (message("sirene/L@1", field("090", "1862:26"), subjects=(TESTINE,)), (), "draft", ""),
    "another purpose": (message("sirene/I@1", subjects=(TESTINE,)), (), "draft", ""),
    "a P form on a vehicle": (message("sirene/P@1", subjects=(CAR,)), VEHICLES, "none", ""),
    "a P form on something else": (message("sirene/P@1", subjects=(RIFLE,)), (), "none", ""),
    "a travel document": (
        message("interpol/TravelDocumentQuery@1", subjects=(PASSPORT,)), ("passports",), "automatic", "",
    ),
    "a travel document and its bearer": (
        message("interpol/TravelDocumentQuery@1", subjects=(PASSPORT, TESTINE)), ("passports", "cpr"), "automatic", "",
    ),
    "a query by record number": (message("interpol/VehicleQuery@1"), (), "draft", ""),
    "a vehicle query": (message("interpol/VehicleQuery@1", subjects=(CAR,)), VEHICLES, "automatic", ""),
    "an unidentified body": (
        message("interpol/Diffusion@1", field("", "BLACK", name="DiffusionKind"), subjects=(TESTINE,)), (), "none", "",
    ),
    "a wanted person": (message("interpol/Diffusion@1", subjects=(TESTINE,)), ("cpr", "passports"), "none", ""),
    "a diffusion without a person": (message("interpol/Diffusion@1"), (), "none", ""),
    "an answer on a document": (message("interpol/TravelDocumentAnswer@1", subjects=(PASSPORT,)), (), "none", ""),
    "an answer on a vehicle": (message("interpol/VehicleAnswer@1", subjects=(CAR,)), (), "none", ""),
    "free text": (message("interpol/FreeText@1"), (), "none", "route.free-text"),
    "a request on a person": (
        message("europol/Request@1", subjects=(TESTINE,), handling=("H2",)), ("cpr",), "draft", "",
    ),
    "a request on a vehicle": (message("europol/Request@1", subjects=(CAR,)), VEHICLES, "draft", ""),
    "a request on both": (message("europol/Request@1", subjects=(CAR, TESTINE)), ("cpr", *VEHICLES), "draft", ""),
    "a request on a phone": (message("europol/Request@1"), (), "draft", ""),
    "a request with a restriction in words": (
        message("europol/Request@1", subjects=(TESTINE,), handling=("h3",)), (), "none", "route.restriction-in-words",
    ),
    "a reply": (message("europol/Reply@1", subjects=(TESTINE,)), (), "none", ""),
    "information": (message("europol/Information@1"), (), "none", "route.own-initiative"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.replace(" ", "-"))
def test_a_message_goes_where_the_matrix_says(kind: str, table: Table) -> None:
    envelope, registers, answer, hold = CASES[kind]
    routing = TableRouter(table).decide(envelope)
    assert (routing.registers, routing.answer, routing.hold) == (registers, answer, hold)
    assert routing.case_system == "polsas"  # every accepted message is written to the case system
    assert not routing.settle


def test_a_receipt_or_a_sheet_is_settled_and_nothing_else(table: Table) -> None:
    for form in ("spoc/Receipt@1", "spoc/Sheet@1"):
        routing = TableRouter(table).decide(message(form))
        assert routing.settle
        assert (routing.registers, routing.case_system, routing.answer) == ((), "", "none")


def test_a_statement_of_another_office_waits_for_an_officer(table: Table) -> None:
    routing = TableRouter(table).decide(message("spoc/Statement@1"))
    assert (routing.hold, routing.settle, routing.registers) == ("route.statement", False, ())


def test_every_row_is_met_by_some_message(table: Table) -> None:
    router = TableRouter(table)
    met = {router.decide(envelope).row for envelope, *_ in CASES.values()} | {"receipt", "sheet", "statement"}
    assert {row.name for row in table} - met == set()


def test_what_no_row_takes_waits_for_an_officer(table: Table) -> None:
    routing = TableRouter(table).decide(message("sirene/R@1"))
    assert (routing.row, routing.hold) == ("", "route.unroutable")
    assert routing.explanation[-1].startswith("No row of the routing table matches")


def test_every_row_that_asks_cites_the_matrix(table: Table) -> None:
    assert [row.name for row in table if row.actions.ask and "atrix row" not in row.because] == []
