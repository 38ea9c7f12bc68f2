"""Where an exchange stands: `read` fits every message into its dialogue and says what may come next. Pure and deterministic.

The one idea: a message is fitted, in the order of sending, to the first of these that allows it: a dialogue that it answers; an
open dialogue on the same alert in which it is the sender's turn (unless a row forbids it); a dialogue that it opens; a dialogue in which forms of its kind may
always come. What fits nowhere is a problem for an officer and changes no state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from gateway.dialogues import refusal
from gateway.dialogues.chart import FROM_ISSUER, REPLIES, SAME, Chart, Charts, Turn, shows
from gateway.dialogues.course import YES, Aside, Question, Running
from gateway.dialogues.happened import Happened
from gateway.dialogues.order import Links, answers_something, in_order, moment_of, once
from gateway.dialogues.outlook import outlook
from gateway.dialogues.standing import Course, Fit, Noted, Standing
from gateway.dialogues.step import Step
from gateway.dialogues.told import always_told, answered, asked, told
from gateway.facts import Facts
from gateway.findings import Finding
from gateway.identity import EnvelopeId, PartyId

ALERT: Final = "schengen_id"
"""The fact that names the alert; dialogues on different alerts stand side by side in one exchange."""
ISSUER: Final = "issuer"
"""The fact that names the party whose alert it is, where the form says so."""
TERRORISM: Final = "terrorism"
"""The fact that the alert is about terrorism."""
MAX_NEAR: Final = 32
"""Among how many dialogues on one alert a message that answers none by name is placed: open ones first, then the newest."""


def read(
    charts: Charts,
    steps: Iterable[Step],
    happened: Iterable[Happened] = (),
    own: frozenset[PartyId] = frozenset(),
    issuers: Mapping[str, PartyId] = MappingProxyType({}),
) -> Standing:
    """The standing of an exchange. The order and the repetition of what is given mean nothing.

    `issuers` says who issued an alert, where a look-up of the alert has told; else a form may name the issuer.
    """
    kept, same = once(steps)
    links = Links(kept)
    reading = _Reading(charts, links, kept, own, issuers)
    for each in in_order(kept, happened, links):
        if isinstance(each, Step):
            reading.step(each)
        else:
            reading.record(each)
    return reading.standing(same)


class _Reading:
    """One exchange while it is read."""

    def __init__(
        self,
        charts: Charts,
        links: Links,
        steps: Sequence[Step],
        own: frozenset[PartyId],
        issuers: Mapping[str, PartyId],
    ) -> None:
        self._charts, self._links, self._own = charts, links, own
        self._courses: list[Running] = []
        self._home: dict[EnvelopeId, Running] = {}
        self._fits: dict[EnvelopeId, Fit] = {}
        self._noted: list[Noted] = []
        self._issuers: dict[str, PartyId] = {}
        self._alerts: dict[str, dict[str, str]] = {}
        for step in sorted(steps, key=lambda each: (moment_of(each.sent), each.message_id), reverse=True):
            if step.says(ISSUER):
                self._issuers[step.says(ALERT)] = step.says(ISSUER)
        self._issuers.update(issuers)

    def step(self, step: Step) -> None:
        """Fit one message, the next in order."""
        parents = self._links.answered_by(step)
        courses = self._concerned(step, parents)
        problem = self._twice(courses, step)
        taken = problem is None and self._continue(courses, step, free=False)
        problem = problem if taken or problem else self._forbidden(courses, step)
        if problem is None and not taken:
            taken = (
                self._open(step, parents, courses)
                or self._continue(courses, step, free=True)
                or self._open(step, parents, courses, last=True)
            )
        aside = self._beside(step) if problem is None else False
        if not taken and not aside:
            course, finding = problem or self._problem(courses, step)
            self._misfit(course, step, finding)

    def _beside(self, step: Step) -> bool:
        """Take the message into dialogues that run beside others."""
        found = False
        for chart in self._charts.charts:
            if chart.beside:
                running = [each for each in self._courses if each.chart is chart and each.opening.test == step.test]
                found = self._continue(running, step, free=False) or self._begin_one_of([chart], step) or found
        return found

    def _misfit(self, course: Running | None, step: Step, finding: Finding) -> None:
        state = course.state if course else ""
        self._fits[step.envelope] = Fit(
            envelope=step.envelope, dialogue=course.chart.id if course else "",
            about=course.opening.message_id if course else "", before=state, after=state, problem=finding,
        )  # fmt: skip

    def record(self, record: Happened) -> None:
        """Take what was recorded into every dialogue that waits for it."""
        courses = [each for each in self._courses if not record.about or record.about in each.messages]
        for course in courses:
            self._settle(course, record)
            turn = course.on(record.happening.name)
            if turn is None:
                continue
            if turn.leads_to and turn.leads_to != course.state:
                course.changed_at = moment_of(record.happening.at)
                course.state = turn.leads_to

    def _settle(self, course: Running, record: Happened) -> None:
        """A question that was answered by telephone is answered."""
        if record.happening.name == self._charts.questions.answered:
            for question in course.questions:
                if record.about in ("", question.step.message_id):
                    question.open_for.clear()

    def _concerned(self, step: Step, parents: Sequence[Step]) -> list[Running]:
        """The dialogues that the message can belong to, the likeliest first."""
        homes = [
            home
            for each in parents
            if (home := self._home.get(each.envelope)) and home.opening.test == step.test and not home.chart.beside
        ]
        answered_ones = list({id(home): home for home in homes}.values())
        alert = step.says(ALERT)
        near = [
            course
            for course in reversed(self._courses)
            if not course.chart.beside
            and course.opening.test == step.test
            and (not alert or course.alert in ("", alert))
        ]
        near.sort(key=lambda course: (course.closed, step.sender not in course.roles.values()))
        return list({id(course): course for course in (*answered_ones, *near[:MAX_NEAR])}.values())

    def _twice(self, courses: Sequence[Running], step: Step) -> tuple[Running | None, Finding] | None:
        """Whether it opens again what was opened for the same matter, against the chart."""
        aside = self._aside(step)
        for course in courses:
            bar = course.barred(step, aside, same=True)
            if bar is not None and course.fitting(step, aside, free=False) is None:
                return course, refusal.by_bar(bar, course)
        return None

    def _continue(self, courses: Sequence[Running], step: Step, *, free: bool) -> bool:
        aside = self._aside(step)
        for course in courses:
            turn = course.fitting(step, aside, free=free)
            if turn is not None:
                self._take(course, turn, step)
                return True
        return False

    def _open(self, step: Step, parents: Sequence[Step], courses: Sequence[Running], *, last: bool = False) -> bool:
        """Open a dialogue. What opens one on no fact at all, or says so (`last`), comes after everything else.

        A form that may also be an answer does not open one where it answers what is unknown, or belongs where it answers.
        """
        aside = self._aside(step)
        at_home = any(aside(each).get(REPLIES) and each.fitting(step, aside, free=True) for each in courses)
        elsewhere = at_home or (answers_something(step) and not parents)

        def may_open(turn: Turn) -> bool:
            first = bool(turn.needs) and not turn.last
            return not turn.also_answers or (not elsewhere and (last or first))

        return self._begin_one_of([chart for chart in self._charts.charts if not chart.beside], step, may_open)

    def _begin_one_of(self, charts: Iterable[Chart], step: Step, allowed: Callable[[Turn], bool] = bool) -> bool:
        found = self._opening(charts, step, allowed)
        if found is not None:
            self._take(self._begin(found[0], step), found[1], step)
        return found is not None

    def _opening(
        self, charts: Iterable[Chart], step: Step, allowed: Callable[[Turn], bool]
    ) -> tuple[Chart, Turn] | None:
        """The dialogue that the message opens: of several the one that asks for most facts."""
        aside = self._who(step)
        found = [
            (chart, turn)
            for chart in charts
            for turn in chart.openings
            if turn.letter == step.letter
            and chart.lets_play(turn.by, step.sender)
            and shows(step.facts, turn.needs, aside)
            and allowed(turn)
        ]
        return max(found, key=lambda pair: (len(pair[1].needs), pair[0].id), default=None)

    def _who(self, step: Step) -> dict[str, str]:
        issuer = self._issuers.get(step.says(ALERT), "") if step.says(ALERT) else ""
        return {FROM_ISSUER: (YES if issuer == step.sender else "no")} if issuer else {}

    def _aside(self, step: Step) -> Aside:
        """What a row may need to know of the message beside its facts."""
        who = self._who(step)
        homes = {id(self._home.get(each.envelope)) for each in self._links.answered_by(step)}

        def of(course: Running) -> Mapping[str, str]:
            same = YES if course.same_matter(step) else "no"
            return {**who, SAME: same, **({REPLIES: YES} if id(course) in homes else {})}

        return of

    def _begin(self, chart: Chart, step: Step) -> Running:
        course = Running(chart=chart, opening=step, alert=step.says(ALERT), changed_at=moment_of(step.sent))
        self._courses.append(course)
        return course

    def _take(self, course: Running, turn: Turn, step: Step) -> None:
        before = course.state
        course.bind(turn, step, self._issuers.get(course.alert, ""))
        course.take(step, turn.leads_to)
        self._noted += told(course, turn.emits, step)
        if step.envelope in self._home:
            return  # a message belongs to one dialogue; this one only looks on
        self._home[step.envelope] = course
        self._fits[step.envelope] = Fit(
            envelope=step.envelope,
            dialogue=course.chart.id,
            about=course.opening.message_id,
            before=before,
            after=course.state,
        )
        self._noted += always_told(self._charts, step, self._own, self._with_what_is_known(step))
        if not course.chart.own_clock:
            self._question(course, step)

    def _with_what_is_known(self, step: Step) -> Facts:
        """Its facts, and what earlier messages in earnest said of the alert where it says nothing of that itself."""
        alert = step.says(ALERT)
        if not alert or step.test:
            return step.facts
        known = self._alerts.setdefault(alert, {})
        known.update((name, value) for name, value in step.facts if name in self._charts.carried)
        return tuple(sorted({**known, **dict(step.facts)}.items()))

    def _question(self, course: Running, step: Step) -> None:
        """Close the questions that the step answers; open its own."""
        parents = {each.envelope for each in self._links.answered_by(step)}
        waiting = [each for each in course.questions if step.sender in each.open_for and each.step.sender in step.to]
        meant = [each for each in waiting if each.step.envelope in parents]
        if not meant and not parents:
            meant = [each for each in waiting if not each.wants or step.letter in each.wants][:1]
        for question in meant:
            question.open_for.discard(step.sender)
            self._noted += answered(self._charts, question, step)
        if step.says(self._charts.questions.fact) == YES:
            others = {party for party in step.to if party != step.sender}
            wants = tuple(step.says(self._charts.questions.wants).split())
            course.questions.append(Question(step=step, open_for=others, wants=wants))
            self._noted += asked(self._charts, step, self._own)

    def _forbidden(self, courses: Sequence[Running], step: Step) -> tuple[Running | None, Finding] | None:
        """Whether a row of a dialogue between these parties forbids it."""
        aside = self._aside(step)
        for course in courses:
            bar = course.barred(step, aside, same=False)
            if bar is not None and any(party in course.roles.values() for party in step.to):
                return course, refusal.by_bar(bar, course)
        return None

    def _problem(self, courses: Sequence[Running], step: Step) -> tuple[Running | None, Finding]:
        course = next((each for each in courses if step.letter in each.chart.letters), None)
        if course is not None:
            return course, refusal.out_of_turn(self._charts, course, step)
        return None, refusal.reply_to_nothing(self._charts, step)

    def standing(self, same: dict[EnvelopeId, EnvelopeId]) -> Standing:
        """The answer, every envelope with its fit."""
        ahead = self._ran_ahead()
        fits = []
        for envelope, chosen in sorted(same.items()):
            fits.append(_with(self._fits[chosen], envelope, early=chosen in ahead))
        return Standing(
            courses=tuple(self._shown(each) for each in self._courses), fits=tuple(fits), noted=tuple(self._noted)
        )

    def _ran_ahead(self) -> set[EnvelopeId]:
        """The steps that were known before one that stands before them in the same dialogue."""
        ahead = set()
        for course in self._courses:
            latest = None
            for step in course.steps:
                known = moment_of(step.known_at)
                if latest is not None and known < latest:
                    ahead.add(step.envelope)
                latest = known if latest is None else max(latest, known)
        return ahead

    def _shown(self, course: Running) -> Course:
        state = course.chart.states[course.state]
        return Course(
            dialogue=course.chart.id, title=course.chart.title, about=course.opening.message_id, state=course.state,
            meaning=state.meaning, closed=course.closed, opened_at=moment_of(course.opening.sent), changed_at=course.changed_at,
            roles=tuple(sorted(course.roles.items())), steps=tuple(step.envelope for step in course.steps),
            next=outlook(self._charts, course),
        )  # fmt: skip


def _with(fit: Fit, envelope: EnvelopeId, *, early: bool) -> Fit:
    return Fit(
        envelope=envelope,
        dialogue=fit.dialogue,
        about=fit.about,
        before=fit.before,
        after=fit.after,
        problem=fit.problem,
        early=early,
    )
