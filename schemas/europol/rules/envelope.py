"""Rules about what every message must say about itself: its matter, law, crime area, language, urgency, attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule
from gateway.form import Field, Form
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.rules.declare import BOTH, ERROR, HOLD, IN, OUT, WARNING, refused_out_held_in, rule

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
MIN_NAME_LENGTH: Final = 3
"""Shorter names are parts of ordinary words and would only raise noise."""
_NATIONAL_NUMBER: Final = re.compile(r"(?<!\d)\d{6}[-\s]?\d{4}(?!\d)")


def _mandatory(form: Form, _: Occasion) -> Iterator[Problem]:
    header = form.header
    missing = {
        "Header/CaseReference": not header.case_reference,
        "Header/Subject": not header.subject,
        "Header/Language": not header.language,
        "Header/Purpose": not header.purposes,
        "Classification": not form.value("Classification"),
        "Origin": form.first("Origin") is None,
    }
    for field, is_missing in missing.items():
        if is_missing:
            yield field, f"{field} is missing."
    if header.urgency not in ("NORMAL", "URGENT"):
        yield "Header/Urgency", "This family knows NORMAL and URGENT only."
    if any(purpose not in words.PURPOSES for purpose in header.purposes):
        yield "Header/Purpose", "A purpose is not a code of this family."
    if form.value("Classification") and form.value("Classification") not in words.CLASSIFICATIONS:
        yield "Classification", "The classification is not a code of this family."
    origin = form.first("Origin")
    if origin is not None and not (origin.text("OriginState") or origin.text("OriginOrganisation")):
        yield "Origin", "The origin names neither a state nor an organisation."
    yield from _references(form)


def _references(form: Form) -> Iterator[Problem]:
    ids = [entity.attribute("id") for entity in reading.entities(form)]
    if len(set(ids)) != len(ids):
        yield "id", "Two entities have the same local name."
    for link in form.named("Connection"):
        if {link.attribute("from"), link.attribute("to")} - set(ids):
            yield "Connection", "A connection names an entity that the message does not have."
    for result in form.named("Result"):
        if result.attribute("found") and result.attribute("found") not in ids:
            yield "Result", "A result names an entity that the message does not have."


def _legal_basis(form: Form, _: Occasion) -> Iterator[Problem]:
    basis = form.value("LegalBasis")
    if not basis:
        yield "LegalBasis", "The legal basis is missing; without it no time limit can be found."
    elif basis not in words.LEGAL_BASES:
        yield "LegalBasis", "The legal basis is not a code of this family."


def _closed_basis(form: Form, _: Occasion) -> Iterator[Problem]:
    if form.value("LegalBasis") in words.CLOSED_TO_US:
        yield "LegalBasis", "Our state does not take part in this instrument."


def _legacy_basis(form: Form, _: Occasion) -> Iterator[Problem]:
    if form.value("LegalBasis") in words.LEGACY_BASES:
        yield (
            "LegalBasis",
            "Framework Decision 2006/960/JHA is repealed; an officer must confirm that the case is an old one.",
        )


def _urgency(form: Form, _: Occasion) -> Iterator[Problem]:
    if form.header.urgency == "NORMAL" or reading.form_name(form) == "Reply":
        return
    reasons = form.header.urgency_reasons
    if not any(reason.code in words.URGENCY_GROUNDS for reason in reasons):
        yield "Header/UrgencyReason", "Urgent without a ground U1 to U4."
    elif not any(
        reason.code in words.URGENCY_GROUNDS and len(reason.text.strip()) >= words.MIN_URGENCY_TEXT
        for reason in reasons
    ):
        yield "Header/UrgencyReason", f"The reason for urgency is shorter than {words.MIN_URGENCY_TEXT} characters."


def _language(form: Form, _: Occasion) -> Iterator[Problem]:
    if form.header.language and form.header.language not in words.OUR_LANGUAGES and reading.form_name(form) != "Reply":
        yield "Header/Language", "The language is not on our list."


def _crime_area(form: Form, _: Occasion) -> Iterator[Problem]:
    areas = form.named("CrimeArea")
    if not areas:
        yield "CrimeArea", "No crime area is given."
        return
    if any(area.value.strip() not in words.crime_areas() for area in areas):
        yield "CrimeArea", "A crime area is not on the list."
    primary = sum(reading.true(area, "primary") for area in areas)
    if primary != 1:
        yield "CrimeArea", f"{primary} crime areas are primary; exactly one must be."


def _answers_something(form: Form, _: Occasion) -> Iterator[Problem]:
    if reading.form_name(form) == "Reply" and not (form.header.in_reply_to or form.header.your_references):
        yield "Header/InReplyTo", "The reply does not say what it answers."


def _neutral_titles(form: Form, _: Occasion) -> Iterator[Problem]:
    names, numbers = _personal(form)
    texts = [("Header/Subject", form.header.subject)]
    texts += [("Header/Attachment", entry.file_name) for entry in form.header.attachments]
    for field, text in texts:
        found = set(re.findall(r"\w+", text.casefold()))
        if found & names or _NATIONAL_NUMBER.search(text) or any(number in text.casefold() for number in numbers):
            yield field, "A name or number of a person stands in a title or file name."


def _personal(form: Form) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    numbers: set[str] = set()
    for person in form.named("Person"):
        for child in person.children:
            if child.name in ("FamilyName", "GivenName", "NameAtBirth", "Alias", "FullName"):
                names.update(re.findall(r"\w+", child.value.casefold()))
            elif child.name == "Identifier":
                numbers.add(child.value.casefold())
    return {name for name in names if len(name) >= MIN_NAME_LENGTH}, {number for number in numbers if number}


def _attachment_sum(form: Form, _: Occasion) -> Iterator[Problem]:
    if sum(entry.size for entry in form.header.attachments) > words.MAX_ATTACHMENT_OCTETS:
        yield "Header/Attachment", f"The attachments together are larger than {words.MAX_ATTACHMENT_OCTETS} octets."


def _attachment_types(form: Form, _: Occasion) -> Iterator[Problem]:
    for entry in form.header.attachments:
        if entry.media_type not in words.ATTACHMENT_TYPES:
            yield "Header/Attachment", "The media type of an attachment is not on our list."


def _sent_in_future(form: Form, occasion: Occasion) -> Iterator[Problem]:
    if form.header.sent > occasion.now + CLOCK_TOLERANCE:
        yield "Header/Sent", "The message was sent more than five minutes in the future."


def _channel_exception(form: Form, _: Occasion) -> Iterator[Problem]:
    exception: Field | None = form.first("ChannelException")
    if exception is not None and exception.attribute("code") not in words.CHANNEL_EXCEPTIONS:
        yield "ChannelException", "The reason for another channel is not E1, E2 or E3."


RULES: Final[tuple[Rule, ...]] = (
    # first what the others build on
    *refused_out_held_in(
        "EUR-01",
        _mandatory,
        sure="proposal",
        cite="Dossier rule R-01; fields of a SIENA-style message",
        text="Case, subject, language, purpose, classification and origin are given; local names fit.",
        remedy="Send the message again with the missing field and codes of the family.",
    ),
    rule(
        "EUR-03",
        BOTH,
        ERROR,
        _legal_basis,
        sure="verified",
        cite="Directive (EU) 2016/680 Art. 8; dossier rule R-03",
        text="The message names its legal basis.",
        remedy="Send LegalBasis with one of " + ", ".join(sorted(words.LEGAL_BASES)) + ".",
    ),
    rule(
        "EUR-51",
        OUT,
        ERROR,
        _closed_basis,
        sure="verified",
        cite="Regulation (EU) 2024/982, non-participating state; dossier rule R-51",
        text="Only an instrument in which our state takes part is used.",
        remedy="Choose another legal basis.",
    ),
    rule(
        "EUR-52",
        OUT,
        HOLD,
        _legacy_basis,
        sure="verified",
        cite="Directive (EU) 2023/977 (repeal of Framework Decision 2006/960/JHA); dossier rule R-52",
        text="The repealed framework decision is used for flagged old cases only.",
        remedy="Use DIR977, or confirm that the case is an old one.",
    ),
    *refused_out_held_in(
        "EUR-05",
        _urgency,
        sure="secondary",
        cite="Directive (EU) 2023/977 Art. 4(4); dossier rule R-05",
        text="An urgent message states at least one ground U1 to U4 and why.",
        remedy=f"Send UrgencyReason with code U1, U2, U3 or U4 and {words.MIN_URGENCY_TEXT} characters, or NORMAL.",
    ),
    rule(
        "EUR-06",
        IN,
        HOLD,
        _language,
        sure="secondary",
        cite="Directive (EU) 2023/977 Art. 11; dossier rule R-06",
        text="A request or information comes in a language of our list.",
        remedy="Write in one of: " + ", ".join(sorted(words.OUR_LANGUAGES)) + ".",
    ),
    *refused_out_held_in(
        "EUR-07",
        _crime_area,
        sure="proposal",
        cite="Regulation (EU) 2016/794 Annex I; dossier rule R-07",
        text="At least one crime area of the list is given and exactly one is primary.",
        remedy='Send CrimeArea with a code of crime_areas.csv and primary="true" on one of them.',
    ),
    rule(
        "EUR-08",
        BOTH,
        HOLD,
        _answers_something,
        sure="proposal",
        cite="Dossier rule R-08",
        text="A reply says what it answers.",
        remedy="Send InReplyTo or YourReference.",
    ),
    rule(
        "EUR-20",
        OUT,
        WARNING,
        _neutral_titles,
        sure="proposal",
        cite="Dossier rule R-20",
        text="Titles and file names carry no names or numbers of persons.",
        remedy="Use a neutral title.",
    ),
    rule(
        "EUR-30",
        OUT,
        ERROR,
        _channel_exception,
        sure="verified",
        cite="Directive (EU) 2023/977 Art. 13; dossier rule R-30",
        text="A reason for another channel than SIENA is E1, E2 or E3.",
        remedy="Send ChannelException with one of these codes.",
    ),
    rule(
        "EUR-39",
        BOTH,
        ERROR,
        _attachment_sum,
        sure="secondary",
        cite="SIENA limit of 2015; dossier rule R-39",
        text="Attachments together stay within 50 MB.",
        remedy="Send fewer or smaller files, or use a channel for large files.",
    ),
    rule(
        "EUR-39-type",
        BOTH,
        HOLD,
        _attachment_types,
        sure="proposal",
        cite="Dossier rule R-39",
        text="Attachments are of types without active content.",
        remedy="Send one of: " + ", ".join(sorted(words.ATTACHMENT_TYPES)) + ".",
    ),
    *refused_out_held_in(
        "EUR-41",
        _sent_in_future,
        sure="proposal",
        cite="Dossier rule R-41",
        text="The time of sending is not in the future.",
        remedy="Set the clock of the sending system.",
    ),
)
