"""A sample exchange played before a whole gateway in virtual time, and what came of the form that it is about."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self, cast

from msgspec import Struct, structs

from gateway import parcel, safexml
from gateway.addressbook.book import Book, Bureau, Mailbox, MailboxKind
from gateway.dialogues.story import AlertFacts
from gateway.envelope import Payload
from gateway.exchanges.desk import Record
from gateway.findings import Occasion
from gateway.ledger import Row
from gateway.partners import Directory
from gateway.ports import Formats
from tests.exchanges.samples import BEGINS, OURS, Event, Sample, WithoutCharts, of_the_corpus, span, written
from tests.exchanges.stories import Story, why
from tests.gateway.rig import Bureau as Signing
from tests.gateway.rig import Rig, knowledge_of

WAITS = "dialogue.earlier-awaited"
TOLD = ("Text", "Remedy", "Citation")
"""What a receipt says of a finding, so that the sender can mend the form."""


class Came(Struct, frozen=True, kw_only=True):
    """What came of a form."""

    effect: str
    reason: str
    findings: tuple[str, ...]
    clocks: tuple[str, ...]
    receipt: str
    """The stage of the last receipt that went out; empty where none did."""
    told: frozenset[str]
    """The rules that this receipt names with their source and a remedy."""
    inbound: bool


class Shown:
    """The alert system as a sample shows it."""

    def __init__(self, sample: Sample) -> None:
        self._alerts = {each.id: each for each in sample.alerts}

    async def look_up(self, alert: str) -> AlertFacts | None:
        found = self._alerts.get(alert)
        if found is None:
            return None
        return AlertFacts(
            alert=found.id, issuer=found.issuer, article=found.article, category=found.category, links=found.links,
            entered_at=BEGINS + span(found.entered), deleted_at=BEGINS + span(found.deleted) if found.deleted else None,
            misused_identity=found.misused_identity,
        )  # fmt: skip


class Playing:
    """One sample before one gateway."""

    def __init__(self, sample: Sample, folder: Path) -> None:
        self._sample = sample
        self._rig = Rig(folder / "rig", alerts=Shown(sample) if sample.alerts else None)
        self._story = Story(self._rig)
        self._with_partners(folder)
        self._forms: list[Row] = []

    def _with_partners(self, folder: Path) -> None:
        rig = self._rig
        for party in sorted(self._sample.parties - set(rig.bureaux)):
            code = party.partition(":")[2].lower()
            rig.bureaux[party] = Signing(folder / f"of-{code}", party, f"oper@{code}.sirene.example")
        rig.directory = Directory((bureau.partner for bureau in rig.bureaux.values()), book_of(self._sample))
        rig.knowledge = knowledge_of(rig.office, rig.directory, rig.signing)
        if self._sample.uncharted:
            formats = cast("Formats", WithoutCharts(rig.formats, self._sample.uncharted))
            rig.knowledge = structs.replace(rig.knowledge, formats=formats)
        rig.gateway = rig.joined()

    async def __aenter__(self) -> Self:
        await self._rig.gateway.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._rig.gateway.stop()

    async def play(self) -> Came:
        """Everything that happens, in order; then what came of the form that is looked at."""
        for event in self._sample.happens:
            if event.after:
                await self._rig.later(span(event.after))
            await self._happens(event)
        return await self._came(self._forms[self._sample.looked_at - 1], self._sample.forms[self._sample.looked_at - 1])

    async def _happens(self, event: Event) -> None:
        if event.silence:
            await self._rig.later(span(event.silence))
        elif event.recorded:
            row = await self._rig.row(self._forms[-1].envelope.id)
            desk = self._rig.gateway.exchanges
            await desk.record(row.envelope.exchange, Record(name=event.recorded), "user:officer")
            await self._rig.gateway.quiet()
        else:
            document = written(event, len(self._forms) + 1, self._story.now)
            self._forms.append(await (self._sent if event.sender == OURS else self._received)(event, document))

    async def _sent(self, event: Event, document: bytes) -> Row:
        return await self._story.sends(document, event.to[0])

    async def _received(self, event: Event, document: bytes) -> Row:
        bureau = self._rig.bureaux[event.sender]
        payload, change = bureau.signed(document, at=self._story.now), event.changed_on_the_way
        if change:
            content = payload.content.replace(change.were.encode(), change.are.encode())
            assert content != payload.content, f"{change.were!r} does not stand in the signed document"
            payload = Payload.of(content, payload.media_type)
        return await self._rig.row(await self._rig.arrives(payload, bureau.address, (event.mailbox,)))

    async def _came(self, before: Row, event: Event) -> Came:
        row = await self._rig.row(before.envelope.id)
        exchange = row.envelope.learned.exchange
        steps = (await self._rig.ledger.exchange(exchange)).steps if exchange else ()
        taken = row.envelope.id in {step.envelope for step in steps}
        waits = why(row) == WAITS
        effect = "refused" if row.state == "rejected" else "goes on" if taken else "waits" if waits else row.state
        anyhow = raised_anyhow(event, self._story.now)
        receipt, told = self._last_receipt()
        findings = [f"{each.rule} {each.severity}" for each in row.envelope.learned.findings or ()]
        return Came(
            effect=effect, reason="" if effect in ("goes on", "waits") else why(row),
            findings=tuple(dict.fromkeys(each for each in findings if each not in anyhow)),
            clocks=tuple(f"{clock} {mark}" for _, clock, mark in await self._story.clocks()),
            receipt=receipt, told=told, inbound=row.envelope.inbound,
        )  # fmt: skip

    def _last_receipt(self) -> tuple[str, frozenset[str]]:
        """The stage of the last receipt, and the rules of which it says all that the sender needs."""
        roots = [safexml.parse(parcel.open_parcel(out.payload).form) for out in self._rig.wire.sent]
        receipts = [root for root in roots if str(root.tag).endswith("}Receipt")]
        if not receipts:
            return "", frozenset()
        whole = [
            each for each in receipts[-1].iter("{*}Finding") if all(each.findtext(f"{{*}}{name}") for name in TOLD)
        ]
        return receipts[-1].findtext("{*}Body/{*}Stage", ""), frozenset(str(each.get("rule")) for each in whole)


def raised_anyhow(event: Event, now: datetime) -> frozenset[str]:
    """What the message of the corpus raises by itself: notes that have nothing to do with the sample."""
    if not event.form:
        return frozenset()
    spec, form = of_the_corpus(event.form)
    occasion = Occasion(
        now=now, inbound=True, own_parties=frozenset({OURS}), known_parties=frozenset({"sirene:XB", "sirene:XC"})
    )  # fmt: skip
    return frozenset(f"{each.rule} {each.severity}" for each in spec.check(form, occasion))


def book_of(sample: Sample) -> Book | None:
    """An address book with the mailboxes of the sample; None where it names none."""
    if not sample.mailboxes:
        return None
    bureaus = tuple(
        Bureau(
            party=party, state=party.partition(":")[2], name=party,
            mailboxes=tuple(
                Mailbox(kind=MailboxKind(each.kind), address=each.address) for each in sample.mailboxes if each.of == party
            ),
        )
        for party in sorted({each.of for each in sample.mailboxes})
    )  # fmt: skip
    return Book(issue=1, issued=BEGINS, valid_from=BEGINS, publisher="Book", digest="0" * 64, bureaus=bureaus)


def seen(sample: Sample, came: Came) -> bool:
    """Whether the rule has spoken."""
    kind, _, what = (sample.seen_as or f"finding {sample.rule}").partition(" ")
    if kind == "finding":
        return what in {each.partition(" ")[0] for each in came.findings}
    assert kind in ("reason", "clock"), sample.seen_as
    return came.reason == what if kind == "reason" else what in came.clocks
