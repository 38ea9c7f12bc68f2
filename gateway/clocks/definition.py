"""One clock as the law draws it: what starts, stops, pauses and lengthens it, who owes what, and how sure the source is.

The one idea: when a limit passes, either the law itself says what follows (a *consequence*) or a person has to act (an
*escalation*). A definition has exactly one of them, so silence never takes effect by accident.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gateway.clocks.limit import Limit

CONFIDENCE: Final = ("verified", "manual-2015", "secondary", "unverified", "proposal")
"""How sure a source is, from the surest down. Only what is verified may be a default; all else is shown with its mark."""


OWN, TAKING_PART = "own", "taking-part"
BINDS: Final = (OWN, TAKING_PART)
"""Whom a row binds where no dialogue can say it."""


class Pause(Struct, frozen=True, kw_only=True):
    """What suspends a clock and what lets it run again."""

    begins: str
    ends: str
    citation: str
    confidence: str


class Extension(Struct, frozen=True, kw_only=True):
    """By how much a limit may be lengthened, in its own unit. A reason is always needed, and only before the end."""

    event: str
    at_most: int
    times: int
    """How often; 0 where the law sets no number."""
    citation: str
    confidence: str


class Consequence(Struct, frozen=True, kw_only=True):
    """What the law attaches to silence."""

    effect: str
    text: str
    happening: str = ""
    """The word for it in dialogues, where they wait for it."""
    escalation: str = ""
    """Who is called where a person has to carry it out: the duty is overdue until what stops the clock has taken place."""

    @property
    def brings_about(self) -> str:
        """What has taken place in the exchange once it has taken effect."""
        return self.happening or f"effect.{self.effect}"


class ClockDefinition(Struct, frozen=True, kw_only=True):
    """One row of a family's `clocks.toml`."""

    id: str
    row: str
    """The row of the list of limits that it carries out; several clocks may share one."""
    title: str
    """What sets it off, in words."""
    act: str
    """What must be done before the end, in words."""
    owes: tuple[str, ...]
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    limit: Limit
    citation: str
    confidence: str
    limit_confidence: str
    """How sure the length is, where that differs from the duty itself."""
    warn_percent: tuple[int, ...] = ()
    pauses: tuple[Pause, ...] = ()
    extension: Extension | None = None
    consequence: Consequence | None = None
    escalation: str = ""
    """Whom the end of the limit, or a matter that is due at once, is brought before."""
    resumes: tuple[str, ...] = ()
    """What takes a stop back: the limit runs on as though it had never stopped, from the same start."""
    restarts: bool = False
    """A later start ends the present run and begins another, as with reports that come round every year."""
    superseded_by: str = ""
    """The clock that replaced it in law. A superseded one is kept for old matters and never started."""
    binds: str = ""
    """`own`: the office that keeps the exchange; `taking-part`: only where somebody plays the role. Empty: whoever plays the role."""
    applies: tuple[tuple[str, str], ...] = ()
    """Facts that must hold for it to start, as (facet, value)."""
    note: str = ""

    def concerns(self, facts: dict[str, str]) -> bool:
        """Whether the facts fit; a fact that is not given does not fit."""
        return all(facts.get(facet) == value for facet, value in self.applies)


class WarningShares(Struct, frozen=True, kw_only=True):
    """The shares of a limit at which people are warned, and where they come from."""

    percent: tuple[int, ...]
    citation: str
    confidence: str


class Counting(Struct, frozen=True, kw_only=True):
    """How the family counts days, and how sure that is."""

    text: str
    citation: str
    confidence: str


class ClockTable(Struct, frozen=True, kw_only=True):
    """The clocks of one family, and the words they use."""

    clocks: tuple[ClockDefinition, ...]
    happenings: dict[str, str]
    """Every name of a happening with what it means: what the rest of the house must report."""
    parties: dict[str, str]
    effects: dict[str, str]
    facets: dict[str, tuple[str, ...]]
    warnings: WarningShares
    counting: Counting

    def get(self, clock_id: str) -> ClockDefinition:
        """The clock with this id; raises `KeyError` for an unknown one."""
        for each in self.clocks:
            if each.id == clock_id:
                return each
        raise KeyError(clock_id)

    def started_by(self, happening: str, facts: dict[str, str] | None = None) -> tuple[ClockDefinition, ...]:
        """The clocks in force that a happening sets off, given these facts."""
        return tuple(
            each
            for each in self.clocks
            if happening in each.starts and not each.superseded_by and each.concerns(facts or {})
        )

    def concerned_with(self, happening: str) -> tuple[ClockDefinition, ...]:
        """The clocks whose state a happening can change in any way."""
        return tuple(each for each in self.clocks if happening in names_of(each))

    def amended_by(self, other: ClockTable) -> ClockTable:
        """This table with the rows of another in place of its own where ids agree: how an office corrects a figure."""
        theirs = {each.id: each for each in other.clocks}
        own = [theirs.pop(each.id, each) for each in self.clocks]
        return ClockTable(
            clocks=(*own, *theirs.values()),
            happenings={**self.happenings, **other.happenings},
            parties={**self.parties, **other.parties},
            effects={**self.effects, **other.effects},
            facets={**self.facets, **other.facets},
            warnings=self.warnings,
            counting=self.counting,
        )


def names_of(clock: ClockDefinition) -> frozenset[str]:
    """Every happening that a clock looks at."""
    pauses = {name for pause in clock.pauses for name in (pause.begins, pause.ends)}
    extension = {clock.extension.event} if clock.extension else set()
    return frozenset({*clock.starts, *clock.stops, *clock.resumes, *pauses, *extension})
