"""The code lists of the family. Lists that carry sources are files beside this one; short closed ones stand here.

Nothing here is taken from a SIENA specification (it is not public): meanings come from law and published papers,
code names are ours.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

FORMS: Final = ("Request", "Reply", "Information")

LEGAL_BASES: Final = frozenset(
    {
        "DIR977",
        "FD960",
        "CISA39",
        "CISA40",
        "CISA41",
        "CISA46",
        "ER",
        "PRUM1",
        "PRUM2",
        "BILATERAL",
        "JIT",
        "INTERPOL",
        "OTHER",
    }
)
DIR977: Final = "DIR977"
CLOSED_TO_US: Final = frozenset({"PRUM2"})
"""Legal bases that our own state cannot use. A state outside Regulation (EU) 2024/982 (as Denmark) keeps PRUM2 here."""
LEGACY_BASES: Final = frozenset({"FD960"})
"""Repealed with effect from 12 December 2024 (Directive (EU) 2023/977); for flagged old cases only."""

OUR_LANGUAGES: Final = frozenset({"en", "da"})
"""The languages that our office has notified (Directive (EU) 2023/977 Art. 11). English must be on every list."""

URGENCY_GROUNDS: Final = {
    "U1": "immediate and serious threat to the public security of a member state",
    "U2": "imminent danger to life or physical integrity of a person",
    "U3": "decision that may keep up restrictive measures up to deprivation of liberty",
    "U4": "imminent loss of the value of information that matters for crime work",
}
MIN_URGENCY_TEXT: Final = 20
"""Characters; rule R-05 of the dossier."""

SOURCE_EVALUATIONS: Final = frozenset("ABCX")
INFORMATION_EVALUATIONS: Final = frozenset("1234")
DEFAULT_EVALUATION: Final = "X4"
"""What holds where nobody evaluated: reliability cannot be assessed, not corroborated. Regulation (EU) 2016/794 Art. 29
leaves the evaluation to the provider, so a better one is never made up. An office that evaluates its registers sets its
own mark here."""
WEAK_SOURCES, WEAK_INFORMATION = frozenset("CX"), frozenset("34")

CLASSIFICATIONS: Final = ("BPL", "EU_RESTRICTED", "EU_CONFIDENTIAL", "EU_SECRET", "EU_TOP_SECRET")
"""From low to high."""
OUR_TIER: Final = "BPL"
"""The highest classification that our channels (mail, queues) may carry; plain SMTP never carries more."""
NEVER_CARRIED: Final = frozenset({"EU_SECRET", "EU_TOP_SECRET"})

REQUEST_PURPOSES: Final = frozenset({"PREVENT", "DETECT", "INVESTIGATE"})
"""Directive (EU) 2023/977 Art. 1(1)."""
EUROPOL_PURPOSES: Final = frozenset({"18-2-A", "18-2-B", "18-2-C", "18-2-D", "18-2-E", "18-2-F", "18A"})
"""Regulation (EU) 2016/794 Arts. 18(2) and 18a."""
EUROPOL_ONLY_PURPOSES: Final = frozenset({"18-6", "18-6A"})
"""Set by Europol; taken in, never offered."""
PURPOSES: Final = REQUEST_PURPOSES | EUROPOL_PURPOSES | EUROPOL_ONLY_PURPOSES
CROSS_CHECKING: Final = "18-2-A"

OFFENDER_CATEGORIES: Final = frozenset({"SUSPECT", "POTENTIAL_OFFENDER", "CONVICTED"})
SUBJECT_CATEGORIES: Final = OFFENDER_CATEGORIES | {
    "VICTIM",
    "WITNESS",
    "INFORMANT",
    "CONTACT",
    "ASSOCIATE",
    "MISSING",
    "UNIDENTIFIED_BODY",
}
PROTECTED_CATEGORIES: Final = frozenset({"VICTIM", "WITNESS", "INFORMANT"})
"""Regulation (EU) 2016/794 Art. 30: only where strictly necessary; so are minors."""

REFUSAL_GROUNDS: Final = {
    "R-a": "not available to the contact point and competent authorities",
    "R-b": "the request does not meet Art. 4",
    "R-c": "a required judicial authorisation was refused",
    "R-d": "personal data outside the allowed categories",
    "R-e": "inaccurate, incomplete or out of date",
    "R-f1": "harm to essential national security interests",
    "R-f2": "danger to an ongoing investigation or the safety of a person",
    "R-f3": "undue harm to protected important interests of a legal person",
    "R-g1": "offence punishable by at most one year in the requested state",
    "R-g2": "not an offence in the requested state",
    "R-h": "data of another state that has not consented",
}
"""Directive (EU) 2023/977 Art. 6(1), a closed list."""
SUPERVISED_GROUNDS: Final = frozenset({"R-f1", "R-f2", "R-f3"})
MAX_PENALTY_MONTHS: Final = 12
"""Ground R-g1."""

SPOC_COPY_EXCEPTIONS: Final = frozenset({"X1", "X2", "X3"})
CHANNEL_EXCEPTIONS: Final = frozenset({"E1", "E2", "E3"})
CONSENT_SCOPES: Final = frozenset({"EVIDENCE", "DISSEMINATE", "PURPOSE", "THIRD_STATE"})

REQUESTED_ITEMS: Final = frozenset({"IDENTITY", "RESIDENCE", "VEHICLE", "WANTED_VEHICLE", "DOCUMENT"})

CONTACT_POINT_ROLES: Final = frozenset({"enu", "spoc"})
"""Roles of parties that are the national contact point of a state in this family."""
AUTHORITY_ROLE: Final = "ca"
EUROPOL_ROLE: Final = "europol"

MAX_ATTACHMENT_OCTETS: Final = 50 * 1024 * 1024
"""Sum over a message; SIENA's limit in 2015, the present one is not known."""
ATTACHMENT_TYPES: Final = frozenset(
    {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "image/jp2",
        "image/tiff",
        "text/plain",
        "application/xml",
        "text/xml",
        "text/csv",
    }
)
"""Without active content."""


def _file(name: str) -> Any:
    return files("schemas") / "europol" / name


@cache
def crime_areas() -> dict[str, str]:
    """Every crime area that a message may name, with its list: `mandate` or `outside`."""
    with _file("crime_areas.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["list"] for row in csv.DictReader(lines) if row["list"] in ("mandate", "outside")}


@cache
def handling_codes() -> dict[str, dict[str, Any]]:
    """The table of `handling.toml`, without the row for a missing code."""
    table: dict[str, dict[str, Any]] = tomllib.loads(_file("handling.toml").read_text(encoding="utf-8"))
    return {code: row for code, row in table.items() if code != "missing"}


@cache
def handling_when_missing() -> tuple[str, ...]:
    """The codes that hold where a message carries none."""
    table = tomllib.loads(_file("handling.toml").read_text(encoding="utf-8"))
    return tuple(table["missing"]["treat_as"])
