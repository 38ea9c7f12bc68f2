"""A whole gateway from a home folder."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from config.load import Home
from gateway.assembly.built import Built, systems_of
from gateway.assembly.certificates import expiry_watch, hearing_of
from gateway.assembly.edges import Channels, alert_way, calendars_of, ledger_of, routing_table
from gateway.assembly.evidence import evidence_desk
from gateway.assembly.flow import flow_of
from gateway.assembly.judges import Signs, briefing, formats_of, knowledge_of, signer_briefing, worker_command
from gateway.assembly.log import published_log
from gateway.assembly.offices import algorithms_in, directory_in, use_book, use_tolerances
from gateway.assembly.retention import retention_in, retention_of
from gateway.assembly.vault import rolling_of
from gateway.clock import SystemClock, Uuid7Source
from gateway.gateway import Gateway, join
from gateway.ledger import Ledger
from gateway.pipeline import Compute
from gateway.places import Places
from gateway.ports import Clock, IdSource
from gateway.signers import SOCKET, SignerProcess
from gateway.signing.remote import SignerLine
from gateway.stages.line_up import Reach
from gateway.steady import machine_seconds
from gateway.workers import WorkerPool
from routing.decide import TableRouter
from schemas.catalogue import discover

RUN: Final = "run"
"""Folder of run-time files, below the data folder."""


def assemble(
    home: Home,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    compute: Compute | None = None,
    ledger: Ledger | None = None,
) -> Gateway:
    """A gateway from a home folder, not yet started; raises `ConfigurationFaults` with everything that is wrong.

    Tests pass in a clock, an id source, `InlineCompute` or a store; a running gateway gets the machine's clock and
    worker processes.
    """
    built = Built(home)
    clock, ids = clock or SystemClock(), ids or Uuid7Source()
    directory, formats = directory_in(built), built.attempt(("versions",), lambda: formats_of(home)) or discover()
    use_book(built, directory, clock.now())
    use_tolerances(built, directory, formats)
    store = ledger or ledger_of(built, clock)
    channels = Channels(built, directory, clock)
    registers = systems_of(built, "registers", "register", home.settings.registers)
    case_systems = systems_of(built, "casesystems", "casesystem", home.settings.case_systems)
    alerts = alert_way(built, formats, clock, ids)
    routes = routing_table(built, registers, case_systems, formats)
    calendars = calendars_of(built)
    algorithms = algorithms_in(built)
    signatory = None if compute else SignerProcess(home.data / RUN / SOCKET, partial(signer_briefing, home), clock)
    line = SignerLine(str(signatory.path)) if signatory else None
    signs = Signs(algorithms=algorithms, line=line)
    knowledge = knowledge_of(built, formats, directory, ids, clock.now(), signs)
    log = published_log(built, store, clock) if store is not None else None
    rules = retention_in(built)
    built.finish()
    assert store is not None and routes is not None and knowledge is not None
    router = TableRouter(routes)
    reach = Reach(
        calendars=calendars, urgent_give_up=timedelta(minutes=home.settings.office.urgent_give_up_minutes),
        ledger=store, router=router, outbound=channels.outbound, registers=registers, case_systems=case_systems,
        clock=clock, ids=ids, seconds=machine_seconds if isinstance(clock, SystemClock) else None,
    )  # fmt: skip
    signer = str(signatory.path) if signatory else ""
    count = home.settings.workers.count or os.cpu_count() or 1
    place = Places(directory, home.settings.flow.urgent_mailboxes).of
    compute = compute or WorkerPool(
        worker_command(), count, lambda: briefing(home, directory, algorithms, signer), place, clock
    )
    gateway = join(knowledge, reach, compute, channels.inbound, alerts)
    return replace(
        gateway,
        signatory=signatory,
        expiry=expiry_watch(home, directory, store, clock),
        hearing=hearing_of(home, directory, gateway),
        log=log,
        flow=flow_of(home, gateway, log),
        rolling=rolling_of(store, clock),
        evidence=evidence_desk(home, store, log, directory, clock, signs) if log else None,
        retention=retention_of(home, gateway, rules, calendars),
    )
