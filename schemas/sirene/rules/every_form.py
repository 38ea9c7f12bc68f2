"""Rules for every SIRENE form: addresses, the alert, the important notice, attachments, names, unmapped fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from schemas.sirene.articles import DNA, rests_on
from schemas.sirene.field_numbers import lookup
from schemas.sirene.markers import MarkerKind, letter_of, marked
from schemas.sirene.rules import addresses
from schemas.sirene.rules.attachments import ATTACHMENT_RULES, brings_dna
from schemas.sirene.rules.long_text import LONG_TEXT_RULES
from schemas.sirene.rules.names import NAME_RULES

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
MAX_ATTACHMENTS: Final = 5
MAX_MESSAGE_OCTETS: Final = 10_000_000
BASE64_GROWTH: Final = 4 / 3
ATTACHMENT_TYPES: Final = {
    "image/jpeg": "JPEG", "image/jp2": "JPEG 2000", "image/x-wsq": "WSQ", "application/x-nist": "NIST container",
    "application/pdf": "PDF",
}  # fmt: skip
"""Media types by their kind of file. WSQ and NIST containers have no registered type; these two are our choice."""
SIS_ROLES: Final = ("sirene", "europol")
"""Roles of offices that take part in SIS. Europol has a SIRENE bureau (Regulation (EU) 2018/1862 Art 48)."""
BIOMETRIC_ROLES: Final = ("PHOTO", "FINGERPRINTS", "PALM_PRINTS", "DNA")
"""Roles of attachments that are biometrics."""
TO_THE_ISSUER: Final = "EFGHIJKNOQ"
"""Forms whose first message goes to the state that issued the alert."""
BY_THE_ISSUER: Final = "AP"
TO_MANY: Final = "AM"
IN_A_CONSULTATION: Final = 2
"""Receivers of a G or H form in a consultation: the issuing and the granting bureau."""


def _not_from_the_future(form: Form, occasion: Occasion) -> Iterable[Problem]:
    if form.header.sent > occasion.now + CLOCK_TOLERANCE:
        yield "The form says that it was sent later than now."


def _known_offices(form: Form, occasion: Occasion) -> Iterable[Problem]:
    header, ours, known = form.header, occasion.own_parties, occasion.known_parties
    receivers = (*header.to, *header.info)
    if occasion.inbound:
        if header.sender not in known:
            yield "003", "The sending bureau is not in our address book."
        if not ours.intersection(receivers):
            yield "004", "The form is not addressed to us."
        return
    if header.sender not in ours:
        yield "003", "The form is to be sent for an office that is not ours."
    for receiver in receivers:
        if receiver not in known | ours:
            yield "004", f"{receiver} is not in our address book."


def _sender_not_receiver(form: Form, _: Occasion) -> Iterable[Problem]:
    header = form.header
    if header.sender in (*header.to, *header.info):
        yield "The sending bureau stands among the receivers."
    allowed = IN_A_CONSULTATION if marked(form, MarkerKind.CONSULTATION) else 1
    if letter_of(form) not in TO_MANY and len(header.to) > allowed:
        yield f"Form {letter_of(form)} goes to one bureau; only forms A and M go to several."


def _only_within_sis(form: Form, _: Occasion) -> Iterable[Problem]:
    for office in (form.header.sender, *form.header.to, *form.header.info):
        if office.partition(":")[0] not in SIS_ROLES:
            yield f"{office} takes no part in SIS."


def _schengen_id(form: Form, _: Occasion) -> Iterable[Problem]:
    if not form.value("SchengenId"):
        yield "The form does not say which alert it is about."


def _issuer_takes_part(form: Form, _: Occasion) -> Iterable[Problem]:
    header, alert, letter = form.header, form.first("SchengenId"), letter_of(form)
    issuer = alert.attribute("issuer") if alert else ""
    if not issuer:
        return  # the identifier is never taken apart, so without this nobody can tell
    bureau = f"sirene:{issuer}"
    if letter in BY_THE_ISSUER and header.sender != bureau:
        yield "003", f"Form {letter} comes from the bureau of the state that issued the alert."
    answers = bool(header.in_reply_to or header.your_references)
    if letter not in TO_THE_ISSUER or answers or marked(form, MarkerKind.CONSULTATION):
        return
    if bureau not in (*header.to, *header.info):
        yield "004", "The state that issued the alert is not among the receivers."


def _dna(form: Form, occasion: Occasion) -> Iterable[Problem]:
    announced = any(field.value.strip() == "DNA" for field in form.named("BiometricsSent"))
    attached = any(entry.role == "DNA" for entry in form.header.attachments)
    if (announced or attached or brings_dna(occasion)) and not rests_on(form, DNA):
        yield "The form brings a DNA profile and does not name Article 32(1)(a)."


def _notice_complete(form: Form, _: Occasion) -> Iterable[Problem]:
    notice = form.first("ImportantNotice")
    if notice is None:
        return
    if marked(form, MarkerKind.URGENT) and not notice.text("Reason").strip():
        yield "The form says URGENT without a reason."
    if marked(form, MarkerKind.GEOGRAPHICAL_SEARCH) and not notice.all("Country"):
        yield "The geographical search names no country."


def _urgency_agrees(form: Form, _: Occasion) -> Iterable[Problem]:
    if marked(form, MarkerKind.URGENT) != (form.header.urgency != "NORMAL"):
        yield "Field 311 and the Urgency of the header disagree."


def _attachments(form: Form, _: Occasion) -> Iterable[Problem]:
    entries = form.header.attachments
    if len(entries) > MAX_ATTACHMENTS:
        yield f"The form has {len(entries)} attachments; {MAX_ATTACHMENTS} are allowed."
    if sum(entry.size for entry in entries) * BASE64_GROWTH > MAX_MESSAGE_OCTETS:
        yield f"With its attachments the message is larger than {MAX_MESSAGE_OCTETS} octets on the way."
    for place, entry in enumerate(entries, start=1):
        if entry.media_type not in ATTACHMENT_TYPES:
            yield f"Attachment {place} is of a type that is not allowed."


def _sex(form: Form, _: Occasion) -> Iterable[Problem]:
    for person in form.named("Person"):
        if person.text("Sex") == "X":
            yield "The value X is not in the list of this field."


def _mapped(form: Form, _: Occasion) -> Iterable[Problem]:
    for field in form.named("OtherField"):
        yield field.number, _unmapped(letter_of(form), field)


def _unmapped(letter: str, field: Field) -> str:
    row = lookup(letter, field.number)
    if row is None:
        return f"No public source maps field {field.number} on form {letter}. It is kept and passed on as it came."
    return (
        f"Field {field.number} ({row.meaning}) came as another field. It is kept and passed on; no rule reads it here."
    )


_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
SCHENGEN_ID = Rule(
    id="R06", severity=_ERROR, check=_schengen_id, field="005",
    text="A form about an alert names it in field 005.",
    citation="RO Orders 212/2010 and 58/2024, field 005", confidence="secondary",
    remedy="Write the Schengen ID of the alert in field 005.",
)  # fmt: skip
SCHENGEN_ID_ADVISED = Rule(
    id="R06-M", severity=_WARNING, check=_schengen_id, field="005",
    text="Form M names the alert in field 005 where there is one.",
    citation="RO Orders 212/2010 and 58/2024, field 005", confidence="proposal",
    remedy="Write the Schengen ID of the alert in field 005 where the form is about an alert.",
)  # fmt: skip
EVERY_FORM = (
    Rule(
        id="R02", severity=_ERROR, check=_not_from_the_future, field="001",
        text="Fields 001 to 004 are there; 001 is in UTC and at most five minutes ahead.",
        citation="RO Order 58/2024, field 001; tolerance ours", confidence="secondary",
        remedy="Set the clock of the sending system and write 001 in UTC.",
    ),
    Rule(
        id="R04", severity=_ERROR, check=_known_offices, field="004",
        text="The bureaux in 003 and 004 are known.",
        citation="SIRENE Address Book; rule R04", confidence="proposal",
        remedy="Write both offices as they stand in the address book, for example sirene:XB.",
    ),
    Rule(
        id="R05", severity=_WARNING, check=_sender_not_receiver, field="004",
        text="A bureau does not write to itself; only A and M go to several, H and G of a consultation to two.",
        citation="SIRENE Manual (2015 text) passim; rule R05", confidence="proposal",
        remedy="Name the one bureau that is asked in 004, and others under Info.",
    ),
    Rule(
        id="R07", severity=_ERROR, check=_issuer_takes_part, field="004",
        text="The state that issued the alert sends forms A and P, and receives the others that need its decision.",
        citation="SIRENE Manual (2015 text) passim; rule R07", confidence="manual-2015",
        remedy="Address the bureau of the issuing state, or mend the attribute issuer of the Schengen ID.",
    ),
    Rule(
        id="R20", severity=_ERROR, check=_notice_complete, field="311",
        text="URGENT in 311 has a reason; a geographical search names countries.",
        citation="Regulation (EU) 2018/1862 Art 8(3); SIRENE Manual (2015 text) 1.13.1, 2.14.1", confidence="secondary",
        remedy="Add the reason, or the countries to search, to field 311.",
    ),
    Rule(
        id="R33", severity=_ERROR, check=_attachments, field="Header/Attachment",
        text="At most five attachments, ten megabytes in all, of the types JPEG, JPEG 2000, WSQ, NIST and PDF.",
        citation="European Commission, glossary of the Schengen IT systems (five files, ten megabytes); the list of types is a rule of this project",
        confidence="secondary",
        remedy="Send JPEG, JPEG 2000, WSQ, NIST or PDF; fewer or smaller files, or split over M forms.",
    ),
    *NAME_RULES,
    Rule(
        id="R38", severity=_ERROR, check=_sex, field="012",
        text="Field 012 is male, female or unknown.",
        citation="RO Orders 212/2010 and 58/2024, field 012", confidence="secondary",
        remedy="Write M, F or U.",
    ),
    Rule(
        id="R36", severity=_ERROR, check=_dna, field="090",
        text="DNA profiles go with alerts on missing persons who need protection, Article 32(1)(a), and with no other.",
        citation="Regulation (EU) 2018/1862 Art 42(3)", confidence="verified",
        remedy="Take the profile out, or write 1862:32(1)(a) in field 090 where the alert is such a one.",
    ),
    *addresses.RULES,
    Rule(
        id="R42", severity=_ERROR, check=_only_within_sis, field="004",
        text="Supplementary information stays among the offices of SIS.",
        citation="Regulation (EU) 2018/1862 Art 65", confidence="verified",
        remedy="Address SIRENE bureaux only. What others may have goes by their own channel after the owner agrees.",
    ),
    Rule(
        id="R50", severity=_INFO, check=_mapped,
        text="A field number that nobody mapped is kept and passed on.",
        citation="Rule R50", confidence="proposal",
        remedy="Nothing to do. Use the named element where the schema has one.",
    ),
    Rule(
        id="S01", severity=_WARNING, check=_urgency_agrees, field="311",
        text="Field 311 says URGENT exactly when the header does.",
        citation="rule of this project: published header schema (header.xsd), element Urgency", confidence="proposal",
        remedy="Write URGENT in both places, or in neither.",
    ),
    *ATTACHMENT_RULES,
    *LONG_TEXT_RULES,
)  # fmt: skip
