"""What conditions say about each other is true of every message: otherwise a row would be refused, or kept, wrongly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.envelope import Envelope
from gateway.findings import Finding, Severity
from routing.conditions import (
    FACETS,
    ArticleIs,
    Asks,
    Codes,
    Condition,
    FieldIs,
    FormatIs,
    MarkedAsTest,
    MarkedOrNot,
    Pattern,
)
from tests.routing.messages import CAR, PASSPORT, RIFLE, TESTINE, field, message

# Few values, so that conditions and messages meet often.
ARTICLES = ("1862:3", "1862:38", "1862:38(2)", "1861:24")
TEXTS = ("", "P", "send P form", "no P form", "send L form", "RED", "red one")
VALUES = {
    "sender": ("SIRENE:XB", "SIRENE:XC"), "urgency": ("NORMAL", "URGENT", "VERY_URGENT"),
    "subjects": ("person", "vehicle", "document"), "handling": ("H1", "H2", "H3"), "purposes": ("P1", "P2"),
    "finding": ("R1", "R2", "WARNING"),
}  # fmt: skip


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=len(values)).map(tuple)


def codes(key: str) -> st.SearchStrategy[Condition]:
    modes = ["any", "none"] if FACETS[key].single else ["any", "all", "none"]
    values = st.frozensets(st.sampled_from(VALUES[key]), min_size=1)
    return st.builds(Codes, st.just(FACETS[key]), st.sampled_from(modes), values)


PATTERNS = st.builds(
    Pattern,
    st.sampled_from(["", "sirene", "interpol"]),
    st.sampled_from(["", "G", "g", "A"]),
    st.sampled_from(["", "1"]),
)
NUMBERS = st.sampled_from(["089", "083"])
CONDITIONS: st.SearchStrategy[Condition] = st.one_of(
    st.lists(PATTERNS, min_size=1, max_size=3).map(lambda patterns: FormatIs(tuple(patterns))),
    st.lists(st.sampled_from(ARTICLES), min_size=1, max_size=2).map(lambda articles: ArticleIs(tuple(articles))),
    st.sampled_from([Asks("P"), Asks("L"), MarkedAsTest(True), MarkedAsTest(False), MarkedOrNot()]),
    st.builds(FieldIs, st.just("number"), NUMBERS, st.just(True), st.sampled_from(["", "r", "Red", "P"])),
    st.builds(FieldIs, st.just("number"), NUMBERS, st.just(False)),
    *(codes(key) for key in VALUES),
)  # fmt: skip


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    # Only SIRENE forms number their fields 089 and 090: `excludes` relies on it.
    form = draw(st.sampled_from(["sirene/G@1", "sirene/A@1", "sirene/G@2", "interpol/G@1"]))
    numbers = draw(st.lists(st.tuples(st.sampled_from(["089", "083"]), st.sampled_from(TEXTS)), max_size=2))
    fields = [field(number, text) for number, text in numbers]
    fields += [field("090", article) for article in draw(st.lists(st.sampled_from(ARTICLES), max_size=2))]
    rules = draw(some(("R1", "R2")))
    return message(
        form,
        *(fields if form.startswith("sirene") else ()),
        subjects=tuple(draw(st.lists(st.sampled_from([CAR, PASSPORT, RIFLE, TESTINE]), max_size=3))),
        handling=draw(some(VALUES["handling"])),
        purposes=draw(some(VALUES["purposes"])),
        sender=draw(st.sampled_from(["sirene:XB", "sirene:XC", "sirene:XD"])),
        urgency=draw(st.sampled_from(VALUES["urgency"])),
        test=draw(st.booleans()),
        findings=tuple(Finding(rule=rule, severity=Severity.WARNING, text="…") for rule in rules),
    )


@given(CONDITIONS, CONDITIONS, envelopes())
def test_what_implies_another_never_holds_without_it(one: Condition, other: Condition, envelope: Envelope) -> None:
    if one.implies(other) and one.holds(envelope):
        assert other.holds(envelope), f"{one.words()}, but not: {other.words()}"


@given(CONDITIONS, CONDITIONS, envelopes())
def test_what_excludes_another_never_holds_with_it(one: Condition, other: Condition, envelope: Envelope) -> None:
    if one.excludes(other):
        assert not (one.holds(envelope) and other.holds(envelope)), f"{one.words()}, and: {other.words()}"


@given(CONDITIONS, envelopes())
def test_the_cases_of_a_condition_are_the_condition(condition: Condition, envelope: Envelope) -> None:
    assert condition.holds(envelope) is any(case.holds(envelope) for case in condition.cases())


@given(CONDITIONS)
def test_every_condition_implies_itself_and_has_words(condition: Condition) -> None:
    assert condition.implies(condition)
    assert condition.words()
