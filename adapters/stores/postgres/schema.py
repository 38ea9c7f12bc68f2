"""The tables and their versions: numbered SQL files, applied forward only, each in one transaction with its number.

Several gateways may start at once: a lock of the database lets one of them do it while the others wait.
"""

from __future__ import annotations

from importlib import resources

import asyncpg

from gateway.errors import Misconfigured
from gateway.journal.chain import GENESIS

LOCK = 0x53504F43
"""`SPOC` in ASCII: the key of the advisory lock."""
OLDEST_SERVER = 15


def migrations() -> list[tuple[int, str]]:
    """Number and text of every migration, in order."""
    folder = resources.files(__package__).joinpath("migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [(int(file.name[:4]), file.read_text("utf-8")) for file in files]


async def prepare(connection: asyncpg.Connection) -> None:
    """Bring the tables up to this version; raises `Misconfigured` for a server or tables that cannot be used."""
    if connection.get_server_version().major < OLDEST_SERVER:
        raise _unusable(f"PostgreSQL {OLDEST_SERVER} or newer is needed, found {connection.get_server_version().major}")
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        version = await _version(connection)
        steps = migrations()
        if version > steps[-1][0]:
            raise _unusable(f"tables of version {version}, made by a newer gateway; this one knows {steps[-1][0]}")
        for number, script in steps:
            if number > version:
                await connection.execute(script)
                await connection.execute("UPDATE ledger_version SET number = $1", number)
        first = "INSERT INTO standing (one, accepted, number, hash) VALUES (1, 0, 0, $1) ON CONFLICT DO NOTHING"
        await connection.execute(first, GENESIS)


async def _version(connection: asyncpg.Connection) -> int:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS ledger_version (one integer PRIMARY KEY CHECK (one = 1), number integer NOT NULL)"
    )
    await connection.execute("INSERT INTO ledger_version VALUES (1, 0) ON CONFLICT DO NOTHING")
    return int(await connection.fetchval("SELECT number FROM ledger_version"))


def _unusable(fault: str) -> Misconfigured:
    return Misconfigured("ledger.unusable", "The ledger cannot be used.", operator=f"The database: {fault}.")
