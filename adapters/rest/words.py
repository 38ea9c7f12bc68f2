"""Our words into those of the common contract and back, without a wire (national systems dossier, section 3.1).

The one idea: an answer is believed only as far as it fits: it must be the answer to this very call, of this very
register, and say one thing. What does not fit is no answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from adapters.rest.settings import RestSettings
from gateway.errors import RegisterUnavailable
from gateway.identity import digest
from gateway.questions import (
    MATCHES,
    NO_MATCH,
    NOT_DISCLOSABLE,
    PENDING,
    STALE,
    TOO_MANY,
    WITHHELD,
    Answer,
    Context,
    Match,
)

MAX_MATCHES: Final = 200
MAX_VALUE: Final = 64_000
"""Characters of one field of a record."""
_OUTCOMES: Final = frozenset({MATCHES, NO_MATCH, TOO_MANY, NOT_DISCLOSABLE, PENDING, WITHHELD, STALE})
_WITH_RECORDS: Final = frozenset({MATCHES, STALE})


class MatchDocument(Struct, frozen=True, kw_only=True, rename="camel"):
    """One record on their wire."""

    record_ref: str
    score: float = 1.0
    data: dict[str, Any] = field(default_factory=dict)
    handling: list[str] = field(default_factory=list)
    disclosable: str = ""


class AnswerDocument(Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer on their wire; members that we do not use are passed over."""

    request_id: str
    correlation_id: str
    register_id: str
    outcome: str
    as_of: datetime
    matches: list[MatchDocument] = field(default_factory=list)
    partial: bool = False
    unavailable_sources: list[str] = field(default_factory=list)
    next: Any = None
    status_url: str = ""
    effect: str = ""
    journal_number: str = ""


class Asked(Struct, frozen=True, kw_only=True):
    """What an answer must fit: which register, which call, about what."""

    name: str
    register_id: str
    context: Context
    subject_kind: str


def context_document(context: Context, settings: RestSettings) -> dict[str, Any]:
    """The context that every call carries; all of its members are mandatory."""
    return {
        "correlationId": context.correlation_id,
        "requestId": context.request_id,
        "purpose": context.purpose,
        "legalBasis": context.legal_basis,
        "caseRef": {"gatewayCase": context.case_reference, "journalNumber": None},
        "requester": {
            "userId": context.requester,
            "role": settings.role,
            "desk": settings.desk or context.channel_origin,
            "onBehalfOf": context.on_behalf_of,
        },
        "channelOrigin": context.channel_origin,
        "urgency": context.urgency,
        "specialCategoryNeed": context.special_category_need,
        "maxAge": context.max_age_seconds,
    }


def read_answer(body: bytes, asked: Asked) -> AnswerDocument:
    """The answer document; raises `RegisterUnavailable` when it is no answer to this call."""
    try:
        document = msgspec.json.decode(body, type=AnswerDocument)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _unreadable(asked, "It cannot be read.") from error
    context = asked.context
    if (document.request_id, document.correlation_id) != (context.request_id, context.correlation_id):
        raise _unreadable(asked, "It answers another call.")
    if document.register_id != asked.register_id:
        raise _unreadable(asked, "It comes from another register.")
    if document.outcome not in _OUTCOMES:
        raise _unreadable(asked, "Its outcome is not of the contract.")
    if document.as_of.tzinfo is None:
        raise _unreadable(asked, "Its time has no offset.")
    if bool(document.matches) is not (document.outcome in _WITH_RECORDS) or len(document.matches) > MAX_MATCHES:
        # TOO_MANY and NOT_DISCLOSABLE come without records (stop rule; absence and refusal look alike).
        raise _unreadable(asked, "Its outcome and its records do not fit together.")
    return document


def answer_of(document: AnswerDocument, body: bytes, asked: Asked, asked_at: datetime, answered_at: datetime) -> Answer:
    """The answer in our words. The digest of its bytes is the evidence of what the register said."""
    return Answer(
        register=asked.name,
        request_id=asked.context.request_id,
        outcome=document.outcome,
        asked_at=asked_at,
        answered_at=answered_at,
        as_of=document.as_of,
        subject_kind=asked.subject_kind,
        matches=tuple(dict.fromkeys(_match(match, asked) for match in document.matches)),
        partial=document.partial or bool(document.unavailable_sources) or document.next is not None,
        digest=digest(body),
    )


def forbidden(asked: Asked, code: str, asked_at: datetime, answered_at: datetime) -> Answer:
    """The register has it and may not tell (451): never the same as no match, and an officer sees the ground."""
    return Answer(
        register=asked.name,
        request_id=asked.context.request_id,
        outcome=NOT_DISCLOSABLE,
        asked_at=asked_at,
        answered_at=answered_at,
        subject_kind=asked.subject_kind,
        failure=code,
    )


def joined(answers: Iterable[Answer], request_id: str) -> Answer:
    """Several searches about one subject as one answer: the most reserved outcome stands, records are added up."""
    listed = list(answers)
    reserved = [answer for answer in listed if answer.outcome not in (MATCHES, STALE, NO_MATCH)]
    chosen = (
        reserved[0] if reserved else max(listed, key=lambda answer: (NO_MATCH, MATCHES, STALE).index(answer.outcome))
    )
    together = digest("".join(str(answer.digest) for answer in listed).encode()) if len(listed) > 1 else chosen.digest
    times = [answer.as_of for answer in listed if answer.as_of]
    return msgspec.structs.replace(
        chosen,
        request_id=request_id,
        matches=() if reserved else tuple(dict.fromkeys(match for answer in listed for match in answer.matches)),
        asked_at=min(answer.asked_at for answer in listed),
        answered_at=max(answer.answered_at for answer in listed),
        as_of=min(times, default=None),
        partial=any(answer.partial for answer in listed),
        digest=together,
    )


def _match(match: MatchDocument, asked: Asked) -> Match:
    pairs = ((name, _text(value)) for name, value in match.data.items())
    return Match(
        record=match.record_ref,
        kind=asked.subject_kind,
        score=match.score,
        data=tuple((name, text[:MAX_VALUE]) for name, text in pairs if text),
        handling=tuple(match.handling),
        disclosable=match.disclosable,
    )


def _text(value: Any) -> str:
    """Texts as they are; nothing for null; everything else as compact JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _unreadable(asked: Asked, words: str) -> RegisterUnavailable:
    public = f"The national system {asked.name} does not answer now."
    return RegisterUnavailable("register.unreadable", public, operator=f"{asked.name}: its answer is unusable. {words}")
