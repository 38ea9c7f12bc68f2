"""What a technical receipt that came in means for the message of ours that it speaks of."""

from __future__ import annotations

from typing import Final

from gateway.envelope import Receipt
from gateway.identity import PartyId
from gateway.reply import ReceiptContent
from gateway.verdict import Note, Reason

BY_RECEIPT: Final = Reason(code="confirmed.by-receipt", public="The counterpart's signed receipt says that it has it.")
CONFIRMING_STAGES: Final = frozenset({"RECEIVED", "VALID", "HANDED_OVER", "READ"})


def settles(content: ReceiptContent, receipt: Receipt, sender: PartyId) -> Note:
    """The receipt confirms our message, or calls an officer when the other side refused it. Only the receiver can say so."""
    details = (("stage", content.stage), ("code", content.code), ("receipt", receipt.envelope))
    if content.stage in CONFIRMING_STAGES:
        state, reason = "confirmed", BY_RECEIPT
    else:
        words = "The counterpart refused the message as invalid."
        state, reason = "held", Reason(code="counterpart.invalid", public=words, operator=content.text)
    return Note(
        event="receipt.recorded", message_id=content.of_message, counterpart=sender, details=details,
        state=state, reason=reason, receipt=receipt,
    )  # fmt: skip
