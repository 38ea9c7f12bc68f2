"""Ask and hand over: registers in parallel, each in its own time; one case, however often this is repeated; receipts
to their message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gateway.envelope import Direction, Envelope, Receipt
from gateway.errors import GatewayError, Misconfigured, RegisterUnavailable
from gateway.families import Family
from gateway.identity import derived_id, digest
from gateway.ledger import Row
from gateway.names.spelling import spellings_of
from gateway.numbers.comparing import Comparer
from gateway.numbers.sheets import FORMAT as SHEET
from gateway.ports import CaseSystem, Clock, Formats, Register
from gateway.questions import UNANSWERED, Answer, CaseRequest, Context, Question
from gateway.receipts import Receipts
from gateway.retry import ask_again
from gateway.settlement import settles
from gateway.subjects import kind_of
from gateway.verdict import Advance, Details, Hold, Reason, Retry, Settle, Verdict

MAX_QUESTIONS: Final = 40
"""Subjects times registers of one message; more is for an officer (no widening by accident)."""
MAX_TRIES: Final = 4
"""After so many rounds a register that is still away is reported as unanswered instead of holding up the rest."""
URGENCY: Final = {"VERY_URGENT": "IMMEDIATE", "URGENT": "URGENT", "NORMAL": "NORMAL"}
NOT_CONFIGURED: Final = "system.not-configured"


class Deliver:
    """Brings the matter to the national systems that the routing named."""

    name = "deliver"
    direction = Direction.INBOUND
    needs = frozenset({"form", "routing", "exchange"})
    adds = frozenset({"answers", "cases"})

    def __init__(
        self, registers: Mapping[str, Register], case_systems: Mapping[str, CaseSystem], clock: Clock, formats: Formats,
        receipts: Receipts, comparer: Comparer,
    ) -> None:  # fmt: skip
        self._receipts, self._comparer = receipts, comparer
        self._registers, self._case_systems, self._clock, self._formats = registers, case_systems, clock, formats

    async def perform(self, row: Row, now: datetime) -> Verdict:
        """Advance with answers and case, Retry while a system is away, Settle a receipt."""
        envelope = row.envelope
        if envelope.form.format == SHEET:  # whatever a table of one's own says
            return await self._comparer.compare(envelope, now)
        if envelope.routing.settle:
            return self._settle(envelope, now)
        questions = self._questions(envelope)
        if len(questions) > MAX_QUESTIONS and not envelope.released("deliver.too-many-questions"):
            reason = Reason(
                code="deliver.too-many-questions",
                public=f"More than {MAX_QUESTIONS} questions would be asked; an officer decides.",
            )
            return Hold(envelope=envelope, reason=reason)
        known, asked = await self._ask_all(envelope, questions)
        missing = [
            answer.register for answer in known.answers if not answer.usable and answer.failure != NOT_CONFIGURED
        ]
        if missing and row.attempts + 1 < MAX_TRIES:
            return self._later(known, row, now, f"No answer from {', '.join(sorted(set(missing)))}.", asked)
        try:
            known, opened = await self._open_case(known, now)
        except RegisterUnavailable as error:
            return self._later(known, row, now, error.operator, asked)
        spawn = self._receipts.handed_over(known, now) if known.cases else ()
        return Advance(
            envelope=known, also=(*asked, *opened), details=(("answers", _outcomes(known.answers)),), spawn=spawn
        )

    def _settle(self, envelope: Envelope, now: datetime) -> Verdict:
        told = self._formats.receipt_content(envelope.form)
        receipt = Receipt(
            stage=told.stage, at=now, envelope=envelope.id, findings=told.findings, digest=envelope.payload.digest,
            said_at=envelope.form.header.sent, entry=told.entry,
        )  # fmt: skip
        note = settles(told, receipt, envelope.form.header.sender)
        reason = Reason(code="receipt.recorded", public="Recorded on the message it speaks of.")
        return Settle(
            envelope=envelope, state="settled", reason=reason, notes=(note,), details=(("stage", told.stage),)
        )

    def _later(
        self, known: Envelope, row: Row, now: datetime, words: str, also: tuple[tuple[str, Details], ...]
    ) -> Retry:
        urgent = known.form.header.urgency != "NORMAL"
        reason = Reason(code="deliver.waiting", public="A national system does not answer now.", operator=words)
        return Retry(envelope=known, reason=reason, at=ask_again(now, row.attempts + 1, urgent), also=also)

    # --- questions

    def _questions(self, envelope: Envelope) -> list[tuple[Register, Question]]:
        found: list[tuple[Register, Question]] = []
        family = self._formats.family(envelope.form.format)
        for name in envelope.routing.registers:
            register = self._registers.get(name) or _NotConfigured(name)
            for index, subject in enumerate(envelope.form.subjects):
                question = Question(
                    subject=subject,
                    context=context(envelope, family, derived_id(envelope.id, f"ask/{name}/{index}")),
                    spellings=spellings_of(subject),
                )
                if register.accepts(question):
                    found.append((register, question))
        return found

    async def _ask_all(
        self, envelope: Envelope, questions: list[tuple[Register, Question]]
    ) -> tuple[Envelope, tuple[tuple[str, Details], ...]]:
        """Ask what has no usable answer yet; what was answered in an earlier round is kept."""
        kept = {answer.request_id: answer for answer in envelope.learned.answers or () if answer.usable}
        open_questions = [
            (register, question) for register, question in questions if question.context.request_id not in kept
        ]
        answers = await asyncio.gather(*(self._ask(register, question) for register, question in open_questions))
        asked = tuple(("register.asked", _about(answer)) for answer in answers)
        kept |= {answer.request_id: answer for answer in answers}
        ordered = tuple(kept[question.context.request_id] for _, question in questions)
        return envelope.learn(answers=ordered), asked

    async def _ask(self, register: Register, question: Question) -> Answer:
        asked_at = self._clock.now()
        failure = "register.too-slow"
        try:
            async with asyncio.timeout(register.time_limit_seconds):
                return await register.ask(question, asked_at)
        except TimeoutError:
            pass
        except GatewayError as error:
            failure = error.code
        return Answer(
            register=register.name, request_id=question.context.request_id, outcome=UNANSWERED, asked_at=asked_at,
            answered_at=self._clock.now(), subject_kind=kind_of(question.subject), partial=True, failure=failure,
        )  # fmt: skip

    # --- the case

    async def _open_case(self, known: Envelope, now: datetime) -> tuple[Envelope, tuple[tuple[str, Details], ...]]:
        name = known.routing.case_system
        if not name or known.learned.cases is not None:
            return (known if known.knows("cases") else known.learn(cases=())), ()
        if name not in self._case_systems:
            raise Misconfigured(
                NOT_CONFIGURED, f"The case system {name} is named by the routing table but not configured."
            )
        reference = await self._case_systems[name].open_case(self._case_request(known), now)
        details = (
            ("case_system", name),
            ("reference", reference.reference),
            ("opened", "yes" if reference.opened else "found"),
        )
        return known.learn(cases=(reference,)), (("case.opened", details),)

    def _case_request(self, known: Envelope) -> CaseRequest:
        form = known.form
        return CaseRequest(
            idempotency_key=known.id, title=f"{self._formats.get(form.format).title}, {form.header.sender}",
            subjects=form.subjects, handling=tuple(condition.code for condition in form.header.handling),
            documents=((form.header.message_id, digest(known.signature.verified)),),
            context=context(known, self._formats.family(form.format), derived_id(known.id, "case")),
        )  # fmt: skip


class _NotConfigured:
    """Stands in for a register that the routing table names and the settings do not have: the answer says so, nothing
    is hidden.
    """

    time_limit_seconds = 1.0

    def __init__(self, name: str) -> None:
        self.name = name

    def accepts(self, question: Question) -> bool:
        return True

    async def ask(self, question: Question, asked_at: datetime) -> Answer:
        raise RegisterUnavailable(NOT_CONFIGURED, "This register is not connected.")

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


def context(envelope: Envelope, family: Family, request_id: str) -> Context:
    """Who asks, why and for whom, for every call that an envelope brings about."""
    header = envelope.form.header
    return Context(
        correlation_id=envelope.exchange, request_id=request_id, purpose="TEST" if header.test else "INVESTIGATE",
        legal_basis=family.legal_basis, case_reference=header.case_reference or envelope.exchange,
        requester="gateway", on_behalf_of=header.sender, channel_origin=family.channel_origin,
        urgency=URGENCY.get(header.urgency, "NORMAL"),
    )  # fmt: skip


def _about(answer: Answer) -> Details:
    return (
        ("register", answer.register), ("request", answer.request_id), ("outcome", answer.outcome),
        ("failure", answer.failure), ("digest", answer.digest), ("as_of", answer.as_of.isoformat() if answer.as_of else ""),
    )  # fmt: skip


def _outcomes(answers: tuple[Answer, ...]) -> str:
    return " ".join(f"{answer.register}:{answer.outcome}" for answer in answers)
