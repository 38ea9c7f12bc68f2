"""A table of clocks is sound or refused, with everything that is wrong at once."""

from __future__ import annotations

import pytest

from gateway.clocks.definition import ClockTable
from gateway.clocks.limit import Moves, Unit
from gateway.clocks.table import ClocksRefused, read_clocks

HEAD = """
[counting]
text = "Days end at midnight."
citation = "Example Act Art. 1"
confidence = "unverified"

[warnings]
percent = [50, 80]
citation = "Default"
confidence = "proposal"

[parties]
asked = "who is asked"

[effects]
silence = "counts as consent"

[facets]
urgency = ["URGENT", "NORMAL"]

[happenings]
"request.received" = "a request came"
"answer.sent" = "it was answered"
"""
FIRST = """
[[clock]]
id = "X01"
title = "request received"
act = "answer"
owes = ["asked"]
starts = ["request.received"]
stops = ["answer.sent"]
limit = "PT12H"
applies = { urgency = "URGENT" }
escalation = "duty officer"
citation = "Example Act Art. 2"
confidence = "verified"
"""
SECOND = """
[[clock]]
id = "X02"
title = "request received"
act = "answer"
owes = ["asked"]
starts = ["request.received"]
stops = ["answer.sent"]
limit = "P10D"
days = "calendar"
place = "bound authority"
next_working_day = "open"
consequence = { effect = "silence", text = "Silence is consent." }
citation = "Example Act Art. 3"
confidence = "verified"
limit_confidence = "secondary"
"""
SOUND = HEAD + FIRST + SECOND


def refusals(text: str, beside: ClockTable | None = None) -> list[str]:
    with pytest.raises(ClocksRefused) as refusal:
        read_clocks(text, file="example.toml", beside=beside)
    assert all(line.startswith("example.toml:") for line in refusal.value.operator.splitlines())
    return [f"{problem.place}: {problem.text}" for problem in refusal.value.problems]


def test_a_sound_table_gives_clocks_with_their_sources() -> None:
    first, second = read_clocks(SOUND).clocks

    assert (first.limit.words(), first.warn_percent, first.row) == ("12 hours", (50, 80), "X01")
    assert (second.limit.unit, second.limit.moves, second.limit.local) == (Unit.CALENDAR_DAYS, Moves.OPEN, True)
    assert (second.confidence, second.limit_confidence) == ("verified", "secondary")
    assert second.consequence and second.consequence.effect == "silence"


def test_a_happening_starts_the_clocks_whose_facts_fit() -> None:
    table = read_clocks(SOUND)

    assert [each.id for each in table.started_by("request.received", {"urgency": "URGENT"})] == ["X01", "X02"]
    assert [each.id for each in table.started_by("request.received", {"urgency": "NORMAL"})] == ["X02"]
    assert [each.id for each in table.started_by("request.received")] == ["X02"]
    assert table.started_by("answer.sent") == ()
    assert [each.id for each in table.concerned_with("answer.sent")] == ["X01", "X02"]
    with pytest.raises(KeyError):
        table.get("X99")


