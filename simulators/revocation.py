"""An authority that takes certificates back: it writes CRLs and answers OCSP questions over HTTP on loopback.

The one idea: what it says is true to its own records unless a knob says otherwise, and every knob is one thing that an
authority, or somebody between it and us, does wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
LIST_LASTS: Final = timedelta(days=2)
ANSWER_LASTS: Final = timedelta(hours=12)


@dataclass
class Knobs:
    """What goes wrong."""

    away: bool = False
    """Connections are answered with status 503."""
    stale: timedelta = timedelta()
    """Answers are so much older than now."""
    other_key: Key | None = None
    """Somebody else signs in the authority's name."""
    replay: bytes = b""
    """A list of some time ago instead of the present one."""
    delta: bool = False
    """The list covers the newest revocations only."""
    other_nonce: bool = False
    """The OCSP answer belongs to another question."""
    unknown: bool = False
    """The responder does not know the certificate."""
    delegated: bool = False
    """A responder with a certificate of its own answers."""
    purpose: bool = True
    """That certificate is for OCSP."""
    padding: int = 0
    """So many octets after each answer."""


@dataclass
class RevocationDesk:
    """One authority with its records. `now` is its clock."""

    certificate: x509.Certificate
    key: Key
    now: Callable[[], datetime]
    knobs: Knobs = field(default_factory=Knobs)
    revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = field(default_factory=dict)
    number: int = 0
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    def revoke(self, serial: int, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise) -> None:
        """Take a certificate back, from now on."""
        self.revoked[serial] = (self.now(), reason)

    def crl(self) -> bytes:
        """The present list; each has the next number."""
        self.number += 1
        made = self.now() - self.knobs.stale
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(made)
            .next_update(made + LIST_LASTS)
            .add_extension(x509.CRLNumber(self.number), critical=False)
        )
        if self.knobs.delta:
            builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
        for serial, (at, reason) in self.revoked.items():
            row = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(
                row.add_extension(x509.CRLReason(reason), critical=False).build())  # fmt: skip
        return builder.sign(self.knobs.other_key or self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(self, question: bytes) -> bytes:
        """The answer to a question."""
        asked = ocsp.load_der_ocsp_request(question)
        made = self.now() - self.knobs.stale
        at, reason = self.revoked.get(asked.serial_number, (None, None))
        status = ocsp.OCSPCertStatus.REVOKED if at else ocsp.OCSPCertStatus.GOOD
        signer, certificate = self.key, self.certificate
        if self.knobs.delegated or self.knobs.other_key:
            signer = self.knobs.other_key or ec.generate_private_key(ec.SECP256R1())
            certificate = self._responder(signer, self.knobs.other_key or self.key)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash, issuer_key_hash=asked.issuer_key_hash, serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm, cert_status=ocsp.OCSPCertStatus.UNKNOWN if self.knobs.unknown else status,
            this_update=made, next_update=made + ANSWER_LASTS,
            revocation_time=None if self.knobs.unknown else at, revocation_reason=None if self.knobs.unknown else reason,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)  # fmt: skip
        if certificate is not self.certificate:
            builder = builder.certificates([certificate])
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        nonce = b"\x00" * 16 if self.knobs.other_nonce else nonce
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER)

    def _responder(self, key: Key, issuer_key: Key) -> x509.Certificate:
        use = ExtendedKeyUsageOID.OCSP_SIGNING if self.knobs.purpose else ExtendedKeyUsageOID.EMAIL_PROTECTION
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Simulated responder")]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now() - timedelta(days=1))
            .not_valid_after(self.now() + timedelta(days=1))
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .sign(issuer_key, hashes.SHA256())
        )

    # --- over HTTP

    async def start(self) -> None:
        """Serve on a free port of loopback: `/authority.crl` and `/ocsp` below `url`."""
        application = web.Application()
        application.router.add_get("/authority.crl", self._list)
        application.router.add_post("/ocsp", self._question)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """End; safe unstarted."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _list(self, _request: web.Request) -> web.Response:
        self.asked.append("crl")
        if self.knobs.away:
            return web.Response(status=503)
        return web.Response(body=(self.knobs.replay or self.crl()) + b" " * self.knobs.padding)

    async def _question(self, request: web.Request) -> web.Response:
        self.asked.append("ocsp")
        if self.knobs.away:
            return web.Response(status=503)
        return web.Response(body=self.ocsp(await request.read()) + b" " * self.knobs.padding)
