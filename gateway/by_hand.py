"""Forms that reached us on paper, by fax or by telephone while the network was down, taken in by an officer.

The one idea: such a form goes through the same checks and into the same exchange as any other, and says everywhere that
nobody has signed it. It counts from when the paper came, is never answered by itself, and no technical receipt is given
for it: the other side did not send it over this way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway import safexml
from gateway.envelope import Claim, Envelope, Payload, SignatureReport
from gateway.errors import Refused
from gateway.handover import Accepted
from gateway.identity import PartyId
from gateway.intake import Given, LedgerIntake
from gateway.office import Office
from gateway.partners import Directory
from gateway.persons import Who, actor_of
from gateway.ports import Clock, Formats
from gateway.verdict import Reason

CHANNEL: Final = "by-hand"
"""No adapter can bear this name, so nothing from outside comes in under it."""
HOW: Final = ("fax", "paper", "telephone")
UNSIGNED: Final = "unsigned"
NO_CERTIFICATE: Final = "0" * 64
ANSWER_HELD: Final = Reason(
    code="reply.unsigned", public="The form came by hand and is not signed; an officer reads the answer first."
)
MAX_FORM_OCTETS: Final = 1_000_000
MAX_REASON_CHARACTERS: Final = 1000
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"


class OnPaper(Struct, frozen=True, kw_only=True):
    """What an officer says of a form that came by other means."""

    sender: PartyId
    how: str
    received: datetime
    reason: str


def came_by_hand(envelope: Envelope) -> bool:
    """Whether an officer took it in."""
    return envelope.inbound and envelope.channel == CHANNEL


def not_signed(envelope: Envelope, document: bytes, party: PartyId) -> SignatureReport:
    """The report that stands in the place of one of a signature: nothing is proven, an officer answers for it."""
    return SignatureReport(
        party=party, profile=UNSIGNED, algorithm="none", certificate=NO_CERTIFICATE,
        subject=f"not signed; {envelope.claim.reference}", serial="", signed_at=None,
        verified=safexml.canonical(safexml.parse(document)),
    )  # fmt: skip


class HandDesk:
    """Takes such forms in."""

    def __init__(
        self, *, intake: LedgerIntake, formats: Formats, directory: Directory, office: Office, clock: Clock
    ) -> None:  # fmt: skip
        self._intake, self._formats, self._directory = intake, formats, directory
        self._office, self._clock = office, clock

    async def register(self, form: bytes, said: OnPaper, person: Who) -> Accepted:
        """Keep the form as an officer typed it; raises `Refused` for what cannot have come by hand."""
        self._refuse(form, said, self._clock.now())
        own = self._office.facing(said.sender)
        reference = f"by {said.how}, registered by {actor_of(person)}"[:200]
        claim = Claim(sender=said.sender, recipients=(own,), reference=reference)
        details = (("how", said.how), ("from", said.sender), ("came", said.received.isoformat()), ("why", said.reason))
        given = Given(person, details, said.received)
        return await self._intake.take_by_hand(CHANNEL, Payload.of(form, "application/xml"), claim, given)

    def _refuse(self, form: bytes, said: OnPaper, now: datetime) -> None:
        if said.how not in HOW:
            raise Refused("by-hand.how", f"Say how it came: {', '.join(HOW)}.")
        if not said.reason.strip() or len(said.reason) > MAX_REASON_CHARACTERS:
            raise Refused(
                "reason.missing", f"State a reason in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
            )
        if said.received.utcoffset() is None or said.received > now:
            raise Refused("by-hand.received", "Say when it came, with the zone; that cannot be later than now.")
        if self._directory.get(said.sender) is None:
            raise Refused("sender.unknown", "The sender is not a partner of this office.")
        if len(form) > MAX_FORM_OCTETS:
            raise Refused("by-hand.too-large", f"A form that is taken in by hand has at most {MAX_FORM_OCTETS} octets.")
        root = safexml.parse(form)
        if next(root.iter(_SIGNATURE), None) is not None:
            raise Refused(
                "by-hand.signed", "The form is signed. A signed form comes in by its own way, where it is verified."
            )
        spec = self._formats.recognise(str(root.tag), root.get("version", ""))
        if self._formats.family(spec.id).technical:
            raise Refused(
                "by-hand.technical", "A technical receipt is not taken in by hand; unsigned it proves nothing."
            )
