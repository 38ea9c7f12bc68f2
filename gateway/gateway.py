"""One gateway, put together: what `gateway.assembly` builds and what API, console, command line and tests hold.

Starting opens everything in the order in which it is needed; stopping is never relied upon (promise 13).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import msgspec

from gateway.alerts.office import AlertOffice, AlertWay, open_office
from gateway.clocks.calendar import Calendars, NoCalendars
from gateway.desk import Desk
from gateway.engine import Engine
from gateway.errors import GatewayError, Misconfigured
from gateway.evidence.desk import EvidenceDesk
from gateway.exchanges.desk import ExchangeDesk
from gateway.exchanges.drafting import NextDesk
from gateway.exchanges.watch import Watch
from gateway.flow.doors import Doors
from gateway.flow.watch import FlowWatch
from gateway.identity import PartyId
from gateway.intake import LedgerIntake
from gateway.journal.entry import Entry
from gateway.journal.publishing.log import PublishedLog
from gateway.ledger import Ledger
from gateway.numbers.daily import Daily
from gateway.numbers.desk import SheetDesk
from gateway.numbers.watch import NumberWatch
from gateway.office import Office
from gateway.order import arrange
from gateway.partners import Directory
from gateway.pipeline import Compute, Pipeline, untouched
from gateway.places import Places
from gateway.ports import (
    AlertLookup,
    CaseSystem,
    Clock,
    Formats,
    IdSource,
    InboundChannel,
    OutboundChannel,
    Register,
    Router,
    Signer,
)
from gateway.protection.retention.office import RetentionOffice
from gateway.receipts import Receipts
from gateway.signers import SignerProcess
from gateway.signing.expiry import ExpiryWatch
from gateway.signing.hearing import Hearing
from gateway.stages.line_up import Knowledge, Reach, judging, performing
from gateway.steady import ClockWatch
from gateway.vault.rolling import Rolling
from gateway.workers import InlineCompute, WorkerPool

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Every part of a running gateway."""

    office: Office
    directory: Directory
    formats: Formats
    router: Router
    clock: Clock
    ids: IdSource
    ledger: Ledger
    compute: Compute
    receipts: Receipts
    signer: Signer
    engine: Engine
    intake: LedgerIntake
    desk: Desk
    watch: Watch
    numbers: NumberWatch
    sheets: SheetDesk
    exchanges: ExchangeDesk
    drafts: NextDesk
    inbound: Mapping[str, InboundChannel] = field(default_factory=dict)
    outbound: Mapping[str, OutboundChannel] = field(default_factory=dict)
    registers: Mapping[str, Register] = field(default_factory=dict)
    case_systems: Mapping[str, CaseSystem] = field(default_factory=dict)
    alerts: AlertOffice | None = None
    """None where no alert system is configured."""
    calendars: Calendars = field(default_factory=NoCalendars)
    """Working days and legal time, by the office that a limit binds."""
    lookup: AlertLookup | None = None
    """Where rules look up the alert that a message is about; None where no alert system is configured."""
    log: PublishedLog | None = None
    """None where nothing outlives the process."""
    evidence: EvidenceDesk | None = None
    """Takes out proof bundles; None where nothing is published."""
    expiry: ExpiryWatch | None = None
    """None in tests and tools that watch no certificates."""
    signatory: SignerProcess | None = None
    """The process that holds our signing keys; None where they are in this one (tools, tests)."""
    hearing: Hearing | None = None
    """Asks authorities about revoked certificates; None in tests and tools that ask nobody."""
    retention: RetentionOffice | None = None
    """Destroys what is due and serves who decides about it; None in tests and tools that keep everything."""

    flow: FlowWatch | None = None
    """Closes the doors before a limit is reached and notices what stands still; None in tests and tools."""

    steady: ClockWatch | None = None
    """Notices that the machine's clock was put forward or back; None where time is a test's."""
    rolling: Rolling | None = None
    """Brings keys of content under the newest master key; None where content is not sealed."""

    async def start(self, about: tuple[tuple[str, str], ...] = ()) -> None:
        """Ledger first, doors last: nothing is let in before it can be kept and moved.

        `about` says in the journal with which configuration it starts.
        """
        await self.ledger.start()
        await self.ledger.record([Entry(event="gateway.started", at=self.clock.now(), details=about)])
        await self._start_processes()
        for register in self.registers.values():
            await register.start()
        for case_system in self.case_systems.values():
            await case_system.start()
        for way_out in self.outbound.values():
            await way_out.start()
        self.engine.start()
        self.watch.start()
        self.numbers.start()
        for watch in (self.flow, self.steady, self.expiry, self.hearing, self.rolling):
            if watch:
                watch.start()
        if self.retention:
            self.retention.sweeper.start()
        if self.alerts:
            await self.alerts.start()
        if self.log:
            await self.log.start()
        for door in self.inbound.values():
            await door.start(self.intake)

    async def _start_processes(self) -> None:
        """The signer first: a worker may be asked to sign at once."""
        if self.signatory:
            await self.signatory.start()
        if isinstance(self.compute, WorkerPool):
            await self.compute.start()

    async def stop(self) -> None:
        """Close doors first. Whatever fails here is reported and the rest goes on."""
        doors, ways = self.inbound.values(), self.outbound.values()
        endings = [
            *(door.stop() for door in doors),
            self.engine.stop(),
            self.watch.stop(),
            self.numbers.stop(),
            *((self.flow.stop(),) if self.flow else ()),
            *((self.steady.stop(),) if self.steady else ()),
            *((self.expiry.stop(),) if self.expiry else ()),
            *((self.hearing.stop(),) if self.hearing else ()),
            *((self.rolling.stop(),) if self.rolling else ()),
            *((self.retention.sweeper.stop(),) if self.retention else ()),
            *(way.stop() for way in ways),
            *((self.log.stop(),) if self.log else ()),
        ]
        endings += [
            *((self.alerts.stop(),) if self.alerts else ()),
            *(each.stop() for each in self.registers.values()),
            *(each.stop() for each in self.case_systems.values()),
        ]
        for ending in endings:
            await _quietly(ending)
        if isinstance(self.compute, WorkerPool):
            await _quietly(self.compute.stop())
        if self.signatory:
            await _quietly(self.signatory.stop())
        await _quietly(self.ledger.stop())

    async def quiet(self) -> None:
        """Return when no message moves and no clock has anything to write. For tests and for draining."""
        await self.engine.quiet()
        await self.watch.quiet()
        await self.numbers.look()
        await self.engine.quiet()

    async def renew_partners(self) -> None:
        """Workers that have seen the old directory are replaced."""
        if isinstance(self.compute, WorkerPool):
            await self.compute.renew()

    async def renew_keys(self) -> None:
        """The signer reads its keys again, then workers learn which certificate to sign under. Requests wait meanwhile."""
        if self.signatory:
            await self.signatory.reload()
        await self.renew_partners()

    async def _sign_probe(self) -> None:
        self.signer.probe(self.clock.now())

    async def not_ready(self) -> list[str]:
        """Why the gateway cannot receive, sign, journal and deliver right now; empty when it can."""
        checks = {"ledger": self.ledger.probe(), "signing keys": self._sign_probe(), "clock watch": self.watch.probe()}
        checks |= {"signer": self.signatory.probe()} if self.signatory else {}
        checks |= {"flow": self.flow.probe()} if self.flow else {}
        checks |= {"certificates": self.expiry.probe()} if self.expiry else {}
        checks |= {"clock of this machine": self.steady.probe()} if self.steady else {}
        checks |= {f"channel {name} in": door.probe() for name, door in self.inbound.items()}
        checks |= {f"channel {name} out": way.probe() for name, way in self.outbound.items()}
        checks |= {f"register {name}": system.probe() for name, system in self.registers.items()}
        checks |= {f"case system {name}": system.probe() for name, system in self.case_systems.items()}
        checks |= {f"alert system {self.alerts.system.name}": self.alerts.system.probe()} if self.alerts else {}
        checks |= {"published log": self.log.probe()} if self.log else {}
        results = await asyncio.gather(*checks.values(), return_exceptions=True)
        reasons = [
            f"{name}: {_words(result)}" for name, result in zip(checks, results, strict=True) if result is not None
        ]
        if isinstance(self.compute, WorkerPool):
            reasons += [f"worker: {trouble}" for trouble in self.compute.trouble]
        return reasons


