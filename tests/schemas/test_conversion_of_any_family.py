"""Every kind of difference between two versions, on a family that does not exist: what another family may write into its table."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from lxml import etree

from gateway.errors import Refused
from gateway.form import Field, Form, Header
from gateway.versions import Change
from schemas import derive
from schemas.conversion import Table, convert

HEADER = Header(
    message_id="0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", sent=datetime(2026, 11, 21, tzinfo=UTC), sender="unit:XB", to=("unit:XA",),
    our_reference="R-1",
)  # fmt: skip
WHY = {"text": "why", "citation": "this test", "confidence": "proposal"}


def table(*rows: dict[str, object], newer: int = 2, older: int = 1) -> Table:
    told = [{**WHY, **row} for row in rows]
    raw = {"family": "toys", "newer": newer, "older": older, "forms": ["Toy"], "difference": told}
    return msgspec.convert(raw, Table)


def form(*fields: Field, major: int = 2) -> Form:
    return Form(format=f"toys/Toy@{major}", header=HEADER, fields=fields)


def both_ways(known: Table, given: Form) -> tuple[Form, Form]:
    """The form in the older version, and what comes back from there."""
    old, _ = convert(given, "toys/Toy@1", [known])
    return old, convert(old, "toys/Toy@2", [known])[0]


def test_a_field_with_another_name_and_number_loses_nothing() -> None:
    known = table({"change": "rename", "field": "Box/Colour", "number": "017", "older": "Tint", "older_number": "117"})
    given = form(Field(name="Box", children=(Field(name="Colour", value="red", number="017"),)))
    old, back = both_ways(known, given)

    assert old.fields[0].children == (Field(name="Tint", value="red", number="117"),)
    assert back == given


def test_a_field_that_moved_into_a_container_comes_out_again() -> None:
    known = table({"change": "move", "field": "Place", "older": "Event"})
    given = form(Field(name="Title", value="t"), Field(name="Place", value="Examplestad"))
    old, back = both_ways(known, given)

    assert old.fields == (
        Field(name="Title", value="t"), Field(name="Event", children=(Field(name="Place", value="Examplestad"),)),
    )  # fmt: skip
    assert back == given


def test_a_field_moves_into_the_container_that_is_there() -> None:
    known = table({"change": "move", "field": "Place", "older": "Event"})
    given = form(Field(name="Event", children=(Field(name="At", value="noon"),)), Field(name="Place", value="P"))
    old, back = both_ways(known, given)

    assert [child.name for child in old.fields[0].children] == ["At", "Place"]
    assert back == given


@pytest.mark.parametrize(
    ("first", "second", "joined"), [("38", "MINOR", "38 MINOR"), ("38", "", "38"), ("", "only a part", " only a part")]
)
def test_two_fields_that_were_one(first: str, second: str, joined: str) -> None:
    known = table({"change": "join", "field": "Article", "number": "090", "second": "Remark"})
    parts = [Field(name="Article", value=first, number="090")] if first else []
    parts += [Field(name="Remark", value=second, number="090")] if second else []
    given = form(*parts)
    old, back = both_ways(known, given)

    assert [(field.name, field.value) for field in old.fields] == [("Article", joined)]
    assert back == given


def test_a_field_that_must_be_there_is_filled_in_and_said_to_be() -> None:
    known = table({"change": "default", "field": "Scope", "value": "ALL"})
    up, report = convert(form(Field(name="Title", value="t"), major=1), "toys/Toy@2", [known])

    assert up.fields[0] == Field(name="Scope", value="ALL")
    assert [note.change for note in report.notes] == [Change.FILLED]
    assert report.lossless, "nothing that was said is missing"
    down, lost = convert(form(Field(name="Scope", value="ONE")), "toys/Toy@1", [known])
    assert down.fields == ()
    assert [note.change for note in lost.notes] == [Change.LOST]


def test_a_way_over_several_versions_adds_up_what_each_step_costs() -> None:
    tables = [
        table({"change": "drop", "field": "New"}, newer=3, older=2),
        table({"change": "drop", "field": "Newer"}, newer=2, older=1),
    ]
    given = form(Field(name="New", value="a"), Field(name="Newer", value="b"), Field(name="Old", value="c"), major=3)
    down, report = convert(given, "toys/Toy@1", tables)

    assert down.fields == (Field(name="Old", value="c"),)
    assert [note.field for note in report.notes] == ["New", "Newer"]
    assert convert(down, "toys/Toy@3", tables)[0].fields == down.fields


def test_there_is_no_way_to_a_version_without_a_table() -> None:
    with pytest.raises(Refused, match="There is no toys/Toy@5"):
        convert(form(), "toys/Toy@5", [table()])


XSD = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:x-spoc:toys:2" targetNamespace="urn:x-spoc:toys:2">
  <xs:element name="Toy"><xs:complexType><xs:sequence><xs:element name="Body"><xs:complexType><xs:sequence>
    <xs:element ref="Colour"/><xs:element ref="Place"/><xs:element ref="Article"/><xs:element ref="Remark"/><xs:element ref="Event"/>
  </xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
  <xs:element name="Colour" type="xs:string"/>
  <xs:element name="Place" type="xs:string"/>
  <xs:element name="Remark" type="xs:string"/>
  <xs:element name="Article"><xs:complexType><xs:simpleContent><xs:extension base="xs:token"/></xs:simpleContent></xs:complexType></xs:element>
  <xs:element name="Event"><xs:complexType><xs:sequence/></xs:complexType></xs:element>
</xs:schema>"""


