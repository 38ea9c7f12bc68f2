"""The answers of the API about messages, each member with its sentence. They repeat the core's words; nothing is computed here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

ID = "01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001"
DIGEST = "6ab1c5f1d7c4f0ce8f0f6a9f3f0e2b7d4c5a69788796a5b4c3d2e1f001122334"


class View(BaseModel):
    """What all answers share: nothing unexpected, read from the core's structs."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Links(View):
    """Where to go on."""

    self: str = Field(examples=[f"/api/v1/messages/{ID}"])
    timeline: str = Field(examples=[f"/api/v1/messages/{ID}/timeline"])
    raw: str = Field(examples=[f"/api/v1/messages/{ID}/raw"])


class SubmissionView(View):
    """The order to send is durable; what becomes of it is seen at `links.self`."""

    id: str = Field(description="Our own key of the message.", examples=[ID])
    digest: str = Field(description="SHA-256 of the payload that is kept.", examples=[DIGEST])
    known_before: bool = Field(description="Whether this very request was accepted earlier; then nothing new was made.")
    links: Links


class DestroyedView(View):
    """That a content was destroyed."""

    at: datetime
    rule: str = Field(
        description="The rule of retention, or `order.` and the ground of the order.", examples=["RR-120"]
    )


class SummaryView(View):
    """One message in a list: what can be said without its content."""

    id: str
    direction: str = Field(description="`inbound` (from abroad) or `outbound`.")
    kind: str = Field(description="`message`, `receipt`, `repeat`, `reply` or `forward`.")
    channel: str
    state: str = Field(description="Where it stands in the lifecycle.")
    account: str = Field(description="`delivered`, `rejected`, `held`, `waiting` or `quarantined`.")
    format: str = Field(description="`family/Form@major`; empty until it is known.")
    counterpart: str = Field(description="The foreign office as role:code.")
    message_id: str
    our_reference: str = Field(description="The sender's own reference.")
    exchange: str = Field(description="The matter that it belongs to.")
    cause: str = Field(description="The message that brought this one about.")
    urgency: str
    test: bool
    received_at: datetime
    updated_at: datetime
    due: datetime | None = Field(description="When it is tried again.")
    attempts: int = Field(description="Failed tries of the next stage.")
    reason_code: str = Field(description="Stable code of why it stands there.")
    reason_public: str
    digest: str = Field(description="SHA-256 of the payload.")
    octets: int
    destroyed: DestroyedView | None = Field(
        None,
        description="When and under which rule its content was destroyed: this line, its journal and its proofs are what is left.",
    )


class ListView(View):
    """Messages, newest first."""

    messages: list[SummaryView]
    next: str = Field(
        description="Address of the next page; empty when there is none. A page for a submitter may be short and still have a next one."
    )


class FieldView(View):
    """One element of the body as it was understood."""

    name: str
    label: str = Field(description="What the schema's documentation calls it.")
    number: str = Field(description="Number of the field where the family numbers fields.")
    value: str
    attributes: dict[str, str]
    fields: list[FieldView] = Field(description="Elements within it.")


class ClaimView(View):
    """Who the sender said it was, as the channel saw it. Nothing here is proven."""

    sender: str
    recipients: list[str]
    remote: str
    encryption: str
    certificate: str
    reference: str


class FindingView(View):
    """One result of one check."""

    rule: str
    severity: str
    text: str
    field: str
    remedy: str
    citation: str
    label: str = Field("", description="What people call the field.")


class RevocationView(View):
    """What was known of one certificate on the path when it was verified."""

    status: str = Field(description="`good` or `unknown`; a revoked certificate is refused.")
    why: str
    source: str
    as_of: datetime | None


class SmimeView(View):
    """What S/MIME around the mail was, and whose signature it bears."""

    layers: list[str] = Field(description="From the outside in: `encrypted`, `signed`.")
    cipher: str
    algorithm: str
    subject: str
    certificate: str
    signed_at: datetime | None
    revocation: list[RevocationView]


class SignatureView(View):
    """What signature verification proved."""

    party: str
    profile: str
    algorithm: str
    certificate: str
    subject: str
    serial: str
    signed_at: datetime | None
    revocation: list[RevocationView] = Field(description="Empty where no answer of its authority was demanded.")
    smime: SmimeView | None = Field(description="Null where the mail had no S/MIME around it.")


class RoutingView(View):
    """What the routing table decided, and why."""

    row: str
    registers: list[str]
    case_system: str
    forward_to: list[str]
    hold: str
    answer: str
    settle: bool
    explanation: list[str]


