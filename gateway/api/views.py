"""From the core's words to the API's: plain functions over rows, summaries and links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from gateway.api.models import (
    AnswerView,
    AttemptView,
    CaseView,
    ClaimView,
    DestroyedView,
    DetailView,
    EntryView,
    FieldView,
    FindingView,
    LegView,
    Links,
    MatchView,
    PartView,
    ReachedView,
    ReasonView,
    ReceiptView,
    ReleaseView,
    RoutingView,
    SignatureView,
    SummaryView,
)  # fmt: skip
from gateway.errors import Refused
from gateway.form import Field
from gateway.journal import told as journal_told
from gateway.journal.chain import Link
from gateway.journal.entry import read
from gateway.journal.events import EVENTS
from gateway.ledger import Ledger, Row, Summary
from gateway.ports import Format, Formats
from gateway.questions import Answer
from gateway.reached import reached, standing
from gateway.vault.port import Destruction


def links(prefix: str, envelope: str) -> Links:
    """The addresses of one message."""
    own = f"{prefix.rstrip('/')}/api/v1/messages/{envelope}"
    return Links(self=own, timeline=f"{own}/timeline", raw=f"{own}/raw")


def summary(found: Summary, destroyed: Destruction | None = None) -> SummaryView:
    """One line of a list."""
    told = SummaryView.model_validate(found)
    if destroyed is not None:
        told.destroyed = DestroyedView(at=destroyed.at, rule=destroyed.rule)
    return told


def detail(row: Row, found: Summary, formats: Formats, prefix: str) -> DetailView:
    """Everything that is known about one message."""
    envelope, known = row.envelope, row.envelope.learned
    form, spec = known.form, _format(row, formats)
    return DetailView(
        summary=summary(found),
        claim=ClaimView.model_validate(_plain(envelope.claim)),
        header=_plain(form.header) if form else None,
        title=spec.title if spec else "",
        fields=_fields(form.fields, spec) if form else [],
        subjects=[_plain(subject) for subject in form.subjects] if form else [],
        parts=[PartView.model_validate(part) for part in known.identification.parts] if known.identification else [],
        findings=[FindingView.model_validate(finding) for finding in known.findings or ()],
        signature=SignatureView.model_validate(known.signature) if known.signature else None,
        routing=RoutingView.model_validate(_plain(known.routing)) if known.routing else None,
        answers=[_answer(answer) for answer in known.answers or ()],
        cases=[CaseView.model_validate(case) for case in known.cases or ()],
        leg=LegView.model_validate(known.leg) if known.leg else None,
        transmissions=[AttemptView.model_validate(attempt) for attempt in known.transmissions],
        receipts=[ReceiptView.model_validate(_plain(receipt)) for receipt in known.receipts],
        reached=[ReachedView.model_validate(_plain(line)) for line in reached(envelope)],
        standing=standing(envelope, row.state),
        read_at=known.read_at,
        releases=[ReleaseView.model_validate(release) for release in known.releases],
        reason=ReasonView.model_validate(row.reason) if row.reason else None,
        breaks=row.breaks,
        links=links(prefix, envelope.id),
    )


def _format(row: Row, formats: Formats) -> Format | None:
    known = row.envelope.learned
    name = known.form.format if known.form else known.identification.format if known.identification else ""
    try:
        return formats.get(name) if name else None
    except Refused:
        return None  # the format was known when the message came


def _fields(found: Iterable[Field], spec: Format | None) -> list[FieldView]:
    return [
        FieldView(
            name=field.name, label=spec.label(field) if spec else field.name, number=field.number, value=field.value,
            attributes=dict(field.attributes), fields=_fields(field.children, spec),
        )
        for field in found
    ]  # fmt: skip


def _answer(answer: Answer) -> AnswerView:
    return AnswerView(
        register_name=answer.register, request_id=answer.request_id, outcome=answer.outcome, asked_at=answer.asked_at,
        answered_at=answer.answered_at, as_of=answer.as_of, subject_kind=answer.subject_kind, partial=answer.partial,
        failure=answer.failure, digest=answer.digest,
        matches=[
            MatchView(
                record=match.record, kind=match.kind, score=match.score, fields=dict(match.data), handling=list(match.handling),
                disclosable=match.disclosable, name_rule=match.name_rule,
            )
            for match in answer.matches
        ],
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


async def entries(ledger: Ledger, links: Sequence[Link], *, personal: bool = True) -> list[EntryView]:
    """Entries of the journal with their places in the chain, and with what they say of persons as far as that is there."""
    opened = await journal_told.opened(ledger, links) if personal else {}
    return [entry(each, opened.get(each.number), personal=personal) for each in links]


def entry(found: Link, opened: journal_told.Opened = None, *, personal: bool = False) -> EntryView:
    """One entry of the journal with its place in the chain."""
    told = read(found.entry)
    return EntryView(
        number=found.number, at=told.at, event=told.event, meaning=EVENTS[told.event], actor=told.actor, envelope=told.envelope,
        reason=told.reason, details=journal_told.details(told, opened) if personal else dict(told.details),
        before=found.before, hash=found.hash, canonical=found.entry.decode("utf-8"),
    )  # fmt: skip
