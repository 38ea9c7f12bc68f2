"""The one place that names concrete classes and joins core and edges into a gateway.

Reads a home folder that `config` has loaded, builds every part without any I/O beyond reading keys and tables, and
reports all that is wrong with the configuration at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.calendars.holidays.calendars import StateCalendars
from adapters.calendars.holidays.settings import CalendarSettings
from adapters.stores.memory.ledger import MemoryLedger
from adapters.stores.postgres.ledger import PostgresLedger
from adapters.stores.sqlite.ledger import SqliteLedger
from config import settings as files
from config.agreements import partner_faults
from config.faults import ConfigurationFaults, Fault
from config.load import NOBODY, PARTNERS_FILE, Home, load
from config.tolerances import Known as KnownToTolerances
from config.tolerances import read_tolerances, tolerance_file
from gateway.addressbook.shelf import Shelf
from gateway.alerts.cursor import CursorFile
from gateway.alerts.lookup import LiveLookup
from gateway.alerts.office import AlertWay
from gateway.api.door import ApiClient, ApiDoor, new_token_key
from gateway.clock import SystemClock, Uuid7Source
from gateway.clocks.calendar import Calendars
from gateway.errors import Misconfigured
from gateway.gateway import Gateway, join
from gateway.ledger import Ledger
from gateway.office import Office
from gateway.order import Table
from gateway.partners import Directory, MailLeg, Partner, QueueLeg, SignaturePolicy
from gateway.pipeline import Compute
from gateway.ports import CaseSystem, Clock, Formats, IdSource, InboundChannel, OutboundChannel, Register
from gateway.receipts import Receipts
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from gateway.stages.line_up import Knowledge, Reach, judging
from gateway.tolerances import Tolerance, Tolerances
from gateway.versions import Days
from gateway.workers import Briefing, WorkerPool
from routing.decide import TableRouter
from routing.table import Known, RoutesRefused, read_table
from routing.table import Table as RoutingTable
from schemas.address_book import reading as address_book
from schemas.catalogue import Catalogue, discover

PATH_SETTINGS: Final = frozenset({
    "tls_certificate", "tls_key", "client_certificate", "client_key", "ca_file", "token_file", "url_file", "path",
})  # fmt: skip
"""Settings of adapters that name files; relative ones stand below the home folder."""
TABLES: Final = {
    "channels": "channels", "registers": "registers", "casesystems": "case_systems", "alertsystems": "alert_systems",
}  # fmt: skip
"""Kinds of adapters (their folders) and the tables of `spoc.toml` that configure them."""
T = TypeVar("T")


class Built:
    """Collects parts and faults: a fault never hides the next one."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.faults: list[Fault] = list(home.faults)

    def attempt(self, setting: tuple[str | int, ...], make: Callable[[], T]) -> T | None:
        """What `make` gives, or None with the fault noted."""
        try:
            return make()
        except Misconfigured as error:
            self.faults += [self._of(setting, text.strip()) for text in error.operator.splitlines()]
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            self.faults.append(self.home.fault(setting, f"{error}."))
        return None

    def _of(self, setting: tuple[str | int, ...], text: str) -> Fault:
        """Adapters name the setting first (`starttls: write …`): then the fault is told at its own line."""
        name, found, rest = text.partition(": ")
        return (
            self.home.fault((*setting, name), rest) if found and name.isidentifier() else self.home.fault(setting, text)
        )

    def finish(self) -> None:
        """Raise everything that was noted."""
        if self.faults:
            raise ConfigurationFaults(self.faults)


def read_settings(home: Home, table: Mapping[str, Any], kind: type[T]) -> T:
    """An adapter's own settings from its table; raises `msgspec.ValidationError` with the field that is wrong."""
    resolved = {
        name: str(home.folder / value) if name in PATH_SETTINGS and value else value
        for name, value in table.items()
        if name != "enabled"
    }
    unknown = resolved.keys() - set(kind.__struct_fields__)  # type: ignore[attr-defined]  # settings are msgspec structs
    if unknown:
        raise msgspec.ValidationError("there is no setting " + ", ".join(sorted(unknown)))
    return msgspec.convert(resolved, kind, strict=False)


# --- partners and keys


def directory_of(partners: files.Partners) -> Directory:
    """The partner file as a directory; raises `ValueError` for a certificate that cannot be read."""
    return Directory(partner_of(partner) for partner in partners.partner)