class MatchView(View):
    """One record that a register holds, with the register's own field names."""

    record: str
    kind: str
    score: float
    fields: dict[str, str]
    handling: list[str]
    disclosable: str
    name_rule: str = Field(
        default="",
        description="The rule that joins the record's names to the person asked about; `none` where no rule does.",
    )


class AnswerView(View):
    """What one register answered."""

    register_name: str
    request_id: str
    outcome: str
    asked_at: datetime
    answered_at: datetime
    as_of: datetime | None
    subject_kind: str
    partial: bool
    failure: str
    digest: str
    matches: list[MatchView]


class CaseView(View):
    """Where the matter lives in a case system."""

    case_system: str
    reference: str
    idempotency_key: str
    opened: bool
    at: datetime


class LegView(View):
    """The way out."""

    counterpart: str
    channel: str
    address: str


class AttemptView(View):
    """One try to hand over, with the other side's words."""

    number: int
    at: datetime
    outcome: str
    evidence: str


class PlaceView(View):
    """Where a journal says so: what a proof of inclusion can be asked for with."""

    number: int
    leaf: str = Field(description="RFC 9162 hash of the leaf.")


class ReceiptView(View):
    """A receipt or delivery report that came in for this message."""

    stage: str
    at: datetime
    envelope: str
    findings: list[FindingView]
    digest: str = Field(description="SHA-256 of the receipt as it came.")
    said_at: datetime | None = Field(description="When the other side says that it wrote it.")
    entry: PlaceView | None = Field(description="Where the other side's journal says so.")


class ReachedView(View):
    """How far the message came at the other side, or what did not come."""

    stage: str = Field(description="As the other side said it, or `no receipt`, `no answer`.")
    at: datetime = Field(description="When it was recorded here, or until when it was awaited.")
    said_at: datetime | None
    evidence: str = Field(description="The message that holds the receipt, or our signed statement.")
    digest: str = Field(description="SHA-256 of the receipt as it came.")
    entry: PlaceView | None = Field(description="Where the other side's journal says so.")
    note: str = Field(description="`LATE` or `CONTRADICTS`, where our signed statement says so of the receipt.")
    statement: str


class ReleaseView(View):
    """An officer's decision to let it go on."""

    officer: str
    reason: str
    at: datetime
    code: str


class PartView(View):
    """One attachment."""

    file_name: str
    media_type: str
    size: int
    sha256: str


class ReasonView(View):
    """Why it stands where it stands; `operator` is never shown to the other side."""

    code: str
    public: str
    operator: str


class DetailView(View):
    """One message with everything that is known about it."""

    summary: SummaryView
    claim: ClaimView
    header: dict[str, Any] | None = Field(description="The header as decoded (`gateway.form.Header`); null before.")
    title: str = Field(description="Title of the format.")
    fields: list[FieldView]
    subjects: list[dict[str, Any]] = Field(description="Persons, vehicles, documents and things in neutral words.")
    parts: list[PartView]
    findings: list[FindingView]
    signature: SignatureView | None
    routing: RoutingView | None
    answers: list[AnswerView]
    cases: list[CaseView]
    leg: LegView | None
    transmissions: list[AttemptView]
    receipts: list[ReceiptView]
    reached: list[ReachedView] = Field(
        description="Every stage at the other side with its evidence, and what did not come."
    )
    standing: str = Field(
        description="`final` or `open`, and whether something was added after the end: `final, amended`."
    )
    read_at: datetime | None = Field(description="When an officer first opened it, where the sender asked to be told.")
    releases: list[ReleaseView]
    reason: ReasonView | None
    breaks: int = Field(description="Worker processes that died over it.")
    links: Links


class EntryView(View):
    """One entry of the journal with its place in the chain."""

    number: int = Field(description="Running number in the whole journal.")
    at: datetime
    event: str
    meaning: str = Field(description="The sentence of the event.")
    actor: str
    envelope: str
    reason: str
    details: dict[str, str]
    before: str = Field(description="Hash of the link before.")
    hash: str
    canonical: str = Field(description="The canonical bytes that are hashed (RFC 8785), as text.")


class TimelineView(View):
    """The journal of one message, oldest first."""

    envelope: str
    entries: list[EntryView]


class ActView(View):
    """A decision was written; the message goes on from there."""

    id: str
    state: str
    reason_code: str
    links: Links


class ReasonBody(BaseModel):
    """Why an officer decides so."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=1, max_length=1000, description="Journalled; on rejecting an inbound message it is told to the sender.",
        examples=["The provider agreed by telephone, 2026-11-21 12:10."],
    )  # fmt: skip
