"""What all answers share: the header, the registers that are missing, and values fit to be sent."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date
from typing import Final

from msgspec import Struct

from gateway.form import Condition, Field, Form, Header
from gateway.questions import (
    NO_MATCH,
    NOT_DISCLOSABLE,
    PENDING,
    STALE,
    TOO_MANY,
    UNANSWERED,
    WITHHELD,
    Answer,
    Match,
)
from gateway.reply import ReplyContext
from schemas.interpol.conditions import TEXT, joined

DENIED_TEXT: Final = (
    "The register discloses nothing in answer to this question. "
    "That says neither that it holds a record nor that it holds none."
)
_TEXTS: Final = {
    "NOT_ASKED": "The register was not asked, because it cannot be searched by what the query gives.",
    "NOT_ISSUING_COUNTRY": "The register holds only what its own country issued. Ask the country of issue.",
    "TIMEOUT": "The register did not answer in time. Repeat the query later.",
    "UNAVAILABLE": "The register could not be asked. Repeat the query later.",
    "DENIED": DENIED_TEXT,
    "TOO_MANY": "The register found more than it shows. Repeat the query with further keys.",
    "PENDING": "The register has not finished. Its answer follows in another message.",
    "STALE": "The register answered from a copy. Have the answer confirmed before acting on it.",
    "PARTIAL": "The register answered in part: some of its sources are missing.",
    "UNREADABLE": "The register holds something that could not be read. An officer of this office can look into it.",
}
_OF_OUTCOME: Final = {
    NOT_DISCLOSABLE: "DENIED", WITHHELD: "DENIED", TOO_MANY: "TOO_MANY", PENDING: "PENDING", STALE: "STALE",
}  # fmt: skip
_FAILURES: Final = (
    ("slow", "TIMEOUT"), ("timeout", "TIMEOUT"), ("time-out", "TIMEOUT"), ("prohibited", "DENIED"),
    ("not-allowed", "DENIED"), ("no-key", "NOT_ASKED"), ("key-format", "NOT_ASKED"),
)  # fmt: skip
"""What the code of a failure says by one of its words; everything else may be better later."""
_RESULTS: Final = {"DENIED": "DENIED", "TIMEOUT": "TIMEOUT", "STALE": "STALE_SNAPSHOT"}
"""Result code of a gap, where a hit does not decide; every other gap is an ERROR."""
_WITHHELD_MARKS: Final = frozenset({"NO", "NEVER", "FORBIDDEN", "PROHIBITED"})
CONFIRM: Final = "This is a possible match and no decision. Confirm it with this office before any lasting measure."
PROVES_NOTHING: Final = "That no record was found does not prove that all is in order."
INCOMPLETE: Final = "The answer is not complete; it says nothing about what the missing register holds."


class Gap(Struct, frozen=True, kw_only=True):
    """A register that is missing from the answer, wholly or in part."""

    register: str
    code: str

    def field(self) -> Field:
        """The gap as the form says it."""
        said = (("Register", self.register), ("Code", self.code), ("Text", _TEXTS[self.code]))
        return Field(name="NotAnswered", children=tuple(Field(name=name, value=value) for name, value in said))


def heard(answers: Sequence[Answer], register: str) -> tuple[Answer, ...]:
    """What one register said."""
    return tuple(answer for answer in answers if answer.register == register)


def may_be_told(match: Match) -> bool:
    """Whether the register lets the record be passed on at all."""
    return match.disclosable.upper() not in _WITHHELD_MARKS


def matches_of(answer: Answer) -> tuple[Match, ...]:
    """The records that may be told, of an answer that shows records."""
    if not answer.usable or answer.outcome in (NO_MATCH, NOT_DISCLOSABLE, WITHHELD, PENDING):
        return ()
    return tuple(match for match in answer.matches if may_be_told(match))


def gaps_of(answers: Sequence[Answer], name: str) -> list[Gap]:
    """What is missing from the answers of one register, which the form calls `name`."""
    if not answers:
        return [Gap(register=name, code="NOT_ASKED")]
    codes = [code for answer in answers for code in _gap_codes(answer)]
    return [Gap(register=name, code=code) for code in dict.fromkeys(codes)]


def _gap_codes(answer: Answer) -> Iterable[str]:
    if answer.outcome == UNANSWERED:
        yield _failure_code(answer.failure)
        return
    if answer.outcome in _OF_OUTCOME:
        yield _OF_OUTCOME[answer.outcome]
    if any(not may_be_told(match) for match in answer.matches):
        yield "DENIED"
    if answer.partial:
        yield "PARTIAL"


def _failure_code(failure: str) -> str:
    lowered = failure.lower().replace("_", "-")
    return next((code for word, code in _FAILURES if word in lowered), "UNAVAILABLE")


def without_hit(gaps: Sequence[Gap]) -> str:
    """The result code of an answer that found nothing sought: NO_HIT only where nothing is missing."""
    results = {_RESULTS.get(gap.code, "ERROR") for gap in gaps}
    return next((code for code in ("DENIED", "ERROR", "TIMEOUT", "STALE_SNAPSHOT") if code in results), "NO_HIT")


def notes_of(result: str, gaps: Sequence[Gap]) -> list[str]:
    """What the reader of any answer must know."""
    notes = {"HIT": [CONFIRM], "CANDIDATES": [CONFIRM], "NO_HIT": [PROVES_NOTHING]}.get(result, [])
    return [*notes, *([INCOMPLETE] if gaps else [])]


def is_truncated(answers: Sequence[Answer], shown_all: bool) -> bool:
    """Whether there is more than the answer shows."""
    return not shown_all or any(answer.usable and (answer.partial or answer.outcome == TOO_MANY) for answer in answers)


def as_of(answers: Sequence[Answer], reply: ReplyContext) -> str:
    """The oldest point in time that the answers speak of."""
    times = [answer.as_of or answer.answered_at for answer in answers if answer.usable]
    moment = min(times, default=reply.now).astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def own_country(reply: ReplyContext) -> str:
    """Our own state, whichever of our offices answers."""
    return reply.own_party.partition(":")[2].partition("-")[0].upper()


def wanted_records(form: Form) -> int:
    """How many records the question asks for at most."""
    return int(form.value("MaxCandidates") or 50)


def day_of(text: str) -> str:
    """The date of a register value, or an empty text."""
    try:
        return date.fromisoformat(text.strip()[:10]).isoformat()
    except ValueError:
        return ""


def one_of(text: str, allowed: Iterable[str], otherwise: str = "") -> str:
    """The value in capitals if it is one of the allowed ones: a register's free text never gets through."""
    word = re.sub(r"[\s\-]+", "_", text.strip().upper())
    return word if word in allowed else otherwise


