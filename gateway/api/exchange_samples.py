"""Example answers about exchanges for the API description: a request for information that waits for its answer."""

from __future__ import annotations

from typing import Any, Final

from gateway.api.samples import ID, NOON

EXCHANGE_ID: Final = ID
_MESSAGE: Final = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0003"
MATTER: Final[dict[str, Any]] = {
    "exchange": ID, "family": "sirene", "key": "XA00000000000000042", "counterparts": ["sirene:XB"],
    "dialogues": [["supplementary-information", "asked"]], "closed": False, "overdue": False, "overdue_by": [],
    "due": "2026-11-22T00:00:00Z", "trouble": "", "next_look_at": "2026-11-21T18:00:00Z", "opened_at": NOON, "updated_at": NOON,
}  # fmt: skip
LIST: Final[dict[str, Any]] = {"exchanges": [MATTER], "next": ""}
EXCHANGE: Final[dict[str, Any]] = {
    "matter": MATTER,
    "dialogues": [{
        "dialogue": "supplementary-information", "title": "Supplementary information", "about": _MESSAGE, "state": "asked",
        "meaning": "the requested bureau answers at once, at the latest after twelve hours", "closed": False, "opened_at": NOON,
        "changed_at": NOON, "roles": {"REQ": "sirene:XB", "requested": "sirene:XA"}, "steps": [ID],
    }],
    "next": [{
        "dialogue": "supplementary-information", "about": _MESSAGE, "letter": "M", "happening": "", "by": "sirene:XA",
        "role": "requested", "to": ["sirene:XB"], "text": "the answer, or the form that was asked for", "expected": True,
        "leads_to": "answered", "needs": {}, "citation": "Regulation (EU) 2018/1862 Art 8(3)", "confidence": "verified",
    }],
    "waiting": [],
    "clocks": [{
        "clock": "T01", "row": "T01", "title": "request for supplementary information",
        "act": "answer, at the latest twelve hours after receipt", "about": _MESSAGE, "bound": "sirene:XA", "owes": ["requested"],
        "status": "running", "limit": "12 hours", "started_at": NOON, "due": "2026-11-22T00:00:00Z", "due_if_moved": None,
        "stopped_at": None, "late": False, "remaining_seconds": 43200, "overdue_seconds": 0, "urgent": False, "warnings": [],
        "next_look_at": "2026-11-21T18:00:00Z", "consequence": "", "escalation": "",
        "citation": "Regulation (EU) 2018/1862 Art. 8(3)", "confidence": "verified", "limit_confidence": "verified", "trouble": "",
    }],
    "steps": [{
        "envelope": ID, "format": "sirene/M@1", "sender": "sirene:XB", "to": ["sirene:XA"], "message_id": _MESSAGE,
        "reference": "XB-M-2026-0000003", "sent": NOON, "known_at": NOON, "taken_at": None, "inbound": True, "urgent": False,
        "void": False, "facts": {"asks": "yes", "letter": "M"}, "dialogue": "supplementary-information", "before": "",
        "after": "asked", "early": False, "problem": "",
    }],
    "happenings": [{
        "id": "5c1f8a52-6a0e-5d6b-9a8c-3f0d1b2e4c77", "name": "urgent-form.taken-up", "at": NOON, "about": _MESSAGE,
        "reason": "Read by the duty officer.", "until": None, "amount": 0, "actor": "user:officer",
    }],
    "may_be_recorded": {"urgent-form.taken-up": "Urgent form taken up by a person"},
}  # fmt: skip
RECORD: Final[dict[str, Any]] = {
    "name": "request.answered", "at": "2026-11-21T11:30:00Z", "about": _MESSAGE, "reason": "Answered by telephone.",
}  # fmt: skip
RECORD_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "description": "What took place, a word of `may_be_recorded`."},
        "at": {"type": "string", "format": "date-time", "description": "When; now where it is left out."},
        "about": {"type": "string", "description": "Message id of the request that it belongs to; left out for the exchange as a whole."},
        "reason": {"type": "string", "description": "Why, without personal data. Journalled."},
        "until": {"type": "string", "format": "date-time", "description": "A date that somebody set."},
        "amount": {"type": "string", "pattern": "^[0-9]{1,5}$", "description": "By how much an extension is asked for."},
    },
}  # fmt: skip
OPEN: Final[dict[str, Any]] = {"family": "sirene", "reason": "Yearly figures on consultations."}
OPEN_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["family", "reason"],
    "additionalProperties": False,
    "properties": {
        "family": {"type": "string", "description": "Whose words and clocks count, for example sirene."},
        "reason": {"type": "string", "description": "What the duty is, without personal data. Journalled."},
    },
}
