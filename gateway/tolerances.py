"""What an office puts up with from one partner for a time: a rule's finding counts for less, until a date, and says so.

A tolerance lowers a severity and never more than that: the rule still speaks, the partner still reads it in its
receipt, and each use is an entry in the journal. What comes from abroad alone is tolerated; what we send ourselves
keeps every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import msgspec
from msgspec import Struct

from gateway.findings import Finding, Severity
from gateway.verdict import Hold, Verdict

USED: Final = "rule.tolerated"
"""The event of each use."""
_ORDER: Final = tuple(Severity)


class Tolerance(Struct, frozen=True, kw_only=True):
    """One row of the table."""

    partner: str
    rule: str
    severity: Severity
    """As what the finding counts meanwhile."""
    since: date
    until: date
    """The last day."""
    reason: str
    decided_by: str

    def holds(self, day: date) -> bool:
        """Whether the day lies within it, first and last day included."""
        return self.since <= day <= self.until


class Use(Struct, frozen=True, kw_only=True):
    """One finding that counted for less."""

    tolerance: Tolerance
    before: Severity

    def words(self) -> str:
        """For the journal entry of the message: `R18 error->warning until 2027-01-31`."""
        row = self.tolerance
        return f"{row.rule} {self.before}->{row.severity} until {row.until}"

    def entry(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The journal entry of its own."""
        row = self.tolerance
        told = (("rule", row.rule), ("partner", row.partner), ("from", str(self.before)), ("to", str(row.severity)))
        return USED, (*told, ("until", str(row.until)))


def lower(severity: Severity, than: Severity) -> bool:
    """Whether a severity is milder than another."""
    return _ORDER.index(severity) > _ORDER.index(than)


class Tolerances:
    """The whole table."""

    def __init__(self, rows: Iterable[Tolerance] = ()) -> None:
        self._rows = tuple(rows)

    def __iter__(self) -> Iterator[Tolerance]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def applied(
        self, findings: Iterable[Finding], partner: str, day: date
    ) -> tuple[tuple[Finding, ...], tuple[Use, ...]]:
        """The findings as they count for a message of this partner on this day, and which tolerances were used."""
        rows = {row.rule: row for row in self._rows if row.partner == partner and row.holds(day)}
        counted, uses = [], []
        for finding in findings:
            row = rows.get(finding.rule)
            if row is not None and lower(row.severity, finding.severity):
                uses.append(Use(tolerance=row, before=finding.severity))
                finding = _lowered(finding, row)  # noqa: PLW2901  # the finding as it counts
            counted.append(finding)
        return tuple(counted), tuple(uses)


def _lowered(finding: Finding, row: Tolerance) -> Finding:
    text = f"{finding.text} Tolerated until {row.until}: {finding.severity} counts as {row.severity}; then it is {finding.severity} again."
    return msgspec.structs.replace(finding, severity=row.severity, text=text)


def told(uses: Iterable[Use]) -> tuple[tuple[str, str], ...]:
    """What the entry of the message says."""
    words = "; ".join(use.words() for use in uses)
    return (("tolerated", words),) if words else ()


def with_uses(verdict: Verdict, uses: Iterable[Use]) -> Verdict:
    """The verdict with what was tolerated in its journal entry, and an entry of its own for each use. A message that an officer
    holds comes back to this, and is counted then.
    """
    found = tuple(uses)
    also = () if isinstance(verdict, Hold) else tuple(use.entry() for use in found)
    return msgspec.structs.replace(verdict, details=(*verdict.details, *told(found)), also=(*verdict.also, *also))
