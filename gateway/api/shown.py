"""What the API description says about each operation's answers: models come from the code, examples and refusals from here."""

from __future__ import annotations

from typing import Any, Final

from gateway.api import samples
from gateway.api.models import ReasonBody
from gateway.api.problems import PROBLEM_TYPE, ProblemView, document

ID = samples.ID
Responses = dict[int | str, dict[str, Any]]

_WORDS: Final[dict[int, tuple[str, str]]] = {
    400: (
        "purpose.missing",
        "State why you look, in the header X-SPOC-Purpose or the query parameter purpose; it is journalled.",
    ),
    401: ("caller.unknown", "Show an access token from /oauth2/token or a client certificate."),
    403: ("caller.role", "This needs the role officer or operator."),
    404: ("envelope.unknown", "There is no message with this id."),
    408: ("request.too-slow", "The body did not come within 60 seconds."),
    409: ("envelope.not-held", "The message is acknowledged, not held."),
    410: ("content.destroyed", "The content was destroyed on 2027-11-21 under the rule RR-120."),
    413: ("request.too-large", "The body is larger than 25165824 octets."),
    415: ("request.media-type", "Send a form as application/xml, application/json or multipart/mixed."),
    422: ("request.invalid", "Parameters of the request are not as described; see `errors`."),
    429: ("caller.too-often", "More than 1200 requests in a minute."),
    500: ("gateway.fault", "The gateway failed over this request; its operators see why."),
    503: ("ledger.away", "The ledger cannot keep or tell anything now. Send again later."),
}


def refusals(*codes: int) -> Responses:
    """Problem documents that an operation may answer."""
    told: Responses = {}
    for code in sorted(codes):
        name, words = _WORDS[code]
        example = document(code, name, words)
        told[code] = {
            "description": example["title"],
            "content": {PROBLEM_TYPE: {"schema": _PROBLEM, "example": example}},
        }
    return told


def answers(example: Any, *codes: int, status: int = 200, words: str = "As asked.") -> Responses:
    """The good answer with an example, and the refusals with theirs; whoever authenticates may be refused for that."""
    good = {"description": words, "content": {"application/json": {"example": example}}}
    return {status: good, **refusals(401, 403, 429, 500, 503, *codes)}


