"""Versions of a family side by side: from when until when each is taken and sent, and what a change of version did to
a form.

The gateway thinks in the current version alone: rules, subjects, routing and dialogues see nothing else. Another version
is turned into the current one after its signature was verified, and out of it before it is signed; what that changed is
kept as findings, so nobody has to trust that nothing was lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.errors import Refused
from gateway.findings import Finding, Severity
from gateway.identity import FormatId

MAX_NOTES: Final = 99
"""Notes that are told one by one; a form with more is told their number."""


class Standing(StrEnum):
    """How a version stands on a day."""

    EARLY = "early"
    OPEN = "open"
    GRACE = "grace"
    CLOSED = "closed"


class Version(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One major version of a family. A day counts from midnight to midnight in UTC; a missing date is no limit."""

    family: str
    major: int
    title: str
    current: bool = False
    """Whether it is the one that the gateway itself thinks in."""
    accept_from: date | None = None
    accept_until: date | None = None
    grace_days: int = 0
    """Days after `accept_until` on which it is still taken, with a warning."""
    send_from: date | None = None
    send_until: date | None = None
    citation: str = ""
    confidence: str = "proposal"

    @property
    def refused_from(self) -> date | None:
        """The first day on which it is no longer taken."""
        return self.accept_until and self.accept_until + timedelta(days=self.grace_days + 1)

    def accepted(self, at: datetime) -> Standing:
        """Whether a message of this version is taken in."""
        day = at.date()
        if self.accept_from and day < self.accept_from:
            return Standing.EARLY
        if self.accept_until is None or day <= self.accept_until:
            return Standing.OPEN
        return Standing.GRACE if self.refused_from and day < self.refused_from else Standing.CLOSED

    def sendable(self, at: datetime) -> bool:
        """Whether a message of this version may go out."""
        day = at.date()
        return not (self.send_from and day < self.send_from) and not (self.send_until and day > self.send_until)


