"""Fixed keywords in free text, read as data.

Bureaux write words such as SURRENDER or ANPR at the start of a free-text field and mean something exact. They are
matched without regard to case at the start of the field; the text itself is never changed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.form import Form


class MarkerKind(StrEnum):
    """What a marker says."""

    URGENT = "urgent"
    GEOGRAPHICAL_SEARCH = "geographical-search"
    UNACCOMPANIED_MINOR = "unaccompanied-minor"
    SURRENDER = "surrender"
    EXTRADITION = "extradition"
    TRANSIT = "transit"
    CHECK_IMMEDIATE = "check-immediate"
    """Hits on the check alert are to be reported at once."""
    SECURITY_CHECK = "security-check"
    """A check alert that a national-security authority asked for."""
    ORIGINAL_VEHICLE = "original-manufactured-vehicle"
    """Data of the innocent vehicle with the same VIN."""
    ANPR = "anpr"
    """The hit was made by a number-plate camera."""
    CONSULTATION = "consultation-procedure"
    MINOR = "minor"
    REPLACES_FORM = "replaces-form"


class Marker(Struct, frozen=True, kw_only=True):
    """A marker that was found: what it says, in which field, and the text after it."""

    kind: MarkerKind
    number: str
    text: str = ""


class Keyword(Struct, frozen=True, kw_only=True):
    """One keyword: on which forms (all when empty) and in which field it counts, and where it is from."""

    kind: MarkerKind
    number: str
    pattern: str
    source: str
    forms: str = ""
    confidence: str = "manual-2015"


_MANUAL: Final = "SIRENE Manual (2015 text) "
KEYWORDS: Final = (
    Keyword(kind=MarkerKind.SURRENDER, number="083", forms="M", pattern=r"SURRENDER\b", source=_MANUAL + "3.9"),
    Keyword(kind=MarkerKind.EXTRADITION, number="083", forms="M", pattern=r"EXTRADITION\b", source=_MANUAL + "3.9"),
    Keyword(kind=MarkerKind.TRANSIT, number="083", forms="M", pattern=r"TRANSIT\b", source=_MANUAL + "3.10"),
    Keyword(
        kind=MarkerKind.CHECK_IMMEDIATE, number="083", forms="M", source=_MANUAL + "7.4(a)",
        pattern=r"ARTICLE\s+36\s*\([234]\)[^\n]{0,120}?\bimmediate\s+(?:action|reporting)\b",
    ),
    Keyword(
        kind=MarkerKind.SECURITY_CHECK, number="083", forms="M", source=_MANUAL + "7.4(b)",
        pattern=r"ARTICLE\s+36\s*\([34]\)(?![^\n]{0,120}?\bimmediate\s+(?:action|reporting)\b)",
    ),
    Keyword(
        kind=MarkerKind.ORIGINAL_VEHICLE, number="083", forms="M", source=_MANUAL + "8.2.2",
        pattern=r"ORIGINAL\s+MANUFACTURED\s+VEHICLE\b",
    ),
    Keyword(kind=MarkerKind.ANPR, number="086", forms="G", pattern=r"ANPR\b", source=_MANUAL + "9"),
    Keyword(kind=MarkerKind.ANPR, number="083", forms="H", pattern=r"ANPR\b", source=_MANUAL + "9"),
    Keyword(
        kind=MarkerKind.CONSULTATION, number="086", forms="G", pattern=r"consultation\s+procedure\b",
        source=_MANUAL + "4.6(c)",
    ),
    Keyword(
        kind=MarkerKind.CONSULTATION, number="083", forms="HM", pattern=r"consultation\s+procedure\b",
        source=_MANUAL + "4.6(c)",
    ),
    Keyword(kind=MarkerKind.MINOR, number="090", forms="G", pattern=r"MINOR\b", source=_MANUAL + "2.3(b)"),
    Keyword(
        kind=MarkerKind.REPLACES_FORM, number="044", forms="A", pattern=r"this form replaces\b",
        source=_MANUAL + "3.5",
    ),
)  # fmt: skip
_COMPILED: Final = tuple((word, re.compile(r"\s*" + word.pattern, re.IGNORECASE)) for word in KEYWORDS)
_UNACCOMPANIED: Final = re.compile(r"unaccompanied\s+minor\b", re.IGNORECASE)
_SEPARATORS: Final = " \t\r\n:;,.-–"
_BLOCK_LINE: Final = re.compile(r"\s*\(?([a-p])(?:[).:]|\t| -)\s*(\S.*)", re.IGNORECASE)
_FORMS_WORD: Final = re.compile(r"\b(?:(?i:form)\s([A-Qb-hj-q])|([A-Qb-hj-q])[\s-]?(?i:forms?))\b")
_POLITE: Final = frozenset(
    {"please", "kindly", "send", "us", "we", "request", "the", "your", "a", "an", "and", "as", "soon", "possible"}
)


def letter_of(form: Form) -> str:
    """The letter of a SIRENE form: `G` for `sirene/G@1`."""
    return form.format.partition("/")[2].partition("@")[0]


def markers(form: Form) -> tuple[Marker, ...]:
    """Every marker on the form: first those of the important notice, then the keywords of the free-text fields."""
    return (*_notice_markers(form), *_keyword_markers(form))


def marked(form: Form, *kinds: MarkerKind) -> bool:
    """Whether the form carries one of these markers."""
    return any(marker.kind in kinds for marker in markers(form))


def _notice_markers(form: Form) -> list[Marker]:
    notice = form.first("ImportantNotice")
    if notice is None:
        return []
    found = []
    kinds = {field.value.strip() for field in notice.all("Notice")}
    reason = notice.text("Reason").strip()
    if "URGENT" in kinds:
        found.append(Marker(kind=MarkerKind.URGENT, number="311", text=reason))
    if _UNACCOMPANIED.search(reason):
        found.append(Marker(kind=MarkerKind.UNACCOMPANIED_MINOR, number="311", text=reason))
    if "GEOGRAPHICAL_SEARCH" in kinds:
        countries = " ".join(field.value for field in notice.all("Country"))
        found.append(Marker(kind=MarkerKind.GEOGRAPHICAL_SEARCH, number="311", text=countries))
    return found


def _keyword_markers(form: Form) -> list[Marker]:
    letter, found = letter_of(form), []
    for word, pattern in _COMPILED:
        if word.forms and letter not in word.forms:
            continue
        for field in form.numbered(word.number):
            match = pattern.match(field.value)
            if match:
                rest = field.value[match.end() :].strip(_SEPARATORS)
                found.append(Marker(kind=word.kind, number=word.number, text=rest))
    return found


def missing_person_block(form: Form) -> tuple[tuple[str, str], ...]:
    """The lines `a) …` to `p) …` of field 083 as letter and value, in the order they were written; a following line
    without a letter belongs to the one before. Empty when the text is no such block (fewer than three letters)."""
    found: list[tuple[str, list[str]]] = []
    for line in form.value("SupplementaryInformation").splitlines():
        match = _BLOCK_LINE.match(line)
        if match:
            found.append((match[1].lower(), [match[2].strip()]))
        elif found and line.strip():
            found[-1][1].append(line.strip())
    return tuple((letter, "\n".join(lines)) for letter, lines in found) if len(found) >= 3 else ()


def forms_asked_for(form: Form) -> tuple[str, ...]:
    """The letters of the forms that field 089 of a G form asks for: `please send P form` gives `P`."""
    text = form.value("RequestForInformation")
    return tuple(dict.fromkeys((match[1] or match[2]).upper() for match in _FORMS_WORD.finditer(text)))


def asks_more_than_forms(form: Form) -> bool:
    """Whether field 089 says anything beside polite words and the forms that it asks for."""
    rest = _FORMS_WORD.sub(" ", form.value("RequestForInformation"))
    return any(word.lower() not in _POLITE for word in re.findall(r"\w+", rest))
