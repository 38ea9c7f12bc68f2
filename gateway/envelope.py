"""The traveller: bytes as they came, and what the stages have learned about them.

One frozen thing flows. What is fixed at intake never changes; what is learned on the way is kept in `Learned`, and
`learn` returns a copy. A fact that no stage has learned yet cannot be read by mistake: its property raises
`NotYetKnown`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from gateway.dialogues.step import Step
from gateway.errors import NotYetKnown
from gateway.facts import Facts
from gateway.findings import Finding
from gateway.form import Form, Running
from gateway.identity import Digest, EnvelopeId, FormatId, PartyId, digest
from gateway.questions import Answer, CaseReference
from gateway.reply import JournalPlace
from gateway.versions import Conversion


class Direction(StrEnum):
    """Which way an envelope travels: from abroad to us, or from us abroad."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Payload(Struct, frozen=True, kw_only=True):
    """The bytes exactly as they came, with their media type and SHA-256."""

    content: bytes
    media_type: str
    digest: Digest

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Payload:
        """A payload with its digest computed."""
        return cls(content=content, media_type=media_type, digest=digest(content))


class Claim(Struct, frozen=True, kw_only=True):
    """Who the sender says it is, as the channel saw it. Nothing here is proven."""

    sender: str
    """Mail address, queue user or API client."""
    recipients: tuple[str, ...] = ()
    remote: str = ""
    """Network address and port."""
    encryption: str = ""
    """TLS version and cipher, empty for none."""
    certificate: str = ""
    """SHA-256 of the TLS client certificate, empty for none."""
    reference: str = ""
    """The channel's own id: Message-ID header, AMQP message id, idempotency key."""


class Part(Struct, frozen=True, kw_only=True):
    """One attachment found in the payload."""

    file_name: str
    media_type: str
    size: int
    sha256: Digest


class Identification(Struct, frozen=True, kw_only=True):
    """What the payload is: its format and, where the claim names a partner, which one."""

    format: FormatId
    partner: PartyId
    parts: tuple[Part, ...] = ()
    claimed: bool = True
    """Whether the channel saw the partner write; false when only the form says so, which anybody could."""


class SmimeReport(Struct, frozen=True, kw_only=True):
    """What S/MIME around the mail was, and whose signature it bears. The signature inside the form decides."""

    layers: tuple[str, ...]
    """From the outside in: `encrypted`, `signed`."""
    cipher: str = ""
    algorithm: str = ""
    certificate: str = ""
    """SHA-256 of the signer's certificate; empty where it is not signed."""
    subject: str = ""
    signed_at: datetime | None = None
    issuer: str = ""
    """SHA-256 of the certificate of the authority that issued it."""
    serial: str = ""
    revocation: tuple[RevocationFound, ...] = ()
    """Empty where no answer was demanded."""


class RevocationFound(Struct, frozen=True, kw_only=True):
    """What was known at verification of one certificate's revocation, and by which answer."""

    status: str
    """`good` or `unknown`; a revoked certificate is refused."""
    why: str = ""
    kind: str = ""
    """`crl` or `ocsp`."""
    source: str = ""
    digest: str = ""
    """SHA-256 of the answer as it came; the data folder keeps it under this name."""
    as_of: datetime | None = None
    """When the authority made the answer."""
    fetched_at: datetime | None = None


class SignatureReport(Struct, frozen=True, kw_only=True):
    """What signature verification proved, and about which bytes."""

    party: PartyId
    profile: str
    """`xades-b` or `xmldsig`."""
    algorithm: str
    certificate: Digest
    subject: str
    serial: str
    signed_at: datetime | None
    verified: bytes
    """Canonical bytes of the tree that verification returned, without the signature. Only these are decoded."""
    key: str = ""
    """Kind and size of the signer's key, as the algorithm table names them."""
    digests: tuple[str, ...] = ()
    """Digest algorithms that the signature uses."""
    issuer: str = ""
    """SHA-256 of the certificate of the authority that issued the signer's; empty where nobody signed."""
    revocation: tuple[RevocationFound, ...] = ()
    """One for each certificate of the path below the anchor, the signer's first; empty where nobody asks."""
    smime: SmimeReport | None = None
    """What was around the mail; None for a mail without S/MIME."""


class Routing(Struct, frozen=True, kw_only=True):
    """What the routing table decided, and why, in words."""

    row: str
    registers: tuple[str, ...] = ()
    case_system: str = ""
    forward_to: tuple[PartyId, ...] = ()
    hold: str = ""
    """Code of the reason to hold, empty for none."""
    answer: str = "none"
    """`automatic`, `draft` (an officer releases it) or `none`."""
    settle: bool = False
    """A receipt or delivery report that is recorded on the message it speaks of."""
    explanation: tuple[str, ...] = ()


class Leg(Struct, frozen=True, kw_only=True):
    """The way out for an outbound envelope: the counterpart, the channel, the address there."""

    counterpart: PartyId
    channel: str
    address: str
    alternative: int = 0
    """Which alternative way of the address book it is; 0 for the usual one."""


class Attempt(Struct, frozen=True, kw_only=True):
    """One try to hand over. `evidence` is what the other side said, word for word, without content."""

    number: int
    at: datetime
    outcome: str
    """`started` (before the first byte), then `taken`, `refused`, `unavailable` or `ambiguous`."""
    evidence: str = ""


class Receipt(Struct, frozen=True, kw_only=True):
    """A receipt or delivery report that came in for this outbound envelope."""

    stage: str
    at: datetime
    envelope: EnvelopeId
    findings: tuple[Finding, ...] = ()
    digest: str = ""
    """SHA-256 of the receipt as it came: the name of the evidence."""
    said_at: datetime | None = None
    """When the other side says that it wrote it."""
    entry: JournalPlace | None = None
    """Where the other side's journal says so."""