class Days(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an office has set for a version instead of the shipped days; None leaves a day as it is shipped."""

    accept_from: date | None = None
    accept_until: date | None = None
    grace_days: int | None = None
    send_from: date | None = None
    send_until: date | None = None


class Change(StrEnum):
    """What became of a field when the version changed."""

    LOST = "lost"
    """The other version cannot say it."""
    NARROWED = "narrowed"
    """The other version says it less exactly."""
    AS_WORDS = "as-words"
    """It stands as a line of free text now, where no program finds it."""
    FILLED = "filled"
    """The other version asks for it, and a default was written."""


class Note(Struct, frozen=True, kw_only=True):
    """One change. Its text names the field and never the value."""

    change: Change
    field: str
    number: str = ""
    text: str
    essential: bool = False
    """Whether an officer decides about it before the form goes out."""
    citation: str = ""


class Conversion(Struct, frozen=True, kw_only=True):
    """A change of version: what came, what it became, and every difference that this made."""

    source: FormatId
    target: FormatId
    notes: tuple[Note, ...] = ()
    unmapped: tuple[str, ...] = ()
    """Field numbers that nobody has mapped: they went through untouched."""

    @property
    def lossless(self) -> bool:
        """Whether everything that was said can still be said by a program."""
        return all(note.change is Change.FILLED for note in self.notes)

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """The report in the few words that the journal keeps."""
        told = " ".join(f"{note.number or note.field}:{note.change}" for note in self.notes[:MAX_NOTES])
        parts = (
            ("converted", f"{self.source} to {self.target}"), ("changed", told), ("unmapped", " ".join(self.unmapped)),
        )  # fmt: skip
        return tuple((name, words) for name, words in parts if words)


def major_of(format_id: FormatId) -> int:
    """The major version of a format: 1 for `sirene/G@1`."""
    return int(format_id.rpartition("@")[2])


def in_version(format_id: FormatId, major: int) -> FormatId:
    """The same kind of message in another version."""
    return f"{format_id.rpartition('@')[0]}@{major}"


def conversion_findings(conversion: Conversion, *, outbound: bool) -> tuple[Finding, ...]:
    """The report as findings. What is essential holds a message that goes out; one that came has lost nothing, for its
    bytes are kept.
    """
    words = f"The form was converted from {conversion.source} to {conversion.target}."
    remedy = "" if conversion.lossless else "Compare it with what was written before it is relied on."
    found = [_finding("VER-03", Severity.INFO, "", words, remedy, "")]
    for note in conversion.notes[:MAX_NOTES]:
        field = f"{note.field} ({note.number})" if note.number else note.field
        found.append(
            _finding(
                _RULES[note.change], _severity(note, outbound), field, note.text, _REMEDIES[note.change], note.citation
            )
        )
    rest = conversion.notes[MAX_NOTES:]
    if rest:
        severity = Severity.HOLD if outbound and any(note.essential for note in rest) else Severity.WARNING
        found.append(
            _finding("VER-04", severity, "", f"{len(rest)} further fields changed.", "Send fewer in one form.", "")
        )
    for number in conversion.unmapped:
        text = "A field number that nobody has mapped went through untouched."
        found.append(_finding("VER-07", Severity.INFO, number, text, "", ""))
    return tuple(found)


_RULES: Final = {
    Change.LOST: "VER-04", Change.NARROWED: "VER-05", Change.AS_WORDS: "VER-05", Change.FILLED: "VER-06",
}  # fmt: skip
_REMEDIES: Final = {
    Change.LOST: "Tell it in another form or by telephone if the receiver needs it.",
    Change.NARROWED: "Say it in the free text as well if the difference matters.",
    Change.AS_WORDS: "Nothing is missing for a person; a program will not find it.",
    Change.FILLED: "Correct it if the default is wrong.",
}


def _severity(note: Note, outbound: bool) -> Severity:
    if note.change is Change.FILLED:
        return Severity.INFO
    return Severity.HOLD if note.essential and outbound else Severity.WARNING


def acceptance_findings(version: Version, better: Version | None, at: datetime) -> tuple[Finding, ...]:
    """Whether a message of this version is taken at this time; `better` is the one to send instead."""
    standing = version.accepted(at)
    if standing is Standing.OPEN:
        return ()
    name, instead = f"Version {version.major} ({version.title}) of the family {version.family}", _instead(better)
    if standing is Standing.EARLY:
        words = f"{name} is taken from {version.accept_from} on, not yet."
        return (_finding("VER-01", Severity.ERROR, "Version", words, instead, version.citation),)
    if standing is Standing.GRACE:
        words = f"{name} ended on {version.accept_until}; it is taken for a time of grace and refused from {version.refused_from} on."
        return (_finding("VER-02", Severity.WARNING, "Version", words, instead, version.citation),)
    return (
        _finding(
            "VER-01", Severity.ERROR, "Version", f"{name} ended on {version.accept_until}.", instead, version.citation
        ),
    )


def _instead(better: Version | None) -> str:
    if better is None:
        return "No version of this family is taken today; ask this office."
    return f"Send version {better.major} ({better.title}), namespace urn:x-spoc:{better.family}:{better.major}."


def best_accepted(versions: Sequence[Version], at: datetime) -> Version | None:
    """The version that a sender should use today: the current one, else the highest that is taken."""
    return _best([version for version in versions if version.accepted(at) is Standing.OPEN])


def best_sendable(versions: Sequence[Version], spoken: Sequence[int], at: datetime) -> Version:
    """The version for a partner that takes these majors (the current one when none is agreed): the current one, else
    the highest that may be sent today. Raises `Refused` when there is none.
    """
    agreed = [version for version in versions if version.major in spoken or (not spoken and version.current)]
    found = _best([version for version in agreed if version.sendable(at)])
    if found is None:
        family = versions[0].family if versions else "this family"
        takes = ", ".join(str(major) for major in spoken) or "the current version only"
        ours = ", ".join(str(version.major) for version in versions if version.sendable(at)) or "none"
        raise Refused(
            "recipient.no-version",
            f"The partner takes of {family}: {takes}. Of these none can be sent today; this office can send the form in: {ours}. "
            "Agree on a version with the partner and write it into its `versions`.",
        )
    return found


def _best(versions: Sequence[Version]) -> Version | None:
    return max(versions, key=lambda version: (version.current, version.major), default=None)


def _finding(rule: str, severity: Severity, field: str, text: str, remedy: str, citation: str) -> Finding:
    return Finding(rule=rule, severity=severity, text=text, field=field, remedy=remedy, citation=citation)