def _words(result: object) -> str:
    return result.public if isinstance(result, GatewayError) else type(result).__name__


async def _quietly(ending: Awaitable[None]) -> None:
    try:
        await ending
    except Exception as error:  # noqa: BLE001  # stopping goes on whatever one part does
        log.warning("while stopping: %s at %s", type(error).__name__, datetime.now(UTC).isoformat())


def join(
    knowledge: Knowledge, reach: Reach, compute: Compute | None, inbound: Mapping[str, InboundChannel],
    alerts: AlertWay | None = None,
) -> Gateway:  # fmt: skip
    """Parts become a gateway; without a compute of its own, verdicts are given in this process."""
    if alerts:
        reach = msgspec.structs.replace(reach, alerts=alerts.lookup)
    table = arrange([*judging(knowledge), *performing(knowledge, reach)])
    compute = compute or InlineCompute(table)
    ledger, clock = reach.ledger, reach.clock
    own = frozenset(knowledge.office.parties)
    watch = Watch(ledger, knowledge.formats, own, clock, reach.calendars, knowledge.receipts.statements)
    steady = ClockWatch(ledger, clock, reach.seconds) if reach.seconds else None
    pipeline = Pipeline(
        table, ledger, compute, knowledge.receipts, clock, ids=reach.ids, noticed=watch.look,
        numbered=lambda rows: numbers.numbered(rows),  # noqa: PLW0108  # it is made after the engine
        tempered=steady.tempered if steady else untouched,
    )  # fmt: skip
    places = Places(knowledge.directory, knowledge.office.urgent_mailboxes)
    engine = Engine(pipeline, ledger, clock, places)
    if steady:
        steady.called = engine.look
    numbers = _number_watch(knowledge, reach, engine)
    intake = LedgerIntake(ledger, clock, reach.ids, engine.came, Doors(places.hinted))
    alert_office = None
    if alerts:
        alert_office = open_office(
            alerts, ledger=ledger, clock=clock, ids=reach.ids, formats=knowledge.formats, directory=knowledge.directory,
            office=knowledge.office, intake=intake, noticed=watch.look, picture=watch.picture,
        )  # fmt: skip
    exchanges = ExchangeDesk(ledger, clock, knowledge.formats, watch, reach.ids)
    return Gateway(
        office=knowledge.office, directory=knowledge.directory, formats=knowledge.formats, receipts=knowledge.receipts, signer=knowledge.signer,
        router=reach.router, clock=clock, ids=reach.ids, ledger=ledger, compute=compute, engine=engine,
        intake=intake, alerts=alert_office, lookup=reach.alerts, calendars=reach.calendars, desk=Desk(ledger, clock, knowledge.receipts, engine.offer),
        watch=watch, exchanges=exchanges, numbers=numbers, sheets=SheetDesk(ledger, clock, knowledge.formats),
        drafts=NextDesk(
            exchanges=exchanges, ledger=ledger, formats=knowledge.formats, directory=knowledge.directory,
            office=knowledge.office, clock=clock, ids=reach.ids,
        ),
        inbound=inbound, outbound=reach.outbound, registers=reach.registers, case_systems=reach.case_systems, steady=steady,
    )  # fmt: skip


def _number_watch(knowledge: Knowledge, reach: Reach, engine: Engine) -> NumberWatch:
    """The watch over running numbers; where no calendar says what legal time is, a day is one of UTC."""

    def zone(party: PartyId) -> tzinfo:
        try:
            return reach.calendars.of(party).zone
        except Misconfigured:
            return UTC

    daily = Daily(
        reach.ledger, knowledge.formats, knowledge.directory, knowledge.office, reach.ids, zone=zone, offer=engine.offer
    )  # fmt: skip
    return NumberWatch(reach.ledger, reach.clock, knowledge.office.parties, daily)
