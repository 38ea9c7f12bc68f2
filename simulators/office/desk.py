"""The control port of an office: testers send, read and introduce partners here.

The one idea: one call is one act of a clerk, and its answer is all that the clerk saw: ids, and the other side's words.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from simulators.declaration import LOOPBACK, Running, Station
from simulators.office import tampering, templates
from simulators.office.cards import CardInvalid, read_card
from simulators.office.clerk import Clerk, read_order
from simulators.office.identity import Identity
from simulators.office.mailbag import FILTERS, RECEIPT_FILTERS
from simulators.office.office import Office
from simulators.office.templates import CannotFill

_QUERY_KEYS = frozenset(FILTERS) | frozenset(RECEIPT_FILTERS) | {
    "since", "contains", "your_reference", "valid", "duplicate", "receipts", "wait", "count",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers `/sim/send`, `/sim/messages`, `/sim/partner`, `/sim/card`, `/sim/templates`."""

    office: Office

    @property
    def clerk(self) -> Clerk:
        return Clerk(self.office)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sim/send", self.send),
            web.get("/sim/messages", self.messages),
            web.post("/sim/partner", self.add_partner),
            web.get("/sim/partner", self.partners),
            web.delete("/sim/partner/{party}", self.forget_partner),
            web.get("/sim/card", self.card),
            web.get("/sim/templates", self.templates),
        ]

    # --- reading

    async def messages(self, request: web.Request) -> web.Response:
        """`?root=FormP&in_reply_to=ID&wait=10`: those that fit, at once or when one has come."""
        query = dict(request.query)
        unknown = sorted(query.keys() - _QUERY_KEYS)
        if unknown:
            return _wrong(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(_QUERY_KEYS))}")
        try:
            seconds, count = float(query.pop("wait", "0")), int(query.pop("count", "1"))
            int(query.get("since", "0"))
        except ValueError:
            return _wrong("wait, count and since are numbers")
        found = await self.office.mailbag.wait(query, count, seconds) if seconds else self.office.mailbag.find(query)
        return web.json_response({"messages": found, "last": self.office.mailbag.last})

    async def card(self, _request: web.Request) -> web.Response:
        return web.json_response(self.office.card())

    async def templates(self, _request: web.Request) -> web.Response:
        return web.json_response({"templates": templates.template_names(), "tamper": tampering.KINDS})

    async def partners(self, _request: web.Request) -> web.Response:
        return web.json_response({"partners": [card.raw for card in self.office.cards]})

    async def add_partner(self, request: web.Request) -> web.Response:
        try:
            card = read_card(await request.read())
        except CardInvalid as error:
            return _wrong(str(error))
        self.office.cards.add(card)
        return web.json_response({"party": card.party})

    async def forget_partner(self, request: web.Request) -> web.Response:
        party = request.match_info["party"]
        return web.json_response({"party": party, "known": self.office.cards.forget(party)})

    # --- sending

    async def send(self, request: web.Request) -> web.Response:
        """Send one message now; the answer says what the other side said, be it yes or no."""
        try:
            order = read_order(await request.read())
            return web.json_response(await self.clerk.carry_out(order))
        except (ValueError, TypeError, CannotFill) as error:
            return _wrong(str(error))


def _wrong(text: str) -> web.Response:
    return web.json_response({"errors": [text]}, status=400)


async def open_office(
    station: Station, identity: Identity, make: Callable[[Station, Identity], Office] = Office
) -> Running:
    """Start an office; what `SIMULATOR.start` of a counterpart does. `make` is what kind of office it is."""
    try:
        office = make(station, identity)
    except CardInvalid as error:
        raise ValueError(str(error)) from error
    await office.start()
    return running(office)


def running(office: Office) -> Running:
    """A started office, as the outside sees it."""
    ready: dict[str, object] = {
        "party": office.identity.party,
        "address": office.identity.address,
        "smtp_host": LOOPBACK,
        "smtp_port": office.port,
        "port": office.port,
        "card": str(office.card_file),
        "ca": str(office.keys.authority),
    }
    if office.setup.amqp_url:
        ready["amqp_queue"] = office.queue_name
    routes = [*Desk(office).routes(), *office.control_routes()]
    return Running(ready=ready, stop=office.stop, reset=office.reset, control_routes=routes)
