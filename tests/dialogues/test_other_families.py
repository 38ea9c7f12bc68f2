"""INTERPOL and Europol have dialogues too: a request is answered within the law, a query gets its result, an answer to nothing is held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.calendars.holidays.calendars import StateCalendars
from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Kept
from gateway.exchanges.picture import Picture, picture_of
from gateway.exchanges.running import Moment
from schemas.catalogue import discover

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OWN = frozenset({"enu:XA", "ncb:XA"})
FORMATS = discover()


def step(number: int, form: str, sender: str, /, *, to: str = "", hours: int = 0, **facts: str) -> Step:
    """A message; `answers` names the number of the one that it answers."""
    answers = facts.pop("answers", "")
    family, letter = form.split("/")
    receiver = to or ("enu:XA" if family == "europol" else "ncb:XA")
    at = NOON + timedelta(hours=hours)
    inbound = receiver in OWN
    return Step(
        envelope=f"0193a5c0-7d10-7a01-8b3c-5e0f9a1c00{number:02}", exchange="e", format=f"{form}@1", sender=sender, to=(receiver,),
        message_id=f"m{number}", reference=f"r{number}", sent=at, known_at=at, in_reply_to=f"m{answers}" if answers else "",
        inbound=inbound, taken_at=None if inbound else at, facts=tuple(sorted({"letter": letter, **facts}.items())),
    )  # fmt: skip


def seen(family: str, *steps: Step, happened: tuple[Happened, ...] = (), hours: int = 0) -> Picture:
    """The exchange so many hours after noon."""
    at = Moment(NOON + timedelta(hours=hours), StateCalendars({}))
    return picture_of(FORMATS.family(f"{family}/Any@1"), Kept(steps, happened), OWN, at)


def asked(**facts: str) -> Step:
    """A request under the Directive, from abroad."""
    stated: dict[str, Any] = {"form": "Request", "urgency": "NORMAL", "legal_basis": "DIR977", "asks": "yes", **facts}
    return step(1, "europol/Request", "enu:XB", **stated)


def reply(number: int, hours: int, **facts: str) -> Step:
    """Our reply to it."""
    return step(number, "europol/Reply", "enu:XA", to="enu:XB", hours=hours, answers="1", **facts)


def states(picture: Picture) -> dict[str, str]:
    """Each dialogue with where it stands."""
    return {course.dialogue: course.state for course in picture.standing.courses}


def test_a_request_is_owed_seven_days_and_the_last_reply_ends_it() -> None:
    open_one = seen("europol", asked(), hours=1)
    (run,) = [run for run in open_one.runs if run.live]
    assert (run.clock.id, run.bound, run.state and run.state.due) == (
        "DIR977-normal",
        "enu:XA",
        NOON + timedelta(days=7),
    )
    assert next(coming.letter for course in open_one.standing.courses for coming in course.next) == "Reply"
    in_parts = seen("europol", asked(), reply(2, 24, final="no"), hours=30)
    assert states(in_parts) == {"request": "partly"}
    assert [run.clock.id for run in in_parts.runs if run.live] == ["DIR977-normal"]
    done = seen("europol", asked(), reply(2, 24, final="no"), reply(3, 48, final="yes"), hours=50)
    assert states(done) == {"request": "answered"}
    assert not [run for run in done.runs if run.live]
    late = seen("europol", asked(), hours=24 * 7 + 1)
    assert [run.clock.id for run in late.runs if run.overdue] == ["DIR977-normal"]


def test_an_urgent_request_has_eight_hours_and_three_days_until_the_first_part_is_there() -> None:
    def running(*more: Step, happened: tuple[Happened, ...] = ()) -> dict[str, timedelta]:
        runs = seen("europol", asked(urgency="URGENT"), *more, happened=happened, hours=3).runs
        return {run.clock.id: run.state.due - NOON for run in runs if run.live and run.state and run.state.due}

    both = {"DIR977-urgent-direct": timedelta(hours=8), "DIR977-urgent-indirect": timedelta(days=3)}
    rest = {"DIR977-urgent-indirect": timedelta(days=3)}
    indirect = Happening(name="information.found-indirect", at=NOON + timedelta(hours=1))
    assert running() == both
    assert running(reply(2, 2, final="no")) == rest
    assert (
        running(happened=(Happened(id="i", exchange="e", happening=indirect, about="m1", actor="user:officer"),))
        == rest
    )
    assert running(reply(2, 2, final="yes")) == {}


def test_a_refusal_with_its_ground_ends_the_limit_too() -> None:
    refused = seen("europol", asked(), reply(2, 24, final="yes", refused="R-a"), hours=25)
    assert states(refused) == {"request": "refused"}
    assert not [run for run in refused.runs if run.live]


def test_the_limit_rests_while_our_question_is_open() -> None:
    def recorded(name: str, hours: int) -> Happened:
        happening = Happening(name=name, at=NOON + timedelta(hours=hours))
        return Happened(id=name, exchange="e", happening=happening, about="m1", actor="user:officer")

    question = step(
        2, "europol/Request", "enu:XA", to="enu:XB", hours=1, answers="1", form="Request", asks="yes", urgency="NORMAL"
    )
    rested = (recorded("clarification.acknowledged", 2), recorded("clarification.answered", 26))
    found = seen("europol", asked(), question, happened=rested, hours=30)
    (run,) = [run for run in found.runs if run.live]
    assert run.state is not None
    assert run.state.due == NOON + timedelta(days=8)
    assert states(found) == {"request": "asked"}


def test_whoever_asked_does_not_answer_its_own_request() -> None:
    own = step(2, "europol/Reply", "enu:XB", hours=1, answers="1", final="yes")
    fit = seen("europol", asked(), own, hours=2).standing.fit(own.envelope)
    assert fit is not None and fit.problem is not None
    assert fit.problem.rule == "EUR-DLG-OWN-REQUEST"
    assert (fit.before, fit.after) == ("asked", "asked")


def test_information_that_nobody_asked_for_owes_nothing() -> None:
    told = step(1, "europol/Information", "enu:XB")
    more = step(2, "europol/Information", "enu:XA", to="enu:XB", hours=1, answers="1")
    found = seen("europol", told, more, hours=2)
    assert (states(found), found.runs) == ({"information": "told"}, ())


@pytest.mark.parametrize(("kind", "dialogue"), [("TravelDocument", "travel-document"), ("Vehicle", "vehicle")])
def test_a_query_waits_for_a_result_and_a_source_that_was_away_gives_none(kind: str, dialogue: str) -> None:
    query = step(1, f"interpol/{kind}Query", "ncb:XB", asks="yes")
    away = step(2, f"interpol/{kind}Answer", "ncb:XA", to="ncb:XB", hours=1, answers="1", result="TIMEOUT")
    hit = step(3, f"interpol/{kind}Answer", "ncb:XA", to="ncb:XB", hours=2, answers="1", result="HIT")
    confirm = step(4, "interpol/FreeText", "ncb:XB", hours=3, answers="3", asks="yes")
    found = seen("interpol", query, away, hours=1)
    assert states(found) == {dialogue: "asked"}
    assert [(coming.letter, coming.by) for coming in found.standing.courses[0].next if coming.expected] == [
        (f"{kind}Answer", "ncb:XA")
    ]
    assert states(seen("interpol", query, away, hit, confirm, hours=4)) == {dialogue: "answered"}


def test_a_question_in_free_text_is_answered_by_one_that_names_it() -> None:
    question = step(1, "interpol/FreeText", "ncb:XB", asks="yes")
    aside = step(2, "interpol/FreeText", "ncb:XA", to="ncb:XB", hours=1)
    answer = step(3, "interpol/FreeText", "ncb:XA", to="ncb:XB", hours=2, answers="1")
    assert [course.state for course in seen("interpol", question, aside).standing.courses] == ["asked", "told"]
    assert [course.state for course in seen("interpol", question, aside, answer).standing.courses] == [
        "answered",
        "told",
    ]


def test_a_diffusion_stands_until_it_is_withdrawn() -> None:
    diffusion = step(1, "interpol/Diffusion", "ncb:XB", colour="RED")
    sighting = step(2, "interpol/FreeText", "ncb:XA", to="ncb:XB", hours=1, answers="1")
    gone = Happened(
        id="w",
        exchange="e",
        happening=Happening(name="diffusion.withdrawn", at=NOON + timedelta(hours=2)),
        actor="user:officer",
    )
    assert states(seen("interpol", diffusion, sighting)) == {"diffusion": "circulating"}
    assert states(seen("interpol", diffusion, sighting, happened=(gone,))) == {"diffusion": "withdrawn"}


@pytest.mark.parametrize("form", ["interpol/VehicleAnswer", "interpol/FreeText", "europol/Reply"])
def test_an_answer_to_what_is_not_known_here_is_told_to_an_officer(form: str) -> None:
    answer: Any = step(
        1, form, f"{'enu' if form.startswith('europol') else 'ncb'}:XB", answers="9", result="HIT", final="yes"
    )
    fit = seen(form.partition("/")[0], answer).standing.fit(answer.envelope)
    assert fit is not None and fit.problem is not None
    assert fit.problem.rule == "DLG-REPLY-TO-NOTHING"


@pytest.mark.parametrize("family", ["europol", "interpol"])
def test_every_form_of_the_family_has_its_place(family: str) -> None:
    charts = FORMATS.family(f"{family}/Any@1").charts
    assert charts is not None
    placed = {letter for chart in charts.charts for letter in chart.letters}
    assert placed == set(charts.letters)
    assert set(charts.letters) == {
        spec.id.partition("/")[2].partition("@")[0] for spec in FORMATS if spec.family == family
    }
