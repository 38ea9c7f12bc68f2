"""Whatever arrives, in whatever order and however often: an exchange can be read, and reads the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.dialogues.reading import read
from gateway.dialogues.step import Step
from schemas.sirene.dialogues import charts
from tests.dialogues.playing import ALERT, OWN, lines, records_of, steps_of
from tests.dialogues.stories import BROKEN, STORIES

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARTIES = ("sirene:XA", "sirene:XB", "sirene:XC", "europol:EUROPOL")
VALUES = {
    "asks": ("yes",), "wants": ("P", "L"), "flag": ("add", "delete"), "decision": ("granted", "keep", "refused"),
    "consultation": ("yes",), "issuer": ("sirene:XA", "sirene:XB"), "hit": ("aaaa1111", "bbbb2222"), "linked": ("yes",),
    "article": ("1862:26", "1862:32", "1862:36", "1862:38", "1861:24", "1860:3"), "occasion": ("exit", "entry"),
    "handover": ("surrender",), "transit": ("yes",), "announces": ("check-immediate", "original-vehicle"), "anpr": ("yes",),
    "checked_at": ("2026-11-21T08:30:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday"),
    "deadline": ("2026-12-07T12:00:00Z", "0001-01-01T00:00:00+14:00"), "extension": ("12", "999999999", "-1"),
    "terrorism": ("yes",), "biometrics": ("PHOTO",), "schengen_id": (ALERT, "XB00000000000000001"),
}  # fmt: skip
MOMENTS = st.integers(0, 30).map(lambda hour: NOON + timedelta(hours=hour))


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Messages of one exchange without any sense: rings of answers, equal moments, unknown letters, answers to nothing."""
    found = []
    for number in range(draw(st.integers(0, 9))):
        sender = draw(st.sampled_from(PARTIES))
        names = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=4, unique=True))
        facts = {
            "letter": draw(st.sampled_from("AEFGHIJKLMNOPQZ")),
            **{name: draw(st.sampled_from(VALUES[name])) for name in names},
        }
        found.append(
            Step(
                envelope=f"e{number}", exchange="x", format="sirene/G@1", sender=sender,
                to=tuple(draw(st.lists(st.sampled_from(PARTIES), max_size=3, unique=True))), message_id=f"m{number}",
                reference=draw(st.sampled_from(("", "R-1", f"R-{number}"))), sent=draw(MOMENTS), known_at=draw(MOMENTS),
                in_reply_to=draw(st.sampled_from(("", "", "m0", "m1", "m2", "m5", "nothing", f"m{number}"))),
                your_references=draw(st.sampled_from(((), ("R-1",), ("", "R-3"), ("nothing",)))), inbound=draw(st.booleans()),
                taken_at=draw(st.none() | MOMENTS), test=draw(st.sampled_from((False, False, True))), facts=tuple(sorted(facts.items())),
            )
        )  # fmt: skip
    return found


@st.composite
def records(draw: st.DrawFn) -> list[Happened]:
    """What was recorded beside them."""
    names = st.sampled_from(sorted(charts().happenings))
    return [
        Happened(
            id=f"h{number}",
            exchange="x",
            happening=Happening(name=draw(names), at=draw(MOMENTS)),
            about=draw(st.sampled_from(("", "m0", "m1", "?"))),
        )
        for number in range(draw(st.integers(0, 4)))
    ]


@settings(max_examples=300, deadline=None)
@given(steps(), records(), st.randoms(use_true_random=False))
def test_any_exchange_reads_the_same_in_every_order(
    given_steps: list[Step], given_records: list[Happened], random: st.DataObject
) -> None:
    """Reading never raises, every message has its fit, and neither order nor repetition changes anything."""
    standing = read(charts(), given_steps, given_records, OWN)
    assert {fit.envelope for fit in standing.fits} == {step.envelope for step in given_steps}
    shuffled, recorded = [*given_steps, *given_steps[:2]], [*given_records, *given_records[:1]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random in the shape that hypothesis types
    random.shuffle(recorded)  # type: ignore[attr-defined]  # the same
    assert read(charts(), shuffled, recorded, OWN) == standing


@settings(max_examples=150, deadline=None)
@given(steps())
def test_every_beginning_of_an_exchange_can_be_read(given_steps: list[Step]) -> None:
    """A step that breaks its dialogue changes no state; every state is one of its chart."""
    for number in range(len(given_steps) + 1):
        standing = read(charts(), given_steps[:number], (), OWN)
        for fit in standing.fits:
            assert fit.problem is None or fit.before == fit.after
            assert fit.problem is not None or fit.dialogue
        for course in standing.courses:
            assert course.state in charts().get(course.dialogue).states


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted({**STORIES, **{title: BROKEN[title] for title in BROKEN}})),
    st.randoms(use_true_random=False),
)
def test_a_story_ends_the_same_however_its_messages_arrive(title: str, random: st.DataObject) -> None:
    """The messages arrive in any order, with new envelopes and at other times; where the exchange stands does not change."""
    story = lines(STORIES[title].lines if title in STORIES else BROKEN[title])
    as_told = read(charts(), steps_of(story), records_of(story), OWN)
    arriving = steps_of(story)
    random.shuffle(arriving)  # type: ignore[attr-defined]  # a random.Random in the shape that hypothesis types
    arrived = [
        replace(step, envelope=f"n{place}", known_at=NOON + timedelta(days=90, hours=place))
        for place, step in enumerate(arriving)
    ]
    standing = read(charts(), arrived, records_of(story), OWN)
    told = [
        (course.dialogue, course.about, course.state, course.closed, course.roles, course.next)
        for course in as_told.courses
    ]
    assert [
        (course.dialogue, course.about, course.state, course.closed, course.roles, course.next)
        for course in standing.courses
    ] == told
    by_message = {step.envelope: step.message_id for step in arrived}
    problems = {by_message[fit.envelope]: fit.problem and fit.problem.rule for fit in standing.fits}
    assert problems == {
        step.message_id: (fit := as_told.fit(step.envelope)) and fit.problem and fit.problem.rule
        for step in steps_of(story)
    }


def test_a_thousand_messages_on_one_alert_are_read_in_time() -> None:
    """What a bureau can send in a day is read in seconds: the work grows with the messages and not with their square."""
    many = steps_of(lines("\n".join(f"{number} XB>XA M asks=yes | asked" for number in range(1, 1001))))
    standing = read(charts(), many, (), OWN)
    assert len(standing.fits) == 1000
