"""`spoc init`: a home folder that works, with its own test authority, keys and one client for each role. Nothing that
exists is overwritten.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from gateway.errors import Misconfigured
from gateway.identity import PartyId, party
from gateway.journal.publishing.keys import KINDS, LogKeys
from gateway.signing.authority import SetUp, set_up_authority, set_up_smime
from gateway.vault.masters import MasterFolder

ROLES: Final = ("submitter", "reader", "officer", "auditor", "operator")
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1
"""Cost of hashing a client secret (RFC 7914); secrets are random, so the cost guards a stolen settings file only a
little further.
"""


class Made(Struct, frozen=True, kw_only=True):
    """What `init` made."""

    folder: Path
    files: tuple[Path, ...]
    secrets: tuple[tuple[str, str], ...]
    """Client id and secret; shown once, stored only as a hash."""
    keys: SetUp


def secret_hash(secret: str, salt: bytes | None = None) -> str:
    """The scrypt hash of a client secret as the settings file holds it."""
    salt = salt or secrets.token_bytes(16)
    made = hashlib.scrypt(secret.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=32)
    return f"scrypt${SCRYPT_N}${salt.hex()}${made.hex()}"


def secret_matches(secret: str, stored: str) -> bool:
    """Whether a secret belongs to a hash, in constant time; false for anything that is no such hash."""
    try:
        kind, cost, salt, expected = stored.split("$")
        made = hashlib.scrypt(secret.encode(), salt=bytes.fromhex(salt), n=int(cost), r=SCRYPT_R, p=SCRYPT_P, dklen=32)
    except ValueError:
        return False
    return kind == "scrypt" and secrets.compare_digest(made.hex(), expected)


def make_home(folder: Path, parties: Sequence[str], domain: str, now: datetime) -> Made:
    """Make the home folder; raises `Misconfigured` when it has a `spoc.toml` already."""
    settings = folder / "spoc.toml"
    if settings.exists():
        raise Misconfigured("init.exists", f"{settings} exists already; nothing was changed.")
    ours = tuple(party(text) for text in parties)
    for sub in ("data", "log", "keys"):
        (folder / sub).mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = set_up_authority(folder / "keys", ours, (domain, f"mail.{domain}"), now)
    set_up_smime(folder / "keys", {each: mailbox(each, domain) for each in ours}, now)
    log_keys = LogKeys(folder / "keys" / "log", domain, ours[0].partition(":")[2])
    for what in KINDS:
        log_keys.made(what)
    masters = MasterFolder(folder / "keys" / "vault")
    if not masters.exists():
        masters.make(now)
    made_secrets = tuple((role, secrets.token_urlsafe(32)) for role in ROLES)
    _write(settings, _settings_text(ours, domain, made_secrets))
    _write(folder / "partners.toml", "# One [[partner]] for each office; `spoc partners add CARD` writes them.\n")
    return Made(folder=folder, files=(settings, folder / "partners.toml"), secrets=made_secrets, keys=keys)


def _write(file: Path, text: str) -> None:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")


def mailbox(own: PartyId, domain: str) -> str:
    """The mail address that one of our parties writes from."""
    names = {"enu": "europol"}
    role = own.partition(":")[0]
    return f"{names.get(role, role)}@{domain}"


def _settings_text(parties: Sequence[PartyId], domain: str, made: Sequence[tuple[str, str]]) -> str:
    listed = ", ".join(f'"{each}"' for each in parties)
    addresses = "\n".join(f'"{each}" = "{mailbox(each, domain)}"' for each in parties)
    clients = "\n".join(
        f'[[clients]]\nid = "{name}"\nsecret_hash = "{secret_hash(secret)}"\nroles = ["{name}"]\n'
        for name, secret in made
    )
    return _TEMPLATE.format(parties=listed, domain=domain, addresses=addresses, clients=clients)


_TEMPLATE: Final = """\
# Settings of this gateway. docs/operating.md explains every one; what is left out has the default that stands there.

[office]
name = "SPOC"
parties = [{parties}]

[ledger]
kind = "sqlite"

[api]
listen_host = "127.0.0.1"
listen_port = 8480

[channels.smtp]
listen_host = "127.0.0.1"
listen_port = 2525
hostname = "mail.{domain}"
domains = ["{domain}"]
starttls = "required"
tls_certificate = "keys/tls/server.cert.pem"
tls_key = "keys/tls/server.key.pem"
client_certificate = "keys/tls/client.cert.pem"
client_key = "keys/tls/client.key.pem"

[channels.smtp.addresses]
{addresses}

# Who may call the API. Secrets are stored as scrypt hashes; `spoc token ROLE` makes a token on this machine without one.
{clients}"""