def test_the_older_schema_follows_the_table() -> None:
    found = {"toy.xsd": etree.ElementTree(etree.fromstring(XSD))}
    known = table(
        {"change": "rename", "field": "Colour", "older": "Tint"},
        {"change": "move", "field": "Place", "older": "Event"},
        {"change": "join", "field": "Article", "second": "Remark", "older_base": "xs:string"},
    )
    derive.apply(known, found)
    root = found["toy.xsd"].getroot()
    declared = [str(one.get("name")) for one in root.iterfind("{*}element")]
    listed = {
        str(one.get("ref")): next(str(up.get("name")) for up in one.iterancestors() if up.get("name"))
        for one in root.iter("{*}element")
        if one.get("ref")
    }

    assert declared == ["Toy", "Tint", "Place", "Article", "Event"]
    assert listed == {"Tint": "Body", "Article": "Body", "Event": "Body", "Place": "Event"}
    assert [one.get("base") for one in root.iter("{*}extension")] == ["xs:string"]
    etree.XMLSchema(found["toy.xsd"])


@pytest.mark.parametrize(
    ("family", "forms"), [("interpol", ["Diffusion", "FreeText"]), ("europol", ["Request", "Reply", "Information"])]
)
def test_another_family_gets_an_older_version_from_a_table_alone(family: str, forms: list[str], tmp_path: Path) -> None:
    raw = {"family": family, "newer": 1, "older": 0, "forms": forms, "difference": []}
    shipped = Path(str(files("schemas")))
    shutil.copytree(shipped / "xsd", tmp_path / "xsd")
    place = tmp_path / family / "xsd" / "v0"
    place.mkdir(parents=True)
    for name, content in derive.derived(msgspec.convert(raw, Table)).items():
        (place / name).write_bytes(content)

    for form_ in forms:
        sample = (shipped / family / "samples" / f"{form_}.xml").read_text("utf-8")
        older = sample.replace(f"urn:x-spoc:{family}:1", f"urn:x-spoc:{family}:0").replace(
            ' version="1.0">', ' version="0.0">'
        )
        compiled = etree.XMLSchema(etree.parse(str(place / f"{form_.lower()}.xsd")))
        assert compiled.validate(etree.fromstring(older.encode())), compiled.error_log
        assert not compiled.validate(etree.fromstring(sample.encode()))
