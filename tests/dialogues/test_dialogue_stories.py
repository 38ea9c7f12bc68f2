"""Every dialogue is played from its first form to its end, and every break of one is told to an officer."""

from __future__ import annotations

import pytest

from gateway.findings import Severity
from schemas.sirene.dialogues import charts
from tests.dialogues.playing import Line, lines, played
from tests.dialogues.stories import BROKEN, STORIES


def _check_lines(story: list[Line]) -> None:
    """Play the story line by line and hold every line against what it says."""
    for number, each in enumerate(story, 1):
        standing = played(story[:number])
        if each.step is not None:
            fit = standing.fit(each.step.envelope)
            assert fit is not None
            assert (fit.problem.rule if fit.problem else fit.after) == each.expected, each
        else:
            assert each.expected in [course.state for course in standing.courses], each


@pytest.mark.parametrize("title", STORIES)
def test_a_story_goes_as_it_is_told(title: str) -> None:
    """Each step leads where the story says, and the clocks are told what follows, once and in order."""
    story = STORIES[title]
    _check_lines(lines(story.lines))
    standing = played(lines(story.lines))
    assert [noted.happening.name for noted in standing.noted] == story.told.split()
    assert story.dialogue in [course.dialogue for course in standing.courses]
    broken = [fit for fit in standing.fits if fit.problem]
    assert len(broken) == sum(each.expected.startswith("DLG-") for each in lines(story.lines))


@pytest.mark.parametrize("title", BROKEN)
def test_a_break_of_a_dialogue_is_told_to_an_officer(title: str) -> None:
    """The step is held, it changes nothing, and the words say what stands, what to send instead and by which source."""
    story = lines(BROKEN[title])
    _check_lines(story)
    broken = [fit for fit in played(story).fits if fit.problem]
    for fit in broken:
        assert fit.problem is not None
        assert fit.problem.severity is Severity.HOLD
        assert fit.problem.text
        assert fit.problem.remedy
        assert fit.problem.citation
        assert fit.before == fit.after
    assert len(broken) == sum(each.expected.startswith("DLG-") for each in story)


@pytest.mark.parametrize("chart", [chart.id for chart in charts().charts])
def test_every_dialogue_has_a_story_that_closes_it(chart: str) -> None:
    """At least one story of the dialogue ends with nothing owed."""
    ends = [played(lines(story.lines)) for story in STORIES.values() if story.dialogue == chart]
    assert any(course.closed for end in ends for course in end.courses if course.dialogue == chart)


def test_what_may_come_is_told_with_who_and_why() -> None:
    """After a G that asks for form P, the issuing state owes P; everything that may come names its source."""
    standing = played(lines("1 XB>XA G article=1862:38 asks=yes wants=P | object-data-asked"))
    (course,) = standing.courses
    first = course.next[0]
    assert (first.letter, first.by, first.to, first.role, first.expected) == (
        "P",
        "sirene:XA",
        ("sirene:XB",),
        "ISS",
        True,
    )
    assert all(each.citation and each.confidence and each.text for each in course.next)
    assert ("M", False) in [(each.letter, each.expected) for each in course.next]


def test_a_form_that_ran_ahead_is_marked_and_no_problem() -> None:
    """P came before the G that asks for it: held while nothing is known, in its place when G arrives."""
    story = lines("1 XB>XA G article=1862:38 asks=yes wants=P | object-data-asked\n2 XA>XB P re 1 | object-data-sent")
    alone = played(story[1:]).fits[0]
    assert alone.problem is not None
    assert alone.problem.rule == "DLG-REPLY-TO-NOTHING"
    from msgspec.structs import replace

    from tests.dialogues.playing import at

    question, answer = story[0].step, story[1].step
    assert question is not None
    assert answer is not None
    late = played([story[0]._replace(step=replace(question, known_at=at(9))), story[1]])
    fit = late.fit(answer.envelope)
    assert fit is not None
    assert fit.problem is None
    assert fit.early
    assert fit.after == "object-data-sent"


def test_several_dialogues_stand_open_on_one_alert() -> None:
    """A flag is asked for while a hit waits for its answer; each answer finds its own dialogue."""
    standing = played(
        lines("""
        1 XB>XA G article=1862:26 asks=yes | asked
        2 XB>XA F flag=add                 | add-asked
        3 XA>XB M re 2                     | flagged
        4 XA>XB M re 1                     | answered
        """)
    )
    assert {(course.dialogue, course.state) for course in standing.courses} == {
        ("arrest", "answered"),
        ("flags", "flagged"),
    }


