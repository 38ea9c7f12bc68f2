"""The context every call to a national system must carry, and the problem documents that refuse one.

The one idea: a register that is asked without a purpose, a legal basis and a requester does not answer. A POST carries
the context as the object `context` of its JSON body; a GET, which has no body, carries the same object as JSON in the
header `X-Request-Context`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTEXT_HEADER = "X-Request-Context"

PURPOSES = frozenset(
    {"PREVENT", "INVESTIGATE", "DETECT", "PROSECUTE", "EXECUTE_SANCTION", "PUBLIC_SECURITY"}
    | {"ADMIN_PERMIT", "DATA_SUBJECT_REQUEST", "SUPERVISION", "TEST"}
)
CHANNEL_ORIGINS = frozenset({"SIRENE", "INTERPOL", "EUROPOL", "LIAISON", "NATIONAL", "CITIZEN", "PNR_REQUEST"})
URGENCIES = frozenset({"IMMEDIATE", "URGENT", "NORMAL"})

# Every field is mandatory on every call; objects list their own mandatory members.
_TEXTS = ("correlationId", "requestId", "purpose", "legalBasis", "channelOrigin", "urgency", "specialCategoryNeed")
_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "caseRef": ("gatewayCase",),  # and journalNumber where it is known
    "requester": ("userId", "role", "desk", "onBehalfOf"),
}
_CODES: Mapping[str, frozenset[str]] = {"purpose": PURPOSES, "channelOrigin": CHANNEL_ORIGINS, "urgency": URGENCIES}
MAX_ID = 200

STATUS_OF: Mapping[str, int] = {
    "schema-invalid": 400,
    "context-missing": 400,
    "caller-unknown": 401,
    "purpose-not-allowed": 403,
    "role-not-allowed": 403,
    "record-unknown": 404,
    "path-unknown": 404,
    "idempotency-conflict": 409,
    "identity-merge-in-progress": 409,
    "number-annulled": 409,
    "journal-number-taken": 409,
    "record-shredded": 410,
    "case-closed-archived": 410,
    "version-mismatch": 412,
    "body-too-large": 413,
    "key-format": 422,
    "role-required": 422,
    "record-on-hold": 423,
    "rate-limited": 429,
    "disclosure-prohibited": 451,
    "owner-only": 403,
    "approval-missing": 403,
    "compatibility-conflict": 409,
    "flag-in-force": 409,
    "quality-failed": 422,
    "simulator-fault": 500,
    "source-unavailable": 503,
    "source-timeout": 504,
}


class Problem(Exception):
    """A refusal. `detail` and `members` never hold personal data: no identifier, no name."""

    def __init__(self, kind: str, detail: str, *, status: int = 0, **members: Any) -> None:
        self.kind = kind
        self.status = status or STATUS_OF[kind]
        self.detail = detail
        self.members = members
        super().__init__(f"{kind}: {detail}")

    def document(self, request_id: str | None) -> dict[str, Any]:
        """The problem document that goes on the wire."""
        title = self.kind.replace("-", " ").capitalize()
        head = {"type": self.kind, "title": title, "status": self.status, "detail": self.detail}
        return {**head, "requestId": request_id, **self.members}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    correlation_id: str
    request_id: str
    purpose: str
    legal_basis: str
    channel_origin: str
    urgency: str
    role: str
    max_age_seconds: int


def read_context(given: object) -> Context:
    """The checked context, or `Problem`: absent fields are `context-missing`, wrong ones `schema-invalid`."""
    table = given if isinstance(given, dict) else {}
    missing = [name for name in (*_TEXTS, *_OBJECTS, "maxAge") if table.get(name) in (None, "", {})]
    for name, members in _OBJECTS.items():
        inner = table.get(name)
        if isinstance(inner, dict) and name not in missing:
            missing += [f"{name}.{member}" for member in members if inner.get(member) in (None, "")]
    if missing:
        raise Problem("context-missing", f"the context lacks {', '.join(missing)}", missing=missing)
    wrong = [name for name in _TEXTS if not isinstance(table[name], str) or len(table[name]) > MAX_ID]
    wrong += [name for name in _OBJECTS if not isinstance(table[name], dict)]
    wrong += [name for name, codes in _CODES.items() if name not in wrong and table[name] not in codes]
    max_age = table["maxAge"]
    if isinstance(max_age, bool) or not isinstance(max_age, int) or max_age < 0:
        wrong.append("maxAge")
    if wrong:
        raise Problem("schema-invalid", f"wrong value in the context: {', '.join(wrong)}", fields=wrong)
    return Context(
        correlation_id=table["correlationId"],
        request_id=table["requestId"],
        purpose=table["purpose"],
        legal_basis=table["legalBasis"],
        channel_origin=table["channelOrigin"],
        urgency=table["urgency"],
        role=str(table["requester"]["role"]),
        max_age_seconds=max_age,
    )


def read_json(content: bytes, what: str) -> dict[str, Any]:
    """A JSON object, or `schema-invalid`."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Problem("schema-invalid", f"{what} is not JSON") from error
    if not isinstance(value, dict):
        raise Problem("schema-invalid", f"{what} is not a JSON object")
    return value
