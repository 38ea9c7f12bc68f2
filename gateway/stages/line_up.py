"""Every stage with what it needs, in two groups: those a worker computes, and those that ask the ledger or the
outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from msgspec import Struct

from gateway.clocks.calendar import Calendars, NoCalendars
from gateway.exchanges.fitting import Fitting
from gateway.ledger import Ledger
from gateway.numbers.comparing import Comparer
from gateway.office import Office
from gateway.partners import Directory
from gateway.ports import (
    AlertLookup,
    CaseSystem,
    Clock,
    Formats,
    IdSource,
    OutboundChannel,
    Register,
    Router,
    Signer,
    Stage,
    Verifier,
)
from gateway.receipts import Receipts
from gateway.retry import URGENT_GIVE_UP
from gateway.smime.seals import Seals
from gateway.stages.acknowledge import Acknowledge
from gateway.stages.check import CheckInbound, CheckOutbound
from gateway.stages.confirm import Confirm
from gateway.stages.correlate import Correlate
from gateway.stages.decode import Decode
from gateway.stages.deliver import Deliver
from gateway.stages.encode import Encode
from gateway.stages.identify import Identify
from gateway.stages.route import RouteInbound, RouteOutbound
from gateway.stages.sign import Sign
from gateway.stages.transmit import Transmit
from gateway.stages.verify import Verify


class Knowledge(Struct, frozen=True, kw_only=True):
    """What judging needs: no ledger, no channels, no network."""

    office: Office
    directory: Directory
    formats: Formats
    receipts: Receipts
    verifier: Verifier
    signer: Signer
    seals: Seals = Seals()
    """S/MIME with our keys; without any it can verify and nothing else."""


class Reach(Struct, frozen=True, kw_only=True):
    """What performing needs beside it."""

    ledger: Ledger
    router: Router
    outbound: Mapping[str, OutboundChannel]
    registers: Mapping[str, Register]
    case_systems: Mapping[str, CaseSystem]
    clock: Clock
    ids: IdSource
    alerts: AlertLookup | None = None
    """Where rules look up the alert that a message is about."""
    calendars: Calendars = NoCalendars()
    """Working days and legal time, by the office that a limit binds."""
    urgent_give_up: timedelta = URGENT_GIVE_UP
    """When an urgent message that cannot be handed over is brought before a person."""
    seconds: Callable[[], float] | None = None
    """A count of seconds that nobody sets, beside the clock; None where the clock is one of a test."""


def judging(know: Knowledge) -> list[Stage]:
    """The stages that a worker computes."""
    return [
        Identify(know.formats, know.directory, know.seals),
        Verify(know.verifier, know.directory, know.seals),
        Decode(know.formats, know.office, know.receipts),
        CheckInbound(know.formats, know.directory, know.office),
        CheckOutbound(know.formats, know.directory, know.office),
        Encode(know.formats),
        Sign(know.signer, know.directory, know.seals),
    ]


def performing(know: Knowledge, reach: Reach) -> list[Stage]:
    """The stages of the front."""
    comparer = Comparer(reach.ledger, know.formats)
    fitting = Fitting(reach.ledger, know.formats, know.office, know.directory, reach.alerts)
    return [
        Correlate(reach.ledger, know.formats, fitting, know.receipts),
        RouteInbound(reach.router),
        RouteOutbound(know.directory, reach.outbound, reach.ledger, know.formats, fitting),
        Deliver(reach.registers, reach.case_systems, reach.clock, know.formats, know.receipts, comparer),
        Acknowledge(know.formats, know.office, reach.ids),
        Transmit(know.directory, reach.outbound, reach.clock, reach.ledger, reach.urgent_give_up),
        Confirm(know.directory, know.receipts.statements),
    ]
