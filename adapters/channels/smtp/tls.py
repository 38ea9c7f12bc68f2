"""Certificates of the mail channel: our own, those of partners' servers, those that partners' clients show.

The server asks every client for a certificate and trusts the union of the partners' authorities, because who writes is
known only after the handshake. A client may show none; one that shows a certificate from elsewhere fails the handshake.
Which partner a certificate speaks for is decided at MAIL FROM, against that partner's own authorities alone.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from msgspec import Struct

from adapters.channels.smtp.settings import SmtpSettings
from gateway.errors import Misconfigured
from gateway.identity import digest
from gateway.partners import Directory, MailLeg
from gateway.signing.revocation import RevocationBook

_log = logging.getLogger(__name__)


class Peer(Struct, frozen=True, kw_only=True):
    """What the wire shows of the other side."""

    host: str
    """Network address."""
    remote: str
    """Network address and port."""
    encryption: str = ""
    """TLS version and cipher, empty for none."""
    certificate: bytes = b""
    """DER of the client certificate, empty for none."""

    @classmethod
    def of(cls, transport: Any) -> Peer:
        """What a transport of asyncio knows."""
        address = transport.get_extra_info("peername") or ("unknown", 0)
        host, port = str(address[0]), address[1]
        tls = transport.get_extra_info("ssl_object")
        cipher = tls.cipher() if tls else None
        try:
            certificate = tls.getpeercert(binary_form=True) if tls else None
        except ValueError:  # the handshake has not ended
            certificate = None
        return cls(
            host=host,
            remote=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            encryption=f"{tls.version()} {cipher[0]}" if cipher else "",
            certificate=certificate or b"",
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, empty for none."""
        return digest(self.certificate) if self.certificate else ""


def is_agreed(certificate: bytes, leg: MailLeg) -> bool:
    """Whether a client certificate is the one agreed with a partner.

    TLS has already checked the chain and the dates against all partners' authorities. Here the certificate must be
    listed, or, where none is listed, be issued directly by one of this partner's own authorities (or be one itself).
    """
    if leg.client_certificates:
        return digest(certificate) in leg.client_certificates
    try:
        shown = x509.load_der_x509_certificate(certificate)
    except ValueError:
        return False
    return any(_issued_by(shown, authority) for authority in leg.ca)


def was_revoked(certificate: bytes, leg: MailLeg, book: RevocationBook, at: datetime) -> bool:
    """Whether one of this partner's authorities has taken a certificate back, by the answers at hand. Nobody is asked from here."""
    try:
        shown = x509.load_der_x509_certificate(certificate)
    except ValueError:
        return False
    issuers = [one for one in leg.ca if _issued_by(shown, one)]
    return any(book.standing(digest(one), format(shown.serial_number, "x"), at).gone is not None for one in issuers)


def _issued_by(shown: x509.Certificate, authority: bytes) -> bool:
    try:
        issuer = x509.load_der_x509_certificate(authority)
        if shown == issuer:
            return True
        shown.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


class ServerTls:
    """The context of our server, built once and again only when the partners' authorities change."""

    def __init__(self, settings: SmtpSettings, directory: Callable[[], Directory]) -> None:
        self._settings, self._directory = settings, directory
        self._authorities: frozenset[bytes] = frozenset()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext | None:
        """The context for a new connection, or None where TLS is never used; raises `Misconfigured`."""
        if self._settings.starttls == "never":
            return None
        # A directory keeps its identity when its partners are replaced, so the authorities themselves are compared.
        authorities = frozenset(der for partner in self._directory() if partner.mail for der in partner.mail.ca)
        if self._context is None or authorities != self._authorities:
            self._context, self._authorities = self._build(authorities), authorities
        return self._context

    def _build(self, authorities: frozenset[bytes]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _own_certificate(context, self._settings.tls_certificate, self._settings.tls_key)
        if trust(context, authorities):
            context.verify_mode = ssl.CERT_OPTIONAL
        return context


def client_context(settings: SmtpSettings, leg: MailLeg) -> ssl.SSLContext:
    """The context for a partner's server: its pinned authorities, its name, our certificate; raises `Misconfigured`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_certificate:
        _own_certificate(context, settings.client_certificate, settings.client_key)
    if not trust(context, leg.ca):
        raise Misconfigured("smtp.no-authority", "No authority is pinned for the partner's mail server.")
    return context


def trust(context: ssl.SSLContext, authorities: Iterable[bytes]) -> int:
    """Trust these authorities and no others; one that cannot be read is left out, so that it harms only its partner."""
    # an authority below a root may be pinned too
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    trusted = 0
    for der in authorities:
        try:
            context.load_verify_locations(cadata=der)
            trusted += 1
        except (ssl.SSLError, ValueError):
            _log.warning(
                "a partner's authority cannot be read as a DER certificate and is not trusted: %s", digest(der)
            )
    return trusted


def _own_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        # a password prompt would stop the start
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "smtp.certificate",
            "The TLS certificate of the mail channel cannot be used.",
            operator=f"{certificate} and its key do not load: {type(error).__name__}",
        ) from error
