"""Exchanges as the API shows them: where each stands, what may come next, and how its legal clocks run."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from pydantic import Field

from gateway.api.models import View
from gateway.dialogues.happened import Happened
from gateway.dialogues.standing import Course, Next
from gateway.dialogues.step import Step
from gateway.exchanges.desk import Seen
from gateway.exchanges.matter import Matter
from gateway.exchanges.running import Run
from gateway.exchanges.waiting import Waiting, waiting


class MatterView(View):
    """One exchange in a list."""

    exchange: str = Field(description="Id of the exchange: that of its first message.")
    family: str
    key: str = Field(description="What all its messages share, such as the Schengen ID.")
    counterparts: list[str]
    dialogues: list[tuple[str, str]] = Field(description="Each dialogue with the state it stands in.")
    closed: bool
    overdue: bool
    overdue_by: list[str] = Field(description="Who has let a limit pass and still owes the act.")
    due: datetime | None = Field(description="The nearest end of a running clock.")
    trouble: str = Field(description="Why its clocks cannot be computed; empty when they can.")
    next_look_at: datetime | None
    opened_at: datetime
    updated_at: datetime


class MattersView(View):
    """A page of exchanges."""

    exchanges: list[MatterView]
    next: str = Field(description="Address of the next page; empty on the last one.")


class NextView(View):
    """One thing that may lawfully come next."""

    dialogue: str
    about: str
    letter: str = Field(description="The form; empty for an act without one, which `happening` names.")
    happening: str
    by: str = Field(description="Who may do it; `*` for any bureau.")
    role: str
    to: list[str]
    text: str
    expected: bool = Field(description="Whether the law or the manual waits for it.")
    leads_to: str
    needs: dict[str, str] = Field(description="Facts that the form must show.")
    citation: str
    confidence: str


class CourseView(View):
    """One dialogue of the exchange."""

    dialogue: str
    title: str
    about: str = Field(description="Message id of the message that opened it.")
    state: str
    meaning: str
    closed: bool
    opened_at: datetime
    changed_at: datetime
    roles: dict[str, str]
    steps: list[str] = Field(description="Ids of its messages.")


class WarnedView(View):
    """A share of a limit that is used up."""

    percent: int
    at: datetime


class ClockView(View):
    """One run of one legal clock."""

    clock: str
    row: str
    title: str
    act: str = Field(description="What must be done.")
    about: str
    bound: str = Field(description="Who owes it; empty where nothing says so.")
    owes: list[str] = Field(description="The roles that the law binds.")
    status: str = Field(description="running, paused, stopped, breached or expired; empty when it cannot be computed.")
    limit: str
    started_at: datetime | None = None
    due: datetime | None = None
    due_if_moved: datetime | None = None
    stopped_at: datetime | None = None
    late: bool = False
    remaining_seconds: int | None = None
    overdue_seconds: int = 0
    urgent: bool = False
    warnings: list[WarnedView] = Field(default_factory=list)
    next_look_at: datetime | None = None
    consequence: str = ""
    escalation: str = ""
    citation: str
    confidence: str
    limit_confidence: str
    trouble: str = ""


class StepView(View):
    """One message of the exchange."""

    envelope: str
    format: str
    sender: str
    to: list[str]
    message_id: str
    reference: str
    sent: datetime
    known_at: datetime
    taken_at: datetime | None
    inbound: bool
    urgent: bool
    void: bool = Field(description="It was given up or refused after all, and counts for nothing.")
    facts: dict[str, str]
    dialogue: str
    before: str
    after: str
    early: bool = Field(description="It came before something that it follows.")
    problem: str = Field(description="Why it does not fit its dialogue; empty when it does.")


class HappenedView(View):
    """What was recorded beside the messages."""

    id: str
    name: str
    at: datetime
    about: str
    reason: str
    until: datetime | None
    amount: int
    actor: str


class WaitingView(View):
    """One question that waits for an answer, where no dialogue says it."""

    message_id: str
    reference: str
    format: str
    asked_by: str
    waits_for: list[str] = Field(description="Those who were asked and have not answered.")
    since: datetime
    deadline: datetime | None = Field(description="By when the asker wants the answer, where it said so.")


class ExchangeView(View):
    """Everything about one exchange."""

    matter: MatterView
    dialogues: list[CourseView]
    next: list[NextView] = Field(description="What may legally come next, what is expected first.")
    waiting: list[WaitingView] = Field(
        description="Questions without an answer that belong to no dialogue, or that name a day while their dialogue is open."
    )
    clocks: list[ClockView]
    steps: list[StepView]
    happenings: list[HappenedView]
    may_be_recorded: dict[str, str] = Field(description="The words that people may record, each with what it says.")


def matter(found: Matter) -> MatterView:
    """One line of a list."""
    return MatterView(**{name: getattr(found, name) for name in MatterView.model_fields})


def exchange(seen: Seen) -> ExchangeView:
    """One exchange."""
    standing, picture = seen.picture.standing, seen.picture
    coming = [_next(course, each) for course in standing.courses if not course.closed for each in course.next]
    coming += [each for run in picture.runs for each in _duties(run)]
    fits = {fit.envelope: fit for fit in standing.fits}
    now_known = msgspec.structs.replace(
        seen.matter, dialogues=tuple((course.dialogue, course.state) for course in standing.courses),
        overdue=any(run.overdue for run in picture.runs), overdue_by=picture.overdue_by, due=picture.due,
    )  # fmt: skip
    return ExchangeView(
        matter=matter(now_known),
        dialogues=[_course(course) for course in standing.courses],
        next=sorted(coming, key=lambda each: not each.expected),
        waiting=[_waiting(each) for each in waiting(seen.kept.steps, standing)],
        clocks=[_clock(run) for run in picture.runs],
        steps=[_step(step, fits.get(step.envelope)) for step in seen.kept.steps],
        happenings=[_happened(each) for each in seen.kept.happened],
        may_be_recorded=dict(seen.vocabulary),
    )


def _waiting(each: Waiting) -> WaitingView:
    told = {name: getattr(each, name) for name in WaitingView.model_fields}
    return WaitingView(**told | {"waits_for": list(each.waits_for)})


def _course(course: Course) -> CourseView:
    told = {name: getattr(course, name) for name in CourseView.model_fields}
    return CourseView(**told | {"roles": dict(course.roles)})


def _next(course: Course, each: Next) -> NextView:
    told = {name: getattr(each, name) for name in NextView.model_fields if name not in ("dialogue", "about")}
    return NextView(**told | {"needs": dict(each.needs), "dialogue": course.dialogue, "about": course.about})


def _duties(run: Run) -> list[NextView]:
    """What the law has made of silence and somebody must still carry out: anything that ends it."""
    if run.state is None or not run.state.overdue_duty or run.state.consequence is None:
        return []
    return [
        NextView(
            dialogue="", about=run.about, letter="", happening=name, by=run.bound, role="", to=[],
            text=run.state.consequence.text, expected=True, leads_to="", needs={}, citation=run.clock.citation,
            confidence=run.clock.confidence,
        )
        for name in run.clock.stops
    ]  # fmt: skip


def _clock(run: Run) -> ClockView:
    clock, state = run.clock, run.state
    law = {
        "clock": clock.id, "row": clock.row, "title": clock.title, "act": clock.act, "about": run.about, "bound": run.bound,
        "owes": clock.owes, "limit": clock.limit.words(), "citation": clock.citation, "confidence": clock.confidence,
        "limit_confidence": clock.limit_confidence, "trouble": run.trouble,
    }  # fmt: skip
    if state is None:
        return ClockView(**law, status="")
    moments = {
        name: getattr(state, name)
        for name in ("started_at", "due", "due_if_moved", "stopped_at", "late", "urgent", "next_look_at", "escalation")
    }
    return ClockView(
        **law, **moments, status=state.status.value, remaining_seconds=_seconds(state.remaining),
        overdue_seconds=_seconds(state.overdue) or 0, consequence=state.consequence.text if state.consequence else "",
        warnings=[WarnedView(percent=each.percent, at=each.at) for each in state.warnings],
    )  # fmt: skip


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _step(step: Step, fit: object) -> StepView:
    told = {name: getattr(step, name) for name in StepView.model_fields if hasattr(step, name)}
    problem = getattr(fit, "problem", None)
    return StepView(
        **told | {"facts": dict(step.facts)}, problem=problem.text if problem else "", dialogue=getattr(fit, "dialogue", ""),
        before=getattr(fit, "before", ""), after=getattr(fit, "after", ""), early=getattr(fit, "early", False),
    )  # fmt: skip


def _happened(each: Happened) -> HappenedView:
    happening = each.happening
    return HappenedView(
        id=each.id, name=happening.name, at=happening.at, about=each.about, reason=happening.reason, until=happening.until,
        amount=happening.amount, actor=each.actor,
    )  # fmt: skip
