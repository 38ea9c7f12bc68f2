"""Hand over to the counterpart, once per attempt, and never blindly twice.

Before the first byte leaves, the attempt is written down as `started`. If the gateway dies in between, that mark is
what it finds: the outcome is then ambiguous, and a receipt, a question or a person settles it. Receipts alone may be
sent again in doubt: the other side knows them by their id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway import parcel
from gateway.addressbook.choosing import by_way
from gateway.envelope import Attempt, Direction, Envelope
from gateway.errors import Refused
from gateway.handover import Outgoing
from gateway.identity import family_of
from gateway.ledger import Ledger, Row
from gateway.numbers.sheets import KIND as SHEET
from gateway.partners import Directory, Partner
from gateway.ports import Clock, OutboundChannel
from gateway.retry import URGENT_GIVE_UP, give_up_at, transmit_again
from gateway.settlement import CONFIRMING_STAGES
from gateway.stages.ways import Ways
from gateway.statements import STATEMENT
from gateway.verdict import Advance, Details, Hold, Reason, Retry, Settle, Verdict

STARTED: Final = "started"
TELEPHONE: Final = "transmit.telephone"
KEPT: Final = Reason(code="statement.kept", public="A statement about our own books: signed, and sent to nobody.")
REPEATABLE_KINDS: Final = frozenset({"receipt", "repeat", SHEET})


class Transmit:
    """One attempt, with its evidence."""

    name = "transmit"
    direction = Direction.OUTBOUND
    needs = frozenset({"form", "leg", "signed"})
    adds = frozenset({"transmissions"})

    def __init__(
        self, directory: Directory, channels: Mapping[str, OutboundChannel], clock: Clock, ledger: Ledger,
        urgent_give_up: timedelta = URGENT_GIVE_UP,
    ) -> None:  # fmt: skip
        self._directory, self._channels, self._clock = directory, channels, clock
        self._ledger, self._urgent_give_up = ledger, urgent_give_up
        self._ways = Ways(directory, channels)

    def begin(self, row: Row, now: datetime) -> Envelope | None:
        """The envelope with the attempt marked as started, or None when a started attempt is already there."""
        tried = row.envelope.learned.transmissions
        if tried and tried[-1].outcome == STARTED and row.envelope.kind not in REPEATABLE_KINDS:
            return None
        return row.envelope.learn(transmissions=(*tried, Attempt(number=len(tried) + 1, at=now, outcome=STARTED)))

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance when taken; Retry, Hold or Settle as ambiguous otherwise. The row must stand after `begin`."""
        envelope = row.envelope
        if envelope.kind == STATEMENT:
            return Settle(envelope=envelope, state="kept", reason=KEPT)
        partner = self._directory.get(envelope.leg.counterpart)
        if partner is None:
            raise Refused("recipient.unknown", "The counterpart is no partner of this office any more.")
        outgoing = self._outgoing(envelope, self._reached(envelope, partner), now)
        attempt = await self._channels[envelope.leg.channel].send(outgoing)
        if attempt.outcome == "unavailable":
            return self._again(
                row, _with(envelope, attempt), partner, attempt, await self._person_by(envelope, partner)
            )
        return self._verdict(row, partner, attempt)

    async def _person_by(self, envelope: Envelope, partner: Partner) -> datetime | None:
        """When a person must take over from the retries; None for what no person sends, and once one has let it go on."""
        if envelope.kind in REPEATABLE_KINDS or envelope.released(TELEPHONE):
            return None
        known = envelope.learned
        matter = (await self._ledger.exchange(known.exchange)).matter if known.exchange else None
        urgent = envelope.form.header.urgency != "NORMAL"
        limit_ends = matter.owed_by_us if matter else None
        if not urgent and limit_ends is None:
            return None
        return give_up_at(
            envelope.received_at, timedelta(hours=partner.retry_hours), urgent=self._urgent_give_up if urgent else None,
            limit_ends=limit_ends,
        )  # fmt: skip

    def _reached(self, envelope: Envelope, partner: Partner) -> Partner:
        """The partner as the way of this attempt reaches it."""
        return by_way(partner, self._ways.bureau(partner.party), envelope.leg.alternative)

    def interrupted(self, row: Row) -> Verdict:
        """The verdict on an attempt that was started and whose end nobody saw. A receipt can be quicker than the answer of the server."""
        if any(receipt.stage in CONFIRMING_STAGES for receipt in row.envelope.learned.receipts):
            came = msgspec.structs.replace(
                row.envelope.learned.transmissions[-1],
                outcome="taken",
                evidence="The counterpart's receipt came first.",
            )
            known = _with(row.envelope, came)
            return Advance(envelope=known, also=(("transmission.attempted", _about(came)),))
        attempt = msgspec.structs.replace(
            row.envelope.learned.transmissions[-1],
            outcome="ambiguous",
            evidence="The gateway stopped during the attempt.",
        )
        return self._ambiguous(_with(row.envelope, attempt), attempt)

    def _outgoing(self, envelope: Envelope, partner: Partner, now: datetime) -> Outgoing:
        header = envelope.form.header
        files = parcel.open_parcel(envelope.payload).files
        title = f"{family_of(envelope.form.format).upper()} {envelope.form.format.partition('/')[2].partition('@')[0]} {header.our_reference}"
        return Outgoing(
            envelope=envelope.id, message_id=header.message_id, attempt=envelope.learned.transmissions[-1].number,
            payload=parcel.pack(envelope.signed, files), leg=envelope.leg, partner=partner, subject=title,
            entity=envelope.learned.sealed or b"", sender=header.sender, urgent=header.urgency != "NORMAL", at=now,
        )  # fmt: skip

    def _verdict(self, row: Row, partner: Partner, attempt: Attempt) -> Verdict:
        known = _with(row.envelope, attempt)
        also = (("transmission.attempted", _about(attempt)),)
        match attempt.outcome:
            case "taken":
                return Advance(envelope=known, also=also, details=(("attempt", str(attempt.number)),))
            case "refused":
                reason = Reason(
                    code="transmit.refused",
                    public="The counterpart's server refused the message for good.",
                    operator=attempt.evidence,
                )
                return Hold(envelope=known, reason=reason, also=also)
            case _ if row.envelope.kind in REPEATABLE_KINDS:
                return self._again(row, known, partner, attempt, None)
            case _:
                return self._ambiguous(known, attempt)

    def _again(
        self, row: Row, known: Envelope, partner: Partner, attempt: Attempt, person_by: datetime | None
    ) -> Verdict:
        also = (("transmission.attempted", _about(attempt)),)
        if attempt.at - known.received_at > timedelta(hours=partner.retry_hours):
            reason = Reason(
                code="transmit.gave-up",
                public=f"Not delivered within {partner.retry_hours} hours.",
                operator=attempt.evidence,
            )
            return Hold(envelope=known, reason=reason, also=also)
        if person_by is not None and attempt.at >= person_by:
            words = f"{self._ways.telephone(partner)} {attempt.evidence}".strip()
            reason = Reason(
                code=TELEPHONE,
                public="Not delivered in time; a person must telephone the counterpart while the time still serves.",
                operator=words,
            )
            return Hold(envelope=known, reason=reason, also=also)
        known, rerouted = self._rerouted(known, partner)
        at = transmit_again(self._clock.now(), row.attempts + 1, known.form.header.urgency != "NORMAL")
        at = min(at, max(person_by, self._clock.now())) if person_by else at
        reason = Reason(
            code="transmit.waiting", public="The counterpart's server cannot take it now.", operator=attempt.evidence
        )
        return Retry(envelope=known, reason=reason, at=at, also=(*also, *rerouted))

    def _rerouted(self, known: Envelope, partner: Partner) -> tuple[Envelope, tuple[tuple[str, Details], ...]]:
        """The envelope on the way for its next attempt: the same message, one trail, another way where the usual one fails."""
        failures = sum(attempt.outcome == "unavailable" for attempt in known.learned.transmissions)
        leg = self._ways.to(known, partner, failures)
        if leg == known.leg:
            return known, ()
        details = (("channel", leg.channel), ("alternative", str(leg.alternative)), ("failures", str(failures)))
        return known.learn(leg=leg), (("transmission.rerouted", details),)

    def _ambiguous(self, known: Envelope, attempt: Attempt) -> Verdict:
        reason = Reason(
            code="transmit.ambiguous", operator=attempt.evidence,
            public="It may or may not have been taken; a receipt or an officer decides, it is not sent again by itself.",
        )  # fmt: skip
        return Settle(
            envelope=known, state="ambiguous", reason=reason, also=(("transmission.attempted", _about(attempt)),)
        )


def _with(envelope: Envelope, attempt: Attempt) -> Envelope:
    return envelope.learn(transmissions=(*envelope.learned.transmissions[:-1], attempt))


def _about(attempt: Attempt) -> tuple[tuple[str, str], ...]:
    return (("attempt", str(attempt.number)), ("outcome", attempt.outcome), ("evidence", attempt.evidence[:1000]))