def leaf(name: str, value: str, namespace: str = "") -> tuple[Field, ...]:
    """The field, or nothing for an empty value."""
    return (Field(name=name, value=value, namespace=namespace),) if value else ()


def handling_of(form: Form, answers: Sequence[Answer]) -> tuple[Condition, ...] | None:
    """Every condition of the question and every marking of the registers; None when the header has no room for them."""
    national = dict.fromkeys(code for answer in answers for match in matches_of(answer) for code in match.handling)
    markings = [Condition(code=TEXT, text=f"Marking of the register: {_clean(code)}") for code in national]
    return joined(form.header.handling, markings)


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:100]


def header_of(form: Form, reply: ReplyContext, handling: tuple[Condition, ...], subject: str) -> Header:
    """The header of the answer to a form."""
    question = form.header
    return Header(
        message_id=reply.message_id,
        sent=reply.now.astimezone(UTC),
        sender=reply.own_party,
        to=(question.sender,),
        our_reference=reply.our_reference,
        your_references=(question.our_reference,),
        case_reference=question.case_reference,
        in_reply_to=question.message_id,
        subject=subject,
        urgency=question.urgency,
        handling=handling,
        purposes=question.purposes,
        language="en",
        test=question.test,
    )


def answered_by(reply: ReplyContext) -> Field:
    """Who stands behind an automatic answer."""
    return Field(name="AnsweredBy", children=(
        Field(name="Unit", value=f"National Central Bureau {own_country(reply)}"),
        Field(name="Function", value="automatic answer from national registers"),
    ))  # fmt: skip


def is_reference(text: str) -> bool:
    """Whether a register's number is a mere reference: plain letters, no spaces, no shape of a personal number."""
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/\-]{0,59}", text)) and not re.fullmatch(r"\d{6}-?\d{4}", text)


def is_plate(text: str) -> bool:
    """Whether a register's value can be a number plate."""
    return bool(re.fullmatch(r"[A-Z0-9ÆØÅÄÖÜ]{1,12}", text))


def word(text: str) -> str:
    """Make, model or colour of a vehicle: a short text of letters, digits and few signs, else nothing."""
    text = text.strip()
    return text if re.fullmatch(r"[^\W_][\w .+/&()\-]{0,39}", text) else ""
