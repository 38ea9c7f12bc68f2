"""Forms, cards, orders, settings, routes and adapters that a page prints are what the gateway takes."""

from __future__ import annotations

import base64
import importlib
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from lxml import etree

import adapters.registers
from adapters.rest.settings import RestSettings, check
from gateway.api.submission import _Order
from gateway.commands.partner_card import Card
from gateway.envelope import Payload
from gateway.form import Form, Header
from gateway.parcel import open_parcel
from gateway.ports import Register
from gateway.questions import Context, Question
from gateway.subjects import Thing, Vehicle
from routing.table import read_table
from schemas.catalogue import discover
from tests.docs.pages import PAGES, ROOT, blocks, name_of

DOCS = ROOT / "docs"
NATIONAL = DOCS / "national-system.md"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_example_can_be_read(page: Path) -> None:
    for block in blocks(page):
        match block.language:
            case "json":
                json.loads(block.text)
            case "toml":
                tomllib.loads(block.text)
            case "xml":
                etree.fromstring(block.text.encode())
            case "python" | "py":
                compile(block.text, name_of(page), "exec")
            case language:
                assert language in ("", "console", "mermaid")


def test_the_partner_card_is_a_partner_card() -> None:
    (example,) = blocks(DOCS / "partner-office.md", "json")
    assert Card.model_validate(json.loads(example.text)).party == "sirene:XB"


def test_the_mail_of_the_partners_page_holds_one_form_and_one_file() -> None:
    (example,) = [block for block in blocks(DOCS / "partner-office.md") if "MIME-Version" in block.text]
    content = example.text[example.text.index("From: ") :].replace(
        "…the signed form…", base64.b64encode(b"<FormG/>").decode()
    )
    content = content.replace("…the photo…", base64.b64encode(b"photo").decode()).replace("\n", "\r\n")
    opened = open_parcel(Payload.of(content.encode("ascii"), "message/rfc822"))
    assert (opened.form, opened.from_address) == (b"<FormG/>", "oper@xb.sirene.example")
    assert [(file.file_name, file.media_type, file.content) for file in opened.files] == [
        ("vehicle-front.jpg", "image/jpeg", b"photo")
    ]


def test_the_order_in_json_becomes_a_valid_form() -> None:
    (example,) = blocks(NATIONAL, "json")
    order = msgspec.json.decode(example.text, type=_Order)
    filled = {
        "message_id": "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0011", "sent": "2026-03-01T10:15:00Z", "sender": "sirene:XA",
        "to": [order.counterpart], "our_reference": "XA-M-2026-0000011",
    }  # fmt: skip
    form = msgspec.convert({**order.form, "header": {**filled, **order.form["header"]}}, Form)
    spec = discover().get(form.format)
    assert spec.validate(spec.encode(form)) == []


def test_the_row_of_the_routing_page_is_sound() -> None:
    (example,) = blocks(DOCS / "routing.md", "toml")
    assert [row.name for row in read_table(example.text, file="routes.toml")] == ["vehicle-hit-asking-for-p"]


@pytest.fixture
def boats(tmp_path: Path) -> Iterator[Path]:
    """The adapter of the recipe, put where the page says."""
    folder = tmp_path / "boats"
    folder.mkdir()
    manifest, settings = blocks(NATIONAL, "toml")
    translate, register = blocks(NATIONAL, "python")
    (folder / "__init__.py").write_text('"""The register of boats."""\n')
    for name, block in (
        ("manifest.toml", manifest),
        ("translate.py", translate),
        ("register.py", register),
        ("settings.toml", settings),
    ):
        (folder / name).write_text(block.text)
    adapters.registers.__path__.append(str(tmp_path))
    yield folder
    adapters.registers.__path__.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("adapters.registers.boats")]:
        del sys.modules[name]


def question(subject: Thing | Vehicle) -> Question:
    context = Context(
        correlation_id="c", request_id="r", purpose="INVESTIGATE", legal_basis="LG-01", case_reference="c", requester="gateway",
        on_behalf_of="sirene:XB", channel_origin="SIRENE",
    )  # fmt: skip
    return Question(subject=subject, context=context)


def test_the_adapter_of_the_recipe_works_as_printed(boats: Path) -> None:
    module = importlib.import_module("adapters.registers.boats.register")
    table = tomllib.loads((boats / "settings.toml").read_text())["registers"]["boats"]
    settings = msgspec.convert(table, module.SETTINGS)
    check(settings, "boats")
    register = module.ADAPTER(settings)

    assert isinstance(register, Register)
    assert register.accepts(question(Thing(kind="BOAT", serial_number="ZZ-TEST-0001")))
    assert not register.accepts(question(Thing(kind="FIREARM", serial_number="ZZ-TEST-0001")))
    assert not register.accepts(question(Vehicle(vin="ZZZTESTV1N0000001")))


def test_the_manifest_of_the_recipe_has_what_ours_have(boats: Path) -> None:
    ours = tomllib.loads((ROOT / "adapters/registers/crm/manifest.toml").read_text("utf-8"))
    printed = tomllib.loads((boats / "manifest.toml").read_text())
    assert printed.keys() == ours.keys()
    assert set(printed["secrets"]) <= set(RestSettings.__struct_fields__)


def test_the_header_that_a_system_may_leave_out_is_the_one_that_is_filled_in() -> None:
    needed = {field.name for field in msgspec.structs.fields(Header) if field.required}
    text = NATIONAL.read_text("utf-8")
    assert needed == {"message_id", "sent", "sender", "to", "our_reference"}
    assert all(f"`{name}`" in text for name in needed)
