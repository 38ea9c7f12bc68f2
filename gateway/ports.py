"""What the core expects of the edges: one commented interface each. Adapters, formats and routing implement them.

Creating any of these does no I/O. `start` opens, `stop` is safe unstarted and twice, `probe` checks the other side
and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from lxml import etree

from gateway.alerts.commands import Asking, Change, EnterAlert
from gateway.alerts.words import Alert, Changes, Found, Sought
from gateway.dialogues.story import AlertFacts
from gateway.envelope import Attempt, Claim, Direction, Envelope, Payload, Routing, SignatureReport
from gateway.facts import Facts
from gateway.families import Family
from gateway.findings import Finding, Occasion, Rule
from gateway.form import Field, Form
from gateway.handover import Accepted, Outgoing
from gateway.identity import EnvelopeId, FormatId, PartyId
from gateway.ledger import Row
from gateway.partners import Partner
from gateway.persons import Who
from gateway.questions import Answer, CaseReference, CaseRequest, Question
from gateway.reply import ReplyContext
from gateway.technical import TechnicalForms
from gateway.verdict import Verdict
from gateway.versions import Conversion, Version


class Clock(Protocol):
    """Time, so that tests can play hours in milliseconds."""

    def now(self) -> datetime:
        """The present as an aware datetime in UTC."""
        ...

    async def wait_until(self, moment: datetime) -> None:
        """Return when the moment has come (at once for a past one)."""
        ...


class IdSource(Protocol):
    """New ids that grow with time."""

    def new(self) -> EnvelopeId:
        """A UUIDv7 in lower-case text."""
        ...


# --- stages ------------------------------------------------------------------------------------------------------


class Stage(Protocol):
    """One named step. It declares what it needs to know and what it adds, so that start-up can refuse an order that
    cannot work.
    """

    name: str
    direction: Direction
    needs: frozenset[str]
    adds: frozenset[str]


class Judging(Stage, Protocol):
    """A stage that computes its verdict from the envelope alone, in a worker process."""

    def judge(self, envelope: Envelope, now: datetime) -> Verdict:
        """The verdict; raises `Refused` (becomes Reject) or `Unavailable` (becomes Retry)."""
        ...


class Performing(Stage, Protocol):
    """A stage that asks the ledger or talks to the outside, in the front process."""

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """The verdict; raises `Refused` (becomes Reject) or `Unavailable` (becomes Retry)."""
        ...


# --- channels ------------------------------------------------------------------------------------------------------


class Intake(Protocol):
    """Where a channel hands over bytes. It returns only after the ledger has them; then the channel acknowledges.

    Raises `Unavailable` when nothing can be kept now (answer 451, 503, do not ack) and `Refused` when it will never
    be taken.
    """

    async def take(self, channel: str, payload: Payload, claim: Claim) -> Accepted:
        """Keep a message from abroad (inbound)."""
        ...

    async def submit(
        self, channel: str, payload: Payload, claim: Claim, counterpart: PartyId, who: Who = ""
    ) -> Accepted:
        """Keep an order of a national system to send a message abroad (outbound); `who` is the person or client, where it is proven."""
        ...

    async def turned_away(self, channel: str, claim: Claim, code: str, text: str) -> None:
        """Journal that the door refused something before it was taken in. `text` holds no content."""
        ...


class InboundChannel(Protocol):
    """Brings bytes in and knows nothing of forms."""

    name: str

    async def start(self, intake: Intake) -> None:
        """Open the door; raises `Misconfigured` or `Unavailable`."""
        ...

    async def stop(self) -> None:
        """Close the door; what was not acknowledged will be sent again by the other side."""
        ...

    async def probe(self) -> None:
        """Raise `Unavailable` when the door is not open."""
        ...


class OutboundChannel(Protocol):
    """Takes bytes out to one counterpart at a time."""

    name: str

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self, partner: Partner | None = None) -> None:
        """Check the way to the partner (or the channel as a whole) without sending a message; raises `Unavailable`."""
        ...

    def address(self, partner: Partner, urgent: bool) -> str:
        """Where a message for this partner goes on this channel; raises `Misconfigured` when the partner has no such
        way.
        """
        ...

    async def send(self, parcel: Outgoing) -> Attempt:
        """Hand over the bytes once and say what became of it.

        Never raises for what the other side does: `taken`, `refused`, `unavailable` and `ambiguous` are outcomes.
        `ambiguous` is the outcome whenever all bytes may have arrived but no final answer was read.
        """
        ...


class ChannelEnds(NamedTuple):
    """What `open_channel` of an adapter gives: its way in and its way out, None where it has none."""

    inbound: InboundChannel | None
    outbound: OutboundChannel | None


# --- national systems ----------------------------------------------------------------------------------------------


@runtime_checkable
class Register(Protocol):
    """Asks one national register in the gateway's own words."""

    name: str
    time_limit_seconds: float

    def accepts(self, question: Question) -> bool:
        """Whether the register can be asked about this subject (it needs one of its keys)."""
        ...

    async def ask(self, question: Question, asked_at: datetime) -> Answer:
        """The register's answer; raises `RegisterUnavailable`, or `Refused` when it will never answer this question."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


@runtime_checkable
class CaseSystem(Protocol):
    """Hands matters to a national case system. The same idempotency key opens one case, whatever crashes or is
    repeated.
    """

    name: str

    async def open_case(self, request: CaseRequest, at: datetime) -> CaseReference:
        """Open or find the case; raises `RegisterUnavailable` (ask again with the same key) or `Refused`."""
        ...

    async def find(self, idempotency_key: str, at: datetime) -> CaseReference | None:
        """The case that was opened with this key: proof that it exists exactly once. Raises `RegisterUnavailable`."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


