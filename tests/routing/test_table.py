"""A table is sound or refused, with everything that is wrong, at once."""

from __future__ import annotations

import pytest

from routing.table import Known, RoutesRefused, read_table


def row(name: str, when: str = "", do: str = 'do.case = "polsas"') -> str:
    return f'[[route]]\nname = "{name}"\nbecause = "for a reason"\n{when}\n{do}\n'


def refusal(text: str, known: Known | None = None) -> RoutesRefused:
    with pytest.raises(RoutesRefused) as refused:
        read_table(text, file="routes.toml", known=known)
    return refused.value


def test_a_misspelt_key_is_not_passed_over() -> None:
    (problem,) = refusal(row("one", 'when.fromm = "sirene/G"')).problems
    assert (problem.line, problem.row, problem.text) == (4, "one", "unknown condition “fromm”")
    assert "Conditions are article, asks, " in problem.remedy


def test_everything_is_reported_at_once_in_the_order_of_the_file() -> None:
    text = 'title = "x"\n' + row("one", "when.test = 1") + row("one", do='do.answer = "perhaps"') + "[[route]]\n"
    refused = refusal(text)
    assert [(problem.line, problem.text) for problem in refused.problems] == [
        (1, "unknown key “title”"),
        (5, "neither true nor false"),
        (7, "another row has the same name"),
        (11, "unknown way to answer “perhaps”"),
        (11, "the message would end nowhere"),
        (12, "the row has no name"),
        (12, "the row gives no reason"),
        (12, "the row does nothing"),
    ]
    assert refused.code == "routes.invalid"
    assert all(line.startswith("routes.toml:") for line in refused.operator.splitlines())


def test_lines_are_found_in_tables_and_past_quoted_text() -> None:
    quoted = 'because = """\n[[route]]\nname = "no"\n"""\n'
    text = f'[[route]]\nname = "a"\n{quoted}[route.when]\nfamily = "sirene"\n[route.do]\nhold = "X"\n'
    refused = refusal(text)
    assert {(problem.line, problem.row) for problem in refused.problems} == {(10, "a")}


@pytest.mark.parametrize("text", ["", "# nothing", "route = []", "[[route]\n"])
def test_an_empty_or_broken_table_is_refused(text: str) -> None:
    assert refusal(text).problems


REFUSED = {
    'when.form = "sirene/"': "is no form",
    'when.form = ["interpol/FreeText"]\nwhen.family = "sirene"': "is not of the family sirene",
    'when.form = "interpol/FreeText"\nwhen.asks = "P"': "no message can match",
    'when.form = "europol/Request"\nwhen.article = "1862:38"': "no message can match",
    'when.asks = "P"\nwhen.field = { number = "089", present = false }': "no message can match",
    'when.subjects = "boat"': "unknown kind of subject: boat",
    'when.urgency = ["NORMAL", "URGENT", "VERY_URGENT"]': "every urgency is listed",
    'when.sender = { all = ["sirene:XB", "sirene:XC"] }': "it has only one sender",
    'when.handling = { all = ["H1"], none = ["H1"] }': "no message can match",
    'when.handling = { any = ["H1"], none = ["H1", "H2"] }': "no message can match",
    'when.handling = { most = ["H1"] }': "unknown way to compare",
    'when.field = { number = "089" }': "not a condition on a field",
    'when.field = { number = "089", name = "x", present = true }': "not a condition on a field",
    'when.asks = "PQ"': "not a form letter",
    "when.subjects = []": "neither a text nor a list of texts",
    'when.handling = ["H1", "H1"]': "the same value twice",
    "when.test = true": "a row for tests hands to a case system",
}


@pytest.mark.parametrize("when", REFUSED)
def test_conditions_that_make_no_sense_are_refused(when: str) -> None:
    assert REFUSED[when] in refusal(row("one", when)).operator


NONSENSE = {
    'do.hold = "route.x"': "`hold` and `hold_text` go together",
    'do.hold = "Not A Code"\ndo.hold_text = "x"': "not a reason code",
    'do.hold = "route.x"\ndo.hold_text = "x"\ndo.ask = ["cpr"]\ndo.answer = "automatic"': "must see first",
    'do.case = "polsas"\ndo.answer = "automatic"': "without asking a register",
    'do.settle = true\ndo.case = "polsas"': "what is settled goes nowhere else",
    'do.ask = ["cpr"]': "would end nowhere",
    'do.forward = ["nobody"]': "is no party",
    'do.settle = "yes"': "neither true nor false",
}


