"""What is filed in a case: documents and persons, checked when they arrive.

The one idea: a person is never filed without a role, since the role decides what may be done with the record, and a
document never without the digest of its bytes.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simulators.rest.contract import MAX_ID, Problem
from simulators.rest.keys import calendar_date, cpr, substitute_number

ROLES = frozenset(
    {"SUBJECT", "SUSPECT", "CHARGED", "CONVICTED", "WITNESS", "VICTIM", "REPORTER", "FINED", "PERMIT_HOLDER", "HOLDER"}
)
_FORMATS: Mapping[str, Callable[[str], str]] = {"CPR": cpr, "ENR": substitute_number, "OTHER": str}


def read_source(body: Mapping[str, Any]) -> str:
    """The id of the message something was filed for."""
    source = body.get("sourceMessage")
    if not isinstance(source, str) or not source or len(source) > MAX_ID:
        raise Problem("schema-invalid", "sourceMessage is missing", fields=["sourceMessage"])
    return source


def new_document(body: Mapping[str, Any], ref: str, now: datetime) -> dict[str, Any]:
    """A document with its digest; where `content` (base64) is given, the digest must be true."""
    digest, content = body.get("sha256"), body.get("content")
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise Problem("schema-invalid", "sha256 must be 64 lower-case hexadecimal digits", fields=["sha256"])
    size = None
    if content is not None:
        try:
            decoded = base64.b64decode(content, validate=True)
        except (ValueError, TypeError) as error:
            raise Problem("schema-invalid", "content is not base64", fields=["content"]) from error
        if hashlib.sha256(decoded).hexdigest() != digest:
            raise Problem("schema-invalid", "sha256 is not the digest of content", fields=["sha256"])
        size = len(decoded)
    handling = body.get("handling", [])
    if not isinstance(handling, list) or not all(isinstance(each, str) for each in handling):
        raise Problem("schema-invalid", "handling must be a list of texts", fields=["handling"])
    return {
        "ref": ref,
        "sourceMessage": read_source(body),
        "sha256": digest,
        "bytes": size,
        "mediaType": body.get("mediaType"),
        "title": body.get("title"),
        "handling": handling,
        "filedAt": now.isoformat(),
    }


def new_person(given: object, ref: str, next_substitute: Callable[[], str]) -> dict[str, Any]:
    """A person with a role; without an identifier a substitute number is drawn."""
    if not isinstance(given, dict):
        raise Problem("schema-invalid", "a person must be an object", fields=["persons"])
    if given.get("role") not in ROLES:
        raise Problem("role-required", f"a person needs a role: {', '.join(sorted(ROLES))}", fields=["role"])
    names = given.get("names", [])
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise Problem("schema-invalid", "names must be a list of texts", fields=["names"])
    born = given.get("birthDate")
    return {
        "ref": ref,
        "role": given["role"],
        "names": names,
        "birthDate": calendar_date(str(born)) if born else None,
        "identifier": _identifier(given.get("identifier"), next_substitute),
    }


def _identifier(given: object, next_substitute: Callable[[], str]) -> dict[str, str]:
    if given is None:
        return {"kind": "ENR", "value": next_substitute()}
    kind = given.get("kind") if isinstance(given, dict) else None
    value = given.get("value") if isinstance(given, dict) else None
    if not isinstance(kind, str) or kind not in _FORMATS or not isinstance(value, str) or len(value) > MAX_ID:
        raise Problem("schema-invalid", "identifier needs kind CPR, ENR or OTHER, and a value", fields=["identifier"])
    return {"kind": kind, "value": _FORMATS[kind](value)}
