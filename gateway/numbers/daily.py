"""Sends the sheet of each day that has ended to the partners that want it, and amends it where a number was still open.

A sheet goes out like any message: accepted durably, checked, signed, journalled, tried again. Its message id follows from the
pair, the day, the edition and the part, so that whatever dies in between, none goes out twice with other content.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from msgspec.structs import replace

from gateway.envelope import Direction, Payload
from gateway.errors import Misconfigured, Refused
from gateway.identity import derived_id
from gateway.journal.entry import Entry
from gateway.ledger import KeyConflict, Ledger, Query, readable
from gateway.numbers import sheets
from gateway.numbers.composing import Day, composed, legal_day
from gateway.numbers.series import NumberQuery
from gateway.numbers.sheets import KIND, Line, Sheet, digest_of, in_parts
from gateway.office import Office
from gateway.partners import Directory, Partner
from gateway.ports import Formats, IdSource
from gateway.reply import ReplyContext
from gateway.statements import document, outbound

AFTER_THE_DAY: Final = timedelta(minutes=30)
"""What is on its way at midnight arrives before the sheet is written."""
DAYS_BACK: Final = 31
"""A gateway that was away sends the sheets of so many days."""
DAYS_AMENDED: Final = 7
MAX_EDITIONS: Final = 50
MAX_KEPT: Final = 4096
MAX_MISSING: Final = 1000
"""Of one sheet: the oldest first."""
log = logging.getLogger(__name__)
Pair = tuple[str, str]
Missing = Mapping[Pair, Mapping[int, datetime]]


class Daily:
    """Writes sheets. `zone` gives the legal time of a party of ours, `offer` hands an envelope to the engine."""

    def __init__(  # noqa: PLR0913  # what a sheet is made of, each once
        self, ledger: Ledger, formats: Formats, directory: Directory, office: Office, ids: IdSource, *,
        zone: Callable[[str], tzinfo], offer: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._ledger, self._formats, self._directory, self._office = ledger, formats, directory, office
        self._ids, self._zone, self._offer = ids, zone, offer
        self._done: dict[tuple[Pair, date], date] = {}

    async def send(self, now: datetime, missing: Missing) -> datetime:
        """Write the sheets that are due; when the next ones are."""
        following = now + timedelta(days=1)
        for partner in list(self._directory):
            if not partner.sheets:
                continue
            for own in await self._own(partner):
                today = (now - AFTER_THE_DAY).astimezone(self._zone(own)).date()
                try:
                    await self._days(own, partner, today, now, missing.get((partner.party, own), {}))
                except (Refused, Misconfigured) as error:
                    log.error("a sheet cannot be written, counterpart=%s code=%s", partner.party, error.code)  # noqa: TRY400  # expected
                following = min(following, legal_day(today, self._zone(own)).ends + AFTER_THE_DAY)
        return following

    async def _own(self, partner: Partner) -> list[str]:
        """Our parties that write to this partner, or that it writes to."""
        pairs = await self._ledger.series()
        known = {pair[0] if pair[1] == partner.party else pair[1] for pair in pairs if partner.party in pair}
        return sorted({self._office.facing(partner.party), *(known & set(self._office.parties))})

    async def _days(
        self, own: str, partner: Partner, today: date, now: datetime, missing: Mapping[int, datetime]
    ) -> None:
        """Every day that has ended and has no sheet, oldest first; each is looked at once a day, while it may be amended."""
        for back in range((today - await self._since(own, partner, today)).days, 0, -1):
            day = legal_day(today - timedelta(days=back), self._zone(own))
            key = ((own, partner.party), day.day)
            if self._done.get(key) != today:
                await self._day(own, partner, day, now, missing, amend=back <= DAYS_AMENDED)
                self._done[key] = today
        if len(self._done) > MAX_KEPT:
            self._done = {key: looked for key, looked in self._done.items() if looked == today}

    async def _since(self, own: str, partner: Partner, today: date) -> date:
        """The first day that may lack a sheet: that of the first number of the pair. From then on quiet days have one, too."""
        firsts = [
            row.at.astimezone(self._zone(own)).date()
            for pair in ((own, partner.party), (partner.party, own))
            for row in await self._ledger.numbers(NumberQuery(sender=pair[0], receiver=pair[1], limit=1))
        ]
        return max(today - timedelta(days=DAYS_BACK), min(firsts, default=today))

    async def _day(  # one sheet: whose, for whom, of when, and what is missing
        self, own: str, partner: Partner, day: Day, now: datetime, missing: Mapping[int, datetime], *, amend: bool
    ) -> None:
        edition, last = await self._last(own, partner.party, day)
        if last is not None and not (amend and any(line.state == sheets.WAITING for line in last)):
            return
        known = sorted(number for number, since in missing.items() if since < day.ends)[:MAX_MISSING]
        whole = await composed(self._ledger, own, partner.party, day, known)
        if last is not None and digest_of(whole.sent) == digest_of(last):
            return
        for part in in_parts(replace(whole, edition=edition + 1, test=partner.test_only)):
            await self._keep(part, now)

    async def _last(self, own: str, partner: str, day: Day) -> tuple[int, list[Line] | None]:
        """The last edition of a day and what it told as sent; 0 and None before the first."""
        lines: list[Line] | None = None
        for edition in range(1, MAX_EDITIONS + 1):
            name = Sheet(sender=own, receiver=partner, day=day.day, begins=day.begins, ends=day.ends, edition=edition)
            first = await self._written(name)
            if first is None:
                return edition - 1, lines
            others = [await self._written(replace(name, part=part)) for part in range(2, first.parts + 1)]
            lines = [line for each in (first, *others) if each for line in each.sent]
        return MAX_EDITIONS, []

    async def _written(self, name: Sheet) -> Sheet | None:
        """The sheet of this pair, day, edition and part, where it was written."""
        asked = Query(message_id=message_id_of(name), direction=Direction.OUTBOUND, limit=1)
        for found in await self._ledger.find(asked):
            row = await readable(self._ledger, found.id)
            known = row.envelope.learned.form if row else None
            return self._formats.sheet_content(known) if known else name  # destroyed, it was written all the same
        return None

    async def _keep(self, sheet: Sheet, now: datetime) -> None:
        """Take the sheet in as a message of ours; one that was written meanwhile stands."""
        message_id = message_id_of(sheet)
        context = ReplyContext(
            own_party=sheet.sender, now=now, message_id=message_id, our_reference=f"S-{message_id[:13].upper()}"
        )  # fmt: skip
        form = self._formats.sheet(sheet, context)
        payload = Payload.of(document(self._formats.get(form.format).encode(form)), "application/xml")
        made = outbound(form, payload, id=self._ids.new(), kind=KIND, cause="", now=now)
        details = (
            ("kind", KIND),
            ("payload", payload.digest),
            ("day", sheet.day.isoformat()),
            ("counterpart", sheet.receiver),
        )
        entry = Entry(event="envelope.received", at=now, envelope=made.id, details=details)
        try:
            await self._ledger.accept(made, entry, message_id)
        except KeyConflict:
            return
        self._offer(made.id)


def message_id_of(sheet: Sheet) -> str:
    """The id that this part of this edition has for ever."""
    purpose = f"sheet/{sheet.day}/{sheet.edition}/{sheet.part}"
    return derived_id(f"{sheet.sender}/{sheet.receiver}", purpose)
