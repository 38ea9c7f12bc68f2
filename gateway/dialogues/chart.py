"""A dialogue as data: its states, who may do what in each, what is refused in words of the source, and what clocks are told.

The one idea: a chart is a table of *turns*. A turn names a form (or an act without a form), the role that takes it, the facts
that the form must show, and the state that follows; it quotes the source that allows it. Whatever no turn allows is a
problem, and a *bar* says why in better words where the source forbids it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from gateway.dialogues.words import FactWords
from gateway.facts import Facts, fact
from gateway.identity import PartyId

ANY: Final = "*"
"""Any role, any state, any value of a fact."""
ABSENT: Final = "-"
"""The fact must not be stated."""
REPLIES: Final = "replies"
SAME: Final = "same"
FROM_ISSUER: Final = "from_issuer"
ASIDE: Final = {REPLIES: ("yes",), SAME: ("yes", "no"), FROM_ISSUER: ("yes", "no")}
"""What a row may need beside the facts of the form: that the message names one of this dialogue which it answers; that it speaks of
the matter that its sender spoke of before in this dialogue (the chart's `same` facts); that its sender is known to have issued the
alert, or known not to have."""

Needs = tuple[tuple[str, str], ...]
"""Facts with what they must say: a value, several with `|` between, `*` for any, `-` for none."""


STEP: Final = "step"
OPENING: Final = "opening"
EXCHANGE: Final = "exchange"
ABOUT: Final = (STEP, OPENING, EXCHANGE)
"""What a happening belongs to: this message, the one that opened the dialogue, the exchange as a whole."""


class Emission(Struct, frozen=True, kw_only=True):
    """A happening that the clocks are told when a turn is taken."""

    happening: str
    about: str = STEP
    binds: str = ""
    """The role whom the clock that it starts binds."""
    needs: Needs = ()
    at: str = ""
    """The fact that states the moment; else it is the moment of the message."""
    until: str = ""
    """The fact that states a date."""
    amount: str = ""
    """The fact that states a number."""


class State(Struct, frozen=True, kw_only=True):
    """One state of a dialogue. In a closed one nothing is owed any more."""

    name: str
    meaning: str
    closed: bool = False


class Turn(Struct, frozen=True, kw_only=True):
    """One thing that may come: in the states `before` (none for what opens the dialogue), by a role, to roles."""

    before: tuple[str, ...]
    letter: str
    """The form, or empty for an act without a form."""
    happening: str
    by: str
    to: tuple[str, ...]
    leads_to: str
    """The state that follows; empty where the state stays."""
    text: str
    citation: str
    confidence: str
    needs: Needs = ()
    expected: bool = False
    free: bool = False
    """It may always come and says nothing about the state: tried after everything else."""
    also_answers: bool = False
    """An opening whose form also serves as an answer: one that answers an unknown message does not open."""
    last: bool = False
    """An opening of that kind that is tried after everything else, although it looks at facts."""
    emits: tuple[Emission, ...] = ()

    def allows(self, state: str) -> bool:
        """Whether it may be taken in this state."""
        return state in self.before

    @property
    def opens(self) -> bool:
        """Whether it opens a dialogue."""
        return not self.before


class Bar(Struct, frozen=True, kw_only=True):
    """A step that the source forbids, with what an officer is told."""

    before: tuple[str, ...]
    letter: str
    by: str
    rule: str
    text: str
    instead: str
    citation: str
    confidence: str
    needs: Needs = ()
    same: bool = False
    """It bars a form that would open the dialogue again for the same matter (the chart's `same` facts)."""


class Chart(Struct, frozen=True, kw_only=True, dict=True):
    """One dialogue."""

    id: str
    section: str
    title: str
    text: str
    citation: str
    confidence: str
    roles: dict[str, str]
    issuer: str
    """The role of the state that issued the alert."""
    played_by: dict[str, str] = {}
    """Roles that only parties of one scheme play, and these parties play no other role here."""
    states: dict[str, State]
    turns: tuple[Turn, ...]
    bars: tuple[Bar, ...] = ()
    same: tuple[str, ...] = ()
    """Facts that tell one matter from another on the same alert."""
    beside: bool = False
    """It runs beside the dialogue that a form belongs to, and neither refuses nor claims any form for itself."""
    own_clock: bool = False
    """What its forms ask has a limit of its own; the general limit for questions does not run."""

    def lets_play(self, role: str, party: PartyId) -> bool:
        """Whether a party of this scheme may ever act in the role."""
        scheme = party.partition(":")[0]
        if role in self.played_by:
            return self.played_by[role] == scheme
        return scheme not in self.played_by.values()

    @cached_property
    def letters(self) -> frozenset[str]:
        """Every form that the dialogue knows."""
        return frozenset(turn.letter for turn in self.turns if turn.letter)

    @cached_property
    def openings(self) -> tuple[Turn, ...]:
        """What opens it."""
        return tuple(turn for turn in self.turns if turn.opens)

    @cached_property
    def opening_letters(self) -> frozenset[str]:
        """The forms that open it."""
        return frozenset(turn.letter for turn in self.openings)

    def after(self, state: str) -> tuple[Turn, ...]:
        """What may come in a state."""
        return self._turns_after.get(state, ())

    def coming(self, state: str, letter: str) -> tuple[Turn, ...]:
        """What a form may be in a state."""
        return self._turns_of_form.get((state, letter), ())

    def barring(self, state: str, letter: str) -> tuple[Bar, ...]:
        """What forbids a form in a state."""
        return self._bars_of_form.get((state, letter), ())

    @cached_property
    def _turns_after(self) -> dict[str, tuple[Turn, ...]]:
        return {state: tuple(turn for turn in self.turns if turn.allows(state)) for state in self.states}

    @cached_property
    def _turns_of_form(self) -> dict[tuple[str, str], tuple[Turn, ...]]:
        names = {(state, turn.letter) for state, turns in self._turns_after.items() for turn in turns if turn.letter}
        return {
            (state, letter): tuple(turn for turn in self.after(state) if turn.letter == letter)
            for state, letter in names
        }

    @cached_property
    def _bars_of_form(self) -> dict[tuple[str, str], tuple[Bar, ...]]:
        names = {(state, bar.letter) for bar in self.bars for state in bar.before}
        return {
            (state, letter): tuple(bar for bar in self.bars if bar.letter == letter and state in bar.before)
            for state, letter in names
        }


class Questions(Struct, frozen=True, kw_only=True):
    """How every form of the family asks and answers: by which facts, and what clocks are told."""

    fact: str
    wants: str
    """The fact that lists the forms asked for; empty for a family that does not list them."""
    received: str
    answered: str
    text: str
    citation: str
    confidence: str


class Charts(Struct, frozen=True, kw_only=True):
    """All dialogues of a family."""

    charts: tuple[Chart, ...]
    facts: FactWords
    letters: tuple[str, ...]
    happenings: Mapping[str, str]
    """Every happening that charts know, with its meaning: those of the clocks and their own."""
    recorded: Mapping[str, str]
    """What people and other systems record, in the words that an officer sees."""
    questions: Questions
    always: tuple[Emission, ...] = ()
    """Happenings that follow from any form with these facts."""
    carried: tuple[str, ...] = ()
    """Facts of the alert: what one form said of it holds for every later one of the exchange that does not say."""

    def get(self, chart_id: str) -> Chart:
        """The dialogue with this id; raises `KeyError` for an unknown one."""
        for chart in self.charts:
            if chart.id == chart_id:
                return chart
        raise KeyError(chart_id)

    @property
    def emitted(self) -> frozenset[str]:
        """Every happening that follows from a form."""
        named = {each.happening for chart in self.charts for turn in chart.turns for each in turn.emits}
        return frozenset(
            {*named, *(each.happening for each in self.always), self.questions.received, self.questions.answered}
        )


def shows(facts: Facts, needs: Needs, aside: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a form with these facts shows everything that is needed."""
    return all(_shown(aside.get(name, "") if name in ASIDE else fact(facts, name), want) for name, want in needs)


def _shown(value: str, want: str) -> bool:
    if want == ANY:
        return bool(value)
    if want == ABSENT:
        return not value
    said = value.split()
    return any(each in said for each in want.split("|"))
