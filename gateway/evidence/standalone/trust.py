"""What is believed: it comes from outside the bundle, from a folder that the reader fills with what the offices gave it by another way.

| in the folder | what it is |
| --- | --- |
| `*.json` | partner cards: an office, the names of its signers, its authorities |
| `*.pem`, `*.crt` | authorities of any office: then the name in the certificate is not held against the office |
| `*.vkey` | keys of logs and of witnesses, in the form NAME+ID+KEY |
| `tsa/*.pem` | authorities for time-stamps |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from . import notes
from .report import Bad
from .safe import loaded

MAX_FILE_OCTETS: Final = 1 << 20
MAX_FILES: Final = 1000


class TrustUnreadable(Exception):
    """What was given to believe in cannot be read: a sentence."""


@dataclass(frozen=True)
class Office:
    """Who may sign for an office."""

    party: str
    signers: tuple[str, ...]
    anchors: tuple[x509.Certificate, ...]


@dataclass
class Trust:
    """Everything that was pinned."""

    offices: dict[str, Office] = field(default_factory=dict)
    anchors: list[x509.Certificate] = field(default_factory=list)
    keys: list[notes.Key] = field(default_factory=list)
    authorities: list[x509.Certificate] = field(default_factory=list)

    def anchors_for(self, party: str) -> tuple[x509.Certificate, ...]:
        """The authorities that may speak for an office."""
        office = self.offices.get(party)
        return office.anchors if office else tuple(self.anchors)

    def check_name(self, party: str, name: str) -> None:
        """Raise `Bad` for a signer that the card of an office does not name; without a card any name is taken."""
        office = self.offices.get(party)
        if office is not None and name not in office.signers:
            raise Bad(f"{name[:80]!r} is not a signer that you pinned for {party[:40]}")

    def logs(self) -> list[notes.Key]:
        """Keys of logs."""
        return [key for key in self.keys if key.kind == notes.LOG]

    def witnesses(self) -> list[notes.Key]:
        """Keys of witnesses."""
        return [key for key in self.keys if key.kind == notes.WITNESS]


def read_trust(places: Iterable[Path]) -> Trust:
    """Everything below these folders or files; raises `TrustUnreadable`."""
    trust = Trust()
    for place in places:
        try:
            files = sorted(each for each in place.rglob("*") if each.is_file()) if place.is_dir() else [place]
            if len(files) > MAX_FILES:
                raise TrustUnreadable(f"{place} holds more than {MAX_FILES} files")
            for file in files:
                _take(trust, file, place)
        except OSError as error:
            raise TrustUnreadable(f"{place} cannot be read: {error.strerror}") from error
    return trust


def _take(trust: Trust, file: Path, place: Path) -> None:
    content = file.read_bytes()
    if len(content) > MAX_FILE_OCTETS:
        raise TrustUnreadable(f"{file} is too long")
    try:
        if file.suffix == ".vkey":
            trust.keys += [notes.key_of(line) for line in content.decode("utf-8").splitlines() if line.strip()]
        elif file.suffix == ".json":
            office = _office(loaded(content))
            trust.offices[office.party] = office
        elif file.suffix in (".pem", ".crt"):
            authority = "tsa" in file.relative_to(place).parts[:-1] or file.name.startswith("tsa")
            (trust.authorities if authority else trust.anchors).extend(x509.load_pem_x509_certificates(content))
    except (Bad, ValueError, KeyError, TypeError) as error:
        raise TrustUnreadable(f"{file}: {error}") from error


def _office(card: dict[str, Any]) -> Office:
    anchors = [each for pem in card["anchors_pem"] for each in x509.load_pem_x509_certificates(str(pem).encode())]
    return Office(str(card["party"]), tuple(map(str, card["signers"])), tuple(anchors))
