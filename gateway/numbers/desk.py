"""Sheets and differences as people see them, and settling a difference with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.envelope import Direction
from gateway.errors import Refused
from gateway.ledger import Ledger, Query, Summary, readable
from gateway.numbers.comparing import EVENTS
from gateway.numbers.reading import known_of, tasks
from gateway.numbers.series import COME, DIFFERENCES, GIVEN, SETTLED, Numbered, NumberQuery
from gateway.numbers.sheets import FORMAT, Sheet
from gateway.persons import Who, entry_by
from gateway.ports import Clock
from gateway.technical import TechnicalForms

MAX_REASON_CHARACTERS: Final = 500
BY_A_PERSON: Final = "settled by a person; the entry says why"


class Shown(Struct, frozen=True, kw_only=True):
    """One sheet in a list."""

    summary: Summary
    sheet: Sheet | None
    """None where its content is destroyed or was never read."""


class SheetDesk:
    """Lists and settles."""

    def __init__(self, ledger: Ledger, clock: Clock, formats: TechnicalForms) -> None:
        self._ledger, self._clock, self._formats = ledger, clock, formats

    async def sheets(
        self, counterpart: str = "", direction: Direction | None = None, before: str = "", limit: int = 50
    ) -> list[Shown]:
        """Sheets of both ways, newest first."""
        query = Query(format=FORMAT, counterpart=counterpart, direction=direction, before_id=before, limit=limit)
        return [Shown(summary=found, sheet=await self._read(found)) for found in await self._ledger.find(query)]

    async def sheet(self, envelope: str) -> Shown:
        """One sheet; raises `Refused` with `sheet.unknown`."""
        found = [each for each in await self._ledger.find(Query(text=envelope, limit=2)) if each.id == envelope]
        if not found or found[0].format != FORMAT:
            raise Refused("sheet.unknown", "There is no sheet with this id.")
        return Shown(summary=found[0], sheet=await self._read(found[0]))

    async def _read(self, summary: Summary) -> Sheet | None:
        row = await readable(self._ledger, summary.id)
        form = row.envelope.learned.form if row else None
        return self._formats.sheet_content(form) if form else None

    async def differences(self, counterpart: str = "") -> list[Numbered]:
        """Everything that nothing has settled, oldest first."""
        found = [
            task
            for pair in await self._ledger.series()
            if counterpart in ("", *pair)
            for task in await tasks(self._ledger, pair)
        ]
        return sorted(found, key=lambda task: (task.at, task.series, task.place))

    async def series(self) -> list[tuple[str, str, int]]:
        """Every series with the last number that is known of it."""
        return [(*pair, await self._highest(pair)) for pair in await self._ledger.series()]

    async def _highest(self, pair: tuple[str, str]) -> int:
        asked = NumberQuery(sender=pair[0], receiver=pair[1], kinds=(GIVEN, COME), newest_first=True, limit=1)
        found = await self._ledger.numbers(asked)
        return found[0].number if found else 0

    async def settle(self, series: tuple[str, str], number: int, kind: str, who: Who, reason: str) -> Numbered:
        """A person says why a difference is none any more. Raises `Refused` for one that is not open."""
        if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS:
            raise Refused(
                "reason.missing", f"State a reason in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
            )
        known = await known_of(self._ledger, series, [number])
        settled = {row.about for row in known[number] if row.kind == SETTLED}
        opened = next((row for row in known[number] if row.kind == kind and kind in DIFFERENCES), None)
        if opened is None or kind in settled:
            raise Refused(
                "difference.unknown", "There is no such open difference. `spoc sheets differences` lists all."
            )
        row = _settled(opened, self._clock.now(), BY_A_PERSON)  # their words may name somebody: sealed, in the entry
        details = (
            ("sender", series[0]),
            ("receiver", series[1]),
            ("number", str(number)),
            ("about", kind),
            ("why", reason),
        )
        entry = entry_by(who, EVENTS[SETTLED], row.at, details=details)
        await self._ledger.record_numbers([row], [entry])
        return row


def _settled(opened: Numbered, at: datetime, note: str) -> Numbered:
    return Numbered(
        sender=opened.sender, receiver=opened.receiver, number=opened.number, kind=SETTLED, about=opened.kind, at=at,
        message_id=opened.message_id, digest=opened.digest, note=note,
    )  # fmt: skip
