"""Our own signing keys: loaded once, checked when loaded, one per party.

OpenSSL checks a key whenever it reads one (35 to 110 ms for RSA), so a key is read from its file at start-up and
never again.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Struct
from signxml.algorithms import DigestAlgorithm, SignatureMethod

from gateway.errors import Misconfigured
from gateway.identity import PartyId
from gateway.signing.algorithms import ALGORITHMS, EVERYTHING, RSA_BITS, AlgorithmPolicy, key_class
from gateway.signing.trust import is_authority, usage_problem

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CURVE_METHODS: Final = {
    "secp256r1": SignatureMethod.ECDSA_SHA256,
    "secp384r1": SignatureMethod.ECDSA_SHA384,
    "secp521r1": SignatureMethod.ECDSA_SHA512,
}

_DIGESTS: Final = {
    SignatureMethod.ECDSA_SHA384: DigestAlgorithm.SHA384,
    SignatureMethod.ECDSA_SHA512: DigestAlgorithm.SHA512,
}


class KeyFiles(Struct, frozen=True, kw_only=True):
    """Where the key and the certificate chain of one party are."""

    party: PartyId
    key: Path
    """PEM, PKCS#8 or the traditional form."""
    certificates: Path
    """PEM, the signer's certificate first, then those of its authorities if partners need them."""
    passphrase: bytes | None = None
    token: str = ""
    """URI of a key in a PKCS#11 token, instead of `key`."""


class OwnKey(Struct, frozen=True, kw_only=True):
    """A key that signs for one of our parties."""

    party: PartyId
    key: SigningKey
    chain: tuple[x509.Certificate, ...]
    method: SignatureMethod

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's own certificate."""
        return self.chain[0]

    def __repr__(self) -> str:
        return f"OwnKey({self.party}, {self.method.name})"


class KeyRing:
    """Every own key by party, and what may be signed with."""

    def __init__(self, keys: Iterable[OwnKey] = (), algorithms: AlgorithmPolicy = EVERYTHING) -> None:
        self._keys: Mapping[str, OwnKey] = MappingProxyType({key.party: key for key in keys})
        self._algorithms = algorithms

    def __iter__(self) -> Iterator[OwnKey]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def load(cls, files: Iterable[KeyFiles], at: datetime, algorithms: AlgorithmPolicy = EVERYTHING) -> "KeyRing":
        """Read and check every key; raises one `Misconfigured` that names everything that is wrong."""
        return cls(load_keys(files, at), algorithms)

    def of(self, party: PartyId) -> OwnKey:
        """The key of a party; raises `Misconfigured` when there is none."""
        key = self._keys.get(party)
        if key is None:
            raise _wrong(
                "signing.no-key", f"There is no signing key for {party}. Name its key and certificate in the settings."
            )
        return key

    def check(self, own: OwnKey, at: datetime) -> None:
        """Raise `Misconfigured` when partners would refuse what this key signs at this time, or our own table forbids it."""
        check_validity(own.party, own.certificate, at)
        self._algorithms.check_used("key", key_class(own.certificate.public_key()), at)
        self._algorithms.check_used("signature", method_name(own.method), at)
        self._algorithms.check_used("digest", digest_of(own.method).name.lower(), at)


def load_keys(files: Iterable[KeyFiles], at: datetime | None) -> list[OwnKey]:
    """Every key in its order; raises one `Misconfigured` that names everything that is wrong."""
    keys: list[OwnKey] = []
    problems: list[str] = []
    for one in files:
        try:
            keys.append(load_key(one, at))
        except Misconfigured as error:
            problems.append(error.operator)
    if problems:
        raise Misconfigured("signing.keys", "The signing keys cannot be used.", operator="\n".join(problems))
    return keys


def method_name(method: SignatureMethod) -> str:
    """`ecdsa-sha256` for the method."""
    return ALGORITHMS[method.value].name


def digest_of(method: SignatureMethod) -> DigestAlgorithm:
    """The digest that goes with a method: references are digested as strongly as SignedInfo."""
    return _DIGESTS.get(method, DigestAlgorithm.SHA256)