def partner_of(partner: files.Partner) -> Partner:
    """One partner of the file in the core's words."""
    mail, queue = partner.mail, partner.queue
    return Partner(
        party=partner.party, name=partner.name, addresses=partner.addresses, domains=partner.domains,
        urgent_address=partner.urgent_address, channel=partner.channel, receipts=partner.receipts, languages=partner.languages,
        max_message_octets=partner.max_message_octets, retry_hours=partner.retry_hours, test_only=partner.test_only,
        versions=partner.versions,
        signature=SignaturePolicy(
            anchors=_certificates(partner.anchors_pem), signers=partner.signers,
            plain_xmldsig=partner.plain_xmldsig, weak_rsa_until=partner.weak_rsa_until,
        ),
        mail=MailLeg(
            host=mail.host, port=mail.port, starttls=mail.starttls, ca=_certificates(mail.ca_pem),
            client_certificate=mail.client_certificate, client_certificates=mail.client_certificates,
            max_connections=mail.max_connections, messages_per_hour=mail.messages_per_hour,
        ) if mail else None,
        queue=QueueLeg(exchange=queue.exchange, routing_key=queue.routing_key) if queue else None,
    )  # fmt: skip


def _certificates(pems: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(
        certificate.public_bytes(Encoding.DER)
        for pem in pems
        for certificate in x509.load_pem_x509_certificates(pem.encode())
    )


def key_files(home: Home) -> list[KeyFiles]:
    """Where the signing key of each of our parties is."""
    named = home.settings.signing
    found = []
    for party in home.settings.office.parties:
        stem = home.keys / "signing" / party.replace(":", "-")
        given = named.get(party)
        key = home.folder / given.key if given else stem.with_name(stem.name + ".key.pem")
        certificate = home.folder / given.certificate if given else stem.with_name(stem.name + ".cert.pem")
        found.append(KeyFiles(party=party, key=key, certificates=certificate))
    return found


# --- stages


def _knowledge(built: Built, formats: Formats, directory: Directory, ids: IdSource, now: datetime) -> Knowledge | None:
    told = built.home.settings.office
    office = Office(parties=told.parties, free_text_characters=told.free_text_characters or 0)
    if NOBODY in office.parties:
        return None
    keys = built.attempt(("signing",), lambda: KeyRing.load(key_files(built.home), now))
    if keys is None:
        return None
    return Knowledge(
        office=office, directory=directory, formats=formats, receipts=Receipts(formats, directory, office, ids),
        verifier=StrictVerifier(), signer=XadesSigner(keys),
    )  # fmt: skip


def briefing(home: Home, directory: Directory) -> Briefing:
    """What the front tells each worker when it starts: the partners that it holds at that moment, and where our keys are."""
    keys = tuple((each.party, str(each.key), str(each.certificates)) for each in key_files(home))
    return Briefing(
        parties=home.settings.office.parties, keys=keys, partners=tuple(directory), log=str(home.log), book=directory.book,
        versions=agreed_days(home), tolerances=tuple(directory.tolerances),
        free_text_characters=home.settings.office.free_text_characters or 0,
    )  # fmt: skip


def agreed_days(home: Home) -> dict[str, dict[str, Days]]:
    """The days of versions that the settings name."""
    return {
        family: {major: Days(**days.model_dump()) for major, days in majors.items()}
        for family, majors in home.settings.versions.items()
    }


def formats_of(home: Home) -> Catalogue:
    """Every format, with the days that this office has agreed on; raises `ValueError` for a version that there is not."""
    return discover(agreed_days(home))


def worker_table(brief: Briefing, now: datetime) -> Table:
    """What a worker process needs, and nothing else: no ledger, no channels, no settings."""
    office, directory, formats = (
        Office(parties=brief.parties, free_text_characters=brief.free_text_characters),
        Directory(brief.partners, brief.book),
        discover(brief.versions),
    )
    directory.tolerances = Tolerances(brief.tolerances)
    signing = [
        KeyFiles(party=party, key=Path(key), certificates=Path(certificates)) for party, key, certificates in brief.keys
    ]
    knowledge = Knowledge(
        office=office, directory=directory, formats=formats, verifier=StrictVerifier(),
        receipts=Receipts(formats, directory, office, Uuid7Source()), signer=XadesSigner(KeyRing.load(signing, now)),
    )  # fmt: skip
    return {(stage.direction, stage.name): stage for stage in judging(knowledge)}


def _directory(built: Built) -> Directory:
    built.faults += partner_faults(built.home, adapters_of("channels"))
    try:
        return directory_of(built.home.partners)
    except ValueError as error:
        built.faults.append(
            Fault(file=built.home.folder / "partners.toml", line=1, setting="partner", text=f"{error}.")
        )
        return Directory()


def shelf_of(home: Home) -> Shelf | None:
    """Where the address book is kept and whose signature on it is believed; None where the settings name no publisher.

    Raises `Misconfigured` for anchors that cannot be read.
    """
    settings = home.settings.address_book
    if settings is None:
        return None
    anchors_file = home.folder / settings.anchors_file
    try:
        anchors = _certificates((anchors_file.read_text("ascii"),))
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "address-book.anchors", "The publisher of the address book cannot be verified.",
            operator=f"{anchors_file} holds no certificates in PEM: {error}.",
        ) from error  # fmt: skip
    publisher = Partner(
        party="book:PUBLISHER", name="Publisher of the address book",
        signature=SignaturePolicy(anchors=anchors, signers=settings.signers),
    )  # fmt: skip
    verifier = StrictVerifier()
    return Shelf(
        home.folder / settings.file, lambda document, now: address_book.read(document, publisher, verifier, now)
    )