def test_an_exercise_starts_no_clock_and_mixes_with_nothing() -> None:
    """A test form opens a dialogue of its own, and the clocks hear nothing of it."""
    from msgspec.structs import replace

    story = lines("1 XB>XA G asks=yes | asked\n2 XA>XB M | answered")
    exercise = story[0].step
    assert exercise is not None
    standing = played([story[0]._replace(step=replace(exercise, test=True)), story[1]])
    assert [noted.happening.name for noted in standing.noted] == ["better-data.sent"]
    assert [course.dialogue for course in standing.courses] == ["generic-hit", "supplementary-information"]


def test_a_question_stays_in_the_dialogue_that_it_belongs_to() -> None:
    """A form M that answers and asks back opens nothing new; the dialogue waits for the answer, and closes with it."""
    story = """
        1 XB>XA I asks=yes             | asked
        2 XA>XB M re 1                 | answered
        3 XB>XA M asks=yes re 2        | answered
        """
    (course,) = played(lines(story)).courses
    assert not course.closed
    assert [(each.letter, each.by, each.to) for each in course.next if each.expected] == [
        ("M", "sirene:XA", ("sirene:XB",))
    ]
    (after,) = played(lines(f"{story}\n4 XA>XB M re 3 | answered")).courses
    assert after.closed


def test_an_exercise_that_answers_in_earnest_stays_an_exercise() -> None:
    """Its answer does not count as the answer to the real question."""
    from msgspec.structs import replace

    story = lines("1 XB>XA G asks=yes | asked\n2 XA>XB M re 1 | answered")
    answer = story[1].step
    assert answer is not None
    standing = played([story[0], story[1]._replace(step=replace(answer, test=True))])
    assert (standing.courses[0].dialogue, standing.courses[0].state) == ("generic-hit", "asked")
    assert "request.answered" not in [noted.happening.name for noted in standing.noted]


def test_a_message_of_ours_on_its_way_stops_no_clock() -> None:
    """The answer counts from the moment when the other side took it."""
    from msgspec.structs import replace

    story = lines("1 XB>XA G asks=yes | asked\n2 XA>XB M re 1 | answered")
    answer = story[1].step
    assert answer is not None
    on_its_way = played([story[0], story[1]._replace(step=replace(answer, taken_at=None))])
    assert "request.answered" not in [noted.happening.name for noted in on_its_way.noted]
    assert "request.answered" in [noted.happening.name for noted in played(story).noted]


def test_the_location_of_a_child_counts_from_the_check() -> None:
    """The twelve hours run from the location, not from the form."""
    standing = played(lines(STORIES["a missing child at high risk is announced and found"].lines))
    located = next(noted for noted in standing.noted if noted.happening.name == "child.located")
    assert located.happening.at.isoformat() == "2026-11-21T07:30:00+00:00"
    assert located.bound == "sirene:XB"


def test_who_issued_the_alert_decides_which_consultation_it_is() -> None:
    """The same words open two dialogues; where nobody knows the issuer, an officer sees it and no clock of silence runs."""
    unknown = played(lines("1 XB>XA M consultation=yes | asked"))
    assert [course.dialogue for course in unknown.courses] == ["supplementary-information"]
    assert "prior-consultation.received" not in [noted.happening.name for noted in unknown.noted]


