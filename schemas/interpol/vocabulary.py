"""Code lists of the family as data. Each says how sure its source is; an office may have to correct it."""

import csv
from functools import lru_cache
from importlib.resources import files
from typing import Final

SENDER_ROLES: Final = frozenset({"ncb", "ipsg", "ccf"})
"""Who may stand in `From`: bureaus, the General Secretariat, the Commission. (roles: verified; spelling: proposal)"""

GROUP_ROLE: Final = "group"
ALL_BUREAUS: Final = "group:ALL-NCBS"
"""The one group that needs no group table: every national central bureau in the directory. (proposal)"""

LANGUAGES: Final = ("ar", "en", "es", "fr")
"""The four working languages, ISO 639-1. (verified)"""

LEVELS: Final = ("IP-OFFICIAL", "IP-RESTRICTED", "IP-CONFIDENTIAL")
"""Confidentiality, low to high. (lowest: secondary; others: unverified)"""

CONDITIONS: Final = {
    "C0-TEXT": "Condition in words.",
    "C1-POLICE-ONLY": "Police cooperation only, no administrative use.",
    "C2-NO-EVIDENCE": "Not to be used in court without a request for legal assistance.",
    "C3-NO-ONWARD": "Not to be passed on to anybody but the addressees.",
    "C4-CONSULT-BEFORE-ACTION": "The source is to be asked before any measure.",
    "C5-NO-DISCLOSE-SUBJECT": "The person concerned is not to be told.",
    "C6-EXCLUDE": "The named countries must not see it.",
    "C7-ONLY": "Only the named countries may see it.",
    "C8-PURPOSE": "Only for the stated purpose.",
    "C9-DESTROY-BY": "To be deleted by the date.",
}
"""Conditions of use and access restrictions. (proposal, after RPD 58-67)"""

PURPOSES: Final = {
    "P1": "Search for a wanted person with a view to detention, arrest or restriction of movement.",
    "P2": "Locate a person or object of interest to the police.",
    "P3": "Give or obtain information on a criminal investigation or on the criminal history of a person.",
    "P4": "Warn of a person, event, object or way of committing crime.",
    "P5": "Identify a person or a dead body.",
    "P6": "Forensic analysis.",
    "P7": "Security checks.",
    "P8": "Identify threats, crime trends and networks.",
    "P9": "Administrative purpose with an explicit basis.",
}
"""What the information may be used for. (codes: proposal; contents of RPD 10: unverified)"""

PERSON_STATUSES: Final = frozenset({
    "CONVICTED", "CHARGED", "SUSPECT", "CRIMINAL-HISTORY", "WITNESS", "VICTIM", "MISSING", "UNABLE-TO-IDENTIFY",
    "DECEASED-UNIDENTIFIED", "DECEASED", "POSSIBLE-THREAT", "UN-SANCTIONED", "PERSON-OF-INTEREST",
})  # fmt: skip
"""What a person is in the matter. (that a status is needed: secondary, RPD 44; list: unverified)"""

WITHOUT_OFFENCE: Final = frozenset({"MISSING", "UNABLE-TO-IDENTIFY", "DECEASED-UNIDENTIFIED"})
"""Persons that a message may name without an offence. (proposal)"""

NEVER_COERCED: Final = frozenset({"VICTIM", "WITNESS"})
"""Persons who may not be the subject of a coercive measure. (unverified, RPD 40)"""

COERCIVE_MEASURES: Final = frozenset({"ARREST", "REFUSE_ENTRY"})
"""Measures that restrain a person. (proposal)"""

MEDIA_TYPES: Final = frozenset({
    "application/pdf", "application/octet-stream", "application/xml", "image/jp2", "image/jpeg", "image/png",
    "image/tiff", "text/plain",
})  # fmt: skip
"""Attachments that are taken; fingerprint files in the INT-I format travel as octet-stream or XML. (proposal)"""

ROLES_NEVER_CARRIED: Final = frozenset({"ICSE", "CSAM"})
"""Attachment roles that announce child-abuse images, which go through certified users only. (secondary)"""

HISTORIC_COUNTRIES: Final = frozenset({"SU", "YU", "CS", "DD", "ZR"})
HISTORIC_ICAO: Final = frozenset({"SUN", "YUG", "CSK", "DDR", "SCG", "ZAR"})
"""Codes of states that no longer exist but stand in old documents. (unverified)"""

SPECIAL_ICAO: Final = {
    "D": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB", "UNO": "UN",
    "UNA": "UN", "UNK": "", "EUE": "EU", "XXA": "", "XXB": "", "XXC": "", "XXX": "", "XOM": "", "XPO": "",
}  # fmt: skip
"""ICAO Doc 9303 codes beside ISO alpha-3, with the alpha-2 code where there is one. (unverified)"""

NOT_MEMBERS: Final = frozenset({
    "KP", "TV", "TW", "XK", "UN", "EU", "AS", "BM", "FO", "GI", "GL", "HK", "MO", "PR",
})  # fmt: skip
"""Codes that are known but are not of members: other states, organisations, territories. (unverified)"""

KEPT_AT_MOST_YEARS: Final = 5
"""Longest life of a record on a person before it must be renewed with a reason. (secondary)"""

MAX_ATTACHMENTS_OCTETS: Final = 20 * 1024 * 1024
"""All attachments of one message together. (proposal)"""


@lru_cache(maxsize=1)
def member_countries() -> dict[str, str]:
    """ISO alpha-2 to alpha-3 of the members. (derived list, unverified)"""
    text = (files("schemas.interpol") / "countries.csv").read_text(encoding="utf-8")
    return {row["alpha2"]: row["alpha3"] for row in csv.DictReader(text.splitlines())}


def is_user_assigned(alpha2: str) -> bool:
    """Whether ISO 3166-1 leaves the code to its users, as ours for exercises: AA, QM to QZ, XA to XZ, ZZ."""
    return alpha2 in ("AA", "ZZ") or alpha2[:1] == "X" or (alpha2[:1] == "Q" and alpha2[1:] >= "M")


def is_current_country(alpha2: str) -> bool:
    """Whether the code means a country today."""
    return alpha2 in member_countries() or alpha2 in NOT_MEMBERS or is_user_assigned(alpha2)


def alpha2_of(icao: str) -> str | None:
    """The alpha-2 code of a code as printed: empty where there is none, None where the code is unknown."""
    if icao in SPECIAL_ICAO:
        return SPECIAL_ICAO[icao]
    if icao[:1] == "X":
        return ""
    return next((alpha2 for alpha2, alpha3 in member_countries().items() if alpha3 == icao), None)
