"""What was found, in order; the verdict over all of it, and the exit code that programs go by."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from .words import CHECKS, FAILED, OK, OPEN, ORDER

HOLDS: Final = "holds"
DAMAGED: Final = "refused"
UNVOUCHED: Final = "consistent in itself, but nobody vouches"
EXITS: Final = {HOLDS: 0, DAMAGED: 1, UNVOUCHED: 2}
MAX_FOUND: Final = 20_000


class Bad(Exception):
    """A check failed: what is wrong, in words."""


class NotCheckable(Exception):
    """A check cannot be made: why, in words."""


@dataclass(frozen=True)
class Found:
    """The outcome of one check at one place."""

    check: str
    place: str
    verdict: str
    words: str = ""

    def document(self) -> dict[str, str]:
        """For programs."""
        return {"check": self.check, "place": self.place, "verdict": self.verdict, "words": self.words}


@dataclass
class Report:
    """Collects outcomes."""

    found: list[Found] = field(default_factory=list)

    def ok(self, check: str, place: str, words: str = "") -> None:
        """The check holds there."""
        self._add(Found(check, place, OK, words))

    def failed(self, check: str, place: str, words: str) -> None:
        """It does not."""
        self._add(Found(check, place, FAILED, words))

    def open(self, check: str, place: str, words: str) -> None:
        """It cannot be made."""
        self._add(Found(check, place, OPEN, words))

    def _add(self, found: Found) -> None:
        if found.check not in CHECKS:
            raise ValueError(f"there is no check {found.check}")
        if len(self.found) < MAX_FOUND or found.verdict == FAILED:
            self.found.append(found)

    def checking(self, check: str, place: str, words: str = "") -> Checking:
        """The block is the check: what it raises becomes a failure, and never an end of the examination."""
        return Checking(self, check, place, words)

    @property
    def failures(self) -> list[Found]:
        """What failed, in the order of the table."""
        return sorted((each for each in self.found if each.verdict == FAILED), key=lambda each: ORDER[each.check])

    @property
    def verdict(self) -> str:
        """Over all of it."""
        if self.failures:
            return DAMAGED
        for name, check in CHECKS.items():
            verdicts = [each.verdict for each in self.found if each.check == name]
            needed = check.vouches and (verdicts or name in ("manifest.signer", "log.key"))
            if needed and (OPEN in verdicts or not verdicts):
                return UNVOUCHED
        return HOLDS

    @property
    def exit_code(self) -> int:
        """0 it holds, 1 it is refused, 2 nobody vouches for it."""
        return EXITS[self.verdict]

    def document(self) -> dict[str, Any]:
        """Everything for programs."""
        first = self.failures[:1]
        return {
            "verdict": self.verdict, "exit_code": self.exit_code, "reason": first[0].document() if first else None,
            "checks": [each.document() for each in self.found],
        }  # fmt: skip

    def text(self) -> str:
        """For people: each check in a line, and every place where it does not hold."""
        lines = [f"verdict: {self.verdict}", ""]
        for name, check in CHECKS.items():
            here = [each for each in self.found if each.check == name]
            if not here:
                continue
            counts = Counter(each.verdict for each in here)
            told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in (FAILED, OPEN, OK) if counts[verdict])
            lines += [f"{name}: {check.title}: {told}", f"    proves {check.proves}; does not prove {check.not_}"]
            notes = [each for each in here if each.verdict != OK or each.words]
            lines += [f"    {each.verdict} at {each.place or 'the bundle'}: {each.words}" for each in notes]
        return printable("\n".join(lines)) + "\n"

    def json(self) -> str:
        """The document as text."""
        return json.dumps(self.document(), indent=2, ensure_ascii=True) + "\n"


class Checking:
    """One check under way."""

    def __init__(self, report: Report, check: str, place: str, words: str) -> None:
        self._report, self._check, self._place, self.words = report, check, place, words

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            self._report.ok(self._check, self._place, self.words)
        elif isinstance(error, NotCheckable):
            self._report.open(self._check, self._place, str(error))
        elif isinstance(error, Bad):
            self._report.failed(self._check, self._place, str(error))
        elif isinstance(error, Exception) and not isinstance(error, MemoryError):
            # Whatever hostile content makes a library raise is a failed check.
            self._report.failed(self._check, self._place, f"it cannot be read ({type(error).__name__})")
        else:
            return False
        return True


def printable(text: str) -> str:
    """Text from strangers for a terminal: nothing that moves the cursor or turns the writing direction."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)