CHANGES = [
    ('limit = "PT12H"', 'limit = "12 hours"', "“limit” must be a duration"),
    ('limit = "PT12H"', 'limit = "P0D"', "“limit” must be a duration"),
    ('limit = "PT12H"', 'limit = "PT1201H"', "at most 1200"),
    ('limit = "PT12H"', "limit = 12", "“limit” must be a text"),
    ('limit = "PT12H"', 'limit = "PT12H"\ndays = "working"', "“days” means nothing with this limit"),
    ('limit = "PT12H"', 'limit = "IMMEDIATE"\nplace = "UTC"', "“place” means nothing with this limit"),
    ('limit = "PT12H"', 'limit = "NONE"', "where no time runs there must be a consequence"),
    ('days = "calendar"\n', "", "“days” must be one of"),
    ('place = "bound authority"\n', "", "“place” must be one of"),
    ('next_working_day = "open"\n', "", "“next_working_day” must be one of"),
    ('next_working_day = "open"', "before = true", "only months and years are counted back"),
    ('confidence = "verified"\nlimit', 'confidence = "sure"\nlimit', "“confidence” must be one of"),
    ('starts = ["request.received"]', 'starts = ["request.recieved"]', "which the file does not declare"),
    ('starts = ["request.received"]', 'starts = ["answer.sent"]', "needs `restarts = true`"),
    ('starts = ["request.received"]', "starts = []", "“starts” must name at least one"),
    ('stops = ["answer.sent"]', "", "“stops” must name at least one"),
    ('stops = ["answer.sent"]', 'stops = ["answer.sent", "answer.sent"]', "names one twice"),
    ('owes = ["asked"]', 'owes = ["nobody"]', "declared are asked"),
    ('escalation = "duty officer"\n', "", "either `consequence`"),
    ('escalation = "duty officer"', 'escalation = "duty officer"\nconsequence = { effect = "silence", text = "x" }', "not both"),
    ('effect = "silence"', 'effect = "noise"', "“effect” names “noise”"),
    ('urgency = "URGENT"', 'urgency = "QUICK"', "“urgency” names “QUICK”"),
    ('urgency = "URGENT"', 'colour = "red"', "unknown key “colour”"),
    ('title = "request received"', 'title = " "', "“title” must be a text"),
    ('title = "request received"', 'titel = "request received"', "unknown key “titel”"),
    ('escalation = "duty officer"', 'escalation = "duty officer"\nwarn_percent = [80, 50]', "rising list"),
    ('escalation = "duty officer"', 'escalation = "duty officer"\nwarn_percent = [100]', "rising list"),
    ('escalation = "duty officer"', 'escalation = "duty officer"\nrestarts = "yes"', "“restarts” must be true or false"),
    ('escalation = "duty officer"', 'escalation = "duty officer"\nsuperseded_by = "X01"', "no other clock “X01”"),
    ('id = "X02"', 'id = "X01"', "another row has the same id"),
    ("percent = [50, 80]", "percent = [0.5]", "rising list of whole numbers"),
    ('asked = "who is asked"', 'asked = "who is asked"\nidle = "who is not"', "declares “idle”, and no clock uses it"),
    ('"answer.sent" = "it was answered"', '"answer.sent" = "it was"\n"Ask" = "x"', "no name of a happening"),
    ("[effects]", "[effect]", "unknown key “effect”"),
]  # fmt: skip


@pytest.mark.parametrize(("sound", "broken", "said"), CHANGES)
def test_each_fault_is_named(sound: str, broken: str, said: str) -> None:
    assert sound in SOUND
    found = refusals(SOUND.replace(sound, broken, 1))
    assert any(said in line for line in found), found


def test_all_faults_come_at_once_with_row_and_line() -> None:
    broken = SOUND
    for sound, wrong, _ in (CHANGES[0], CHANGES[7], CHANGES[23]):
        broken = broken.replace(sound, wrong, 1)
    with pytest.raises(ClocksRefused) as refusal:
        read_clocks(broken)
    found = {(problem.place, problem.line) for problem in refusal.value.problems}
    lines = [number for number, line in enumerate(broken.splitlines(), 1) if line == "[[clock]]"]
    assert found == {("X01", lines[0]), ("X02", lines[1])}
    assert len(refusal.value.problems) == 3


EXTENSION = (
    'extension = { event = "answer.sent", at_most = "PT1H", times = 1, citation = "x", confidence = "verified" }'
)


def test_extensions_and_pauses_that_cannot_work_are_refused() -> None:
    pause = 'pauses = [{ begins = "answer.sent", ends = "answer.sent", citation = "x", confidence = "verified" }]'
    found = refusals(HEAD + FIRST + SECOND + EXTENSION + "\n" + pause)
    for said in (
        "in the unit of the limit",
        "neither starts nor stops",
        "how a pause moves a date",
        "different happenings",
    ):
        assert any(said in line for line in found), said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[clock", "not TOML"),
        (HEAD, "between 1 and 500"),
        (HEAD + "clock = []", "between 1 and 500"),
        ("clock = [1, 2]", "is not a table"),
        (HEAD.replace("[parties]", "[[parties]]") + FIRST, "is not a table"),
        ("clock = 1", "between 1 and 500"),
    ],
)
def test_what_is_no_table_at_all_is_refused_in_our_words(text: str, said: str) -> None:
    assert any(said in line for line in refusals(text))


def test_an_office_sets_its_own_row_beside_the_table_of_the_family() -> None:
    table = read_clocks(SOUND)
    office = read_clocks(FIRST.replace("PT12H", "PT6H").replace('"verified"', '"proposal"'), beside=table)
    amended = table.amended_by(office)

    assert [(each.id, each.limit.words(), each.confidence) for each in amended.clocks] == [
        ("X01", "6 hours", "proposal"), ("X02", "10 calendar days", "verified"),
    ]  # fmt: skip
    assert amended.happenings == table.happenings
    assert any(
        "does not declare" in line for line in refusals(FIRST.replace("answer.sent", "answer.send"), beside=table)
    )