def files(words: str, types: tuple[str, ...], example: str, *codes: int) -> Responses:
    """Bytes as the answer."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}, "example": example} for kind in types}
    return {200: {"description": words, "content": content}, **refusals(401, 403, 429, 500, 503, *codes)}


_PROBLEM: Final = {"$ref": "#/components/schemas/ProblemView"}
PROBLEM_SCHEMA: Final = ProblemView.model_json_schema(ref_template="#/components/schemas/{model}")

SUBMITTED = answers(
    samples.SUBMITTED,
    400,
    408,
    409,
    413,
    415,
    422,
    status=202,
    words="Durable; it is checked, signed and sent from here on.",
)
SUBMITTED[202]["headers"] = {"Location": {"description": "Address of the message.", "schema": {"type": "string"}}}
LISTED = answers(samples.LIST, 400, 422)
DETAIL = answers(samples.DETAIL, 400, 404, 422)
TIMELINE = answers(samples.TIMELINE, 400, 404, 422)
ACTED = answers(samples.ACTED, 400, 404, 408, 409, 413, 415, 422, words="Decided and journalled.")
JOURNAL = answers(samples.JOURNAL, 422)
HEAD = answers(samples.HEAD)
PROOF = answers(samples.PROOF, 422)
BALANCE = answers(samples.BALANCE)
BOOKS = answers(samples.BOOKS)
SHEETS = answers(samples.SHEETS, 422)
SHEET = answers(samples.SHEET, 404, 422)
DIFFERENCES = answers(samples.DIFFERENCES, 422)
SETTLED = answers(samples.DIFFERENCE, 404, 408, 413, 415, 422, words="Settled and journalled.")
FORMATS = answers(samples.FORMATS)
RULES = answers(samples.RULES, 404, 422)
PARTNERS = answers(samples.PARTNERS)
RELOADED = answers(samples.RELOADED, 422, words="The directory is as the file says; workers have been renewed.")
ACT_TOLD = answers({"act": "client.added", "told": "national-cases: submitter reader"}, 422, words="Journalled.")
KEYS = answers(
    {"party": "sirene:XA", "step": "switched", "renewed": True}, 404, 422, words="Journalled, and known from now on."
)
UNDER_WAY = answers({"party": "sirene:XA", "messages": 0}, 404, 422, words="How many.")
ADAPTERS = answers(samples.ADAPTERS)
BOOK = answers(samples.BOOK, 404)
STATISTICS = answers(samples.STATISTICS, 404, 422)
BEHIND = answers(samples.BEHIND, 404, 422)
RECORDED = answers(
    {"kind": "sircop-intervention", "count": 1}, 404, 408, 413, 415, 422, status=201, words="Journalled."
)
RECORD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "reason"],
                    "additionalProperties": False,
                    "properties": {
                        name: {"type": "string"} for name in ("kind", "reason", "counterpart", "result", "count")
                    },
                },
                "example": {
                    "kind": "sircop-intervention",
                    "reason": "Two alerts on one vehicle",
                    "counterpart": "sirene:XB",
                },
            }
        },
    }
}
BOOK_TAKEN = answers(samples.BOOK_TAKEN, 408, 413, 415, 422, words="In force; workers have been renewed.")
BOOK_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/xml": {"schema": {"type": "string"}, "example": samples.BOOK_XML}},
    }
}
BROADCAST = answers(
    samples.BROADCAST, 400, 408, 409, 413, 415, 422, status=202, words="Every order that is named is durable."
)  # fmt: skip
_XML_EXAMPLE: Final = '<FormG xmlns="urn:x-spoc:sirene:1" version="1.0">…</FormG>'
RAW = files(
    "The bytes as they came.",
    ("application/xml", "application/json", "message/rfc822", "multipart/mixed"),
    _XML_EXAMPLE,
    400,
    404,
    422,
)
SIGNED = files("The signed XML.", ("application/xml",), _XML_EXAMPLE, 400, 404, 422)
METRICS = files("Figures in the text format of Prometheus.", ("text/plain",), "spoc_accepted_total 5.0\n")
ALIVE: Responses = {200: {"description": "Alive.", "content": {"application/json": {"example": samples.ALIVE}}}}
READY: Responses = {
    200: {"description": "Ready.", "content": {"application/json": {"example": samples.READY}}},
    503: {
        "description": "Not ready, with the reasons.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/ReadyView"}, "example": samples.NOT_READY}
        },
    },
}
REASON_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ReasonBody.model_json_schema(), "example": samples.REASON}},
    }
}
_FORM_SCHEMA: Final = {
    "type": "object",
    "required": ["counterpart", "form"],
    "additionalProperties": False,
    "properties": {
        "counterpart": {"type": "string", "description": "The office to send to, as role:code."},
        "form": {
            "type": "object",
            "required": ["format", "fields"],
            "description": "A form in the gateway's own words: `format`, `header`, `fields` (name, value, number, attributes as pairs, children, namespace).",
            "properties": {
                "format": {"type": "string", "description": "`family/Form@major`; see /api/v1/formats."},
                "header": {"type": "object", "description": "May leave out message_id, sent, sender, to and our_reference."},
                "fields": {"type": "array", "items": {"type": "object"}},
                "subjects": {"type": "array", "items": {"type": "object"}, "description": "Left out: the gateway reads them from the fields."},
            },
        },
        "attachments": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["file_name", "media_type", "content_base64"],
                "properties": {
                    "file_name": {"type": "string"}, "media_type": {"type": "string"},
                    "content_base64": {"type": "string", "contentEncoding": "base64"},
                },
            },
        },
    },
}  # fmt: skip
SUBMISSION_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/xml": {"schema": {"type": "string"}, "example": samples.FORM_XML},
            "application/json": {"schema": _FORM_SCHEMA, "example": samples.FORM_JSON},
            "multipart/mixed": {
                "schema": {
                    "type": "string",
                    "description": "First the form as application/xml, then the files as attachments.",
                },
                "example": samples.MIXED,
            },
        },
    }
}
BROADCAST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/xml": {"schema": {"type": "string"}, "example": samples.FORM_XML},
            "application/json": {"schema": _FORM_SCHEMA, "example": {**samples.FORM_JSON, "counterpart": "sirene:ALL"}},
            "multipart/mixed": {"schema": {"type": "string"}, "example": samples.MIXED},
        },
    }
}
