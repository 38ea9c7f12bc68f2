"""Every rule of the list for the family is enforced somewhere, with a message that shows it, or says why not yet."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from gateway.commands.samples import sample_file
from schemas.catalogue import discover
from schemas.form import FormSpec
from schemas.sirene.rules.coverage import AS_RULE, NOT_YET, coverage

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus" / "sirene"
IDS = {rule.id for spec in discover() if spec.family == "sirene" for rule in spec.rules}
RULES = [row for row in coverage() if row.enforced_in == AS_RULE]


@pytest.mark.parametrize("spec", list(discover()), ids=lambda spec: spec.id)
def test_every_form_that_is_shipped_has_a_shipped_sample(spec: FormSpec) -> None:
    assert sample_file(spec), f"put one into schemas/{spec.family}/samples/{spec.element}.xml"


def test_the_list_is_complete() -> None:
    assert [row.rule for row in coverage()] == [f"R{number:02}" for number in range(1, 56)]


def test_a_row_that_says_rule_has_one_and_every_rule_has_its_row() -> None:
    said = {row.rule for row in RULES}

    assert said - IDS == set()
    enforced = {row.rule for row in coverage() if row.enforced_in != NOT_YET}
    assert {rule_id.partition("-")[0] for rule_id in IDS if rule_id.startswith("R")} - enforced == set()


def test_the_sample_of_a_rule_is_a_message_that_breaks_it() -> None:
    for row in RULES:
        assert (CORPUS / row.sample).is_file(), row.rule
        assert Path(row.sample).name.startswith((f"{row.rule}--", f"{row.rule}-")), row.rule


def test_the_form_of_a_sample_has_messages_that_keep_the_rule() -> None:
    # Whatever stands in `passes` raises no rule beyond a notice; the contract of all formats holds that.
    for row in RULES:
        assert list((CORPUS / row.sample).parents[1].glob("passes/*.xml")), row.rule


def test_what_is_enforced_elsewhere_names_a_module_and_a_story() -> None:
    elsewhere = [row for row in coverage() if row.enforced_in not in (AS_RULE, NOT_YET)]

    assert elsewhere
    for row in elsewhere:
        path, _, story = row.sample.partition("::")
        assert find_spec(row.enforced_in), row.rule
        assert f"def {story}(" in (ROOT / path).read_text(encoding="utf-8"), row.rule
        assert row.reason, row.rule


def test_what_is_not_enforced_yet_says_why() -> None:
    for row in coverage():
        if row.enforced_in == NOT_YET:
            assert row.reason, row.rule
            assert not row.sample, row.rule
