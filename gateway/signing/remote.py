"""The worker's side of signing: a key that is not here.

It looks to signxml like a private key and sends digests to the signer process. The signer's socket stays open while the
signer is replaced, so a request that meets a restart waits for the new one; only a long absence is an error.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from typing import Final, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.errors import Misconfigured, Unavailable
from gateway.identity import Digest, PartyId
from gateway.signing.algorithms import AlgorithmPolicy
from gateway.signing.authority_answers import fingerprint
from gateway.signing.keys import KeyFiles, KeyRing, OwnKey, SigningKey, load_public
from gateway.signing.signatory import AGREEMENT, ENCODER, TOLDS, Ask, Told, Unseal

ANSWER_SECONDS: Final = 10.0
TRIES: Final = 3
"""A signature may be asked for again: nothing but the answer is lost with a signer that dies."""
MAX_ANSWER: Final = 4096
SigningPublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class SignerLine:
    """The connection of one worker to the signer. One question at a time."""

    def __init__(self, path: str, seconds: float = ANSWER_SECONDS) -> None:
        self._path, self._seconds = path, seconds
        self._socket: socket.socket | None = None
        self._lock = Lock()

    def ask(self, ask: Ask | Unseal) -> bytes:
        """The signature, or what was opened; raises `Unavailable` when the signer is away, `Misconfigured` when it has no such key."""
        content = ENCODER.encode(ask)
        with self._lock:
            told = self._told(content)
        if told.trouble == "signing.key-failed":
            raise Unavailable(
                told.trouble, "The gateway cannot sign now.", operator=f"The key of {ask.party} does not sign."
            )
        if told.trouble:
            words = f"The signer has no key for the certificate of {ask.party}, or was asked wrongly ({told.trouble})."
            raise Misconfigured(told.trouble, "The gateway cannot sign with its settings.", operator=words)
        return told.signature

    def _told(self, content: bytes) -> Told:
        for left in reversed(range(TRIES)):
            try:
                return TOLDS.decode(self._exchange(content))
            except (OSError, ValueError, struct.error) as error:
                self.close()
                if not left or isinstance(error, TimeoutError):
                    words = "The signer process does not answer; the log says why."
                    raise Unavailable("signing.signer-away", "The gateway cannot sign now.", operator=words) from error
        raise AssertionError("the last try returns or raises")

    def _exchange(self, content: bytes) -> bytes:
        line = self._socket
        if line is None:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(self._seconds)
            self._socket = line
            line.connect(self._path)
        line.sendall(struct.pack(">I", len(content)) + content)
        (length,) = struct.unpack(">I", self._exactly(line, 4))
        if length > MAX_ANSWER:
            raise ValueError("an answer that is too long")
        return self._exactly(line, length)

    def _exactly(self, line: socket.socket, octets: int) -> bytes:
        found = b""
        while len(found) < octets:
            more = line.recv(octets - len(found))
            if not more:
                raise ConnectionResetError("the signer has gone")
            found += more
        return found

    def close(self) -> None:
        """Hang up; the next question connects again."""
        line, self._socket = self._socket, None
        if line is not None:
            line.close()


def ring_over(line: SignerLine, files: Iterable[KeyFiles], at: datetime | None, algorithms: AlgorithmPolicy) -> KeyRing:
    """Every own key by party, with its private half in the signer process; raises `Misconfigured`."""
    return KeyRing(keys_over(line, files, at), algorithms)


def keys_over(line: SignerLine, files: Iterable[KeyFiles], at: datetime | None) -> list[OwnKey]:
    """Own keys in the order of the files, with their private halves in the signer process; raises `Misconfigured`.

    Without a time, expired certificates are taken too.
    """
    keys = []
    for one in files:
        chain, method = load_public(one, None, at)
        public = cast("SigningPublicKey", chain[0].public_key())  # load_public refuses every other kind
        key = RemoteKey(one.party, fingerprint(chain[0]), public, line)
        # signxml asks a key for sign and key_size and for nothing else, S/MIME for decrypt and exchange, too.
        keys.append(OwnKey(party=one.party, key=cast("SigningKey", key), chain=chain, method=method))
    return keys


class RemoteKey:
    """A private key in the signer process, as far as signxml and S/MIME use one."""

    def __init__(self, party: PartyId, certificate: Digest, public: SigningPublicKey, line: SignerLine) -> None:
        self._party, self._certificate, self._public, self._line = party, certificate, public, line

    @property
    def key_size(self) -> int:
        """Bits."""
        return self._public.key_size

    def public_key(self) -> SigningPublicKey:
        """The public half."""
        return self._public

    def sign(
        self,
        data: bytes,
        signature_algorithm: ec.ECDSA | None = None,
        padding: padding.PKCS1v15 | None = None,
        algorithm: hashes.HashAlgorithm | None = None,
    ) -> bytes:
        """The signature of the data, as the keys of `cryptography` give it."""
        used = signature_algorithm.algorithm if signature_algorithm is not None else algorithm
        if not isinstance(used, hashes.HashAlgorithm):
            raise TypeError("a hash algorithm is needed")
        summing = hashes.Hash(used)
        summing.update(data)
        ask = Ask(party=self._party, certificate=self._certificate, hash=used.name, digest=summing.finalize())
        signature = self._line.ask(ask)
        self._check(signature, ask.digest, used)
        return signature

    def _check(self, signature: bytes, digest: bytes, used: hashes.HashAlgorithm) -> None:
        """Raise `Unavailable` for what partners would refuse: a signer or a token with another key, or a fault in it."""
        try:
            if isinstance(self._public, rsa.RSAPublicKey):
                self._public.verify(signature, digest, PKCS1v15(), Prehashed(used))
            else:
                self._public.verify(signature, digest, ec.ECDSA(Prehashed(used)))
        except InvalidSignature as error:
            words = f"What the signer gave for {self._party} is no signature of its certificate: another key, or a fault in the token."
            raise Unavailable("signing.wrong-signature", "The gateway cannot sign now.", operator=words) from error

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        """A key that was sealed for this RSA key; raises `ValueError` where it cannot be opened."""
        return self._opened(transport_name(padding), ciphertext)

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        """The secret that this EC key and another's share."""
        point = peer_public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return self._opened(AGREEMENT, point)

    def _opened(self, how: str, sealed: bytes) -> bytes:
        ask = Unseal(party=self._party, certificate=self._certificate, how=how, sealed=sealed)
        opened = self._line.ask(ask)
        if not opened:
            raise ValueError("it was not sealed for this key")
        return opened


def transport_name(how: padding.AsymmetricPadding) -> str:
    """The name of a key transport in `TRANSPORTS`."""
    return f"oaep-{how.algorithm.name}" if isinstance(how, padding.OAEP) else "pkcs1"
