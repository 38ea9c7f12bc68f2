"""What the gateway asks national systems and what they answer, in its own words.

Every question carries the context that a register must see before it answers: purpose, legal basis, case, requester.
An answer keeps what the register said, as of when, and whether all of it came.
"""

from datetime import datetime

from msgspec import Struct

from gateway.identity import Digest
from gateway.subjects import Subject


class Context(Struct, frozen=True, kw_only=True):
    """Who asks, why and for whom; sent with every call. Purposes and origins are the codes of the register contract."""

    correlation_id: str
    request_id: str
    """Unique per question; a repeated question with the same id must get the same answer."""
    purpose: str
    legal_basis: str
    case_reference: str
    requester: str
    on_behalf_of: str
    channel_origin: str
    urgency: str = "NORMAL"
    special_category_need: str = "NONE"
    max_age_seconds: int = 0


class Question(Struct, frozen=True, kw_only=True):
    """One subject put to one register."""

    subject: Subject
    context: Context
    spellings: tuple[str, ...] = ()
    """Other forms of a person's name, the likeliest first, for a register that does not find the name as it is written."""


class Match(Struct, frozen=True, kw_only=True):
    """One record that a register holds. `data` keeps the register's field names; nested values are JSON text."""

    record: str
    kind: str
    score: float
    data: tuple[tuple[str, str], ...] = ()
    handling: tuple[str, ...] = ()
    disclosable: str = ""
    name_rule: str = ""
    """The rule that joins the record's names to the person asked about (`gateway.names.compare`), `none` where none does;
    empty where the record tells no name."""

    def value(self, name: str) -> str:
        """The value of one field of the record, or an empty text."""
        return next((value for key, value in self.data if key == name), "")


MATCHES, NO_MATCH, TOO_MANY, NOT_DISCLOSABLE = "MATCHES", "NO_MATCH", "TOO_MANY", "NOT_DISCLOSABLE"
PENDING, WITHHELD, STALE, UNANSWERED = "PENDING", "WITHHELD_OWNER_CONSENT", "STALE", "UNANSWERED"


class Answer(Struct, frozen=True, kw_only=True):
    """What one register answered to one question; `UNANSWERED` with a failure code when nothing usable came in time."""

    register: str
    request_id: str
    outcome: str
    asked_at: datetime
    answered_at: datetime
    as_of: datetime | None = None
    subject_kind: str = ""
    matches: tuple[Match, ...] = ()
    partial: bool = False
    failure: str = ""
    digest: str = ""
    """Digest of the bytes of the answer: evidence of what the register said."""

    @property
    def usable(self) -> bool:
        """Whether the register answered at all."""
        return self.outcome != UNANSWERED


class CaseRequest(Struct, frozen=True, kw_only=True):
    """A matter to be put into a case system. The same `idempotency_key` never opens a second case."""

    idempotency_key: str
    title: str
    subjects: tuple[Subject, ...]
    documents: tuple[tuple[str, Digest], ...]
    """Message id and digest of each document."""
    handling: tuple[str, ...]
    context: Context


class CaseReference(Struct, frozen=True, kw_only=True):
    """Where the matter now lives; `opened` is false when it was found or linked rather than created."""

    case_system: str
    reference: str
    idempotency_key: str
    opened: bool
    at: datetime
