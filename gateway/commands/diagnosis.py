"""What can be wrong with a gateway, looked at one by one: each look gives points, and none stops the next.

A `Point` says what was looked at, how it is, and what to do. Faults of the configuration carry file and line.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tomllib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from msgspec import Struct

from config.faults import ConfigurationFaults, Fault
from config.load import ROUTES_FILE, SETTINGS_FILE, Home, survey
from config.tolerances import tolerance_file
from gateway.addressbook.shelf import STALE_DAYS, stale
from gateway.api.server import tls_context
from gateway.assembly import assemble
from gateway.assembly.certificates import own_certificate_files
from gateway.commands.calendar_looks import missing_calendars
from gateway.commands.local_door import LocalDoor
from gateway.commands.log_looks import log_looks
from gateway.commands.partner_probe import try_way
from gateway.commands.vault_looks import vault_looks
from gateway.commands.way import route_faults
from gateway.errors import GatewayError, Misconfigured
from gateway.front import RUN, SOCKET, listening
from gateway.gateway import Gateway
from gateway.journal.stamping.probing import Probing
from gateway.signing.expiry import WARN_DAYS
from gateway.tolerances import Tolerance
from routing.table import RoutesRefused, read_table

OK, WARNING, FAULT = "ok", "warning", "fault"
RENEW_WITHIN: Final = timedelta(days=30)
RENEW_KEYS_WITHIN: Final = timedelta(days=max(WARN_DAYS))
LITTLE_SPACE: Final = 1024**3
NO_SPACE: Final = 100 * 1024**2
LOOK_SECONDS: Final = 10

OURS: Final = ("Renew it.", "Renew it now, and send partners the new one in time.")
THEIRS: Final = (
    "Ask the partner for its new one, and take in its new card with: spoc partners add CARD --replace",
) * 2
"""What to do about a certificate that expired, and about one that soon will."""


class Point(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    state: str
    what: str
    text: str = ""
    remedy: str = ""
    file: str = ""
    line: int = 0


class _Opened(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def probe(self) -> None: ...


async def diagnose(folder: Path, now: datetime, *, connections: bool = True) -> list[Point]:
    """Everything that can be said about the gateway of a home folder."""
    points, home = _configuration(folder)
    points += _permissions(folder, home)
    if home is None:
        return points
    points += [*_own_certificates(home, now), *_partner_certificates(home, now), *_space(home)]
    try:
        gateway: Gateway | None = assemble(home)
    except ConfigurationFaults as found:
        gateway = None
        points += [_of_fault(fault) for fault in found.faults]
    else:
        assert gateway is not None, "it was assembled"
        points.append(
            Point(state=OK, what="configuration", text=f"{folder} can be used; {len(home.partners.partner)} partners.")
        )
        points += _address_book(home, gateway, now)
        points += _tolerances(gateway.directory.tolerances, home, now)
        points += _calendars(home, gateway, now)
    points += _api_door(home)
    running = await _running(home)
    points.append(running)
    looks = await log_looks(home)
    points += [Point(state=look.state, what="published log", text=look.text, remedy=look.remedy) for look in looks]
    points += [
        Point(state=look.state, what="vault", text=look.text, remedy=look.remedy) for look in await vault_looks(home)
    ]
    if gateway is not None and connections:
        points += await _connections(gateway, runs=running.state != WARNING)
    return points


# --- configuration


def _address_book(home: Home, gateway: Gateway, now: datetime) -> list[Point]:
    if home.settings.address_book is None:
        return []
    book, take = gateway.directory.book, "Take in the newest issue with: spoc address-book take FILE"
    if book is None:
        return [Point(state=WARNING, what="address book", text="No issue has been taken in yet.", remedy=take)]
    about = f"Issue {book.issue} of {book.issued:%Y-%m-%d}, {len(book.bureaus)} bureaux"
    if stale(book, now):
        text = f"{about}; a newer one should have come within {STALE_DAYS} days."
        return [Point(state=WARNING, what="address book", text=text, remedy=take)]
    return [Point(state=OK, what="address book", text=f"{about}.")]


def _configuration(folder: Path) -> tuple[list[Point], Home | None]:
    try:
        return [], survey(folder)
    except ConfigurationFaults as found:
        # The routing table can be read without the settings, so that its faults are told in the same breath.
        return [_of_fault(fault) for fault in (*found.faults, *_routes(folder / ROUTES_FILE))], None


def _routes(file: Path) -> list[Fault]:
    try:
        read_table(file.read_text("utf-8"), file=str(file))
    except RoutesRefused as refused:
        return route_faults(file, refused)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return []
    return []


def _of_fault(fault: Fault) -> Point:
    return Point(
        state=FAULT,
        what=f"setting {fault.setting}",
        text=fault.text,
        remedy=fault.remedy,
        file=str(fault.file),
        line=fault.line,
    )


def _tolerances(rows: Iterable[Tolerance], home: Home, now: datetime) -> Iterator[Point]:
    """Rows that have ended do nothing any more; the partner's forms are refused again."""
    file = str(tolerance_file(home.folder))
    for row in rows:
        what = f"tolerance of {row.rule} for {row.partner}"
        left = (row.until - now.date()).days
        if left < 0:
            remedy = "Remove the row, or decide again: a new date, a new reason."
            yield Point(
                state=WARNING, what=what, text=f"It ended on {row.until} and is ignored.", remedy=remedy, file=file
            )
        elif left < RENEW_WITHIN.days:
            remedy = f"Ask {row.partner} whether it is ready; afterwards the rule holds in full."
            yield Point(state=WARNING, what=what, text=f"It ends on {row.until}.", remedy=remedy, file=file)


