"""What forms say of themselves: words of a closed list, never a person's data, and every word is used."""

from __future__ import annotations

from importlib.resources import files

import pytest
from lxml import etree
from msgspec.structs import replace

from gateway.dialogues.reading import read
from gateway.dialogues.step import Step
from gateway.dialogues.words import FactsRefused, FactWords, read_facts, strangers
from gateway.facts import fact
from gateway.findings import Occasion
from gateway.form import Field, Form
from schemas.catalogue import discover
from schemas.europol import facts as europol
from schemas.interpol import facts as interpol
from schemas.sirene import facts as sirene
from schemas.sirene.dialogues import charts, clocks
from schemas.sirene.rules.hits import RULES

CATALOGUE = discover()
WORDS: dict[str, FactWords] = {"sirene": sirene.words(), "interpol": interpol.words(), "europol": europol.words()}
SAMPLES = [
    file for family in WORDS for file in (files("schemas") / family / "samples").iterdir() if file.name.endswith(".xml")
]


def sample(name: str, family: str = "sirene") -> Form:
    """The shipped sample of a form, decoded."""
    root = etree.fromstring((files("schemas") / family / "samples" / f"{name}.xml").read_bytes())
    return CATALOGUE.recognise(root.tag, "1.0").decode(root)


@pytest.mark.parametrize("file", SAMPLES, ids=[file.name for file in SAMPLES])
def test_a_form_states_only_what_its_family_declares(file: object) -> None:
    """The facts of every sample are declared words or shapes, sorted, each name once, and no text of a person."""
    root = etree.fromstring(file.read_bytes())  # type: ignore[attr-defined]  # a Traversable
    spec = CATALOGUE.recognise(root.tag, "1.0")
    form = spec.decode(root)
    facts = spec.facts(form)
    assert strangers(facts, WORDS[spec.family]) == ()
    assert list(facts) == sorted(dict(facts).items())
    said = " ".join(value for _, value in facts)
    personal = [
        field.value
        for field in form.walk()
        if field.name in {"Surname", "Forename", "FamilyName", "GivenName", "DateOfBirth"}
    ]
    assert not [value for value in personal if value and value in said]


def test_every_fact_has_a_meaning_and_somebody_who_looks_at_it() -> None:
    """A dialogue, a clock, or whoever `used_by` names."""
    rows = [turn for chart in charts().charts for turn in chart.turns]
    needs = {name for row in rows for name, _ in row.needs} | {name for chart in charts().charts for name in chart.same}
    told = [each for row in rows for each in row.emits] + list(charts().always)
    needs |= {name for each in told for name in (each.at, each.until, each.amount, *(name for name, _ in each.needs))}
    for words in WORDS.values():
        assert all(word.meaning for word in words.values())
    assert [name for name, word in sirene.words().items() if name not in needs and not word.used_by] == []


def test_a_second_report_of_a_hit_has_the_same_digest_and_another_hit_has_not() -> None:
    """Place and time of the check tell hits apart; the digest does not say where."""
    form = sample("FormG")
    hit = fact(sirene.facts(form), "hit")
    report = form.first("CheckReport")
    assert report is not None

    def at_another(place: str) -> Form:
        children = tuple(
            replace(child, value=place) if child.name == "PlaceOfCheck" else child for child in report.children
        )
        moved = replace(report, children=children)
        return replace(form, fields=tuple(moved if field is report else field for field in form.fields))

    assert fact(sirene.facts(at_another("EXAMPLESTAD,  Ring Road, XB")), "hit") == hit
    assert fact(sirene.facts(at_another("Elsewhere")), "hit") != hit
    assert len(hit) == 8


def test_an_address_leaves_too_little_behind_to_be_found() -> None:
    """Sixteen bits: the same address is seen to be the same, and many others look alike."""
    form = replace(
        sample("FormG"),
        fields=(Field(name="CheckReport", children=(Field(name="Residence", value="Example Street 1"),)),),
    )
    assert len(fact(sirene.facts(form), "residence")) == 4


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Who may collect the vehicle?", "yes"),
        ("The vehicle was collected.", ""),
        ("TRANSIT is asked for on 3 December.", "yes"),
    ],
)
def test_form_m_shows_that_it_asks(text: str, asks: str) -> None:
    """A date for the reply, a question mark in 083, or TRANSIT."""
    form = replace(sample("FormM"), fields=(Field(name="SupplementaryInformation", number="083", value=text),))
    assert fact(sirene.facts(form), "asks") == asks


