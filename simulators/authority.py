"""A throw-away certification authority in the simulator's own folder.

The one idea: every simulator makes its own keys at start and shares none, so that a peer that trusts it has to be told
so explicitly. Keys last for a few days and are useless anywhere else.
"""

import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
LIFETIME = timedelta(days=30)
_BACKDATED = timedelta(hours=1)  # clocks of two machines differ


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """Where a private key and its certificate lie, both PEM."""

    key: Path
    certificate: Path


class Authority:
    """One CA: `NAME-ca.pem` is what a peer has to trust."""

    def __init__(self, folder: Path, name: str, title: str = "", at: datetime | None = None) -> None:
        """With `at`, the time of a clock that was turned, everything issued holds there, too."""
        self.at = at
        self.folder = folder
        self.name = name
        self.certificate = folder / f"{name}-ca.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _subject(f"{title or name} simulator CA")
        built = (
            _builder(self._subject, self._subject, self._key.public_key(), at)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        common_name: str,
        *,
        hosts: tuple[str, ...] = (),
        label: str = "server",
        key: PrivateKey | None = None,
        expired: bool = False,
        purposes: tuple[x509.ObjectIdentifier, ...] = (),
    ) -> KeyPair:
        """A new key, or the given one, and a certificate for it, written as `NAME-LABEL.key.pem` and `NAME-LABEL.pem`.

        Without `hosts` it is for signing, with them for TLS; with `purposes` for these alone, and that is critical. An `expired` one ended
        an hour ago.
        """
        key = key or ec.generate_private_key(ec.SECP256R1())
        issuer_id = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = (
            _builder(_subject(common_name), self._subject, key.public_key(), self.at, expired=expired)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
        )  # fmt: skip
        if hosts:
            usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(each) for each in hosts]), critical=False)  # fmt: skip
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = KeyPair(
            key=self.folder / f"{self.name}-{label}.key.pem", certificate=self.folder / f"{self.name}-{label}.pem"
        )
        pair.key.touch(mode=0o600)
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return pair


def server_context(pair: KeyPair, client_ca: Path | None) -> ssl.SSLContext:
    """TLS for a server; with `client_ca`, callers must show a certificate of that CA."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pair.certificate, pair.key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def swap_certificate_when(context: ssl.SSLContext, wrong: ssl.SSLContext, decide: Callable[[], bool]) -> None:
    """Serve `wrong` instead of `context` on each connection for which `decide` says so."""

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        if decide():
            connection.context = wrong

    context.sni_callback = choose  # called for every connection, with or without a server name


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Simulator"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    at: datetime | None = None,
    *,
    expired: bool = False,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # the real clock: TLS libraries compare with it
    start, end = min(now, at or now) - _BACKDATED, max(now, at or now) + LIFETIME
    if expired:
        start, end = start - LIFETIME, start
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
