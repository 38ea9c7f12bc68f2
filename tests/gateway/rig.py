"""A whole gateway in one process with a clock that tests turn: memory ledger, verdicts inline, one partner, a wire that records."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.calendars.holidays.calendars import StateCalendars
from adapters.calendars.holidays.settings import CalendarSettings
from adapters.stores.memory.ledger import MemoryLedger
from gateway import parcel, safexml
from gateway.clock import Uuid7Source
from gateway.envelope import Attempt, Claim, Payload
from gateway.errors import RegisterUnavailable
from gateway.gateway import Gateway, join
from gateway.handover import Outgoing
from gateway.ledger import Ledger, Row
from gateway.office import Office
from gateway.parcel import File
from gateway.partners import Directory, Partner, SignaturePolicy
from gateway.pipeline import Compute
from gateway.ports import AlertLookup
from gateway.questions import Answer, CaseReference, CaseRequest, Match, Question
from gateway.receipts import Receipts
from gateway.signing.authority import set_up_authority, signer_name
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from gateway.stages.line_up import Knowledge, Reach
from gateway.subjects import kind_of
from routing.decide import TableRouter
from routing.table import read_table
from schemas.catalogue import discover

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CALENDARS = StateCalendars({code: CalendarSettings(holidays_of="DK") for code in ("XA", "XB", "XC", "XD")})
"""The fictitious states work and rest like a real one."""


class TurnedClock:
    """A clock that stands until a test turns it."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._waiting: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> datetime:
        return self._now

    async def wait_until(self, moment: datetime) -> None:
        if moment <= self._now:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (moment, next(self._count), future))
        await future

    def turn(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
        while self._waiting and self._waiting[0][0] <= self._now:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)


class Wire:
    """An outbound channel that keeps what it is given; `outcomes` says what the other side answers, in order, then `taken`.

    `forms` says it for one kind of form by its root name; `meanwhile` happens before the other side answers.
    """

    name = "wire"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.outcomes: list[str] = []
        self.forms: dict[str, list[str]] = {}
        self.meanwhile: Callable[[Outgoing], Awaitable[None]] | None = None

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self, partner: Partner | None = None) -> None: ...

    def address(self, partner: Partner, urgent: bool) -> str:
        return partner.addresses[0]

    async def send(self, parcel: Outgoing) -> Attempt:
        self.sent.append(parcel)
        if self.meanwhile:
            await self.meanwhile(parcel)
        outcomes = self.forms.get(root_of(parcel)) or self.outcomes
        outcome = outcomes.pop(0) if outcomes else "taken"
        return Attempt(number=parcel.attempt, at=parcel.at, outcome=outcome, evidence=f"wire says {outcome}")


def root_of(out: Outgoing) -> str:
    """The name of the form that goes out."""
    return str(safexml.parse(parcel.open_parcel(out.payload).form).tag).rpartition("}")[2]


class Shelf:
    """A register that has one record for every subject, or is away while `away` is positive."""

    time_limit_seconds = 5.0

    def __init__(self, name: str, record: Mapping[str, str], clock: TurnedClock) -> None:
        self.name, self.away, self.asked = name, 0, 0
        self._record, self._clock = tuple(record.items()), clock

    def accepts(self, question: Question) -> bool:
        return True

    async def ask(self, question: Question, asked_at: datetime) -> Answer:
        self.asked += 1
        if self.away:
            self.away -= 1
            raise RegisterUnavailable("register.down", "The register does not answer.")
        match = Match(record="r1", kind="EXACT_KEY", score=1.0, data=self._record)
        return Answer(
            register=self.name, request_id=question.context.request_id, outcome="MATCHES", asked_at=asked_at, as_of=asked_at,
            answered_at=asked_at, subject_kind=kind_of(question.subject), matches=(match,), digest="0" * 64,
        )  # fmt: skip

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


class Cases:
    """A case system that opens one case for a key."""

    name = "polsas"

    def __init__(self) -> None:
        self.opened: dict[str, CaseReference] = {}

    async def open_case(self, request: CaseRequest, at: datetime) -> CaseReference:
        found = self.opened.get(request.idempotency_key)
        if found:
            return msgspec.structs.replace(found, opened=False)
        made = CaseReference(
            case_system=self.name, reference=f"9999-99999-{len(self.opened) + 1:05}-26", idempotency_key=request.idempotency_key,
            opened=True, at=at,
        )  # fmt: skip
        return self.opened.setdefault(request.idempotency_key, made)

    async def find(self, idempotency_key: str, at: datetime) -> CaseReference | None:
        return self.opened.get(idempotency_key)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


class Bureau:
    """The partner's side in a few lines: it signs what it sends. (Journeys use simulators that share no code.)"""

    def __init__(self, folder: Path, party: str, address: str) -> None:
        made = set_up_authority(folder, [party], (), NOON - timedelta(days=30))
        self.party, self.address = party, address
        self._signer = XadesSigner(KeyRing.load(made.signing, NOON))
        anchor = x509.load_pem_x509_certificate(made.authority.certificate.read_bytes()).public_bytes(Encoding.DER)
        policy = SignaturePolicy(anchors=(anchor,), signers=(signer_name(party),))
        self.partner = Partner(party=party, name=party, signature=policy, addresses=(address,), channel="wire")

    def signed(self, document: bytes, files: tuple[File, ...] = (), at: datetime = NOON) -> Payload:
        """The document signed by this bureau, with its files, as a mail's content."""
        return parcel.pack(self._signer.sign(safexml.parse(document), self.party, at), files)


