"""What a bureau that counts does each night: a sheet to each office that it has exchanged numbers with, and theirs held against its books.

The one idea: losing a message on purpose is a habit like any other, so that a tester can watch both sides find it.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simulators.office import sheets
from simulators.office.outbox import Manner, Message
from simulators.office.receipts import Letterhead

if TYPE_CHECKING:
    from simulators.counterparts.bureaux.bureau import Bureau


class CountingRoom:
    """Writes and reads the sheets of one bureau."""

    def __init__(self, bureau: "Bureau") -> None:
        self._bureau = bureau
        self._editions: dict[tuple[str, date], int] = {}

    async def nights(self) -> None:
        """For as long as the bureau counts: a sheet after each midnight of its own."""
        bureau = self._bureau
        while bureau.conduct.counts:
            await bureau.station.clock.wait_until(sheets.next_sheet(bureau.station.now(), bureau.zone))
            if bureau.conduct.counts:
                today = (bureau.station.now().astimezone(bureau.zone) - sheets.AFTER_MIDNIGHT).date()
                for party in bureau.books.parties:
                    await self.send(party, today - timedelta(days=1))

    async def send(self, party: str, day: date) -> dict[str, Any]:
        """The sheet of one day to one office; again as the next edition where there was one."""
        bureau = self._bureau
        edition = self._editions[party, day] = self._editions.get((party, day), 0) + 1
        head = Letterhead(
            message_id=bureau.new_id(), our_reference=bureau.new_reference("SHEET"), sender=bureau.identity.party, to=party,
            now=bureau.station.now(),
        )  # fmt: skip
        root = sheets.build(head, sheets.span_of(day, bureau.zone), bureau.books, edition)
        message = Message(
            message_id=head.message_id, our_reference=head.our_reference, to=party, root="Sheet", urgency="NORMAL",
            payload=bureau.sign(root),
        )  # fmt: skip
        bureau.outbox.keep(message)
        results = await bureau.outbox.transmit_until_taken(message, Manner(), head.now)
        bureau.record_sent("sheet", message, results)
        return {"message_id": head.message_id, "day": day.isoformat(), "edition": edition, "to": party}

    async def read(self, message: dict[str, Any]) -> None:
        """Hold a sheet that came against the books; send again what never arrived, where that is the habit."""
        bureau = self._bureau
        party = str(message["from"])
        found = sheets.compare(sheets.read(message["xml"].encode()), party, bureau.books)
        bureau.station.recorder.record("sheet-compared", {"from": party, **found})
        for number in found["they_miss"] if bureau.conduct.resends else ():
            await self._again(party, bureau.books.sent[party][number].message_id)

    async def _again(self, party: str, message_id: str) -> None:
        kept = self._bureau.outbox.kept(message_id)
        if kept is not None:
            results = await self._bureau.outbox.transmit_until_taken(kept, Manner(), self._bureau.station.now())
            self._bureau.record_sent("sent-again", kept, results)

    # --- the control port

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sim/numbers", self.show), web.post("/sim/sheet", self.order)]

    async def show(self, _request: web.Request) -> web.Response:
        return web.json_response({"numbers": self._bureau.books.as_json()})

    async def order(self, request: web.Request) -> web.Response:
        """`{"to": "sirene:XA", "day": "2026-11-21"}`; without a day that of the bureau's own clock."""
        try:
            order = await request.json()
            today = self._bureau.station.now().astimezone(self._bureau.zone).date()
            day = date.fromisoformat(order["day"]) if "day" in order else today
            return web.json_response(await self.send(str(order["to"]), day))
        except (ValueError, TypeError, KeyError) as error:
            return web.json_response({"errors": [f"to, and a day such as 2026-11-21, are needed: {error}"]}, status=400)
