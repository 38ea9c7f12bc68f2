"""A private PostgreSQL for one test run, and fresh databases in it.

Durability is off: these servers are thrown away, and what is tested is what the gateway asks of them. Crash tests of
PostgreSQL itself are none of our business.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import signal
import subprocess
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.services import rendezvous
from tests.services.ports import free_port
from tests.services.programs import obtain
from tests.services.rendezvous import Order, Unavailable

URL_VARIABLE = "SPOC_TEST_POSTGRES_URL"
ACCOUNTS = ("postgres", "nobody")  # PostgreSQL refuses to run as root
SECONDS_FOR_INITDB = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
}


def server_url() -> str:
    """The server that the environment names, else the private one of this run."""
    return os.environ.get(URL_VARIABLE) or str(rendezvous.once("postgres", _start)["url"])


def create_database(server: str) -> str:
    """A database that nobody else uses; its URL."""
    name = f"spoc_test_{secrets.token_hex(8)}"
    # template0 has no other sessions, so that two tests may create theirs at once
    _finish(_execute(server, f'CREATE DATABASE "{name}" TEMPLATE template0'))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def drop_database(server: str, url: str) -> None:
    """FORCE ends sessions that a test left open."""
    name = urlsplit(url).path.lstrip("/")
    _finish(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end in a thread of its own: the caller's thread may have a loop, running or waiting."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def _start() -> dict[str, object]:
    binaries = Path(obtain("initdb")).resolve().parent
    place = rendezvous.meeting_place()
    folder = place / "postgres"
    folder.mkdir(mode=0o700)
    account = _account()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    environment = {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C", "TZ": "UTC"}
    password = secrets.token_hex(16)
    _initialise(binaries / "initdb", folder, environment, password, account)
    port = free_port()
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    supervisor = rendezvous.start(
        Order(
            command=[str(binaries / "postgres"), "-D", str(folder / "cluster"), "-p", str(port), *options],
            environment=environment,
            folder=str(folder),
            log=str(place / "postgres.log"),
            ready="database system is ready to accept connections",
            stop_signal=signal.SIGQUIT.name,  # "immediate": children first, shared memory released
            account=account.pw_name if account else None,
            group=account.pw_gid if account else None,
            owner=rendezvous.owner(),
            meeting_place=str(place),
        )
    )
    return {"url": f"postgresql://spoc:{password}@127.0.0.1:{port}/postgres", "supervisor": supervisor}


def _initialise(
    initdb: Path, folder: Path, environment: dict[str, str], password: str, account: pwd.struct_passwd | None
) -> None:
    secret = folder / "password"
    secret.write_text(password)
    command = [str(initdb), "-D", str(folder / "cluster"), "-U", "spoc", f"--pwfile={secret}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    identity: dict[str, Any] = {}
    if account:
        os.chown(secret, account.pw_uid, account.pw_gid)
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_INITDB,
        check=False,
        **identity,
    )
    secret.unlink()
    if done.returncode:
        raise Unavailable(f"initdb failed: {done.stderr.strip()[-400:]}")


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return known[name]
    raise Unavailable(f"PostgreSQL does not run as root, and there is no account {' or '.join(ACCOUNTS)}")
