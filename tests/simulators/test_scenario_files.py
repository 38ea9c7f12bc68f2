"""Scenario files: what they mean, and how a bad one is refused."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scenario import ACTIONS, REST, Abilities, Incident, Rule, ScenarioInvalid, Script, parse_scenario

EXAMPLES = sorted(
    entry.name
    for entry in resources.files("simulators").joinpath("scenarios").iterdir()
    if entry.name.endswith(".toml")
)


def script(text: str) -> Script:
    return Script(parse_scenario(text.encode(), source="test.toml"))


def errors_of(text: str | bytes, **more: Abilities) -> tuple[str, ...]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ScenarioInvalid) as caught:
        parse_scenario(content, source="test.toml", **more)
    return caught.value.errors


def played(text: str, *operations: str) -> list[str]:
    play = script(text)
    return [play.decide(Incident(operation=each))[1].name for each in operations]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid_and_not_empty(name: str) -> None:
    content = resources.files("simulators").joinpath("scenarios", name).read_bytes()
    assert parse_scenario(content, source=name)


def test_the_examples_show_every_action_but_plain_acceptance() -> None:
    shown = set()
    for name in EXAMPLES:
        content = resources.files("simulators").joinpath("scenarios", name).read_bytes()
        shown |= {rule.do.name for rule in parse_scenario(content, source=name)}
    assert shown == ACTIONS - {"accept"}


def test_without_rules_everything_is_accepted() -> None:
    assert played("", "vehicle-search") == ["accept"]


def test_the_first_rule_that_applies_decides() -> None:
    text = """
    [[rule]]
    when = { operation = "vehicle-*" }
    do = "accept"
    [[rule]]
    do = "silent"
    """
    assert played(text, "vehicle-search", "case-open") == ["accept", "silent"]


def test_nth_alone_means_exactly_that_one() -> None:
    assert played('[[rule]]\nwhen = { nth = 2 }\ndo = "silent"', *"abcd") == ["accept", "silent", "accept", "accept"]


def test_nth_with_count_means_from_there_on() -> None:
    rule = '[[rule]]\nwhen = { nth = 2, count = 2 }\ndo = "silent"'
    assert played(rule, *"abcd") == ["accept", "silent", "silent", "accept"]


def test_count_hands_over_to_the_next_rule() -> None:
    text = '[[rule]]\nwhen = { count = 1 }\ndo = "silent"\n[[rule]]\nwhen = { count = 1 }\ndo = "too-many"'
    assert played(text, *"abc") == ["silent", "too-many", "accept"]


def test_nth_counts_only_what_meets_the_other_conditions() -> None:
    text = '[[rule]]\nwhen = { operation = "b", nth = 2 }\ndo = "silent"'
    assert played(text, *"abab") == ["accept", "accept", "accept", "silent"]


@pytest.mark.parametrize(
    ("when", "incident"),
    [
        ('phase = "rcpt"', Incident(operation="x", phase="rcpt")),
        ('path = "/cases/*/documents"', Incident(operation="x", path="/cases/1/documents")),
        ('contains = "QQ000"', Incident(operation="x", text="plate QQ00001")),
        ('key = "a@b.example"', Incident(operation="x", keys=frozenset({"a@b.example"}))),
    ],
)
def test_a_condition_is_met_by_its_incident_and_by_no_other(when: str, incident: Incident) -> None:
    play = script(f'[[rule]]\nname = "it"\nwhen = {{ {when} }}\ndo = "silent"')
    assert play.decide(Incident(operation="x"))[0] == ""
    assert play.decide(incident)[0] == "it"


def test_replacing_the_rules_starts_the_counting_again() -> None:
    play = script('[[rule]]\nwhen = { nth = 1 }\ndo = "silent"')
    assert play.decide(Incident(operation="x"))[1].name == "silent"
    play.replace(play.rules)
    assert play.counts() == [(0, 0)]
    assert play.decide(Incident(operation="x"))[1].name == "silent"


def test_waiting_goes_with_every_action() -> None:
    text = '[[rule]]\ndo = { action = "refuse", status = 503, problem = "source-unavailable", after_seconds = 1.5 }'
    _, action = script(text).decide(Incident(operation="x"))
    assert (action.wait_seconds, action.status) == (1.5, 503)


def test_all_errors_are_reported_at_once_with_rule_and_line() -> None:
    text = """# a comment
