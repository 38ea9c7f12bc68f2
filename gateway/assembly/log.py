"""The published journal: where its files and keys are, who countersigns it, and for whom we countersign."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.timestamps.rfc3161.authority import AuthoritySettings, HttpAuthority
from adapters.witnesses.tlog.witness import HttpWitness, WitnessSettings
from config.load import Home
from config.settings import TimestampAuthority as TimestampTable
from gateway.assembly.built import Built
from gateway.errors import Misconfigured
from gateway.journal.publishing.countersigning import Countersigner
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import WITNESS, LogKeys
from gateway.journal.publishing.log import PublishedLog
from gateway.journal.publishing.proving import Prover
from gateway.journal.publishing.witnessing import Witnessing
from gateway.journal.stamping.shelf import StampShelf
from gateway.journal.stamping.stamping import Stamping, TimestampAuthority
from gateway.journal.stamping.tokens import Trust
from gateway.journal.tree.notes import ED25519, VerifierKey, read_verifier
from gateway.ledger import Ledger
from gateway.ports import Clock

NO_DOMAIN = "spoc.invalid"
"""In the name of a key that is made for a home without a mail domain."""


def log_folder(home: Home) -> LogFolder:
    """Where the published journal is."""
    return LogFolder(home.data / "log")


def log_keys(home: Home) -> LogKeys:
    """Where its keys are, and what new ones are called."""
    domains = home.settings.channels.get("smtp", {}).get("domains") or [NO_DOMAIN]
    return LogKeys(home.keys / "log", str(domains[0]), home.settings.office.parties[0].partition(":")[2])


def published_log(built: Built, ledger: Ledger, clock: Clock) -> PublishedLog | None:
    """The log of this ledger; None for one that does not outlive the process, since its log would."""
    home = built.home
    wires = [
        wire
        for number, witness in enumerate(home.settings.journal.witnesses)
        if (
            wire := built.attempt(
                ("journal", "witnesses", number), partial(_wire, home, witness.url, witness.key, witness.ca_file)
            )
        )
    ]
    others = [
        key
        for text in home.settings.journal.countersigns
        if (key := built.attempt(("journal", "countersigns"), partial(_log_key, text)))
    ]
    stampers = timestamp_authorities(built)
    if ledger.name == "memory":
        return None
    folder, keys = log_folder(home), log_keys(home)
    prover = Prover(ledger, folder)
    return PublishedLog(
        ledger=ledger, folder=folder, keys=keys, prover=prover, integrator=Integrator(ledger, folder, keys, clock),
        witnessing=Witnessing(wires, prover, ledger, home.data / "witnessed", clock),
        countersigner=Countersigner(others, lambda: keys.made(WITNESS), home.data / "witness", clock),
        stamping=Stamping(stampers, prover, ledger, StampShelf(folder.folder), clock),
    )  # fmt: skip


def timestamp_authorities(built: Built) -> list[TimestampAuthority]:
    """Whose time-stamps are believed, and how those that are asked are reached; each fault at its own table."""
    found = []
    for name, table in built.home.settings.timestamps.items():
        made = built.attempt(("timestamps", name), partial(_authority, built.home, name, table))
        found += [made] if made else []
    return found


def known_authorities(home: Home) -> list[TimestampAuthority]:
    """The same for whoever checks what was stamped; faults of the settings are told by `spoc doctor`."""
    return timestamp_authorities(Built(home))


def _authority(home: Home, name: str, table: TimestampTable) -> TimestampAuthority:
    ca_file = str(home.folder / table.ca_file) if table.ca_file else ""
    wire = HttpAuthority(AuthoritySettings(url=table.url, ca_file=ca_file, seconds=table.seconds))
    trust = Trust(
        anchors=_anchors(home.folder / table.anchors_file), policy=table.policy, accuracy_seconds=table.accuracy_seconds
    )
    return TimestampAuthority(
        name=name, trust=trust, wire=wire if table.enabled else None, every=timedelta(seconds=table.every_seconds),
        tolerance=timedelta(seconds=table.tolerance_seconds),
    )  # fmt: skip


def _anchors(file: Path) -> tuple[bytes, ...]:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured("stamp.settings", f"anchors_file: {file} holds no certificates in PEM.") from error
    return tuple(each.public_bytes(Encoding.DER) for each in found)


def _wire(home: Home, url: str, key: str, ca_file: str) -> HttpWitness:
    return HttpWitness(WitnessSettings(url=url, key=key, ca_file=str(home.folder / ca_file) if ca_file else ""))


def _log_key(text: str) -> VerifierKey:
    key = read_verifier(text)
    if key.kind != ED25519:
        raise ValueError(f"{key.name}: write the key of a log, not that of a witness")
    return key
