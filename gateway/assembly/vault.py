"""The keys of content: the vault that the settings ask for, and the folder of the master keys."""

from __future__ import annotations

from pathlib import Path

from adapters.stores.postgres.ledger import PostgresLedger
from adapters.stores.sqlite.ledger import SqliteLedger
from adapters.vaults.files.vault import FileVault
from adapters.vaults.postgres.vault import PostgresVault
from config.load import Home
from gateway.errors import Misconfigured
from gateway.ledger import Ledger
from gateway.ports import Clock
from gateway.vault.keyring import Keyring
from gateway.vault.masters import MasterFolder
from gateway.vault.port import Vault
from gateway.vault.rolling import Rolling


def masters_of(home: Home) -> MasterFolder:
    """Where the master keys are."""
    return MasterFolder(home.keys / home.settings.vault.masters)


def vault_of(home: Home) -> Vault:
    """The vault that the settings ask for, not yet started; raises `Misconfigured`."""
    settings, ledger = home.settings.vault, home.settings.ledger
    kind = settings.kind or ("postgres" if ledger.get("kind") == "postgres" else "files")
    if (home.keys / settings.masters).resolve().is_relative_to(home.data.resolve()):
        raise _misconfigured("masters: the master keys lie in the data folder, so a copy of one is a copy of both.")
    if kind == "files":
        return FileVault(home.data / settings.folder)
    url = settings.url or _read(home.folder / settings.url_file if settings.url_file else None)
    if not url:
        raise _misconfigured("url: write url or url_file, the address of a database of its own.")
    if url == ledger.get("url"):
        raise _misconfigured("url: this is the ledger's database; a copy of one would be a copy of both.")
    return PostgresVault(url)


def keyring_of(home: Home, *, read_only: bool = False) -> Keyring:
    """The keys of this home's ledger; raises `Misconfigured`."""
    return Keyring(vault_of(home), masters_of(home), read_only=read_only)


def rolling_of(ledger: Ledger, clock: Clock) -> Rolling | None:
    """What brings keys under the newest master, where the ledger seals."""
    keyring = ledger.keyring if isinstance(ledger, SqliteLedger | PostgresLedger) else None
    return Rolling(keyring, ledger, clock) if keyring else None


def _read(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _misconfigured(f"url_file: {file} cannot be read: {error}.") from error


def _misconfigured(words: str) -> Misconfigured:
    return Misconfigured("vault.settings", "The gateway cannot keep anything now.", operator=words)
