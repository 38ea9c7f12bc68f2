"""Where does it go? Inbound by the routing table, outbound by what was agreed with the counterpart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gateway.addressbook.book import Downtime
from gateway.envelope import Direction, Envelope, Leg
from gateway.errors import Refused
from gateway.exchanges.fitting import Fitted, Fitting, Stopped
from gateway.exchanges.joining import find_exchange
from gateway.identity import family_of
from gateway.ledger import Ledger, Query, Row
from gateway.numbers.giving import Giver
from gateway.partners import Directory, Partner
from gateway.ports import Formats, OutboundChannel, Router
from gateway.stages.linking import LINKED, linked
from gateway.stages.ways import DOWN, Ways, down_reason
from gateway.statements import STATEMENT
from gateway.verdict import Advance, Hold, Reason, Retry, Verdict

CLIENTS_OWN: Final = "message"
"""Kind of what national systems and people hand in; everything else the gateway wrote itself."""
STEPS: Final = frozenset({CLIENTS_OWN, "reply"})
"""Kinds that are steps of an exchange: receipts, repetitions and what is passed on for others are none."""
GATEWAYS_OWN: Final = "spoc"
"""Family of the forms that the gateway alone writes: receipts."""
ON_THE_WAY: Final = frozenset({"routed", "encoded", "signed", "transmitted", "ambiguous", "confirmed"})
MAX_NAMESAKES: Final = 64


class RouteInbound:
    """Asks the routing table and keeps its explanation."""

    name = "route"
    direction = Direction.INBOUND
    needs = frozenset({"form", "findings", "exchange"})
    adds = frozenset({"routing"})

    def __init__(self, router: Router) -> None:
        self._router = router

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with the decision, or Hold where the table says that an officer decides."""
        decision = self._router.decide(row.envelope)
        known = row.envelope.learn(routing=decision)
        details = (
            ("row", decision.row),
            ("registers", " ".join(decision.registers)),
            ("case_system", decision.case_system),
        )
        if decision.hold and not known.released(decision.hold):
            words = decision.explanation[-1] if decision.explanation else "The routing table asks for an officer."
            return Hold(
                envelope=known,
                reason=Reason(code=decision.hold, public="An officer decides.", operator=words),
                details=details,
            )
        return Advance(envelope=known, details=details)


class RouteOutbound:
    """Finds the way to the counterpart: its channel and its address there."""

    name = "route"
    direction = Direction.OUTBOUND
    needs = frozenset({"form"})
    adds = frozenset({"leg", "exchange"})

    def __init__(
        self, directory: Directory, channels: Mapping[str, OutboundChannel], ledger: Ledger, formats: Formats,
        fitting: Fitting,
    ) -> None:  # fmt: skip
        self._directory, self._ledger, self._formats, self._fitting = directory, ledger, formats, fitting
        self._ways = Ways(directory, channels)
        self._giver = Giver(ledger, formats)

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with the leg, or wait for a bureau that has announced that it is down; raises `Refused` for a counterpart that has no way."""
        envelope = row.envelope
        counterpart = envelope.claim.recipients[0]
        header = envelope.form.header
        if counterpart not in (*header.to, *header.info):
            raise Refused("recipient.mismatch", "The form does not name the counterpart that it is to be sent to.")
        await self._refuse_forged(row)
        partner = self._directory.get(counterpart)
        if partner is None:
            raise Refused(
                "recipient.unknown", "The counterpart is no partner of this office. `spoc partners list` shows all."
            )
        leg = self._ways.to(envelope, partner)
        if envelope.kind in LINKED:
            envelope = await linked(self._ledger, self._formats, envelope)
        if envelope.kind == STATEMENT:
            known = envelope.learn(leg=leg, exchange=await self._exchange(envelope))
            return Advance(envelope=known, details=(("counterpart", counterpart), ("exchange", known.exchange)))
        downtime = self._ways.down(partner, now)
        if downtime and not envelope.released(DOWN):
            around = self._ways.around(envelope, partner)
            if around is None:
                return self._wait(envelope, downtime, partner)
            leg = around
        fitted = await self._fitted(envelope.learn(leg=leg), now)
        if not isinstance(fitted, Fitted):
            return fitted
        known, numbers = await self._giver.numbered(fitted.envelope, partner, now)
        return Advance(
            envelope=known, steps=fitted.steps, expects=fitted.expects, numbers=numbers,
            details=(
                ("counterpart", counterpart), ("channel", leg.channel), ("way", _named(leg)),
                ("exchange", known.exchange), *fitted.details, *(("number", str(each.number)) for each in numbers),
            ),
        )  # fmt: skip

    async def _fitted(self, envelope: Envelope, now: datetime) -> Fitted | Stopped:
        """A message of ours that breaks its dialogue waits, too. What is passed on is another office's and no step of ours."""
        exchange = await self._exchange(envelope)
        if envelope.kind not in STEPS:
            return await self._fitting.pass_on(envelope, exchange, now)
        return await self._fitting.fit(envelope, exchange, now)

    def _wait(self, envelope: Envelope, downtime: Downtime, partner: Partner) -> Verdict:
        """Until the announced downtime ends; what is urgent is brought before a person who can call."""
        urgent = envelope.form.header.urgency != "NORMAL"
        reason = down_reason(downtime, urgent, self._ways.telephone(partner))
        if urgent:
            return Hold(envelope=envelope, reason=reason)
        return Retry(envelope=envelope, reason=reason, at=downtime.ends, counts=False)

    async def _refuse_forged(self, row: Row) -> None:
        """What a client hands in may not say in the gateway's name what became of a message, nor take the name of another."""
        envelope = row.envelope
        if envelope.kind != CLIENTS_OWN:
            return
        if family_of(envelope.form.format) == GATEWAYS_OWN:
            raise Refused("receipt.by-hand", "Receipts are written by the gateway alone. Send a message instead.")
        message_id = envelope.form.header.message_id
        known = await self._ledger.find(Query(message_id=message_id, direction=Direction.OUTBOUND, limit=MAX_NAMESAKES))
        # One form to several offices is one order for each of them.
        alike = [each for each in known if each.counterpart == envelope.claim.recipients[0] and each.id != envelope.id]
        others = [each for each in alike if each.state != "rejected"]
        # Ids are ordered by time: of two orders that meet here, the earlier one goes on.
        if any(each.id < envelope.id or each.state in ON_THE_WAY for each in others):
            raise Refused(
                "message-id.used",
                "This office was sent another message under this message id. Give every message its own.",
            )

    async def _exchange(self, envelope: Envelope) -> str:
        if envelope.cause:
            parent = await self._ledger.get(envelope.cause)
            if parent and parent.envelope.learned.exchange:
                return parent.envelope.exchange
            return envelope.cause
        return (await find_exchange(self._ledger, self._formats, envelope))[0]


def _named(leg: Leg) -> str:
    """The way in the journal: nothing for the usual one."""
    return f"alternative {leg.alternative}" if leg.alternative else ""