def test_an_urgent_question_binds_the_office_that_it_came_to() -> None:
    """Each clock that a form of theirs starts has our office as the one that owes."""
    standing = played(lines("1 XB>XA,XC M asks=yes urgent=yes article=1862:26 | asked"))
    bound = {noted.happening.name: noted.bound for noted in standing.noted}
    assert bound == {
        "urgent-form.received": "sirene:XA", "immediate-request.received": "sirene:XA", "request.received": "sirene:XA",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "asks", "at_once"),
    [
        ("1 XB>XA G article=1862:36 terrorism=yes", "2 XB>XA M asks=yes", True),
        ("1 XB>XA G article=1862:36", "2 XB>XA M asks=yes", False),
        ("1 XB>XA G article=1862:32 paragraph=1862:32(1)(c)", "2 XB>XA M article=1862:32 asks=yes", True),
        ("1 XA>XB A article=1862:26 warrant=1", "2 XB>XA M asks=yes", True),
        ("1 XB>XA G article=1862:36 terrorism=yes", "2 XB>XA M asks=yes schengen_id=XA00000000000000043", False),
        ("3 XB>XA G article=1862:36 terrorism=yes", "2 XB>XA M asks=yes article=1862:36", False),
    ],
)
def test_what_one_form_said_of_the_alert_holds_for_the_request_that_follows(
    earlier: str, asks: str, at_once: bool
) -> None:
    """Form M has no field for terrorism, and need not repeat the article: the request is owed at once all the same."""
    noted = played(lines(f"{earlier}\n{asks}")).noted
    bound = [each.bound for each in noted if each.happening.name == "immediate-request.received"]
    assert bound == (["sirene:XA"] if at_once else [])


@pytest.mark.parametrize(
    ("earlier", "decision", "rule"),
    [
        ("1 XA>XB,XC A article=1862:26 warrant=1", "XA>XB M", "DLG-NOT-ITS-TURN"),
        ("1 XA>XB,XC A article=1862:26 warrant=1", "XB>XA M", "DLG-NOT-ITS-TURN"),
        ("1 XB>XA G article=1862:26", "XA>XB M", "DLG-NOT-ITS-TURN"),
        ("1 XB>XA G article=1862:26 asks=yes", "XA>XB M", "DLG-NOT-ITS-TURN"),
        ("1 XB>XA H article=1862:26", "XA>XB M", "DLG-NOT-ITS-TURN"),
        ("1 XB>XA M article=1862:26", "XB>XA M", "DLG-CLOSED"),
        ("", "XB>XA M", "DLG-REPLY-TO-NOTHING"),
        ("1 XB>XA G article=1862:26", "XB>XA M", ""),
        ("1 XB>XA G article=1862:26\n1.5 XB>XA M handover=surrender", "XB>XA M asks=yes", ""),
        ("1 XB>XA G article=1862:26\n1.5 ! alert.deleted", "XB>XA M", ""),
    ],
)
def test_only_who_reported_the_hit_tells_the_decision_on_surrender(earlier: str, decision: str, rule: str) -> None:
    """Field 083 begins with SURRENDER: from the issuing state, or where nobody was found, an officer must look."""
    told = lines(f"{earlier}\n2 {decision} handover=surrender article=1862:26")
    fit = played(told).fit("e2")
    assert fit is not None
    assert (fit.problem.rule if fit.problem else "") == rule


EUROPOL_IS_TOLD = """
        1 XB>XA G article=1862:37a             | due
        2 XB>XA M                              | due
        3 XA>XB M                              | due
        """


def europols(story: str) -> tuple[str, dict[str, str]]:
    (course,) = [each for each in played(lines(story)).courses if each.dialogue == "europol"]
    return course.state, dict(course.roles)


def test_what_goes_to_another_bureau_does_not_tell_europol() -> None:
    """A role that is kept for the parties of one scheme is taken by nobody else."""
    assert europols(EUROPOL_IS_TOLD) == ("due", {"EXE": "sirene:XB"})
    (course,) = [each for each in played(lines(EUROPOL_IS_TOLD)).courses if each.dialogue == "europol"]
    assert [(each.by, each.letter) for each in course.next if each.expected] == [("sirene:XB", "G"), ("sirene:XB", "M")]
    told = f"{EUROPOL_IS_TOLD}\n4 XB>XA,EUROPOL M | told"
    assert europols(told) == ("told", {"EXE": "sirene:XB", "EUP": "europol:EUROPOL"})
    asked = f"{told}\n5 EUROPOL>XB M | told\n6 XB>XA M | told"
    assert europols(asked)[0] == "told"


def test_a_hit_that_europol_itself_reports_is_not_owed_to_europol() -> None:
    assert "europol" not in [each.dialogue for each in played(lines("1 EUROPOL>XA G terrorism=yes | reported")).courses]


def test_what_we_send_as_urgent_is_owed_by_the_office_that_got_it() -> None:
    standing = played(lines("1 XA>XB M urgent=yes | informed"))
    assert ("urgent-form.received", "sirene:XB") in [(noted.happening.name, noted.bound) for noted in standing.noted]
