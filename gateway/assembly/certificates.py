"""Every certificate that the gateway depends on: files of ours, and what is pinned for partners."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from adapters.rest.public import PublicFetch
from config.load import Home
from gateway.assembly.keys import key_files
from gateway.assembly.smime import smime_key_files
from gateway.gateway import Gateway
from gateway.ledger import Ledger
from gateway.partners import Directory
from gateway.ports import Clock
from gateway.signing.answer_shelf import AnswerShelf
from gateway.signing.expiry import OURS, ExpiryWatch, ToldFile, Watched, watched
from gateway.signing.hearing import Hearing

SHOWN: Final = ("tls_certificate", "client_certificate")
"""Settings of adapters that name a certificate which we show to others."""
TOLD_FILE: Final = "expiry.json"
ANSWERS: Final = "revocation"
"""Folder of the answers of authorities, below the data folder."""
log = logging.getLogger(__name__)


def own_certificate_files(home: Home) -> Iterator[tuple[str, Path]]:
    """What each is for, and where it is. Only the test authority may be missing."""
    yield "test authority", home.keys / "authority.cert.pem"
    for one in key_files(home):
        yield f"signing certificate of {one.party}", one.certificates
    for one in smime_key_files(home):
        yield f"S/MIME certificate of {one.party}", one.certificates
    settings = home.settings
    tables: dict[str, dict[str, Any]] = {"mail": settings.channels.get("smtp", {})}
    others = (settings.channels, settings.registers, settings.case_systems, settings.alert_systems)
    tables |= {name: table for kind in others for name, table in kind.items() if name != "smtp"}
    for name, table in tables.items():
        for setting in SHOWN:
            if table.get(setting) and table.get("enabled", True):
                yield f"{name} {setting.replace('_', ' ')}", home.folder / str(table[setting])
    if settings.api.tls_certificate:
        yield "API certificate", home.folder / settings.api.tls_certificate


def certificates_watched(home: Home, directory: Directory) -> list[Watched]:
    """All of them as they stand now. A file that cannot be read is left to `spoc doctor`."""
    found = []
    for what, file in own_certificate_files(home):
        try:
            found += watched(OURS, what, x509.load_pem_x509_certificates(file.read_bytes()))
        except (OSError, ValueError):
            log.warning("no certificate to watch: %s", what)
    for partner in directory:
        pinned = {
            "anchor": partner.signature.anchors, "mail authority": partner.mail.ca if partner.mail else (),
            "S/MIME certificate": (partner.smime.certificate,) if partner.smime.certificate else (),
        }  # fmt: skip
        for what, ders in pinned.items():
            found += watched(partner.party, what, map(x509.load_der_x509_certificate, ders))
    return found


def hearing_of(home: Home, directory: Directory, gateway: Gateway) -> Hearing:
    """The watch that asks authorities, with what the last run has heard."""
    shelf = AnswerShelf(home.data / ANSWERS)
    directory.revocation.replace(shelf.open())
    return Hearing(directory, shelf, PublicFetch(home.folder), gateway.ledger, gateway.clock, gateway.renew_partners)


def expiry_watch(home: Home, directory: Directory, ledger: Ledger, clock: Clock) -> ExpiryWatch:
    """The watch over all of them."""
    return ExpiryWatch(lambda: certificates_watched(home, directory), ToldFile(home.data / TOLD_FILE), ledger, clock)