@pytest.mark.parametrize("do", NONSENSE)
def test_actions_that_contradict_each_other_are_refused(do: str) -> None:
    assert NONSENSE[do] in refusal(row("one", do=do)).operator


def test_a_register_or_case_system_that_does_not_exist_is_refused() -> None:
    known = Known(registers=frozenset({"cpr"}), case_systems=frozenset(), formats=frozenset({"sirene/G@1"}))
    text = row("one", 'when.form = "sirene/B"', 'do.ask = ["cpr", "crm"]\ndo.case = "polsas"')
    refused = refusal(text, known)
    assert [(problem.line, problem.text) for problem in refused.problems] == [
        (4, "there is no format “sirene/B”"),
        (5, "there is no register “crm”"),
        (6, "there is no case system “polsas”"),
    ]


SHADOWED = {
    "the same conditions": ('when.form = "sirene/G"', 'when.form = "sirene/G"'),
    "a narrower form": ('when.family = "sirene"', 'when.form = "sirene/G@1"'),
    "more conditions": ('when.form = "sirene/G"', 'when.form = "sirene/G"\nwhen.urgency = "URGENT"'),
    "a narrower article": ('when.article = "1862:38"', 'when.article = ["1862:38(2)", "1862:38(3)"]'),
    "a letter where any text will do": ('when.field = { number = "089", present = true }', 'when.asks = "P"'),
    "fewer codes": ('when.handling = ["H1", "H2"]', 'when.handling = "H2"'),
    "all where any will do": ('when.subjects = "person"', 'when.subjects = { all = ["person", "vehicle"] }'),
    "everything": ("", 'when.form = "sirene/G"'),
    "a longer text": (
        'when.field = { name = "Kind", contains = "RE" }',
        'when.field = { name = "Kind", contains = "red" }',
    ),
    "more excluded": ('when.handling = { none = ["H3"] }', 'when.handling = { none = ["H3", "H2"] }'),
    "another sender": ('when.sender = { none = ["sirene:XC"] }', 'when.sender = "sirene:XB"'),
}


@pytest.mark.parametrize("why", SHADOWED)
def test_a_row_that_an_earlier_row_takes_everything_from_is_refused(why: str) -> None:
    earlier, later = SHADOWED[why]
    (problem,) = refusal(row("early", earlier) + row("late", later)).problems
    assert (problem.line, problem.row) == (6, "late")
    assert "can never be reached: “early” (line 1) above takes every message" in problem.text


TOGETHER = {
    "one form each": (['when.form = "sirene/G"', 'when.form = "sirene/A"'], 'when.form = ["sirene/A", "sirene/G"]'),
    "every urgency": (
        ['when.urgency = "NORMAL"', 'when.urgency = ["URGENT", "VERY_URGENT"]'],
        'when.form = "sirene/G"',
    ),
    "tests and no tests": (["when.test = false", "when.test = true"], 'when.form = "sirene/G"'),
}


@pytest.mark.parametrize("why", TOGETHER)
def test_a_row_that_several_earlier_rows_take_together_is_refused(why: str) -> None:
    earlier, later = TOGETHER[why]
    rows = [row(f"early-{number}", when, 'do.answer = "draft"') for number, when in enumerate(earlier)]
    (problem,) = refusal("".join(rows) + row("late", later)).problems
    assert "early-0" in problem.text
    assert "early-1" in problem.text


REACHED = [
    ('when.form = "sirene/G"\nwhen.asks = "P"', 'when.form = "sirene/G"'),
    ('when.article = "1862:38"', 'when.article = "1862:380"'),
    ('when.urgency = "NORMAL"', 'when.form = "sirene/G"'),
    ('when.subjects = { all = ["person", "vehicle"] }', 'when.subjects = "person"'),
    ('when.handling = { none = ["H3"] }', 'when.handling = { none = ["H2"] }'),
    ('when.form = "sirene/G@1"', 'when.form = "sirene/G"'),
    ('when.sender = { none = ["sirene:XC"] }', 'when.sender = ["sirene:XB", "sirene:XC"]'),
]


@pytest.mark.parametrize(("earlier", "later"), REACHED)
def test_a_row_that_is_left_something_stands(earlier: str, later: str) -> None:
    assert len(read_table(row("early", earlier) + row("late", later)).rows) == 2
