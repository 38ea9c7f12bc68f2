"""What the central system itself refuses: categories, minimum data, length of life, flags, prints.

The one idea: the rules are written here once more, from the law and not from the gateway, so that a gateway that
forgets one is found out.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from simulators.rest.contract import Problem

# category -> (articles it may rest on, days it lives at most on a person, on an object, may be flagged)
CATEGORIES: Mapping[str, tuple[tuple[str, ...], int, int, bool]] = {
    "ARR": (("1862:26",), 1827, 0, True),
    "MIS-P": (("1862:32",), 1827, 0, True),
    "MIS-W": (("1862:32",), 1827, 0, True),
    "PRV-A": (("1862:32",), 366, 0, True),
    "PRV-C": (("1862:32",), 366, 0, True),
    "PRV-V": (("1862:32",), 366, 0, True),
    "JUD": (("1862:34",), 1096, 0, False),
    "CHK-D": (("1862:36",), 366, 3653, True),
    "CHK-I": (("1862:36",), 366, 3653, True),
    "CHK-S": (("1862:36",), 366, 3653, True),
    "INF": (("1862:37a",), 366, 0, True),
    "OBJ-S": (("1862:38",), 0, 3653, False),
    "OBJ-E": (("1862:38",), 0, 3653, False),
    "OBJ-L": (("1862:26", "1862:32", "1862:34", "1862:36", "1862:37a"), 0, 1827, True),
    "UNK": (("1862:40",), 1096, 0, False),
    "REF": (("1861:24",), 1827, 0, False),
    "RES": (("1861:25",), 1827, 0, False),
    "RET": (("1860:3",), 1827, 0, False),
}
NOT_FOR_IRELAND = frozenset({"REF", "RES", "RET"})
MOST = {"FLAT_PRINTS": 10, "ROLLED_PRINTS": 10, "PALM_PRINTS": 2}
HIDDEN_AT_MOST = timedelta(hours=48)
SUBJECT_KINDS = frozenset({"PERSON", "VEHICLE", "DOCUMENT", "OBJECT"})
IDENTIFYING = {"VEHICLE": ("vin", "plate"), "DOCUMENT": ("number",), "OBJECT": ("serial",)}
DETAILS = {"icaoRegistration": "icaoregistration", "externalId": "externalid", "bic": "bicnumber"}
"""Details of an object by which it is found, by the key of the search."""
TEXTS = ("action", "reason", "authority", "decisionReference")
LISTS = ("biometrics", "remarks")


def check(alert: Mapping[str, Any]) -> None:
    """Refuse an alert with less than the minimum, or with more than the limits allow."""
    wrong = [*_category(alert), *_subject(alert), *_prints(alert)]
    wrong += [name for name in TEXTS if not isinstance(alert.get(name), str)]
    wrong += [name for name in LISTS if not isinstance(alert.get(name), list)]
    if wrong:
        raise Problem("quality-failed", "the alert is not complete or not allowed as it stands", fields=wrong)


def _category(alert: Mapping[str, Any]) -> list[str]:
    row = CATEGORIES.get(str(alert.get("category")))
    if row is None:
        return ["category"]
    article = str(alert.get("article"))
    return [] if any(article == each or article.startswith(f"{each}(") for each in row[0]) else ["article"]


def _subject(alert: Mapping[str, Any]) -> list[str]:
    subject, category = alert.get("subject"), alert.get("category")
    if category == "UNK":
        return ["subject"] if subject else []
    if not isinstance(subject, dict) or subject.get("kind") not in SUBJECT_KINDS:
        return ["subject"]
    if subject["kind"] != "PERSON":
        known = any(subject.get(name) for name in IDENTIFYING[subject["kind"]])
        return [] if known or any(detail(subject, key) for key in DETAILS) else ["subject"]
    wrong = [f"subject.{name}" for name in ("surnames", "birthDate") if not subject.get(name)]
    wrong += [name for name in ("action", "reason") if not alert.get(name)]
    particulars = alert.get("particulars") or {}
    if category in NOT_FOR_IRELAND and not alert.get("decisionReference"):
        wrong.append("decisionReference")
    if category in ("REF", "RES") and not particulars.get("ground_of_refusal"):
        wrong.append("particulars.ground_of_refusal")
    if category == "RET":
        wrong += [f"particulars.{name}" for name in ("voluntary_departure", "entry_ban") if not particulars.get(name)]
    return wrong


def detail(subject: Mapping[str, Any], key: str) -> str:
    """What an object says of itself under a key of the search, however the detail is spelled."""
    details = subject.get("details")
    for name, value in details.items() if isinstance(details, dict) else ():
        if str(name).replace("_", "").lower() == DETAILS[key]:
            return str(value)
    return ""


def _prints(alert: Mapping[str, Any]) -> list[str]:
    counts: dict[str, int] = {}
    for each in alert.get("biometrics") or []:
        if not isinstance(each, dict) or not each.get("reference"):
            return ["biometrics"]
        kind = str(each.get("kind"))
        counts[kind] = counts.get(kind, 0) + int(each.get("count", 1))
    too_many = any(counts.get(kind, 0) > most for kind, most in MOST.items())
    dna = "DNA" in counts and not str(alert.get("article")).startswith("1862:32(1)(a)")
    return ["biometrics"] if too_many or dna else []


def end_of(alert: Mapping[str, Any], given: object, now: datetime) -> datetime:
    """When the alert ends: as stated, at most as long as its category allows."""
    _, person_days, object_days, _ = CATEGORIES[alert["category"]]
    is_object = (alert.get("subject") or {}).get("kind") not in (None, "PERSON")
    latest = now + timedelta(days=object_days if is_object else person_days)
    if given is None:
        return latest
    stated = moment(given, "validUntil")
    if not now < stated <= latest + timedelta(days=1):
        raise Problem("quality-failed", "the alert cannot end then", fields=["validUntil"])
    return stated


def moment(given: object, name: str) -> datetime:
    """A moment with its zone, or `schema-invalid`."""
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Problem("schema-invalid", f"{name} is no moment with a zone", fields=[name])
    return found


def four_months_before(end: datetime) -> datetime:
    """Four calendar months earlier."""
    month = end.month - 4
    year, month = (end.year, month) if month > 0 else (end.year - 1, month + 12)
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return end.replace(year=year, month=month, day=min(end.day, last))