def _use_book(built: Built, directory: Directory, now: datetime) -> None:
    shelf = built.attempt(("address_book", "anchors_file"), lambda: shelf_of(built.home))
    if shelf is not None:
        directory.book = built.attempt(("address_book", "file"), lambda: shelf.in_force(now))


def tolerances_of(home: Home, directory: Directory, formats: Formats) -> tuple[Tolerances, list[Fault]]:
    """The table of tolerances, and what is wrong with it."""
    severities = {rule.id: str(rule.severity) for spec in formats for rule in spec.rules}
    binding = {rule for spec in formats for rule in formats.family(spec.id).binding}
    known = KnownToTolerances(partners=directory.parties, severities=severities, binding=binding)
    rows, faults = read_tolerances(tolerance_file(home.folder), known)
    return Tolerances(msgspec.convert(row.model_dump(), Tolerance) for row in rows), faults


def _use_tolerances(built: Built, directory: Directory, formats: Formats) -> None:
    directory.tolerances, faults = tolerances_of(built.home, directory, formats)
    built.faults += faults


def worker_command() -> list[str]:
    """How the front starts a worker process."""
    return [sys.executable, "-m", "gateway.worker_main"]


# --- edges


def _ledger(built: Built, clock: Clock) -> Ledger | None:
    table = dict(built.home.settings.ledger)
    kind = table.pop("kind", "sqlite")
    if kind == "memory":
        return MemoryLedger(clock)
    if kind == "sqlite":
        return SqliteLedger(built.home.data / "ledger.sqlite", clock)
    if kind == "postgres":
        return built.attempt(("ledger", "url"), lambda: PostgresLedger(_text(table, "url"), clock))
    built.faults.append(
        built.home.fault(("ledger", "kind"), f"{kind!r} is no store.", "Write sqlite, postgres or memory.")
    )
    return None


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


class Channels:
    """The ways in and out that the settings ask for."""

    def __init__(self, built: Built, directory: Directory, clock: Clock) -> None:
        self.inbound: dict[str, InboundChannel] = {}
        self.outbound: dict[str, OutboundChannel] = {}
        for name, table in built.home.settings.channels.items():
            if table.get("enabled", True):
                self._open(built, name, table, directory, clock)

    def _open(self, built: Built, name: str, table: Mapping[str, Any], directory: Directory, clock: Clock) -> None:
        module = _part(built, "channels", name, "channel")
        if module is None:
            return
        ends = built.attempt(
            ("channels", name),
            lambda: module.open_channel(
                name, read_settings(built.home, table, module.SETTINGS), lambda: directory, clock
            ),
        )
        if ends is not None:
            if ends.inbound is not None:
                self.inbound[name] = ends.inbound
            if ends.outbound is not None:
                self.outbound[name] = ends.outbound


def _part(built: Built, kind: str, name: str, part: str) -> Any:
    """The module `adapters/KIND/NAME/PART.py`, or None with the fault noted."""
    if name in adapters_of(kind):
        return importlib.import_module(f"adapters.{kind}.{name}.{part}")
    built.faults.append(
        built.home.fault((TABLES[kind], name), f"There is no adapter {name!r}.", "`spoc adapters` lists all.")
    )
    return None


