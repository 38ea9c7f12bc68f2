"""One run of a clock, step by step: the happenings in order, each cutting the time into segments.

The one idea: what is used up is the sum of the running segments, and nothing else. A pause stops the sum and can only
move the end; an extension makes the total larger and never gives back what was used. After the end neither has any
effect: what has passed stays passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from gateway.clocks.calendar import Calendar
from gateway.clocks.definition import ClockDefinition
from gateway.clocks.happening import ZERO, Happening
from gateway.clocks.limit import end_of, share


class Segment(Struct, frozen=True, kw_only=True):
    """A stretch in which the clock ran, or did not and why. The last one has no end while the clock goes on."""

    start: datetime
    end: datetime | None
    running: bool
    reasons: tuple[str, ...] = ()


class Warned(Struct, frozen=True, kw_only=True):
    """A share of a limit, and when it is used up."""

    percent: int
    at: datetime


class Remark(Struct, frozen=True, kw_only=True):
    """Something that took place and had no effect on the clock, for an officer."""

    code: str
    text: str
    at: datetime


class _Term(Struct, kw_only=True):
    """The limit as it stood from a moment on: extensions open new terms."""

    since: datetime
    total: timedelta
    moved: timedelta
    """How much later the end is where days off are a question that nobody settled."""


class Walk:
    """The course of one run. Made, fed every later happening in order, then asked. All moments are in UTC."""

    def __init__(self, definition: ClockDefinition, start: Happening, calendar: Calendar) -> None:
        self._definition = definition
        self._start = start
        self._calendar = calendar
        self._more = 0
        self._extended_times = 0
        self._open: dict[str, str] = {}
        self._since = start.at
        self._closed: list[Segment] = []
        self._used_before = ZERO
        self._terms: list[_Term] = []
        self.remarks: list[Remark] = []
        self.stopped_at: datetime | None = None
        self._open_term(start.at)
        if not self._terms and definition.limit.counts:
            self._remark("no-date", "The limit is to be stated case by case, and nobody stated one.", start)

    @property
    def paused(self) -> bool:
        return bool(self._open)

    @property
    def total(self) -> timedelta | None:
        """The whole limit as a span, as lengthened; None without a figure."""
        return self._terms[-1].total if self._terms else None

    def due(self) -> datetime | None:
        """When the limit ends; None without a figure, and while nobody can know because the clock is paused."""
        return self._moment_of(self._terms[-1].total) if self._terms else None

    def due_if_moved(self) -> datetime | None:
        """The later end where days off are an open question and would make a difference."""
        due = self.due()
        return due + self._terms[-1].moved if due and self._terms[-1].moved else None

    def feed(self, happenings: Iterable[Happening]) -> None:
        """Take what took place after the start, up to the stop, unless that is taken back."""
        for each in happenings:
            if self.stopped_at is not None:
                if each.name in self._definition.resumes:
                    self.stopped_at = None
                continue
            if each.name in self._definition.stops:
                self.stopped_at = each.at
            elif self._definition.extension and each.name == self._definition.extension.event:
                self._extend(each)
            elif not self._is_past(each.at):
                self._switch(each)

    def used(self, until: datetime) -> timedelta:
        """How long the clock ran up to a moment at or after the last happening."""
        return self._used_before + (ZERO if self._open else max(ZERO, until - self._since))

    def segments(self) -> tuple[Segment, ...]:
        """Every stretch, closed by the stop."""
        return tuple(segment for segment in (*self._closed, self._last()) if segment.start != segment.end)

    def warnings(self) -> Iterator[Warned]:
        """When which share of the limit is used up. Each term warns anew, for what lies within it."""
        for index, term in enumerate(self._terms):
            ends = self._terms[index + 1].since if index + 1 < len(self._terms) else None
            for percent in self._definition.warn_percent:
                at = self._moment_of(share(term.total, percent))
                if at is not None and at >= term.since and (ends is None or at < ends):
                    yield Warned(percent=percent, at=at)

    # --- what the happenings do --------------------------------------------------------------------------------

    def _is_past(self, moment: datetime) -> bool:
        due = self.due()
        return due is not None and moment >= due

    def _switch(self, happening: Happening) -> None:
        """Begin or end pauses; several may be open at once, and the clock runs when none is."""
        open_now = dict(self._open)
        for pause in self._definition.pauses:
            if happening.name == pause.begins:
                open_now.setdefault(pause.begins, happening.reason or pause.begins)
            elif happening.name == pause.ends:
                open_now.pop(pause.begins, None)
        if open_now == self._open:
            return
        self._used_before = self.used(happening.at)
        self._closed.append(self._last(happening.at))
        self._open, self._since = open_now, happening.at

    def _extend(self, happening: Happening) -> None:
        """Lengthen the limit, or say why not (rule R45 of the SIRENE list: once, at most, with reason, before the end)."""
        extension = self._definition.extension
        if extension is None or not self._terms:
            return
        unit = self._definition.limit.unit
        faults = (
            (self._is_past(happening.at), "too-late", "The limit had already passed when an extension was asked for."),
            (not happening.reason.strip(), "no-reason", "An extension was asked for without a reason."),
            (happening.amount < 1, "no-length", "An extension was asked for without saying by how much."),
            (
                happening.amount > extension.at_most,
                "too-long",
                f"An extension may be at most {extension.at_most} {unit}.",
            ),
            (
                0 < extension.times <= self._extended_times,
                "again",
                "The limit was already lengthened as often as it may be.",
            ),
        )
        for is_fault, code, text in faults:
            if is_fault:
                self._remark(f"extension-{code}", text, happening)
                return
        self._extended_times += 1
        self._more += happening.amount
        self._open_term(happening.at)

    def _open_term(self, since: datetime) -> None:
        start = self._start
        end = end_of(self._definition.limit, start.at, start.until, self._more, self._calendar)
        if end is not None:
            moved = end.moved - end.at if end.moved else ZERO
            self._terms.append(_Term(since=since, total=end.at - start.at, moved=moved))

    def _remark(self, code: str, text: str, happening: Happening) -> None:
        self.remarks.append(Remark(code=code, text=text, at=happening.at))

    # --- from used time to moments -----------------------------------------------------------------------------

    def _last(self, end: datetime | None = None) -> Segment:
        return Segment(
            start=self._since, end=end or self.stopped_at, running=not self._open, reasons=tuple(self._open.values())
        )

    def _moment_of(self, used: timedelta) -> datetime | None:
        """The moment at which so much running time is used up; None while a pause stands before it."""
        left = used
        for segment in (*self._closed, self._last()):
            if not segment.running:
                continue
            if segment.end is None or left <= segment.end - segment.start:
                return segment.start + left
            left -= segment.end - segment.start
        # A clock that was stopped would have gone on.
        return self.stopped_at + left if self.stopped_at is not None and not self._open else None
