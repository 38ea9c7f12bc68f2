"""A bureau whose form is refused can mend it without a telephone: the negative receipt names the field by number and
name, says what is wrong, by which source, and what to send instead.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from gateway import safexml
from gateway.attachments.recognise import recognise
from gateway.findings import Finding, Occasion
from gateway.reply import ReceiptContent, ReplyContext
from schemas.catalogue import discover
from schemas.form import FormSpec

CORPUS = Path(__file__).parents[1] / "corpus" / "sirene"
FAILS = sorted(CORPUS.glob("*/fails/*.xml"))
CATALOGUE = discover()
SPECS = {spec.element: spec for spec in CATALOGUE if spec.family == "sirene" and spec.id.endswith("@1")}
RULES = {rule.id: rule for spec in SPECS.values() for rule in spec.rules}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RECEIPT = "{urn:x-spoc:spoc:1}"
SOURCE = re.compile(
    r"\b(?:Art|Arts|Article|Articles)\b|\bManual\b|\bannex\b|\bDecision\b|\bOrders?\b|\bglossary\b|\bscope\b"
)


def story(path: Path) -> str:
    return "/".join((path.parts[-3], path.stem))


def findings(path: Path) -> tuple[FormSpec, list[Finding]]:
    spec, root = SPECS[path.parts[-3]], safexml.parse(path.read_bytes())
    files = tuple(recognise(file.read_bytes()) for file in sorted(path.with_suffix("").glob("*")))
    occasion = Occasion(
        now=NOW, inbound=True, own_parties=frozenset({"sirene:XA"}), known_parties=frozenset({"sirene:XB", "sirene:XC"}),
        attachments=files,
    )  # fmt: skip
    return spec, spec.validate(root) or list(spec.check(spec.decode(root), occasion))


def receipt_for(found: list[Finding]) -> etree._Element:
    """The negative receipt as it would travel."""
    content = ReceiptContent(
        to="sirene:XB", stage="INVALID", of_digest="0" * 64, code="rules.refused", text="See the findings.", findings=tuple(found)
    )  # fmt: skip
    context = ReplyContext(
        own_party="sirene:XA", now=NOW, message_id="0193a5c0-7d10-7a01-8b3c-5e0f9a1c0099", our_reference="R-1"
    )
    form = CATALOGUE.receipt(None, content, context)
    spec = CATALOGUE.get(form.format)
    root = spec.encode(form)
    assert spec.validate(root) == []
    return root


@pytest.mark.parametrize("path", FAILS, ids=story)
def test_the_receipt_names_field_source_and_remedy(path: Path) -> None:
    spec, found = findings(path)
    assert found

    told = list(receipt_for(found).iter(f"{RECEIPT}Finding"))

    assert len(told) == len(found)
    for finding, written in zip(found, told, strict=True):
        field = written.get("field", "")
        assert finding.field, f"{finding.rule} names no field"
        assert finding.label, f"{finding.rule} does not say what {finding.field} is called on {spec.element}"
        assert finding.field in field and finding.label in field
        if not finding.field.startswith("Header/") and finding.rule != "XSD":
            known = finding.field.rpartition("/")[2] in spec.schema.order
            assert re.fullmatch(r"\d{3}", finding.field) or known, f"{finding.rule}: there is no field {finding.field}"
        assert written.findtext(f"{RECEIPT}Text") == finding.text
        assert written.findtext(f"{RECEIPT}Remedy") == finding.remedy != ""
        assert written.findtext(f"{RECEIPT}Citation") == finding.citation != ""


SAMPLE = (Path(__file__).parents[2] / "schemas/sirene/samples/FormM.xml").read_text("utf-8")
MUST_BE_THERE = {"001": "Sent", "002": "OurReference", "003": "From", "004": "To"}


@pytest.mark.parametrize(("number", "element"), MUST_BE_THERE.items())
@pytest.mark.parametrize("left", ["", "<h:{0}></h:{0}>"], ids=["missing", "empty"])
def test_a_field_of_the_header_that_is_missing_is_told_by_its_number(number: str, element: str, left: str) -> None:
    without = re.sub(rf"<h:{element}>[^<]*</h:{element}>", left.format(element), SAMPLE)
    found = SPECS["FormM"].validate(safexml.parse(without.encode()))

    assert [(finding.rule, finding.field) for finding in found] == [("R02", number)]
    (told,) = receipt_for(found).iter(f"{RECEIPT}Finding")
    assert re.fullmatch(rf"{number} [a-z].+", told.get("field", ""))
    assert element in str(told.findtext(f"{RECEIPT}Remedy"))
    assert SOURCE.search(str(told.findtext(f"{RECEIPT}Citation")))


def test_what_else_is_wrong_is_still_told() -> None:
    without = re.sub(r"\s*<h:(?:Sent|To|OurReference)>[^<]*</h:\w+>", "", SAMPLE).replace('no="005"', 'no="006"', 1)
    found = SPECS["FormM"].validate(safexml.parse(without.encode()))

    assert [(one.rule, one.field) for one in found] == [
        ("R02", "001"), ("R02", "002"), ("R02", "004"), ("XSD", "Body/SchengenId (005)"),
    ]  # fmt: skip


def test_a_wrong_receiver_among_several_is_told_with_its_number() -> None:
    wrong = SAMPLE.replace("<h:To>sirene:", "<h:To>sirene ", 1)
    found = SPECS["FormM"].validate(safexml.parse(wrong.encode()))

    assert {finding.label for finding in found} == {"004 receiving SIRENE bureau"}


def test_a_reference_used_before_is_told_with_number_and_name() -> None:
    assert re.fullmatch(r"002 reference number .+", CATALOGUE.family("sirene/M@1").reused_reference.place)


def test_the_article_of_an_alert_has_a_short_name_on_every_form() -> None:
    assert {spec.field_name("090") for element, spec in SPECS.items() if element not in ("FormG", "FreeText")} == {
        "applicable article"
    }


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_quotes_its_source_or_says_that_it_is_our_proposal(rule: object) -> None:
    found = RULES[rule.id]  # type: ignore[attr-defined]
    assert found.confidence == "proposal" or SOURCE.search(found.citation), found.citation


@pytest.mark.parametrize("path", FAILS, ids=story)
def test_no_finding_repeats_what_the_sender_wrote_about_a_person(path: Path) -> None:
    root = safexml.parse(path.read_bytes())
    names = {
        element.text for element in root.iter() if etree.QName(element).localname in ("Surname", "Forename", "DateOfBirth")
    }  # fmt: skip
    _, found = findings(path)
    for finding in found:
        for name in names - {None, ""}:
            assert name not in finding.text
