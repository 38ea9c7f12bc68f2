"""Every rule that is listed has a message that keeps it and one that breaks it, and the two do what they say."""

import csv
from pathlib import Path

import pytest

from gateway import safexml
from gateway.attachments.recognise import recognise
from gateway.dialogues import refusal
from gateway.exchanges import overturned
from gateway.findings import Occasion
from schemas.catalogue import discover
from schemas.rule_listing import AS_RULE, Listed, chosen, rules_of
from tests.schemas.test_formats_contract import KNOWN, NOW, OWN

ROOT = Path(__file__).parents[2]
CATALOGUE = discover()
FAMILIES = ("sirene", "interpol", "europol")
LISTED = [(family, rule) for family in FAMILIES for rule in rules_of(family, CATALOGUE) if rule.enforced_in == AS_RULE]
ELEMENTS = {(spec.family, spec.element): spec for spec in CATALOGUE if spec.id.endswith("@1")}


def spoken(family: str, path: Path) -> set[str]:
    spec, root = ELEMENTS[family, path.parts[-3]], safexml.parse(path.read_bytes())
    files = tuple(recognise(file.read_bytes()) for file in path.with_suffix("").glob("*"))
    occasion = Occasion(
        now=NOW,
        inbound=not path.parts[-2].endswith("-outbound"),
        own_parties=OWN,
        known_parties=KNOWN,
        attachments=files,
    )
    assert spec.validate(root) == []
    return {finding.rule for finding in spec.check(spec.decode(root), occasion)}


@pytest.mark.parametrize(("family", "rule"), LISTED, ids=lambda value: value if isinstance(value, str) else value.id)
def test_a_rule_is_shown_by_a_message_that_keeps_it_and_one_that_breaks_it(family: str, rule: Listed) -> None:
    assert rule.passes and rule.fails, (
        f"add a row to schemas/{family}/rule_samples.csv: {rule.id},FORM/passes/NAME.xml,FORM/fails/{rule.id}--NAME.xml"
    )
    keeps, breaks = ROOT / rule.passes, ROOT / rule.fails

    assert rule.id not in spoken(family, keeps)
    assert rule.id in spoken(family, breaks)
    for path in (keeps, breaks):
        assert any(ELEMENTS[family, path.parts[-3]].id == name for name in rule.formats), (
            f"{path} is a form without the rule"
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_no_sample_is_of_a_rule_that_is_gone(family: str) -> None:
    rows = csv.DictReader((ROOT / "schemas" / family / "rule_samples.csv").read_text(encoding="utf-8").splitlines())

    assert {row["rule"] for row in rows} <= {rule.id for rule in rules_of(family, CATALOGUE)}


def test_all_fifty_five_rules_of_the_family_are_listed() -> None:
    listed = {rule.id: rule for rule in rules_of("sirene", CATALOGUE)}

    for number in range(1, 56):
        rule = listed[f"R{number:02}"]
        assert rule.severity and rule.text and rule.citation and rule.confidence and rule.remedy, rule.id
        if rule.enforced_in != AS_RULE:
            assert rule.remark, rule.id


def test_the_list_is_narrowed_by_form_and_severity() -> None:
    listed = rules_of("sirene", CATALOGUE)

    assert {rule.id for rule in chosen(listed, letter="n", severity="error")} > {"R30", "R41"}
    assert all(rule.severity == "warning" for rule in chosen(listed, severity="warning"))
    assert chosen(listed, letter="B") == []
    for letter in ("N", "O", "FreeText"):
        assert "DLG-DECIDED-ALREADY" in {rule.id for rule in chosen(listed, letter=letter)}, (
            "every form that a chart bars"
        )


def test_what_guards_the_area_cannot_be_tolerated() -> None:
    listed = {rule.id: rule.tolerable for family in FAMILIES for rule in rules_of(family, CATALOGUE)}

    assert [rule for rule in ("R41", "R42", "R52", "EUR-17", "IPV-055") if listed[rule]] == []
    assert listed["R18"] and listed["R38"]


def test_what_looks_at_the_whole_exchange_is_listed_like_any_other_rule() -> None:
    """Rules over an exchange, and what the charts refuse; `tests/exchanges/test_sample_exchanges.py` plays their samples."""
    family, listed = CATALOGUE.family("sirene/x@1"), {rule.id: rule for rule in rules_of("sirene", CATALOGUE)}
    over_an_exchange = {rule.id for rule in family.story_rules}
    by_charts = {bar.rule for chart in (family.charts.charts if family.charts else ()) for bar in chart.bars}

    assert over_an_exchange >= {"R07-ALERT", "R10", "R17-272", "R41-ALERT"}
    assert by_charts >= {"DLG-SECOND-HIT-REPORT", "DLG-DECIDED-ALREADY"}
    assert len(listed) == len(rules_of("sirene", CATALOGUE))
    for rule_id in over_an_exchange | by_charts:
        rule = listed[rule_id]
        assert rule.text and rule.citation and rule.confidence and rule.remedy, rule_id


def test_what_is_said_to_go_further_than_a_sample_is_a_test() -> None:
    rows = csv.DictReader((ROOT / "schemas/sirene/rules/stories.csv").read_text(encoding="utf-8").splitlines())

    for row in rows:
        path, _, story = row["sample"].partition("::")
        assert f"def {story}(" in (ROOT / path).read_text(encoding="utf-8"), row["rule"]


def test_every_way_in_which_a_dialogue_refuses_is_listed() -> None:
    """The generic refusals, too, which no row of a chart names."""
    listed = {rule.id: rule for rule in rules_of("sirene", CATALOGUE)}

    for rule_id in (refusal.REPLY_TO_NOTHING, refusal.NOT_ITS_TURN, refusal.CLOSED, refusal.UNKNOWN, overturned.RULE):
        rule = listed[rule_id]
        assert (rule.severity, bool(rule.citation), bool(rule.remedy)) == ("hold", True, True), rule_id


def test_a_rule_acts_as_the_list_says_or_says_why_not() -> None:
    """The severities of our list stand beside those of the code; what differs is shown with its reason."""
    listed = {rule.id: rule for rule in rules_of("sirene", CATALOGUE)}

    differing = {rule.id for rule in listed.values() if rule.why_different}
    assert differing == {"R10", "R37-LOSSY", "R41-UNKNOWN", "R45-LATE", "R46-OUT", "R47-OUT", "R54-ALERT"}
    for rule in listed.values():
        same = not rule.of_the_list or rule.severity in rule.of_the_list.split(" or ")
        assert same is (not rule.why_different), rule.id
    assert (listed["R10"].severity, listed["R10"].of_the_list) == ("hold", "error")
    assert [listed[rule].severity for rule in ("R03", "R46", "R51")] == ["error", "warning", "warning"]
    assert all(listed[f"R{number:02}"].of_the_list for number in range(1, 56))
