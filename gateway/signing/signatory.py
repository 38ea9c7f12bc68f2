"""The signer's side of signing: it holds the private keys, and signs digests for those who may ask.

Workers read hostile XML and hold no key: they send a digest and the certificate it is to be signed under, and get a
signature. Requests and answers are frames of MessagePack, as between front and workers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from msgspec import Struct

from gateway.identity import Digest
from gateway.signing.authority_answers import fingerprint
from gateway.signing.keys import OwnKey, SigningKey, digest_of

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()
}  # fmt: skip
MAX_ASK: Final = 4096


class Ask(Struct, frozen=True, kw_only=True):
    """Sign this digest for this party with the key of this certificate."""

    party: str
    certificate: Digest
    hash: str
    digest: bytes


class Told(Struct, frozen=True, kw_only=True):
    """The signature (ECDSA as DER, RSA as PKCS#1), or why there is none."""

    signature: bytes = b""
    trouble: str = ""
    """Code of what is wrong; empty when it signed."""


ASKS: Final = msgspec.msgpack.Decoder(Ask)
TOLDS: Final = msgspec.msgpack.Decoder(Told)
ENCODER: Final = msgspec.msgpack.Encoder()


class SignsDigests(Protocol):
    """A private key, wherever it is."""

    def sign_digest(self, digest: bytes, hash: str) -> bytes:
        """The signature of a digest; raises anything."""
        ...


class SoftwareKey:
    """A key in the memory of this process."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def sign_digest(self, digest: bytes, hash: str) -> bytes:
        """The signature of a digest."""
        algorithm = Prehashed(HASHES[hash])
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(digest, padding.PKCS1v15(), algorithm)
        return self._key.sign(digest, ec.ECDSA(algorithm))


class Held(Struct, frozen=True, kw_only=True):
    """A key with what it may be used for."""

    party: str
    certificate: Digest
    hash: str
    key: SignsDigests


def held(own: OwnKey, key: SignsDigests | None = None) -> Held:
    """A key of ours, in software unless it is somewhere else."""
    return Held(
        party=own.party, certificate=fingerprint(own.certificate), hash=digest_of(own.method).name.lower(),
        key=key or SoftwareKey(own.key),
    )  # fmt: skip


class Signatory:
    """Answers requests. A request that is not as agreed gets a code and nothing else."""

    def __init__(self, keys: Iterable[Held]) -> None:
        self._keys = {(one.party, one.certificate): one for one in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def answer(self, content: bytes) -> bytes:
        """The answer to one request, whatever it holds."""
        return ENCODER.encode(self._answered(content))

    def _answered(self, content: bytes) -> Told:
        try:
            ask = ASKS.decode(content)
        except msgspec.MsgspecError:
            return Told(trouble="signing.request")
        key = self._keys.get((ask.party, ask.certificate))
        if key is None:
            return Told(trouble="signing.no-key")
        if ask.hash != key.hash or len(ask.digest) != hashlib.new(key.hash).digest_size:
            return Told(trouble="signing.request")
        try:
            return Told(signature=key.key.sign_digest(ask.digest, ask.hash))
        except Exception:  # noqa: BLE001  # a token may fail in any way; its words may tell of the key
            return Told(trouble="signing.key-failed")
