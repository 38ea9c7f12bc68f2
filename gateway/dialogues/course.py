"""One dialogue while it is read: its state, who plays which role, which questions are open.

The one idea: a role is bound by whoever first acts in it. Until then any party may take it that plays no other role here,
except the role of the issuing state, which is bound as soon as any form names the issuer, and roles that the chart keeps for parties
of one scheme.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.dialogues.chart import ANY, SAME, Bar, Chart, Turn, shows
from gateway.dialogues.order import moment_of
from gateway.dialogues.step import Step
from gateway.identity import MessageId, PartyId

YES: Final = "yes"


@dataclass(slots=True)
class Question:
    """A form that asks, and who has not answered it yet."""

    step: Step
    open_for: set[PartyId]
    wants: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Running:
    """A dialogue under way."""

    chart: Chart
    opening: Step
    alert: str
    changed_at: datetime
    state: str = ""
    roles: dict[str, PartyId] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    messages: set[MessageId] = field(default_factory=set)
    matters: set[tuple[PartyId, tuple[str, ...]]] = field(default_factory=set)
    """What each party has spoken of, in the facts that tell matters apart."""
    questions: list[Question] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether nothing is owed any more."""
        return self.chart.states[self.state].closed and not any(each.open_for for each in self.questions)

    def may_play(self, role: str, party: PartyId) -> bool:
        """Whether the party acts in this role, or may come to."""
        if role == ANY:
            return True
        bound = self.roles.get(role)
        if not bound and not self.chart.lets_play(role, party):
            return False
        return bound == party if bound else party not in self.roles.values()

    def reaches(self, turn: Turn, step: Step) -> bool:
        """Whether the message goes to one of those whom the turn names."""
        return any(
            role == ANY or any(self.may_play(role, party) for party in step.to if party != step.sender)
            for role in turn.to
        )

    def fitting(self, step: Step, aside: Aside, *, free: bool) -> Turn | None:
        """The turn that the step is, here and now: of several the one that asks for most facts."""
        coming = self.chart.coming(self.state, step.letter)
        if not coming:
            return None
        known = aside(self)
        found = [
            turn
            for turn in coming
            if turn.free is free and self.may_play(turn.by, step.sender) and self.reaches(turn, step)
            and shows(step.facts, turn.needs, known)
        ]  # fmt: skip
        return max(found, key=lambda turn: len(turn.needs), default=None)

    def on(self, happening: str) -> Turn | None:
        """The turn that a happening is in this state."""
        return next((turn for turn in self.chart.after(self.state) if turn.happening == happening), None)

    def barred(self, step: Step, aside: Aside, *, same: bool) -> Bar | None:
        """The row that forbids the step."""
        barring = self.chart.barring(self.state, step.letter)
        if not barring:
            return None
        known = aside(self)
        found = [
            bar
            for bar in barring
            if bar.same is same and (not same or known[SAME] == YES) and self._plays(bar.by, step.sender)
            and shows(step.facts, bar.needs, known)
        ]  # fmt: skip
        return max(found, key=lambda bar: len(bar.needs), default=None)

    def _plays(self, role: str, party: PartyId) -> bool:
        return role == ANY or self.roles.get(role) == party

    def same_matter(self, step: Step) -> bool:
        """Whether its sender spoke of this matter before. Where the form does not say which, it is the same while this is open."""
        matter = self._matter(step)
        return (step.sender, matter) in self.matters and (any(matter) or not self.chart.same or not self.closed)

    def _matter(self, step: Step) -> tuple[str, ...]:
        return tuple(step.says(name) for name in self.chart.same)

    def bind(self, turn: Turn, step: Step, issuer: PartyId) -> None:
        """Learn from a step that was taken who plays which role."""
        if turn.by != ANY:
            self.roles.setdefault(turn.by, step.sender)
        others = [party for party in step.to if party != step.sender]
        named = [role for role in turn.to if role != ANY and role not in self.roles]
        role = self.chart.issuer
        if role and role not in self.roles and issuer and issuer not in self.roles.values():
            self.roles[role] = issuer
            named = [each for each in named if each != role]
        free = [party for party in others if party not in self.roles.values()]
        free.sort(key=lambda party: _scheme(party) != _scheme(step.sender))
        for kept in [each for each in named if each in self.chart.played_by]:
            named.remove(kept)
            self.roles.update((kept, party) for party in free[:] if self.chart.lets_play(kept, party))
        free = [party for party in free if self.chart.lets_play(ANY, party)]
        if named and free and (len(free) == 1 or len(named) > 1 or named == [role]):
            self.roles.update(zip(named, free, strict=False))

    def take(self, step: Step, leads_to: str) -> None:
        """Add a step."""
        if leads_to and leads_to != self.state:
            self.changed_at = moment_of(step.sent)
        self.state = leads_to or self.state
        self.steps.append(step)
        self.messages.add(step.message_id)
        if step.letter in self.chart.opening_letters:
            self.matters.add((step.sender, self._matter(step)))


def _scheme(party: PartyId) -> str:
    return party.partition(":")[0]


Aside = Callable[[Running], Mapping[str, str]]
"""What is known of a message beside its facts, as a dialogue sees it."""