def _systems(built: Built, kind: str, part: str, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Registers or case systems by name: `adapters/KIND/NAME/PART.py` with its `SETTINGS` and `ADAPTER`."""
    opened: dict[str, Any] = {}
    for name, table in tables.items():
        if not table.get("enabled", True):
            continue
        module = _part(built, kind, name, part)
        if module is None:
            continue
        adapter = _open_system(built, (TABLES[kind], name), module, table)
        if adapter is not None:
            opened[name] = adapter
    return opened


def _calendars(built: Built) -> Calendars:
    """Working days and legal time of every state, with what the office says of some; each fault at its own table."""

    def checked(code: str, table: Mapping[str, Any]) -> CalendarSettings:
        settings = read_settings(built.home, table, CalendarSettings)
        StateCalendars({code: settings})
        return settings

    tables = built.home.settings.calendars.items()
    read = {code: built.attempt(("calendars", code), partial(checked, code, table)) for code, table in tables}
    return StateCalendars({code: settings for code, settings in read.items() if settings is not None})


def _alert_way(built: Built, formats: Formats, clock: Clock, ids: IdSource) -> AlertWay | None:
    """The way to the alert system, for the family that knows about alerts; None where none is configured."""
    systems = _systems(built, "alertsystems", "alertsystem", built.home.settings.alert_systems)
    if len(systems) > 1:
        names = ("alert_systems", list(systems)[1])
        built.faults.append(built.home.fault(names, "There is one alert system already.", "Keep one of the tables."))
    families = {family.name: family.alerts for family in (formats.family(spec.id) for spec in formats) if family.alerts}
    if not systems or not families:
        return None
    (name, system), (family, law) = next(iter(systems.items())), next(iter(families.items()))
    return AlertWay(
        system=system, family=family, law=law, lookup=LiveLookup(system, clock, ids),
        cursor=CursorFile(built.home.data / "alerts" / f"{name}.cursor"), pause=timedelta(seconds=system.follow_seconds),
    )  # fmt: skip


def _open_system(built: Built, setting: tuple[str, str], module: Any, table: Mapping[str, Any]) -> Any:
    return built.attempt(setting, lambda: module.ADAPTER(read_settings(built.home, table, module.SETTINGS)))


def adapters_of(kind: str) -> frozenset[str]:
    """Names of the shipped adapters of a kind: the folders that hold a manifest."""
    folder = Path(str(resources.files("adapters"))) / kind
    return frozenset(manifest.parent.name for manifest in folder.glob("*/manifest.toml"))


def api_door(home: Home) -> ApiDoor:
    """Who may call the API, and how it is reached."""
    api = home.settings.api
    clients = tuple(
        ApiClient(id=client.id, roles=client.roles, secret_hash=client.secret_hash, certificate=client.certificate)
        for client in home.settings.clients
    )
    return ApiDoor(
        token_key=new_token_key(), clients=clients, token_minutes=api.token_minutes, public_url=api.public_url,
        version=metadata.version("spoc-gateway"), office_name=home.settings.office.name,
        read_partners=lambda: partners_again(home), shelf=shelf_of(home),
    )  # fmt: skip


def partners_again(home: Home) -> list[Partner]:
    """The partner file as it stands now; raises `Misconfigured` with everything that is wrong. One that is not there would
    remove every partner, and is more likely being written just now.
    """
    if not (home.folder / PARTNERS_FILE).is_file():
        raise Misconfigured("partners.invalid", f"There is no {PARTNERS_FILE} now; nothing was changed.")
    try:
        built = Built(load(home.folder))
        directory = _directory(built)
        built.finish()
        return list(directory)
    except ConfigurationFaults as error:
        raise Misconfigured(
            "partners.invalid", f"The configuration cannot be read again; nothing was changed. {error}"
        ) from error


def _table(
    built: Built, registers: Mapping[str, Register], case_systems: Mapping[str, CaseSystem], formats: Formats
) -> RoutingTable | None:
    # A shipped adapter that is not connected yet may stand in the table: its answer then says so. A misspelt name may not.
    known = Known(
        registers=frozenset(registers) | adapters_of("registers"),
        case_systems=frozenset(case_systems) | adapters_of("casesystems"),
        formats=frozenset(spec.id for spec in formats),
    )
    routes = built.home.routes
    try:
        return read_table(routes.read_text("utf-8"), file=str(routes), known=known)
    except RoutesRefused as refused:
        built.faults += [
            Fault(
                file=routes,
                line=problem.line,
                setting=f"route {problem.row}",
                text=f"{problem.text}.",
                remedy=problem.remedy,
            )
            for problem in refused.problems
        ]
        return None


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
    directory, formats = _directory(built), built.attempt(("versions",), lambda: formats_of(home)) or discover()
    _use_book(built, directory, clock.now())
    _use_tolerances(built, directory, formats)
    store = ledger or _ledger(built, clock)
    channels = Channels(built, directory, clock)
    registers = _systems(built, "registers", "register", home.settings.registers)
    case_systems = _systems(built, "casesystems", "casesystem", home.settings.case_systems)
    alerts = _alert_way(built, formats, clock, ids)
    routes = _table(built, registers, case_systems, formats)
    calendars = _calendars(built)
    knowledge = _knowledge(built, formats, directory, ids, clock.now())
    built.finish()
    assert store is not None and routes is not None and knowledge is not None
    router = TableRouter(routes)
    reach = Reach(
        calendars=calendars,
        urgent_give_up=timedelta(minutes=home.settings.office.urgent_give_up_minutes),
        ledger=store,
        router=router,
        outbound=channels.outbound,
        registers=registers,
        case_systems=case_systems,
        clock=clock,
        ids=ids,
    )
    count = home.settings.workers.count or os.cpu_count() or 1
    compute = compute or WorkerPool(worker_command(), count, lambda: briefing(home, directory))
    return join(knowledge, reach, compute, channels.inbound, alerts)
