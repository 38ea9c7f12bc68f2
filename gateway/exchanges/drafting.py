"""The next form of an exchange, begun for an officer: header, references, and what the matter is about. The rest is left empty.

The one idea: what the exchange knows is copied, what only a person can say is listed as empty, and nothing is guessed. A
form that may not come next is not drafted; the refusal says what may.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from gateway.dialogues.chart import ANY
from gateway.dialogues.standing import Course, Next
from gateway.dialogues.step import Step
from gateway.errors import Refused
from gateway.exchanges.desk import ExchangeDesk, Seen
from gateway.families import Family
from gateway.findings import Finding, Occasion
from gateway.form import Field, Form, Header
from gateway.identity import PartyId
from gateway.journal.entry import Entry
from gateway.ledger import Ledger, readable
from gateway.office import Office
from gateway.partners import Directory
from gateway.persons import Who, entry_by
from gateway.ports import Clock, Format, Formats, IdSource

MAX_LOOKED_THROUGH: Final = 20
"""Forms of the exchange that are looked through for what it is about, the newest first."""


class EmptyField(Struct, frozen=True, kw_only=True):
    """A field that the form can hold and that the draft leaves to the officer."""

    name: str
    label: str


class Drafted(Struct, frozen=True, kw_only=True):
    """The form as far as it is known, with what is left to do. Nothing is kept."""

    next: Next
    dialogue: str
    counterpart: PartyId
    form: Form
    empty: tuple[EmptyField, ...]
    findings: tuple[Finding, ...]
    """What the rules say of the form as it is now."""


class NextDesk:
    """Begins the next form of an exchange."""

    def __init__(  # noqa: PLR0913  one keyword for each part it stands on
        self, *, exchanges: ExchangeDesk, ledger: Ledger, formats: Formats, directory: Directory, office: Office, clock: Clock,
        ids: IdSource,
    ) -> None:  # fmt: skip
        self._exchanges, self._ledger, self._formats, self._directory = exchanges, ledger, formats, directory
        self._office, self._clock, self._ids = office, clock, ids

    async def draft(self, exchange: str, letter: str, to: PartyId, person: Who, purpose: str) -> Drafted:
        """The form of this letter; raises `Refused` with `draft.not-now` where it may not come next from us."""
        seen = await self._exchanges.read(exchange, person, purpose)
        course, following = self._chosen(seen, letter, to)
        counterpart = to or self._receiver(seen, following)
        forms = [each async for each in self._forms(seen, counterpart, person, purpose)]
        spec = self._formats.get(self._formats.current(f"{seen.matter.family}/{letter}@1"))
        family = self._formats.family(spec.id)
        header = self._header(spec, course, seen.kept.steps, counterpart)
        bare = Form(format=spec.id, header=header, fields=tuple(_carried(family, spec, forms)))
        form = spec.decode(spec.encode(bare))
        occasion = Occasion(
            now=self._now(), inbound=False, own_parties=frozenset(self._office.parties),
            known_parties=self._directory.parties, book=self._directory.book,
        )  # fmt: skip
        return Drafted(
            next=following, dialogue=course.dialogue, counterpart=counterpart, form=form,
            empty=tuple(_empty(family, spec, form)), findings=tuple(spec.named(spec.check(form, occasion))),
        )  # fmt: skip

    def _chosen(self, seen: Seen, letter: str, to: PartyId) -> tuple[Course, Next]:
        own = {*self._office.parties, ANY}
        coming = [
            (course, each)
            for course in seen.picture.standing.courses
            for each in course.next
            if each.letter and each.by in own and not (course.closed and each.by == ANY)
        ]
        fitting = [
            pair for pair in coming if pair[1].letter == letter and (not to or to in pair[1].to or ANY in pair[1].to)
        ]
        if not fitting:
            known = ", ".join(sorted({each.letter for _, each in coming})) or "none"
            raise Refused("draft.not-now", f"That form may not come next from us here. Forms that may: {known}.")
        return min(fitting, key=lambda pair: (pair[0].closed, not pair[1].expected, pair[1].by == ANY))

    def _receiver(self, seen: Seen, following: Next) -> PartyId:
        named = [party for party in following.to if party != ANY and party not in self._office.parties]
        found = named or list(seen.matter.counterparts)
        if len(found) != 1:
            raise Refused("draft.receiver", "Several offices take part; say which one the form is for.")
        return found[0]

    async def _forms(self, seen: Seen, counterpart: PartyId, person: Who, purpose: str) -> AsyncIterator[Form]:
        """The forms of the exchange that the counterpart sent or got, the newest first; each that is read is journalled as read.

        What others wrote in the same exchange is theirs: nothing of it is copied into a form for somebody else.
        """
        known = [step for step in seen.kept.steps if not step.void and counterpart in (step.sender, *step.to)]
        steps = sorted(known, key=lambda step: step.sent, reverse=True)
        for step in steps[:MAX_LOOKED_THROUGH]:
            row = await readable(self._ledger, step.envelope)
            form = row.envelope.learned.form if row else None
            if form is not None:
                await self._ledger.record([self._read(step, person, purpose)])
                yield form

    def _read(self, step: Step, person: Who, purpose: str) -> Entry:
        details = (("purpose", purpose), ("for", "the draft of a next form"))
        return entry_by(person, "envelope.read", self._clock.now(), envelope=step.envelope, details=details)

    def _header(self, spec: Format, course: Course, steps: Sequence[Step], counterpart: PartyId) -> Header:
        theirs = [step for step in steps if step.sender == counterpart and step.envelope in course.steps]
        answered = max(theirs, key=lambda step: step.sent, default=None)
        message_id, now, own = self._ids.new(), self._now(), self._office.facing(counterpart)
        letter = spec.id.partition("/")[2].partition("@")[0]
        return Header(
            message_id=message_id, sent=now, sender=own, to=(counterpart,),
            our_reference=f"{own.partition(':')[2]}-{letter}-{now.year}-{message_id[-8:].upper()}",
            in_reply_to=answered.message_id if answered else "", language="en",
            your_references=(answered.reference,) if answered and answered.reference else (),
            test=any(step.test for step in steps if step.envelope in course.steps),
        )  # fmt: skip

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)


def _carried(family: Family, spec: Format, forms: Sequence[Form]) -> Iterator[Field]:
    """What the matter is about, in the order of the form that is drafted."""
    found: list[Field] = []
    for group in family.carried:
        named = [name for name in group if name in spec.body]
        source = next((form for form in forms if any(form.first(name) for name in named)), None)
        found += [field for name in named if source for field in source.named(name)]
    yield from sorted(found, key=lambda field: spec.body.index(field.name))


def _empty(family: Family, spec: Format, form: Form) -> Iterator[EmptyField]:
    carried = {name for group in family.carried for name in group}
    for name in spec.body:
        if form.first(name) is None and name not in carried:
            yield EmptyField(name=name, label=spec.label(Field(name=name)))