def _calendars(home: Home, gateway: Gateway, now: datetime) -> Iterator[Point]:
    """Ours and those of partners: a limit that one of them owes is counted by its own days."""
    parties = {*gateway.office.parties, *gateway.directory.parties}
    for one in missing_calendars(gateway.calendars, parties, now.date()):
        file = str(home.folder / SETTINGS_FILE)
        yield Point(state=WARNING, what=f"calendar of {one.code}", text=one.text, remedy=one.remedy, file=file)


def _api_door(home: Home) -> Iterator[Point]:
    """The same look at the API's TLS as at the start of the gateway."""
    where = listening(home, home.data / RUN / SOCKET)
    if where.tls_certificate and not Path(where.tls_certificate).is_file():
        return  # said among the certificates
    try:
        tls_context(where)
    except Misconfigured as error:
        setting = "tls_certificate" if where.tls_certificate else "client_ca" if where.client_ca else "listen_host"
        yield _of_fault(home.fault(("api", setting), error.operator))


# --- files


def _permissions(folder: Path, home: Home | None) -> Iterator[Point]:
    keys = home.keys if home else folder / "keys"
    watched = [folder / "spoc.toml", folder / "partners.toml", keys, *sorted(keys.rglob("*.key.pem"))]
    watched += [home.data, home.log] if home else []
    open_to_all = [path for path in watched if path.exists() and _shared(path)]
    for path in open_to_all:
        is_secret = path.is_relative_to(keys) or path.name == "spoc.toml"
        remedy = f"chmod go= {path}"
        yield Point(
            state=FAULT if is_secret else WARNING, what="permissions", text=f"Others can read {path}.", remedy=remedy
        )
    for path in [home.data, home.log] if home else []:
        if path.exists() and not os.access(path, os.W_OK):
            yield Point(
                state=FAULT,
                what="permissions",
                text=f"{path} cannot be written.",
                remedy="Run the gateway as the owner of the folder.",
            )
    if not open_to_all:
        yield Point(state=OK, what="permissions", text="Settings, keys and messages are readable by their owner only.")


def _shared(path: Path) -> bool:
    """Whether more than the owner may read it."""
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _space(home: Home) -> Iterator[Point]:
    place = next((path for path in (home.data, home.folder) if path.exists()), home.folder)
    free = shutil.disk_usage(place).free
    words = f"{free // 1024**2} MiB are free at {place}."
    if free < NO_SPACE:
        yield Point(
            state=FAULT, what="disk", text=words, remedy="Make room now: without space nothing can be taken in."
        )
    elif free < LITTLE_SPACE:
        yield Point(state=WARNING, what="disk", text=words, remedy="Make room.")
    else:
        yield Point(state=OK, what="disk", text=words)


# --- certificates


def _own_certificates(home: Home, now: datetime) -> Iterator[Point]:
    for what, file in own_certificate_files(home):
        if not file.is_file():
            if what != "test authority":
                yield Point(
                    state=FAULT,
                    what=what,
                    text=f"{file} does not exist.",
                    remedy="Run `spoc init`, or name the right file.",
                    file=str(file),
                )
            continue
        yield from _judged(what, file.read_bytes(), str(file), now, OURS)


def _partner_certificates(home: Home, now: datetime) -> Iterator[Point]:
    file = str(home.folder / "partners.toml")
    for partner in home.partners.partner:
        pems = {"anchors": partner.anchors_pem, "mail authority": partner.mail.ca_pem if partner.mail else ()}
        for name, texts in pems.items():
            for pem in texts:
                yield from _judged(f"{name} of {partner.party}", pem.encode(), file, now, THEIRS)