@pytest.mark.parametrize(
    ("born", "article", "role", "minor"),
    [
        ("2014-01-31", "1862:32(1)(a)", "SUBJECT", "yes"),
        ("2014", "1862:32(1)(a)", "SUBJECT", "yes"),
        ("1970-01-31", "1862:32(1)(a)", "SUBJECT", ""),
        ("1970-01-31", "1862:32(1)(c)", "SUBJECT", "yes"),
        ("2014-01-31", "1862:32(1)(a)", "COMPANION", ""),
        ("2014-99999", "1862:32(1)(a)", "SUBJECT", "yes"),
        ("99999", "1862:32(1)(a)", "SUBJECT", ""),
    ],
)
def test_a_child_is_a_child_without_the_word_minor(born: str, article: str, role: str, minor: str) -> None:
    """The twelve hours after a child was located do not hang on a keyword: the age counts as it does for rule R53."""
    person = Field(name="Person", attributes=(("role", role),), children=(Field(name="DateOfBirth", value=born),))
    form = replace(sample("FormG"), fields=(Field(name="AlertArticle", number="090", value=article), person))
    assert fact(sirene.facts(form), "minor") == minor
    occasion = Occasion(now=form.header.sent, inbound=True, own_parties=frozenset(), known_parties=frozenset())
    (rule,) = [rule for rule in RULES if rule.id == "R53"]
    assert bool(list(rule.check(form, occasion))) == bool(minor)


def test_what_does_not_have_its_shape_is_left_out() -> None:
    """A hostile value of a field becomes no fact."""
    fields = (
        Field(name="AlertArticle", number="090", value="1862:26 or a name"),
        Field(name="SchengenId", number="005", value="x" * 65),
    )
    facts = sirene.facts(replace(sample("FormG"), fields=fields))
    assert dict(facts) == {"letter": "G", "action": "taken", "asks": "", **dict(facts)} | dict(facts)
    assert "schengen_id" not in dict(facts)
    assert "article" not in dict(facts)


def test_the_facets_of_the_europol_clocks_are_facts_of_its_forms() -> None:
    """What a clock applies to is stated by the form, or left to an officer; nothing else."""
    table = CATALOGUE.family("europol/Request@1").clocks
    assert table is not None
    facts = dict(europol.facts(sample("Request", "europol")))
    assert facts["legal_basis"] in table.facets["legal_basis"]
    assert facts["urgency"] in table.facets["urgency"]
    assert facts["form"] in table.facets["form"]
    assert clocks().facets == {}


def test_a_slip_in_a_list_of_facts_is_told_with_its_line() -> None:
    """Values or a shape, never both; every family says its letters."""
    with pytest.raises(FactsRefused) as refused:
        read_facts('[asks]\nmeaning = "x"\nvalues = ["yes"]\nshape = "time"\n')
    assert "facts.toml:1: asks: write either" in str(refused.value.operator)
    assert "declares “letter”" in str(refused.value.operator)


OPENS_WITH = {
    "FormA": "arrest", "FormE": "multiple-alerts", "FormF": "flags", "FormG": "objects", "FormH": "number-plate-cameras", "FormI": "other-purpose",
    "FormJ": "wrong-data", "FormK": "person-requests", "FormL": "biometrics", "FormM": "missing-persons", "FormQ": "misused-identity",
}  # fmt: skip


def as_step(form: Form) -> Step:
    """The step that a message of the form is."""
    header = form.header
    return Step(
        envelope=f"e-{header.message_id}", exchange="x", format=form.format, sender=header.sender, to=header.to,
        message_id=header.message_id, reference=header.our_reference, sent=header.sent, known_at=header.sent,
        in_reply_to=header.in_reply_to, your_references=header.your_references, facts=sirene.facts(form),
    )  # fmt: skip


@pytest.mark.parametrize("name", OPENS_WITH)
def test_a_shipped_sample_opens_its_dialogue(name: str) -> None:
    """The facts of the real form are enough to find where it belongs."""
    standing = read(charts(), [as_step(sample(name))])
    assert [course.dialogue for course in standing.courses] == [OPENS_WITH[name]]
    assert standing.fits[0].problem is None


@pytest.mark.parametrize("name", ["FormN", "FormO", "FormP"])
def test_a_shipped_sample_that_only_answers_waits_for_what_it_answers(name: str) -> None:
    """A decision or object data without the message before is a reply to nothing."""
    fit = read(charts(), [as_step(sample(name))]).fits[0]
    assert fit.problem is not None
    assert fit.problem.rule == "DLG-REPLY-TO-NOTHING"