def load_key(files: KeyFiles, at: datetime | None) -> OwnKey:
    """One key with its chain, checked; raises `Misconfigured` with a code `signing.…` and the remedy.

    Without a time, an expired certificate is loaded too: whoever uses it asks then whether it is valid.
    """
    if files.token:
        raise _wrong("signing.token", f"The key of {files.party} is in a token: only the signer process can use it.")
    key = _read_key(files)
    chain, method = load_public(files, key.public_key(), at)
    return OwnKey(party=files.party, key=key, chain=chain, method=method)


def load_public(
    files: KeyFiles, key: PublicKeyTypes | None, at: datetime | None
) -> tuple[tuple[x509.Certificate, ...], SignatureMethod]:
    """The chain of a key that may be elsewhere and the method it signs with, checked; raises like `load_key`."""
    chain = _read_chain(files)
    certificate = chain[0]
    where = f"{files.certificates} for {files.party}"
    try:
        certified = certificate.public_key()
        fits = key is None or certified == key
        code = "signature.is-authority" if is_authority(certificate) else usage_problem(certificate)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _wrong("signing.certificate-unreadable", f"{where} cannot be used: {error}.") from error
    if not fits:
        raise _wrong(
            "signing.mismatch",
            f"{where} does not belong to the key in {files.key}. Put the signer's certificate first.",
        )
    if code:
        raise _wrong(
            "signing.usage", f"{where} is not a signing certificate ({code}). Use one with key usage digitalSignature."
        )
    method = _method(files, certified)
    if at is not None:
        check_validity(files.party, certificate, at)
    return chain, method


def check_validity(party: PartyId, certificate: x509.Certificate, at: datetime) -> None:
    """Raises `Misconfigured` when our own certificate is not valid at this time: partners would refuse it."""
    if at > certificate.not_valid_after_utc:
        raise _wrong(
            "signing.expired",
            f"The certificate of {party} expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Renew it.",
        )
    if at < certificate.not_valid_before_utc:
        raise _wrong(
            "signing.not-yet-valid",
            f"The certificate of {party} is valid from {certificate.not_valid_before_utc:%Y-%m-%d}.",
        )


def _read_key(files: KeyFiles) -> SigningKey:
    try:
        key = load_pem_private_key(_read(files.key, files.party), files.passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The library's own words are left out: they may quote what stands in the file.
        raise _wrong(
            "signing.key-unreadable",
            f"{files.key} for {files.party} is not a private key in PEM, or its passphrase is wrong.",
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _wrong(
            "signing.key-type", f"{files.key} for {files.party} is neither an EC nor an RSA key. Use EC P-256."
        )
    return key


def _read_chain(files: KeyFiles) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(_read(files.certificates, files.party)))
    except ValueError as error:
        raise _wrong(
            "signing.certificate-unreadable", f"{files.certificates} for {files.party} holds no certificate in PEM."
        ) from error


def _read(path: Path, party: PartyId) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise _wrong(
            "signing.missing", f"{path} for {party} does not exist. Run `spoc init`, or name the right file."
        ) from error
    except OSError as error:
        raise _wrong("signing.unreadable", f"{path} for {party} cannot be read: {error.strerror}.") from error


def _method(files: KeyFiles, key: PublicKeyTypes) -> SignatureMethod:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < RSA_BITS:
            raise _wrong(
                "signing.key-size",
                f"{files.key} for {files.party} is RSA with {key.key_size} bits. Use EC P-256 or RSA with {RSA_BITS}.",
            )
        return SignatureMethod.RSA_SHA256
    curve = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else "none"
    method = _CURVE_METHODS.get(curve)
    if method is None:
        raise _wrong("signing.key-type", f"{files.key} for {files.party} is on the curve {curve}. Use EC P-256.")
    return method


def _wrong(code: str, operator: str) -> Misconfigured:
    return Misconfigured(code, "The gateway cannot sign with its settings.", operator=operator)
