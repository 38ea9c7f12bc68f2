"""What a SIRENE form says of itself to dialogues, clocks, rules and figures: the facts that `facts.toml` declares, nothing else.

The one idea: one function reads all fourteen forms, because a fact means the same wherever it stands. A digest that tells two hits
apart is kept short, so that it cannot be turned back into a place or an address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from gateway.dialogues.words import FactWord, read_facts
from gateway.facts import LETTER, Facts
from gateway.form import Form
from schemas.sirene import articles
from schemas.sirene.articles import article_of, rests_on, within
from schemas.sirene.markers import MarkerKind, forms_asked_for, letter_of, markers, missing_person_block
from schemas.sirene.subjects import about_child

YES: Final = "yes"
GENERAL: Final = "general"
HIT_DIGITS: Final = 8
ADDRESS_DIGITS: Final = 4
"""Sixteen bits: one address in 65,536 looks the same, so that the digest tells nobody which it is."""
MAX_NUMBER_DIGITS: Final = 6
TRUE: Final = frozenset({"true", "1"})

_CATEGORIES: Final = (
    ("1862:26", "ARR"), ("1862:32(1)(a)", "MIS-P"), ("1862:32(1)(b)", "MIS-W"), ("1862:32(1)(c)", "PRV-A"),
    ("1862:32(1)(d)", "PRV-C"), ("1862:32(1)(e)", "PRV-V"), ("1862:32", "MIS"), ("1862:34", "JUD"), ("1862:36", "CHK"),
    ("1862:37a", "INF"), ("1862:38", "OBJ"), ("1862:40", "UNK"), ("1861:24", "REF"), ("1861:25", "RES"), ("1860:3", "RET"),
)  # fmt: skip
_DECISIONS: Final = {
    "GRANTED": "granted", "EXTENDED": "granted", "REFUSED": "refused", "KEPT": "keep", "WITHDRAWN": "withdraw",
    "DISCLOSE": "disclose", "DISCLOSE_PARTLY": "partly", "REFUSE": "refuse",
}  # fmt: skip
_DECIDED: Final = (
    ("GrantDecision", "GrantOutcome"),
    ("PermitReview", "ReviewOutcome"),
    ("RequestPosition", "Position"),
)
_OBJECTS: Final = ("Vehicle", "Aircraft", "Document", "Firearm", "Banknote", "OtherObject")
_ANNOUNCED: Final = {
    MarkerKind.CHECK_IMMEDIATE: "check-immediate", MarkerKind.SECURITY_CHECK: "security-check",
    MarkerKind.ORIGINAL_VEHICLE: "original-vehicle",
}  # fmt: skip
_TERRORISM: Final = re.compile(r"\bterror", re.IGNORECASE)
_LINKED: Final = re.compile(r"\blinked\s+alerts?\b", re.IGNORECASE)
_LATE: Final = re.compile(r"\blate\s+hit\b", re.IGNORECASE)
_ASKING: Final = frozenset("EI")
"""Forms that ask by their nature, unless they answer."""


@cache
def words() -> dict[str, FactWord]:
    """Every fact of the family, with its meaning."""
    return read_facts(
        (files("schemas.sirene") / "facts.toml").read_text(encoding="utf-8"), file="schemas/sirene/facts.toml"
    )


def facts(form: Form) -> Facts:
    """The facts of a form. What does not have the declared shape is left out."""
    declared = words()
    found = {LETTER: letter_of(form)}
    for part in (_alert, _said, _marked, _hit, _permits, _persons, _warrants):
        found.update((name, value) for name, value in part(form) if value and declared[name].allows(value))
    return tuple(sorted(found.items()))


def _alert(form: Form) -> Iterator[tuple[str, str]]:
    article = article_of(form)
    yield "schengen_id", form.value("SchengenId")
    alert = form.first("SchengenId")
    issuer = alert.attribute("issuer") if alert else ""
    yield "issuer", f"sirene:{issuer}" if issuer else ""
    yield "article", article.partition("(")[0]
    yield "paragraph", article if "(" in article else ""
    yield "category", next((code for outer, code in _CATEGORIES if within(article, outer)), "")
    kinds = [_kind(field.name, field.text("ObjectCategory").strip()) for field in form.fields if field.name in _OBJECTS]
    yield "object_kinds", " ".join(dict.fromkeys(kinds))
    yield "object", YES if rests_on(form, articles.OBJECTS) or (kinds and form.first("Person") is None) else ""
    for fact, words_of in (("terrorism", ("OffenceCategory", "AlertReason", "Keywords")),):
        yield fact, YES if any(_TERRORISM.search(form.value(name)) for name in words_of) else ""
    yield "europol", YES if form.value("EuropolHandling") else ""


def _kind(name: str, category: str) -> str:
    return category if name == "OtherObject" else name.upper()


def _said(form: Form) -> Iterator[tuple[str, str]]:
    """What the form asks for."""
    header, letter = form.header, letter_of(form)
    wants = forms_asked_for(form)
    replies = bool(header.in_reply_to)
    question = (
        bool(form.value("RequestForInformation")) if letter == "G" else "?" in form.value("SupplementaryInformation")
    )
    transit = not replies and any(mark.kind is MarkerKind.TRANSIT for mark in markers(form))
    question = question or header.reply_by is not None or transit
    by_nature = letter in _ASKING and not replies and form.first("RequestPosition") is None
    free = letter in ("G", "FreeText") or (letter in "HLM" and not (letter == "M" and _announced(form)))
    yield "asks", YES if by_nature or (free and question) else ""
    yield "wants", " ".join(wants) if letter == "G" else ""
    yield "deadline", header.reply_by.isoformat() if header.reply_by else ""


def _announced(form: Form) -> str:
    if letter_of(form) != "M":
        return ""
    if missing_person_block(form):
        return "missing-high-risk"
    return next((_ANNOUNCED[mark.kind] for mark in markers(form) if mark.kind in _ANNOUNCED), "")


def _marked(form: Form) -> Iterator[tuple[str, str]]:
    kinds = [mark.kind for mark in markers(form)]

    def yes(*wanted: MarkerKind) -> str:
        return YES if any(kind in kinds for kind in wanted) else ""

    yield "markers", " ".join(dict.fromkeys(kind.value for kind in kinds))
    yield "urgent", YES if form.header.urgency != "NORMAL" else yes(MarkerKind.URGENT)
    yield "geographical_search", yes(MarkerKind.GEOGRAPHICAL_SEARCH)
    yield "minor", yes(MarkerKind.MINOR, MarkerKind.UNACCOMPANIED_MINOR) or (YES if about_child(form) else "")
    yield "anpr", yes(MarkerKind.ANPR)
    yield "consultation", YES if form.first("ConsultationExtension") else yes(MarkerKind.CONSULTATION)
    yield "handover", next((kind.value for kind in kinds if kind in (MarkerKind.SURRENDER, MarkerKind.EXTRADITION)), "")
    yield "transit", yes(MarkerKind.TRANSIT)
    yield "replaces", YES if form.first("Replacement") else yes(MarkerKind.REPLACES_FORM)
    yield "announces", _announced(form)


def _hit(form: Form) -> Iterator[tuple[str, str]]:
    letter = letter_of(form)
    yield "action", {"G": "taken", "H": "not-taken"}.get(letter, "")
    remark = form.value("HitRemark")
    yield "linked", YES if _LINKED.search(remark) else ""
    yield "late_hit", YES if _LATE.search(remark) else ""
    report = form.first("CheckReport")
    if report is None:
        return
    alert, place, moment = (
        form.value("SchengenId"),
        report.text("PlaceOfCheck").strip(),
        report.text("TimeOfCheck").strip(),
    )
    yield "hit", _digest(HIT_DIGITS, alert, " ".join(place.casefold().split()), moment) if place or moment else ""
    yield "checked_at", moment
    residence = " ".join(report.text("Residence").casefold().split())
    yield "residence", _digest(ADDRESS_DIGITS, alert, residence) if residence else ""
    yield "occasion", report.attribute("occasion").lower()
    yield "left", _yes_or_no(report.text("LeftTerritory"))
    yield "removed", _yes_or_no(report.text("Removed"))


def _permits(form: Form) -> Iterator[tuple[str, str]]:
    said = [part.text(element).strip() for name, element in _DECIDED for part in form.named(name)]
    concerns = form.value("Concerns").lower().replace("_", "-")
    yield "concerns", concerns if concerns != GENERAL else ""
    yield "mailbox", "" if not concerns else "message" if concerns == GENERAL else "consult"
    yield "decision", _DECISIONS.get(next(iter(said), ""), "")
    extension = form.first("ConsultationExtension")
    yield "extension", _number(extension.text("ExtraDays")) if extension else ""
    if form.value("FlagAddition") or form.value("FlagDeletion"):
        yield "flag", "add" if form.value("FlagAddition") else "delete"
    yield (
        "executable",
        YES if any(each.text("Executable").strip() in TRUE for each in form.named("WarrantPosition")) else "",
    )


def _persons(form: Form) -> Iterator[tuple[str, str]]:
    yield "biometrics", " ".join(dict.fromkeys(field.value.strip() for field in form.named("BiometricsSent")))
    request, objection, purpose = form.first("PersonRequest"), form.first("Objection"), form.first("OtherPurpose")
    if request is not None:
        yield "requested", " ".join(dict.fromkeys(each.value.strip().lower() for each in request.all("RequestKind")))
    if objection is not None:
        yield "objection", objection.text("ObjectionKind").strip().lower()
        yield "noticed_at", objection.text("DiscoveredAt").strip()
    if purpose is not None:
        yield "ground", purpose.text("PurposeGround").strip().lower().replace("_", "-")
    consents = [each.text("ConsentStatus").strip().lower() for each in form.named("Consent")]
    yield "consent", " ".join(dict.fromkeys(consents))


def _warrants(form: Form) -> Iterator[tuple[str, str]]:
    yield "warrant", _number(form.value("WarrantSequence"))
    yield "basis", form.value("WarrantBasis")
    intended = form.first("IntendedAlert")
    if intended is not None:
        yield "intended", intended.text("IntendedArticle").strip()
        yield "entered", YES if intended.text("EnteredAlready").strip() in TRUE else ""


def _yes_or_no(text: str) -> str:
    return "" if not text.strip() else (YES if text.strip() in TRUE else "no")


def _number(text: str) -> str:
    digits = text.strip().lstrip("+0")
    return digits if digits.isascii() and digits.isdecimal() and len(digits) <= MAX_NUMBER_DIGITS else ""


def _digest(digits: int, *parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:digits]
