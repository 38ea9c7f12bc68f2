"""The signer's side of signing: it holds the private keys, and signs digests for those who may ask.

Workers read hostile XML and hold no key: they send a digest and the certificate it is to be signed under, and get a
signature. Of an encrypted mail they send what the sender sealed for us, and get the key of that one mail. Requests and
answers are frames of MessagePack, as between front and workers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from msgspec import Struct

from gateway.identity import Digest
from gateway.signing.authority_answers import fingerprint
from gateway.signing.keys import OwnKey, SigningKey, digest_of

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()
}  # fmt: skip
MAX_ASK: Final = 4096
AGREEMENT: Final = "ecdh"
TRANSPORTS: Final = MappingProxyType[str, AsymmetricPadding]({
    "pkcs1": padding.PKCS1v15(),
    **{f"oaep-{name}": padding.OAEP(padding.MGF1(each), each, None) for name, each in HASHES.items()},
})  # fmt: skip
"""How a key may be sealed for an RSA key of ours."""


class Ask(Struct, frozen=True, kw_only=True, tag="sign"):
    """Sign this digest for this party with the key of this certificate."""

    party: str
    certificate: Digest
    hash: str
    digest: bytes


class Unseal(Struct, frozen=True, kw_only=True, tag="unseal"):
    """Open this with the key of this certificate: a key sealed for it, or the sender's half of an agreement."""

    party: str
    certificate: Digest
    how: str
    """`ecdh`, or a name of `TRANSPORTS`."""
    sealed: bytes
    """The sealed key, or the sender's point."""


class Told(Struct, frozen=True, kw_only=True):
    """The signature (ECDSA as DER, RSA as PKCS#1) or what was opened, or why there is none."""

    signature: bytes = b""
    """Empty also where what was sealed cannot be opened: that is no trouble of ours, and tells nobody more."""
    trouble: str = ""
    """Code of what is wrong; empty when it signed."""


ASKS: Final = msgspec.msgpack.Decoder(Ask | Unseal)
TOLDS: Final = msgspec.msgpack.Decoder(Told)
ENCODER: Final = msgspec.msgpack.Encoder()


class SignsDigests(Protocol):
    """A private key, wherever it is."""

    def sign_digest(self, digest: bytes, hash: str) -> bytes:
        """The signature of a digest; raises anything."""
        ...


class Unseals(Protocol):
    """A private key that others encrypt for."""

    def unsealed(self, how: str, sealed: bytes) -> bytes:
        """What was sealed for it; raises `ValueError` where it cannot be opened."""
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

    def unsealed(self, how: str, sealed: bytes) -> bytes:
        """What was sealed for it; raises `ValueError`."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.decrypt(sealed, TRANSPORTS[how])
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(self._key.curve, sealed)
        return self._key.exchange(ec.ECDH(), theirs)


class Held(Struct, frozen=True, kw_only=True):
    """A key with what it may be used for."""

    party: str
    certificate: Digest
    hash: str
    key: SignsDigests
    opens: Unseals | None = None
    """The same key, where mails are encrypted for it. A key for forms opens nothing."""


def held(own: OwnKey, key: SignsDigests | None = None) -> Held:
    """A key of ours, in software unless it is somewhere else."""
    return Held(
        party=own.party, certificate=fingerprint(own.certificate), hash=digest_of(own.method).name.lower(),
        key=key or SoftwareKey(own.key),
    )  # fmt: skip


def held_for_mail(own: OwnKey) -> Held:
    """An S/MIME key of ours: it signs mails and opens them."""
    key = SoftwareKey(own.key)
    return msgspec.structs.replace(held(own, key), opens=key)


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
        if isinstance(ask, Unseal):
            return _opened(key, ask)
        if ask.hash != key.hash or len(ask.digest) != hashlib.new(key.hash).digest_size:
            return Told(trouble="signing.request")
        try:
            return Told(signature=key.key.sign_digest(ask.digest, ask.hash))
        except Exception:  # noqa: BLE001  # a token may fail in any way; its words may tell of the key
            return Told(trouble="signing.key-failed")


def _opened(key: Held, ask: Unseal) -> Told:
    if key.opens is None or (ask.how != AGREEMENT and ask.how not in TRANSPORTS):
        return Told(trouble="signing.request")
    try:
        return Told(signature=key.opens.unsealed(ask.how, ask.sealed))
    except (ValueError, KeyError):
        return Told()  # not for this kind of key, or not sealed for it: for the caller the same as noise
    except Exception:  # noqa: BLE001  as above
        return Told(trouble="signing.key-failed")
