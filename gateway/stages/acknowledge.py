"""Answer abroad: the business reply, drafted from what the registers said, sent by itself only where the routing
table says so.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from gateway import parcel
from gateway.by_hand import ANSWER_HELD, came_by_hand
from gateway.envelope import Direction, Envelope, Payload
from gateway.identity import PartyId, derived_id
from gateway.ledger import Row
from gateway.office import Office
from gateway.ports import Formats, IdSource
from gateway.protection.gate import onward
from gateway.questions import NO_MATCH, NOT_DISCLOSABLE, TOO_MANY, WITHHELD, Answer
from gateway.receipts import document, outbound
from gateway.reply import ReplyContext
from gateway.verdict import Advance, Hold, Offspring, Reason, Verdict

ANSWERED = Reason(code="exchange.answered", public="The answer is on its way.")
DRAFTED = Reason(code="exchange.draft-waits", public="The answer is drafted and waits for an officer.")
NO_ANSWER = Reason(code="exchange.no-answer", public="Recorded; the routing table asks for no answer.")
ANSWERED_BY_HAND = Reason(code="exchange.by-hand", public="An officer answers by hand.")
BY_HAND = Reason(
    code="reply.by-hand", public="An answer is wanted that the gateway cannot draft; an officer writes it."
)
_OFFICER_OUTCOMES = frozenset({TOO_MANY, NOT_DISCLOSABLE, WITHHELD})


class Acknowledge:
    """Drafts the reply; its own outbound stages check, gate and sign it."""

    name = "acknowledge"
    direction = Direction.INBOUND
    needs = frozenset({"form", "routing", "answers"})
    adds: frozenset[str] = frozenset()

    def __init__(self, formats: Formats, office: Office, ids: IdSource) -> None:
        self._formats, self._office, self._ids = formats, office, ids

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance, with the reply or its draft where one is wanted."""
        envelope = row.envelope
        forwards = tuple(
            Offspring(envelope=self._forward(envelope, target, now)) for target in envelope.routing.forward_to
        )
        reply = self._draft(envelope, now) if envelope.routing.answer != "none" else None
        if reply is None:
            return self._without(envelope, forwards)
        # The gate first: an officer should read the weightiest reason, and one release is enough.
        hold = onward(reply, self._formats.family(reply.form.format)) or self._why_held(envelope)
        details = (
            ("answer", "draft" if hold else "automatic"),
            ("reply", reply.id),
            ("why", hold.code if hold else ""),
        )
        reason = DRAFTED if hold else ANSWERED
        spawn = (*forwards, Offspring(envelope=reply, hold=hold))
        return Advance(envelope=envelope, details=details, spawn=spawn, reason=reason)

    def _without(self, envelope: Envelope, forwards: tuple[Offspring, ...]) -> Verdict:
        """No reply: because none is wanted, or because a person has to write it."""
        if envelope.routing.answer != "none" and not envelope.released(BY_HAND.code):
            return Hold(envelope=envelope, reason=BY_HAND)
        reason = NO_ANSWER if envelope.routing.answer == "none" else ANSWERED_BY_HAND
        return Advance(envelope=envelope, details=(("answer", "none"),), spawn=forwards, reason=reason)

    def _draft(self, envelope: Envelope, now: datetime) -> Envelope | None:
        header = envelope.form.header
        own = self._office.facing(header.sender, header.to)
        message_id = derived_id(envelope.id, "reply")
        reference = f"{own.partition(':')[2]}-{now.year}-{message_id[:8].upper()}"
        context = ReplyContext(own_party=own, now=now, message_id=message_id, our_reference=reference)
        form = self._formats.get(envelope.form.format).draft(envelope.form, envelope.answers, context)
        if form is None:
            return None
        payload = Payload.of(document(self._formats.get(form.format).encode(form)), "application/xml")
        return outbound(form, payload, id=self._ids.new(), kind="reply", cause=envelope.id, now=now)

    def _forward(self, envelope: Envelope, target: PartyId, now: datetime) -> Envelope:
        """The form once more, from us to another counterpart, with every condition it carries; its outbound stages
        gate it.
        """
        header = envelope.form.header
        message_id = derived_id(envelope.id, f"forward/{target}")
        ours = msgspec.structs.replace(
            header, message_id=message_id, sent=now, sender=self._office.facing(target), to=(target,), info=(),
            our_reference=f"F-{message_id[:13].upper()}", your_references=(), in_reply_to="", reply_by=None,
        )  # fmt: skip
        form = msgspec.structs.replace(envelope.form, header=ours)
        encoded = document(self._formats.get(form.format).encode(form))
        payload = parcel.pack(encoded, parcel.open_parcel(envelope.content).files)
        return outbound(form, payload, id=self._ids.new(), kind="forward", cause=envelope.id, now=now)

    def _why_held(self, envelope: Envelope) -> Reason | None:
        if came_by_hand(envelope):
            return ANSWER_HELD
        if envelope.routing.answer != "automatic":
            return Reason(code="reply.draft", public="The routing table asks an officer to release the answer.")
        doubted = {rule.id for rule in self._formats.family(envelope.form.format).story_rules if rule.answer_waits}
        for finding in envelope.findings:
            if finding.rule in doubted:
                return Reason(
                    code="reply.doubted", public=f"{finding.rule}: {finding.text} An officer releases the answer."
                )
        held = sorted({answer.register for answer in envelope.answers if _needs_officer(answer)})
        if held:
            return Reason(
                code="reply.register-reserved", public=f"What {', '.join(held)} answered may not go out by itself."
            )
        return None


def _needs_officer(answer: Answer) -> bool:
    if answer.outcome == NO_MATCH:
        return False
    return answer.outcome in _OFFICER_OUTCOMES or any(match.disclosable not in ("", "YES") for match in answer.matches)