[[rule]]
name = "first"
when = { operatoin = "x", nth = 0 }
do = { action = "drop" }

[[rule]]
do = "explode"
"""
    errors = errors_of(text)
    assert [error.split(":")[1].strip() for error in errors] == ["rule 1 (line 2)"] * 3 + ["rule 2 (line 7)"]
    assert "when.operatoin is not known" in errors[0]
    assert "when.nth must be 1 or more" in errors[1]
    assert "do.at is missing" in errors[2]
    assert "'explode'" in errors[3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule = 3", "'rule' must be"),
        ("rules = []", "unknown key 'rules'"),
        ("[[rule]]\nwhen = {}", "'do' is missing"),
        ("[[rule]]\nwhen = 3\ndo = 'silent'", "when must be a table"),
        ("[[rule]]\ndo = 7", "do must be a table"),
        ("[[rule]]\nname = 7\ndo = 'silent'", "name must be a text"),
        ("[[rule]]\nreason = 'x'\ndo = 'silent'", "reason is not known"),
        ("[[rule]]\nwhen = { phase = 'lunch' }\ndo = 'silent'", "when.phase must be one of"),
        ("[[rule]]\nwhen = { nth = true }\ndo = 'silent'", "when.nth must be int"),
        ("[[rule]]\ndo = { action = 'drop', at = 'noon' }", "do.at must be one of"),
        ("[[rule]]\ndo = { action = 'delay', seconds = nan }", "do.seconds must be from 0"),
        ("[[rule]]\ndo = { action = 'delay', seconds = -1 }", "do.seconds must be from 0"),
        ("[[rule]]\ndo = { action = 'delay', seconds = 'long' }", "do.seconds must be int or float"),
        ("[[rule]]\ndo = { action = 'silent', seconds = 1 }", "do.seconds is not known"),
        ("[[rule]]\ndo = { action = 'stale', hours = inf }", "do.hours must be"),
        ("[[rule]]\ndo = { action = 'refuse' }", "a refusal has either"),
        ("[[rule]]\ndo = { action = 'refuse', status = 200, problem = 'x' }", "an HTTP status from 400"),
        (
            "[[rule]]\ndo = { action = 'refuse', status = 503, problem = 'x', smtp_code = 451 }",
            "a refusal has either",
        ),
        ("[[rule]\n", "not TOML"),
        ("x = " + "[" * 5000, "not TOML"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        ("#" * 70_000, "larger than"),
        ("[[rule]]\ndo = 'silent'\n" * 201, "at most 200"),
    ],
)
def test_a_bad_scenario_is_refused_with_its_reason(text: str | bytes, said: str) -> None:
    assert any(said in error for error in errors_of(text))


def test_an_action_the_simulator_cannot_do_is_refused() -> None:
    able = Abilities(actions=frozenset({"accept", "delay"}))
    assert "cannot do 'wrong-key'" in errors_of("[[rule]]\ndo = 'wrong-key'", can=able)[0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("when = { phase = 'rcpt' }\ndo = 'silent'", "has no phase 'rcpt'"),
        ("do = { action = 'drop', at = 'after-content' }", "cannot drop at 'after-content'"),
        ("do = { action = 'refuse', smtp_code = 451, enhanced = '4.7.1', text = 'x' }", "refuses with status only"),
    ],
)
def test_a_rest_simulator_takes_nothing_of_smtp(rule: str, said: str) -> None:
    assert said in errors_of(f"[[rule]]\n{rule}", can=REST)[0]


def test_a_connection_is_met_only_by_a_rule_that_names_it() -> None:
    connect = Incident(operation="connect", phase="connect")
    assert script("[[rule]]\ndo = 'silent'").decide(connect)[1].name == "accept"
    assert script("[[rule]]\nwhen = { phase = 'connect' }\ndo = 'silent'").decide(connect)[1].name == "silent"


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("[[rule]]\n" + text).encode()))
def test_no_content_makes_the_parser_fail_in_another_way(content: bytes) -> None:
    errors: tuple[str, ...] = ()
    rules: tuple[Rule, ...] | None = None
    try:
        rules = parse_scenario(content, source="test.toml")
    except ScenarioInvalid as invalid:
        errors = invalid.errors
    assert (rules is None) == bool(errors)
