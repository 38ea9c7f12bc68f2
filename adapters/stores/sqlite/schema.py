"""The tables and their versions: numbered SQL files, applied forward only, each in one transaction with its number.

The number lives in the file itself (`PRAGMA user_version`), and a mark says whose file it is (`PRAGMA application_id`).
"""

from __future__ import annotations

import os
import sqlite3
from importlib import resources
from pathlib import Path

from gateway.errors import Misconfigured
from gateway.journal.chain import GENESIS

APPLICATION_ID = 0x53504F43
"""`SPOC` in ASCII."""
BUSY_MILLISECONDS = 5_000
MAX_JOURNAL_OCTETS = 64 * 1024 * 1024
"""The write-ahead log is cut back to this size after a checkpoint."""

PAGES_PER_CHECKPOINT = 4_000
CACHE_KIBIBYTES = 64 * 1024
"""Keys from outside are random: their indexes stay quick only while they fit in here."""

_DURABLE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA recursive_triggers = ON",  # else REPLACE would delete rows past their triggers
    f"PRAGMA journal_size_limit = {MAX_JOURNAL_OCTETS}",
    f"PRAGMA wal_autocheckpoint = {PAGES_PER_CHECKPOINT}",
    f"PRAGMA cache_size = -{CACHE_KIBIBYTES}",
)


def migrations() -> list[tuple[int, str]]:
    """Number and text of every migration, in order."""
    folder = resources.files(__package__).joinpath("migrations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [(int(file.name[:4]), file.read_text("utf-8")) for file in files]


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection with explicit transactions; a writing one is set to be durable."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MILLISECONDS / 1000
    )
    try:
        for pragma in ("PRAGMA query_only = ON", "PRAGMA trusted_schema = OFF") if read_only else _DURABLE:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(path: Path) -> None:
    """Create the file where there is none and bring its tables up to this version; raises `Misconfigured`."""
    try:
        _create(path)
        connection = connect(path, read_only=False)
        try:
            _migrate(connection, path)
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as fault:
        raise _unusable(path, f"cannot be opened as a ledger: {fault}") from fault


def inspect(path: Path) -> None:
    """Raise `Misconfigured` unless the file is a ledger of this version; changes nothing."""
    try:
        connection = connect(path, read_only=True)
        try:
            version = _version(connection, path)
        finally:
            connection.close()
    except sqlite3.Error as fault:
        raise _unusable(path, f"cannot be opened as a ledger: {fault}") from fault
    if version != migrations()[-1][0]:
        raise _unusable(path, f"has version {version}; start the gateway on it once to bring it up to date")


def _create(path: Path) -> None:
    """An empty file that only its owner reads, durable in its folder."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection, path)
    steps = migrations()
    if version > steps[-1][0]:
        raise _unusable(path, f"has version {version}, made by a newer gateway; this one knows up to {steps[-1][0]}")
    for number, script in steps:
        if number > version:
            _apply(connection, number, script)
    connection.execute("INSERT OR IGNORE INTO standing (one, accepted, number, hash) VALUES (1, 0, 0, ?)", (GENESIS,))


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n{marks}\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if mark != APPLICATION_ID and (mark or tables):
        raise _unusable(path, "is a database of something else")
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _unusable(path: Path, fault: str) -> Misconfigured:
    return Misconfigured("ledger.unusable", "The ledger cannot be used.", operator=f"{path} {fault}.")
