"""A receipt can be composed about anything that arrived, and says on the other side what it said here."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway import safexml
from gateway.findings import Finding, Severity
from gateway.form import Form
from gateway.identity import digest
from gateway.reply import ReceiptContent, ReplyContext
from schemas.catalogue import Catalogue, discover
from schemas.spoc.receipts import INVALID, RECEIVED, VALID, compose, read

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REPLY = ReplyContext(
    own_party="sirene:XA",
    now=NOW,
    message_id="0193a5c0-7d10-7a01-8b3c-000000000001",
    our_reference="XA-RECEIPT-2026-0000001",
)
OF_MESSAGE = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c2d00"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return discover()


def over_the_wire(catalogue: Catalogue, form: Form) -> Form:
    """The form as the other side decodes it; fails when the schema refuses it."""
    root = safexml.parse(etree.tostring(catalogue.get(form.format).encode(form), encoding="utf-8"))
    spec = catalogue.recognise(str(root.tag), root.get("version", ""))
    assert spec.validate(root) == []
    return spec.decode(root)


def test_a_refusal_says_the_same_on_both_sides(catalogue: Catalogue) -> None:
    finding = Finding(
        rule="R08", severity=Severity.ERROR, text="The article is missing.", field="090",
        remedy="Write the article.", citation="SIRENE Manual (2015 text) 2.3(b)",
    )  # fmt: skip
    said = ReceiptContent(
        to="sirene:XB", stage=INVALID, of_message=OF_MESSAGE, of_digest=digest(b"<FormG/>"),
        of_reference="XB-G-2026-0000001",
        code="check.rules", text="Refused.", findings=(finding,), test=True,
    )  # fmt: skip

    heard = over_the_wire(catalogue, catalogue.receipt(None, said, REPLY))

    assert read(heard) == said
    assert heard.format == "spoc/Receipt@1"
    assert heard.header.in_reply_to == OF_MESSAGE
    assert heard.header.your_references == ("XB-G-2026-0000001",)
    assert heard.header.sender == "sirene:XA"


def test_a_receipt_about_an_exercise_is_an_exercise(catalogue: Catalogue) -> None:
    said = ReceiptContent(to="sirene:XB", stage=RECEIVED, of_digest=digest(b""), test=True)
    form = compose(None, said, REPLY)

    again = compose(form, ReceiptContent(to="sirene:XB", stage=VALID, of_digest=digest(b"")), REPLY)

    assert again.header.test
    assert read(over_the_wire(catalogue, again)).test


def test_what_cannot_stand_in_a_receipt_is_left_out(catalogue: Catalogue) -> None:
    said = ReceiptContent(
        to="sirene:XB", stage=INVALID, of_message="not an id", of_digest=digest(b"?"), of_reference=" two\nlines ",
        code="a code", text="null \x00 inside",
    )  # fmt: skip

    heard = read(over_the_wire(catalogue, compose(None, said, REPLY)))

    assert (heard.of_message, heard.of_reference, heard.code) == ("", "", "")
    assert heard.text == "null \ufffd inside"


anything = st.text(st.characters(exclude_categories=()), max_size=300) | st.just("x" * 5000)
findings = st.builds(
    Finding,
    rule=anything,
    severity=st.sampled_from(Severity),
    text=anything,
    field=anything,
    remedy=anything,
    citation=anything,
)
contents = st.builds(
    ReceiptContent,
    to=st.just("sirene:XB"),
    stage=st.sampled_from([RECEIVED, VALID, INVALID]),
    of_message=anything | st.just(OF_MESSAGE),
    of_digest=st.binary().map(digest),
    of_reference=anything,
    code=anything,
    text=anything,
    findings=st.lists(findings, max_size=3).map(tuple),
    test=st.booleans(),
)


@given(contents)
def test_a_receipt_can_be_composed_about_anything(content: ReceiptContent) -> None:
    heard = read(over_the_wire(discovered, compose(None, content, REPLY)))

    assert (heard.stage, heard.of_digest, heard.test) == (content.stage, content.of_digest, content.test)
    assert [finding.severity for finding in heard.findings] == [finding.severity for finding in content.findings]


discovered = discover()
