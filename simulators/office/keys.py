"""The keys of an office: its own authority, and what that issued; and a stranger who took the same names.

The one idea: all wrong keys a tester may ask for are made at the start, so that sending with one costs nothing. They
stay in the folder: an office that is started there again is the same office, and cards that were given out hold.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from simulators.authority import Authority, KeyPair, PrivateKey
from simulators.declaration import LOOPBACK

KEY_KINDS = ("p256", "p384", "p521", "rsa3072")
_HOSTS = (LOOPBACK, "localhost")
_LABELS = (
    "signing", "expired", "other-signer", "tls-server", "tls-client",
    "stranger-signing", "stranger-tls-server", "stranger-tls-client",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningPair:
    """A private key and its certificate, loaded."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Everything the office can sign and greet with."""

    authority: Path
    signing: SigningPair
    wrong: dict[str, SigningPair]  # wrong-key, expired, other-signer, tls-key
    tls_server: KeyPair
    tls_client: KeyPair
    stranger_server: KeyPair
    stranger_client: KeyPair


def open_keys(folder: Path, name: str, signer: str, kind: str, at: datetime | None = None) -> Keys:
    """The keys in the folder; made where they are missing. Changing signer or kind needs a new folder."""
    if not all(pair.certificate.exists() for pair in _pairs(folder, name).values()):
        _make(folder, name, signer, kind, at)
    pairs = _pairs(folder, name)
    return Keys(
        authority=folder / f"{name}-ca.pem",
        signing=_load(pairs["signing"]),
        wrong={
            "wrong-key": _load(pairs["stranger-signing"]),
            "expired": _load(pairs["expired"]),
            "other-signer": _load(pairs["other-signer"]),
            "tls-key": _load(pairs["tls-client"]),
        },
        tls_server=pairs["tls-server"],
        tls_client=pairs["tls-client"],
        stranger_server=pairs["stranger-tls-server"],
        stranger_client=pairs["stranger-tls-client"],
    )


def _pairs(folder: Path, name: str) -> dict[str, KeyPair]:
    return {
        label: KeyPair(key=folder / f"{name}-{label}.key.pem", certificate=folder / f"{name}-{label}.pem")
        for label in _LABELS
    }


def _make(folder: Path, name: str, signer: str, kind: str, at: datetime | None) -> None:
    own = Authority(folder, name, signer.removesuffix(" signing"), at)
    stranger = Authority(folder, f"{name}-stranger", at=at)
    own.issue(signer, label="expired", expired=True)
    own.issue(f"NOT {signer}", label="other-signer")
    own.issue("localhost", label="tls-server", hosts=_HOSTS)
    own.issue(f"{name} client", label="tls-client", hosts=_HOSTS)
    stranger.issue(signer, label="signing")
    stranger.issue("localhost", label="tls-server", hosts=_HOSTS)
    stranger.issue(f"{name} client", label="tls-client", hosts=_HOSTS)
    own.issue(signer, label="signing", key=_new_key(kind))


def _new_key(kind: str) -> PrivateKey:
    if kind == "rsa3072":
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    curves: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
    return ec.generate_private_key(curves[kind])


def _load(pair: KeyPair) -> SigningPair:
    key = load_pem_private_key(pair.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return SigningPair(key=key, certificate=x509.load_pem_x509_certificate(pair.certificate.read_bytes()))


def server_side(pair: KeyPair, trusted: str) -> ssl.SSLContext:
    """TLS for taking mail; asks for a client certificate where there are authorities to judge it by."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pair.certificate, pair.key)
    if trusted:
        context.load_verify_locations(cadata=trusted)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def client_side(pair: KeyPair, trusted: str) -> ssl.SSLContext:
    """TLS for sending mail; the other side's chain and name are checked against its card."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pair.certificate, pair.key)
    if trusted:
        context.load_verify_locations(cadata=trusted)
    return context
