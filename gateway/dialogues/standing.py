"""Where an exchange stands: the answer that charts give to its steps. Pure values, made by `reading`."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gateway.clocks.happening import Happening
from gateway.findings import Finding
from gateway.identity import EnvelopeId, PartyId


class Next(Struct, frozen=True, kw_only=True):
    """One thing that may lawfully come next in a dialogue."""

    letter: str
    """The form, or empty for an act without a form (then `happening` names it)."""
    happening: str
    by: PartyId
    """Who may do it; `*` for any bureau."""
    role: str
    """The role in which: ISS, EXE, GRA …"""
    to: tuple[PartyId, ...]
    text: str
    """In words an officer understands, with what the form must contain."""
    expected: bool
    """Whether the law or the manual waits for it; otherwise it is merely allowed."""
    leads_to: str
    citation: str
    confidence: str
    needs: tuple[tuple[str, str], ...] = ()
    """Facts that the form must show to count as this step."""


class Course(Struct, frozen=True, kw_only=True):
    """One dialogue under way or closed within an exchange."""

    dialogue: str
    title: str
    about: str
    """Message id of the step that opened it."""
    state: str
    meaning: str
    closed: bool
    opened_at: datetime
    changed_at: datetime
    roles: tuple[tuple[str, PartyId], ...]
    """Who plays which role, as far as it is known."""
    steps: tuple[EnvelopeId, ...]
    next: tuple[Next, ...]

    def party(self, role: str) -> PartyId:
        """Who plays a role, or an empty text."""
        return next((party for name, party in self.roles if name == role), "")

    def role_of(self, party: PartyId) -> str:
        """The role of a party, or an empty text."""
        return next((name for name, each in self.roles if each == party), "")


class Fit(Struct, frozen=True, kw_only=True):
    """How one step fits: into which dialogue, from which state to which; or why it does not."""

    envelope: EnvelopeId
    dialogue: str
    about: str
    before: str
    after: str
    problem: Finding | None = None
    """Set when the step breaks its dialogue: a second G for one hit, a reply to nothing. An officer must look."""
    early: bool = False
    """It came before something that it follows; the standing was computed in the order of sending."""


class Noted(Struct, frozen=True, kw_only=True):
    """A happening that follows from a step, for the legal clocks. `about` is the request that it belongs to."""

    happening: Happening
    about: str
    envelope: EnvelopeId
    bound: PartyId = ""
    """Whom the clock that it starts binds, where the chart knows it."""


class Standing(Struct, frozen=True, kw_only=True):
    """All dialogues of one exchange, how each step fits, and what clocks are told."""

    courses: tuple[Course, ...] = ()
    fits: tuple[Fit, ...] = ()
    noted: tuple[Noted, ...] = ()

    def fit(self, envelope: EnvelopeId) -> Fit | None:
        """How one step fits; None for a step of a family without charts."""
        return next((each for each in self.fits if each.envelope == envelope), None)

    @property
    def closed(self) -> bool:
        """Whether no dialogue is open."""
        return all(course.closed for course in self.courses)
