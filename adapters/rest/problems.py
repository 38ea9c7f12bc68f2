"""What a refusal of a national system means for us.

The one idea: the table of the common contract (national systems dossier, section 3.1) as data. Whether the same call
may work later is the only thing that decides what is raised.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from gateway.errors import GatewayError, Refused, RegisterUnavailable

LATER: Final = {
    "caller-unknown": "The system does not know us: check token and certificate. This is also a security notification.",
    "identity-merge-in-progress": "The record is locked by a merge of identities; ask again after it.",
    "record-unknown": "A record vanished between two calls; the search is repeated.",
    "rate-limited": "The quota is used up.",
    "source-unavailable": "The system is stopped.",
    "source-timeout": "The system's own source did not answer in time.",
}
NEVER: Final = {
    "schema-invalid": "The system found our call invalid; an operator must look at the adapter.",
    "context-missing": "The system misses a part of the context; an operator must look at the adapter.",
    "purpose-not-allowed": "The system does not answer for this purpose.",
    "role-not-allowed": "The system does not answer to our role.",
    "idempotency-conflict": "The system knows this request id with another content.",
    "number-annulled": "The number was annulled, and no other was named.",
    "record-shredded": "The record was deleted under a rule.",
    "case-closed-archived": "The case is closed and archived.",
    "journal-number-taken": "The journal number is taken.",
    "version-mismatch": "The record has changed since it was read.",
    "key-format": "The system does not accept the format of a key.",
    "role-required": "The system needs the role of every person.",
    "record-on-hold": "A hold blocks the change.",
    "owner-only": "Only the state that issued an alert may change it.",
    "approval-missing": "The change needs the approval of a second person there.",
    "compatibility-conflict": "An alert on the same person or object stands against it.",
    "flag-in-force": "The alert is flagged for this state already.",
    "quality-failed": "The alert is not complete, or not allowed as it stands.",
    "disclosure-prohibited": "Law or owner forbid giving the record to this recipient.",
}
FORBIDDEN: Final = "disclosure-prohibited"
MERGED: Final = "number-annulled"
CONFLICT: Final = "idempotency-conflict"
_BY_STATUS: Final = {
    401: "caller-unknown", 403: "purpose-not-allowed", 404: "record-unknown", 410: "record-shredded",
    429: "rate-limited", 451: FORBIDDEN, 503: "source-unavailable", 504: "source-timeout",
}  # fmt: skip
"""What a status means when its problem document is missing or cannot be read."""


class Problem(Exception):
    """A refusal as it came. Its `members` may name references; it never becomes part of a message to people."""

    def __init__(self, kind: str, status: int, members: dict[str, Any]) -> None:
        super().__init__(f"{kind} ({status})")
        self.kind, self.status, self.members = kind, status, members


def read_problem(status: int, body: bytes) -> Problem:
    """The refusal in an answer. An unreadable one is told by its status alone; nothing of its text is repeated."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        document = None
    members = document if isinstance(document, dict) else {}
    kind = str(members.get("type", "")).rpartition("/")[2]
    if kind not in LATER and kind not in NEVER:
        kind = _BY_STATUS.get(status, "unreadable")
    return Problem(kind, status, members)


def as_error(problem: Problem, system: str) -> GatewayError:
    """The refusal as one of our errors; the caller raises it from the problem."""
    code, public = f"register.{problem.kind}", f"The national system {system} does not answer this question."
    if problem.kind in NEVER:
        return Refused(code, public, operator=f"{system}: {NEVER[problem.kind]}")
    words = LATER.get(problem.kind, f"It answered with status {problem.status}.")
    return RegisterUnavailable(
        code, f"The national system {system} does not answer now.", operator=f"{system}: {words}"
    )
