"""What the clocks are told when a step is taken: happenings with their moment, what they belong to and whom they bind.

The one idea: a message of a counterpart counts from when it reached us, a message of ours from when the other side took it.
One of ours that is still on the way, and an exercise, tells the clocks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from gateway.clocks.happening import Happening
from gateway.dialogues.chart import EXCHANGE, OPENING, Charts, Emission, shows
from gateway.dialogues.course import Question, Running
from gateway.dialogues.order import moment_of
from gateway.dialogues.standing import Noted
from gateway.dialogues.step import Step
from gateway.facts import Facts
from gateway.identity import PartyId

MAX_AMOUNT_DIGITS: Final = 4


def counted_from(step: Step) -> datetime | None:
    """The moment of a message for clocks; None where it tells them nothing."""
    moment = step.known_at if step.inbound else step.taken_at
    return None if moment is None or step.test else moment_of(moment)


def told(course: Running, emissions: Iterable[Emission], step: Step) -> Iterator[Noted]:
    """What follows from a step of a dialogue."""
    moment = counted_from(step)
    for each in emissions:
        if moment is not None and shows(step.facts, each.needs):
            about = {OPENING: course.opening.message_id, EXCHANGE: ""}.get(each.about, step.message_id)
            yield from _noted(each, step, moment, about, bound=course.roles.get(each.binds, "") if each.binds else "")


def always_told(charts: Charts, step: Step, own: frozenset[PartyId], facts: Facts) -> Iterator[Noted]:
    """What follows from any form with `facts`: its own, and what earlier ones said of the alert. What came to us binds those of
    our offices that it came to, what we sent to one office binds that one.
    """
    moment = counted_from(step)
    got_it = tuple(party for party in step.to if not step.inbound or party in own)
    asked_ones = got_it if step.inbound or len(got_it) == 1 else ()
    for each in charts.always if moment is not None else ():
        if moment is not None and shows(facts, each.needs):
            about = "" if each.about == EXCHANGE else step.message_id
            for bound in asked_ones or ("",):
                yield from _noted(each, step, moment, about, bound=bound)


def asked(charts: Charts, step: Step, own: frozenset[PartyId]) -> Iterator[Noted]:
    """That a question was received, once for each office that must answer it."""
    moment = counted_from(step)
    asked_ones = [party for party in step.to if party != step.sender and (not step.inbound or not own or party in own)]
    for party in asked_ones if moment is not None else ():
        emission = Emission(happening=charts.questions.received)
        yield from _noted(emission, step, moment, step.message_id, bound=party) if moment is not None else ()


def answered(charts: Charts, question: Question, step: Step) -> Iterator[Noted]:
    """That a question was answered."""
    moment = counted_from(step)
    if moment is not None:
        emission = Emission(happening=charts.questions.answered)
        yield from _noted(emission, step, moment, question.step.message_id, bound=step.sender)


def _noted(each: Emission, step: Step, moment: datetime, about: str, *, bound: PartyId) -> Iterator[Noted]:
    stated = _moment(step.says(each.at)) if each.at else None
    at = stated if stated is not None and stated <= moment else moment
    until = _moment(step.says(each.until)) if each.until else None
    amount = step.says(each.amount) if each.amount else ""
    number = int(amount) if amount.isdecimal() and len(amount) <= MAX_AMOUNT_DIGITS else 0
    for when in dict.fromkeys((at, moment)):
        try:
            happening = Happening(
                name=each.happening, at=when, amount=number, until=until, reason="as the form says" if number else ""
            )
        except ValueError:  # a moment out of all reason: that of the message holds
            until = None
            continue
        yield Noted(happening=happening, about=about, envelope=step.envelope, bound=bound)
        return


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None
