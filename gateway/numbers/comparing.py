"""Their sheet held against what we know. What it tells goes into the write that settles the sheet, and is never taken back.

- They sent, and nothing came: told first; a number that has been told and does not come in time is missing (`watch.py`), for
  a message may be on its way at midnight, or in a queue for hours.
- We sent, and nothing came to them: unheard, where the message was handed over before their day ended. It is brought before
  an officer, who sends it again.
- Both know it, and differently: differs.
- They have a number that we never gave: foreign.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from gateway.envelope import Envelope
from gateway.ledger import Ledger
from gateway.numbers import sheets
from gateway.numbers.reading import known_of
from gateway.numbers.series import (
    COME,
    DIFFERENCES,
    DIFFERS,
    FOREIGN,
    GIVEN,
    MISSING,
    SETTLED,
    SIGNED,
    TAKEN,
    TOLD,
    UNHEARD,
    VOID,
    Numbered,
    open_tasks,
)
from gateway.numbers.sheets import Line, Sheet
from gateway.technical import TechnicalForms
from gateway.verdict import Details, Hold, Note, Reason, Settle, Verdict

MAX_NOTES: Final = 32
"""Messages of ours that one sheet can bring before an officer; all are in the list of differences."""
AGREES: Final = Reason(code="sheet.agrees", public="The sheet agrees with our own books.")
DIFFERS_REASON: Final = Reason(
    code="sheet.differs", public="The sheet differs from our own books; see the differences."
)
UNHEARD_REASON: Final = Reason(
    code="sheet.unheard",
    public="The counterpart's sheet says that this message never came; send it again, or settle it.",
)
MAX_NEW: Final = 1000
"""What one sheet can tell that we did not know; more is for an officer, since it fills our books."""
TOO_DIFFERENT: Final = Reason(
    code="sheet.too-different",
    public=f"The sheet tells of more than {MAX_NEW} numbers that our books do not know; an officer decides.",
)
EVENTS: Final = {
    MISSING: "number.missing", UNHEARD: "number.unheard", DIFFERS: "number.differs", FOREIGN: "number.differs",
    TOLD: "number.told", SETTLED: "number.settled", VOID: "number.void",
}  # fmt: skip
MAX_TOLD: Final = 500
"""Entries that one sheet can bring about beside its own; the counts in it are whole."""
log = logging.getLogger(__name__)
Known = Mapping[int, Sequence[Numbered]]


class Comparer:
    """Settles sheets that come in."""

    def __init__(self, ledger: Ledger, formats: TechnicalForms) -> None:
        self._ledger, self._formats = ledger, formats

    async def compare(self, envelope: Envelope, now: datetime) -> Verdict:
        """Settle the sheet, with everything that it tells."""
        sheet = self._formats.sheet_content(envelope.form)
        theirs = await known_of(self._ledger, (sheet.sender, sheet.receiver), (line.number for line in sheet.sent))
        ours = await known_of(self._ledger, (sheet.receiver, sheet.sender), (line.number for line in sheet.received))
        rows = compared(sheet, theirs, ours, envelope.id, now)
        if len(rows) > MAX_NEW and not envelope.released(TOO_DIFFERENT.code):
            return Hold(envelope=envelope, reason=TOO_DIFFERENT)
        return self._settled(envelope, sheet, rows)

    def _settled(self, envelope: Envelope, sheet: Sheet, rows: Sequence[Numbered]) -> Verdict:
        opened = [row for row in rows if row.kind in DIFFERENCES]
        if opened:
            log.error("alarm: a sheet differs, envelope=%s differences=%d", envelope.id, len(opened))
        counted = {kind: sum(row.kind == kind for row in rows) for kind in (TOLD, VOID, SETTLED, *DIFFERENCES)}
        details: Details = (
            ("counterpart", sheet.sender), ("day", sheet.day.isoformat()), ("edition", str(sheet.edition)),
            ("part", f"{sheet.part}/{sheet.parts}"), ("sent", str(len(sheet.sent))), ("received", str(len(sheet.received))),
            *((kind, str(count)) for kind, count in counted.items() if count),
        )  # fmt: skip
        notes = [
            Note(
                event=EVENTS[UNHEARD], envelope=row.about, counterpart=sheet.sender, state="held", reason=UNHEARD_REASON,
                details=(("number", str(row.number)), ("sheet", envelope.id)),
            )
            for row in opened
            if row.kind == UNHEARD
        ]  # fmt: skip
        return Settle(
            envelope=envelope, state="settled", reason=DIFFERS_REASON if opened else AGREES, numbers=tuple(rows),
            also=(("sheet.compared", details), *(_told(row) for row in rows[:MAX_TOLD])), notes=tuple(notes[:MAX_NOTES]),
            details=details[1:3],
        )  # fmt: skip


def compared(sheet: Sheet, theirs: Known, ours: Known, envelope: str, now: datetime) -> tuple[Numbered, ...]:
    """What a sheet tells that we did not know. `theirs` and `ours` are what is kept of the numbers that it names."""
    found: list[Numbered] = []
    for line in sheet.sent:
        known = theirs.get(line.number, ())
        fresh = _their_number(line, known, _Row(sheet.sender, sheet.receiver, line, envelope, now))
        found += [row for row in fresh if row.key not in {each.key for each in known}]
    for line in sheet.received:
        known = ours.get(line.number, ())
        fresh = _our_number(line, known, sheet, _Row(sheet.receiver, sheet.sender, line, envelope, now))
        found += [row for row in fresh if row.key not in {each.key for each in known}]
    return tuple(found)


class _Row:
    """Makes rows about one line of one sheet."""

    def __init__(self, sender: str, receiver: str, line: Line, envelope: str, now: datetime) -> None:
        self._sender, self._receiver, self._line, self._envelope, self._now = sender, receiver, line, envelope, now

    def __call__(self, kind: str, about: str = "", note: str = "") -> Numbered:
        return Numbered(
            sender=self._sender, receiver=self._receiver, number=self._line.number, kind=kind, about=about, at=self._now,
            message_id=self._line.message_id, digest=self._line.digest, note=note or f"sheet {self._envelope}",
        )  # fmt: skip

    def told(self) -> Numbered:
        """The line as it stands: what each sheet says is kept."""
        return self(TOLD, self._envelope)


def _their_number(line: Line, known: Sequence[Numbered], row: _Row) -> list[Numbered]:
    came = [each for each in known if each.kind == COME]
    if line.state == sheets.VOID:
        if came:
            return [row(DIFFERS, note="their sheet calls it void, and it came")]
        return [row(VOID), *(row(SETTLED, task.kind, "void by their sheet") for task in open_tasks(known))]
    if line.state != sheets.SENT:
        return []
    if not came:
        return [row.told()]
    if all((each.message_id, each.digest) != (line.message_id, line.digest) for each in came):
        return [row(DIFFERS, note="their sheet names another message or digest than came")]
    return []


def _our_number(line: Line, known: Sequence[Numbered], sheet: Sheet, row: _Row) -> list[Numbered]:
    kinds = {each.kind: each for each in known if each.kind in (GIVEN, SIGNED, TAKEN, VOID)}
    if GIVEN not in kinds:
        return (
            [row(FOREIGN, note="their sheet lists a number that was never given")] if line.state == sheets.CAME else []
        )
    if line.state == sheets.MISSING:
        taken = kinds.get(TAKEN)
        if taken is None or VOID in kinds or taken.at >= sheet.ends:
            return []  # it is still on its way, or nobody will ever send it
        return [row(UNHEARD, taken.about)]
    signed = kinds.get(SIGNED)
    if signed is None or (signed.message_id, signed.digest) != (line.message_id, line.digest):
        return [row(DIFFERS, note="their sheet names another message or digest than was sent")]
    return [row(SETTLED, UNHEARD, "their sheet lists it") for task in open_tasks(known) if task.kind == UNHEARD]


def _told(row: Numbered) -> tuple[str, Details]:
    details = (("sender", row.sender), ("receiver", row.receiver), ("number", str(row.number)))
    more = (("kind", row.kind), ("about", row.about), ("note", row.note))
    return EVENTS[row.kind], (*details, *more)