class Stated(Struct, frozen=True, kw_only=True):
    """A statement of ours about this outbound envelope: signed, kept, and never changed."""

    kind: str
    """`NO_RECEIPT`, `NO_ANSWER`, `LATE` or `CONTRADICTS`."""
    at: datetime
    envelope: EnvelopeId
    """The envelope that holds the statement."""
    by: datetime | None = None
    """Until when it was awaited, for what did not come."""
    receipt: str = ""
    """The receipt that it is about."""
    code: str = ""
    """The legal limit by its id."""


class Release(Struct, frozen=True, kw_only=True):
    """An officer's decision to let a held envelope go on. `code` is the reason that held it: that reason no longer
    holds it.
    """

    officer: str
    reason: str
    at: datetime
    code: str


class Learned(Struct, frozen=True, kw_only=True):
    """Facts in the order in which the stages learn them."""

    identification: Identification | None = None
    signature: SignatureReport | None = None
    opened: Payload | None = None
    """What was found under S/MIME once that was verified; None for a mail without it."""
    form: Form | None = None
    conversion: Conversion | None = None
    """What a change of version did to the form; None where it came, and goes, in the current one."""
    findings: tuple[Finding, ...] | None = None
    facts: Facts | None = None
    exchange: str | None = None
    step: Step | None = None
    """What the exchange keeps of it; None for receipts, and for what is no step of an exchange."""
    routing: Routing | None = None
    answers: tuple[Answer, ...] | None = None
    cases: tuple[CaseReference, ...] | None = None
    leg: Leg | None = None
    running: Running | None = None
    """The number that it goes out with; kept for ever, also when it is signed anew."""
    encoded: bytes | None = None
    signed: bytes | None = None
    sealed: bytes | None = None
    """The MIME entity that mail carries for it under S/MIME, kept for every resend; None where none was agreed."""
    transmissions: tuple[Attempt, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    stated: tuple[Stated, ...] = ()
    """What did not come in time, and what came late or against what was known."""
    read_at: datetime | None = None
    """When an officer first opened it, where the sender asked to be told."""
    releases: tuple[Release, ...] = ()
    resume: str = ""
    """State to go back to when a held envelope is released."""


class Envelope(Struct, frozen=True, kw_only=True):
    """One message on its way. All fields but `learned` are fixed at intake."""

    id: EnvelopeId
    direction: Direction
    channel: str
    """Name of the channel instance it came by; `gateway` for what we made ourselves."""
    received_at: datetime
    payload: Payload
    claim: Claim
    kind: str = "message"
    """`message`, `receipt`, `repeat`, `reply`, `forward` or `statement`: why an outbound envelope exists; `canary` for a test of our doors."""
    cause: str = ""
    """The envelope that brought this one about."""
    learned: Learned = Learned()

    def learn(self, **facts: Any) -> Envelope:
        """A copy that knows these facts too; raises `TypeError` for a fact that `Learned` does not have."""
        return msgspec.structs.replace(self, learned=msgspec.structs.replace(self.learned, **facts))

    def released(self, code: str) -> bool:
        """Whether an officer has let it go on in spite of this reason."""
        return any(release.code == code for release in self.learned.releases)

    def knows(self, fact: str) -> bool:
        """Whether a stage has learned this fact."""
        return getattr(self.learned, fact) is not None

    def _known(self, fact: str) -> Any:
        value = getattr(self.learned, fact)
        if value is None:
            raise NotYetKnown(fact)
        return value

    @property
    def content(self) -> Payload:
        """The payload as it came, or what was found under S/MIME."""
        return self.learned.opened or self.payload

    @property
    def inbound(self) -> bool:
        """Whether it comes from abroad."""
        return self.direction is Direction.INBOUND

    @property
    def identification(self) -> Identification:
        """Learned by identify."""
        return self._known("identification")  # type: ignore[no-any-return]  # the field's own type

    @property
    def signature(self) -> SignatureReport:
        """Learned by verify."""
        return self._known("signature")  # type: ignore[no-any-return]  # the field's own type

    @property
    def form(self) -> Form:
        """Learned by decode (inbound) or check (outbound)."""
        return self._known("form")  # type: ignore[no-any-return]  # the field's own type

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Learned by check."""
        return self._known("findings")  # type: ignore[no-any-return]  # the field's own type

    @property
    def facts(self) -> Facts:
        """Learned by check: what the form says in words of its family's closed list."""
        return self._known("facts")  # type: ignore[no-any-return]  # the field's own type

    @property
    def exchange(self) -> str:
        """Learned by correlate."""
        return self._known("exchange")  # type: ignore[no-any-return]  # the field's own type

    @property
    def routing(self) -> Routing:
        """Learned by route (inbound)."""
        return self._known("routing")  # type: ignore[no-any-return]  # the field's own type

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Learned by deliver."""
        return self._known("answers")  # type: ignore[no-any-return]  # the field's own type

    @property
    def cases(self) -> tuple[CaseReference, ...]:
        """Learned by deliver."""
        return self._known("cases")  # type: ignore[no-any-return]  # the field's own type

    @property
    def leg(self) -> Leg:
        """Learned by route (outbound)."""
        return self._known("leg")  # type: ignore[no-any-return]  # the field's own type

    @property
    def encoded(self) -> bytes:
        """Learned by encode."""
        return self._known("encoded")  # type: ignore[no-any-return]  # the field's own type

    @property
    def signed(self) -> bytes:
        """Learned by sign: the signed XML, kept for every resend. Files of the payload travel beside it."""
        return self._known("signed")  # type: ignore[no-any-return]  # the field's own type