def _judged(what: str, pem: bytes, file: str, now: datetime, remedies: tuple[str, str]) -> Iterator[Point]:
    expired, soon = remedies
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        yield Point(
            state=FAULT,
            what=what,
            text="There is no certificate in PEM.",
            remedy="Put the right file there.",
            file=file,
        )
        return
    for one in found:
        until = one.not_valid_after_utc
        text = f"{one.subject.rfc4514_string()} is valid until {until:%Y-%m-%d}."
        if now > until:
            yield Point(
                state=FAULT,
                what=what,
                text=f"{one.subject.rfc4514_string()} expired on {until:%Y-%m-%d}.",
                remedy=expired,
                file=file,
            )
        elif now < one.not_valid_before_utc:
            yield Point(
                state=FAULT,
                what=what,
                text=f"It is valid from {one.not_valid_before_utc:%Y-%m-%d}.",
                remedy="Check the clock.",
                file=file,
            )
        elif until - now < RENEW_KEYS_WITHIN:
            yield Point(
                state=WARNING,
                what=what,
                text=f"{text[:-1]}, in {(until - now).days} days.",
                remedy=soon,
                file=file,
            )
        else:
            yield Point(state=OK, what=what, text=text)


# --- what runs


async def _running(home: Home) -> Point:
    start = f"spoc --home {home.folder} serve"
    async with LocalDoor(home) as door:
        if not await door.runs():
            return Point(state=WARNING, what="gateway", text="It does not run.", remedy=f"Start it with: {start}")
        found = await door.ask("GET", "/readyz", accept=(200, 503))
    if found["ready"] and found.get("alarms"):
        return Point(
            state=WARNING, what="gateway", text="It runs, and a person should look at: " + ", ".join(found["alarms"]) + ".",
            remedy="The journal says more: look for flow.alarm.",
        )  # fmt: skip
    if found["ready"]:
        return Point(state=OK, what="gateway", text="It runs and is ready.")
    return Point(
        state=FAULT,
        what="gateway",
        text="It runs and is not ready: " + "; ".join(found["reasons"]),
        remedy="See the points below.",
    )


async def _connections(gateway: Gateway, *, runs: bool) -> list[Point]:
    """The ways to other systems, all tried at once. Doors for others are not knocked at: they are open while the gateway runs."""
    systems: dict[str, _Opened] = {f"register {name}": system for name, system in gateway.registers.items()}
    systems |= {f"case system {name}": system for name, system in gateway.case_systems.items()}
    systems |= {f"alert system {gateway.alerts.system.name}": gateway.alerts.system} if gateway.alerts else {}
    if gateway.log:
        asked = (each for each in gateway.log.stamping.authorities if each.wire)
        systems |= {f"time-stamps of {each.name}": Probing(each, gateway.clock) for each in asked}
    looks = [_look(what, _probe(system), "It answers.") for what, system in systems.items()]
    door = "" if runs else " Its way in is closed: the gateway does not run."
    way_out = f"The way out can be used; each partner is tried by itself.{door}"
    looks += [_look(f"channel {name}", _probe(way), way_out) for name, way in gateway.outbound.items()]
    points = await asyncio.gather(*looks)
    return [*points, *[await _partner(gateway, party) for party in sorted(gateway.directory.parties)]]


def _probe(system: _Opened) -> Callable[[], Awaitable[None]]:
    async def probe() -> None:
        try:
            await system.start()
            await system.probe()
        finally:
            await system.stop()

    return probe


async def _look(what: str, probe: Callable[[], Awaitable[None]], well: str) -> Point:
    remedy = "Check its address in the settings, and whether it runs."
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await probe()
    except GatewayError as error:
        return Point(state=FAULT, what=what, text=error.operator, remedy=remedy)
    except TimeoutError:
        return Point(state=FAULT, what=what, text=f"No answer within {LOOK_SECONDS} seconds.", remedy=remedy)
    return Point(state=OK, what=what, text=well)


async def _partner(gateway: Gateway, party: str) -> Point:
    partner = gateway.directory.get(party)
    assert partner is not None, "the directory named it"
    trouble = await try_way(gateway, partner, LOOK_SECONDS)
    remedy = f"Try it alone with: spoc partners test {party}"
    if trouble:
        # A partner that is away is no fault of ours: its messages wait.
        return Point(state=WARNING, what=f"partner {party}", text=trouble, remedy=remedy)
    return Point(state=OK, what=f"partner {party}", text="The way is open.")


def today() -> datetime:
    """The present."""
    return datetime.now(UTC)