VEHICLE = {
    "plate": "QQ00001",
    "vin": "ZZZTESTV1N0000001",
    "make": "Eksempla",
    "model": "Kombi 2",
    "colour": "blue",
    "status": "REGISTERED",
}
WANTED = {
    "wantedId": "w-0009",
    "object": "VEHICLE",
    "reason": "STOLEN",
    "since": "2026-11-01",
    "journalNumber": "9999-99999-00003-26",
}
PASSPORT = {
    "passportNumber": "000000001",
    "type": "ORDINARY",
    "status": "STOLEN",
    "wantedSince": "2026-06-01",
    "expiresOn": "2028-06-01",
}
PERSON = {
    "cpr": "7101700008",
    "names": '["Testine Prøvesen"]',
    "birthDate": "1970-01-11",
    "registrationStatus": "RESIDENT",
}


def knowledge_of(office: Office, directory: Directory, signing: Iterable[KeyFiles]) -> Knowledge:
    """What judging needs, from keys in files: also for a worker process."""
    formats = discover()
    return Knowledge(
        office=office, directory=directory, formats=formats, verifier=StrictVerifier(revocation=directory.revocation),
        signer=XadesSigner(KeyRing.load(signing, NOON)), receipts=Receipts(formats, directory, office, Uuid7Source()),
    )  # fmt: skip


class Rig:
    """A gateway for `sirene:XA`, `ncb:XA`, `enu:XA` with the partners XB, and everything around it in reach."""

    formats = discover()
    seconds: Callable[[], float] | None = None
    """A count beside the clock, for those who doubt it."""

    def __init__(
        self, folder: Path, ledger: Ledger | None = None, clock: TurnedClock | None = None, routes: str = "",
        compute: Compute | None = None, alerts: AlertLookup | None = None,
    ) -> None:  # fmt: skip
        self.clock, self._alerts = clock or TurnedClock(), alerts
        self._routes = routes or Path("config/routes.toml").read_text("utf-8")
        self.wire, self.cases = Wire(), Cases()
        self.bureaux = {
            party: Bureau(folder / party.replace(":", "-"), party, address)
            for party, address in (
                ("sirene:XB", "oper@xb.sirene.example"), ("ncb:XB", "ncb@xb.interpol.example"), ("enu:XB", "europol@xb.police.example")
            )
        }  # fmt: skip
        records = {"crm": VEHICLE, "wanted_vehicles": WANTED, "passports": PASSPORT, "cpr": PERSON}
        self.shelves = {name: Shelf(name, record, self.clock) for name, record in records.items()}
        self.directory = Directory(bureau.partner for bureau in self.bureaux.values())
        self.ledger: Ledger = ledger or MemoryLedger(self.clock)
        self.office = Office(parties=("sirene:XA", "ncb:XA", "enu:XA"))
        self.signing = set_up_authority(folder / "own", self.office.parties, (), NOON - timedelta(days=30)).signing
        self.knowledge = knowledge_of(self.office, self.directory, self.signing)
        self.gateway = self.joined(compute)

    def joined(self, compute: Compute | None = None) -> Gateway:
        """A gateway, not yet started, from what the rig holds now."""
        reach = Reach(
            ledger=self.ledger, router=TableRouter(read_table(self._routes)),
            outbound={"wire": self.wire}, registers=self.shelves, case_systems={"polsas": self.cases}, clock=self.clock,
            ids=Uuid7Source(), calendars=CALENDARS, alerts=self._alerts, seconds=self.seconds,
        )  # fmt: skip
        return join(self.knowledge, reach, compute, {})

    async def __aenter__(self) -> Self:
        await self.gateway.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.gateway.stop()

    async def arrives(
        self,
        payload: Payload,
        sender: str = "oper@xb.sirene.example",
        to: tuple[str, ...] = ("sirene@xa.spoc.example",),
    ) -> str:
        """Bytes come in and everything that follows at once has happened."""
        accepted = await self.gateway.intake.take("wire", payload, Claim(sender=sender, recipients=to))
        await self.gateway.quiet()
        return accepted.envelope

    async def later(self, by: timedelta) -> None:
        """Time passes and what became due has happened."""
        self.clock.turn(by)
        await self.gateway.quiet()

    async def row(self, envelope: str) -> Row:
        row = await self.ledger.get(envelope)
        assert row is not None
        return row

    def told(self, cause: str = "") -> list[str]:
        """The root names of everything that went out, in order."""
        roots = [safexml.parse(parcel.open_parcel(out.payload).form) for out in self.wire.sent]
        names = [root.tag.rpartition("}")[2] for root in roots]
        stages = [root.findtext("{*}Body/{*}Stage") for root in roots]
        return [f"{name} {stage}" if stage else name for name, stage in zip(names, stages, strict=True)]