@runtime_checkable
class AlertSystem(Protocol):
    """The national part of an alert system such as SIS. Every change names the version that was read.

    All methods raise `RegisterUnavailable` (ask again with the same request id) or `Refused`.
    """

    name: str
    time_limit_seconds: float
    follow_seconds: float
    """Pause between two looks at its notices; 0 for never."""

    async def enter(self, command: EnterAlert, asking: Asking) -> Alert:
        """The alert as it was entered, with its id. The same idempotency key enters one alert."""
        ...

    async def change(self, change: Change, asking: Asking) -> Alert:
        """The alert after the change; `Refused` with `alert.version` when somebody changed it meanwhile."""
        ...

    async def get(self, alert: str, asking: Asking) -> Alert | None:
        """The alert as it stands, of any state; None where there is none. A deleted one has no content."""
        ...

    async def search(self, sought: Sought, asking: Asking) -> Found:
        """Alerts of all states on a person, vehicle, document, object or set of prints."""
        ...

    async def expiring(self, days: int, asking: Asking) -> tuple[Alert, ...]:
        """Own alerts that end within so many days."""
        ...

    async def changes(self, cursor: str, asking: Asking) -> Changes:
        """What happened to alerts since the cursor; an empty one begins at the beginning."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


class AlertLookup(Protocol):
    """What rules need to know of an alert."""

    async def look_up(self, alert: str) -> AlertFacts | None:
        """The facts, or None where there is no such alert or the system cannot be asked now. Never raises."""
        ...


# --- formats -------------------------------------------------------------------------------------------------------


class Format(Protocol):
    """One kind of message: recognises, decodes, checks, encodes and answers it."""

    @property
    def id(self) -> FormatId: ...

    @property
    def root(self) -> str:
        """Clark name of the root element."""
        ...

    @property
    def title(self) -> str: ...

    citation: str  # where it stands what the form is sent for
    confidence: str  # how sure that source is

    @property
    def body(self) -> tuple[str, ...]:
        """Names of the fields that the form can hold, in their order."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]: ...

    def label(self, field: Field) -> str:
        """What people call the field."""
        ...

    def validate(self, root: etree._Element) -> list[Finding]:
        """What the schema (XSD 1.0) says against the unsigned tree, in words; empty when it is valid."""
        ...

    def decode(self, root: etree._Element) -> Form:
        """The typed form of a tree; raises `Refused` when the tree cannot be read as this format."""
        ...

    def encode(self, form: Form) -> etree._Element:
        """The unsigned tree of a form."""
        ...

    def named(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with what people call their fields."""
        ...

    def check(self, form: Form, occasion: Occasion) -> tuple[Finding, ...]:
        """What the rules of this format say."""
        ...

    def matter(self, form: Form) -> str:
        """The reference that all messages of one matter share, or an empty text: the Schengen ID, the case
        reference.
        """
        ...

    def facts(self, form: Form) -> Facts:
        """What the form says of itself to dialogues, clocks and figures: words of its family's list, no personal data."""
        ...

    def draft(self, form: Form, answers: Sequence[Answer], reply: ReplyContext) -> Form | None:
        """The business answer to this form from what the registers said, or None when the form wants none."""
        ...


class Formats(TechnicalForms, Protocol):
    """Every format that was found; going through them gives the current version of each."""

    def __iter__(self) -> Iterator[Format]: ...

    def get(self, format_id: FormatId) -> Format:
        """The format with this id; raises `Refused` for an unknown one."""
        ...

    def recognise(self, root_name: str, version: str) -> Format:
        """The format of a root element in Clark notation.

        Raises `Refused` with code `format.unknown`, `format.version-unknown` or `format.withdrawn` and a sentence
        saying what to send instead.
        """
        ...

    def family(self, format_id: FormatId) -> Family:
        """The family of a format; for a family that nobody knows one that is told nothing and lets nothing out."""
        ...

    def versions(self, family: str) -> tuple[Version, ...]:
        """The versions of a family, the current one first; none for a family that nobody knows."""
        ...

    def majors(self, format_id: FormatId) -> list[int]:
        """The major versions in which this kind of message exists, the current one first."""
        ...

    def current(self, format_id: FormatId) -> FormatId:
        """The same kind of message in the version that the gateway thinks in."""
        ...

    def convert(self, form: Form, target: FormatId) -> tuple[Form, Conversion]:
        """The form in another version, and what that changed; raises `Refused` when it does not exist there."""
        ...


# --- signatures and routing ----------------------------------------------------------------------------------------


class Signer(Protocol):
    """Signs for one of our own parties."""

    def sign(self, root: etree._Element, party: PartyId, at: datetime) -> bytes:
        """The signed document as bytes; raises `Misconfigured` when there is no key for the party."""
        ...

    def probe(self, at: datetime) -> None:
        """Raise `Misconfigured` unless every own key can sign at this time."""
        ...


class Verifier(Protocol):
    """Verifies what a partner signed."""

    def verify(self, document: bytes, partner: Partner, at: datetime) -> SignatureReport:
        """What the signature proves; raises `Refused` with a code `signature.…` for everything else."""
        ...


class Router(Protocol):
    """Decides where an inbound envelope goes: a pure function of the envelope and a table."""

    def decide(self, envelope: Envelope) -> Routing:
        """The decision with its explanation. The unroutable is held for an officer."""
        ...
