"""The answer to a travel-document query, from the passport register.

The register holds documents of its own state only. A document of another state may bear the same number, so a question
about one is never answered from it.
"""

from collections.abc import Sequence
from typing import Final

from gateway.form import Field, Form
from gateway.questions import Answer, Match
from gateway.reply import ReplyContext
from schemas.interpol import identifiers, subjects
from schemas.interpol.drafts import reply as drafting
from schemas.interpol.drafts.reply import Gap, day_of, leaf, one_of

REGISTER: Final = "passports"
_NAME: Final = "TRAVEL_DOCUMENTS"
_STATUSES: Final = ("VALID", "EXPIRED", "LOST", "STOLEN", "WANTED", "REVOKED")
_LOSSES: Final = {"LOST": "LOST", "STOLEN": "STOLEN", "REVOKED": "REVOKED", "WANTED": "NOT_STATED"}
_TYPES: Final = ("ORDINARY", "DIPLOMATIC", "OFFICIAL", "SERVICE", "EMERGENCY")


def draft(form: Form, answers: Sequence[Answer], reply: ReplyContext) -> Form | None:
    """The answer, or None when the conditions of the question do not fit into it."""
    said = drafting.heard(answers, REGISTER)
    handling = drafting.handling_of(form, said)
    if handling is None:
        return None
    if not _is_ours(form, reply):
        records: list[Field] = []
        gaps, said = [Gap(register=_NAME, code="NOT_ISSUING_COUNTRY")], ()
    else:
        records, gaps = _found(form, said)
    shown = records[: drafting.wanted_records(form)]
    answer = Form(
        format="interpol/TravelDocumentAnswer@1",
        header=drafting.header_of(form, reply, handling, "Answer to a travel document query"),
        fields=(
            Field(name="QueryId", value=form.value("QueryId")),
            Field(name="Database", value=form.value("Database")),
            Field(name="Source", value="NATIONAL"),
            Field(name="ResultCode", value=_result(records, gaps)),
            *shown,
            Field(name="SnapshotTime", value=drafting.as_of(said, reply)),
            Field(name="Truncated", value=str(drafting.is_truncated(said, len(shown) == len(records))).lower()),
            *(gap.field() for gap in gaps),
            *_notes(records, gaps),
            drafting.answered_by(reply),
        ),
    )
    return answer.with_subjects(subjects.of(answer))


def _is_ours(form: Form, reply: ReplyContext) -> bool:
    """Whether the document is one of our own state. A question by entity id names no state."""
    document = form.first("Document")
    return document is None or document.text("IssuingCountry") == drafting.own_country(reply)


def _is_passport(kind: str) -> bool:
    """Whether the register holds documents of this kind: a card or visa may bear the number of a passport."""
    return kind.strip().upper().startswith("P") and "PERMIT" not in kind.upper()


def _found(form: Form, said: Sequence[Answer]) -> tuple[list[Field], list[Gap]]:
    document = form.first("Document")
    if document is None or not _is_passport(document.text("Kind")):
        return [], drafting.gaps_of((), _NAME)
    gaps = drafting.gaps_of(said, _NAME)
    matches = [match for answer in said for match in drafting.matches_of(answer)]
    asked = identifiers.document_number(document.text("Number"))
    same = [match for match in matches if identifiers.document_number(match.value("passportNumber")) == asked]
    if asked is None or len(same) < len(matches):
        gaps.append(Gap(register=_NAME, code="UNREADABLE"))
    full = form.value("WantFull") in ("true", "1")
    records = [_record(match, document, full) for match in same] if asked else []
    return list(dict.fromkeys(records)), gaps


def _record(match: Match, asked: Field, full: bool) -> Field:
    status = one_of(match.value("status"), _STATUSES, "OTHER")
    found_on, wanted_since = day_of(match.value("foundOn")), day_of(match.value("wantedSince"))
    loss = _LOSSES.get(status, "NOT_STATED" if wanted_since and not found_on else "")
    document = Field(name="Document", children=(
        *leaf("Kind", asked.text("Kind"), "t"),
        *leaf("Number", identifiers.document_number(match.value("passportNumber")) or "", "t"),
        *leaf("IssuingCountry", asked.text("IssuingCountry"), "t"),
        *leaf("IssuedOn", day_of(match.value("issuedOn")) if full else "", "t"),
        *leaf("ExpiresOn", day_of(match.value("expiresOn")) if full else "", "t"),
        *leaf("Status", status, "t"),
    ))  # fmt: skip
    return Field(name="Record", children=(
        document,
        *leaf("DocumentType", one_of(match.value("type"), _TYPES, "OTHER")),
        *leaf("KindOfLoss", loss),
        *leaf("EventDate", wanted_since if loss else ""),
        *leaf("FoundOn", found_on),
    ))  # fmt: skip


def _is_sought(record: Field) -> bool:
    return record.child("KindOfLoss") is not None


def _is_unclear(record: Field) -> bool:
    return record.text("Document", "Status") == "OTHER"


def _result(records: Sequence[Field], gaps: Sequence[Gap]) -> str:
    sought = [record for record in records if _is_sought(record)]
    if len(sought) == 1:
        return "HIT"
    if sought or any(map(_is_unclear, records)):
        return "CANDIDATES"
    return drafting.without_hit(gaps)


def _notes(records: Sequence[Field], gaps: Sequence[Gap]) -> tuple[Field, ...]:
    notes = drafting.notes_of(_result(records, gaps), gaps)
    if any(map(_is_unclear, records)):
        notes.append("The register states a status that this form has no word for.")
    return tuple(Field(name="Note", value=note) for note in notes)
