"""What a witness needs to read and to sign: notes, checkpoints and consistency proofs, written down once more from the specifications.

The one idea: nothing here is the gateway's code or its way of computing. The proof is followed down from the root, as RFC 6962 defines it.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, WITNESS = 1, 4


class Malformed(Exception):
    """The request is not what the protocol says."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name: str, kind: int, public: bytes) -> str:
    return f"{name}+{key_id(name, kind, public).hex()}+{b64encode(bytes([kind]) + public).decode()}"


@dataclass(frozen=True, slots=True)
class LogKey:
    """Whose checkpoints are believed."""

    name: str
    id: bytes
    public: bytes


def read_key(text: str) -> LogKey:
    """The key in `NAME+ID+KEY`; raises `ValueError`."""
    name, id_, content = text.strip().split("+", 2)
    decoded = b64decode(content, validate=True)
    if len(decoded) != 33 or decoded[0] != LOG or key_id(name, LOG, decoded[1:]).hex() != id_:
        raise ValueError(f"{name} is not followed by its Ed25519 key")
    return LogKey(name, bytes.fromhex(id_), decoded[1:])


@dataclass(frozen=True, slots=True)
class Submitted:
    """One request, read."""

    old: int
    proof: list[bytes]
    text: str
    origin: str
    size: int
    root: bytes
    lines: list[tuple[str, bytes]]


def read_request(content: bytes) -> Submitted:
    """The parts of `add-checkpoint`; raises `Malformed`."""
    try:
        above, note = content.decode("utf-8").split("\n\n", 1)
        text, signatures = note.rsplit("\n\n", 1)
        first, *proof = above.split("\n")
        origin, size, root, *_ = text.split("\n")
        word, old = first.split(" ")
        if word != "old" or len(proof) > 63 or not (old.isdigit() and size.isdigit() and signatures.endswith("\n")):
            raise Malformed("not as the protocol says")
        lines = [(name, b64decode(signed, validate=True)) for name, signed in map(_line, signatures[:-1].split("\n"))]
        hashes = [b64decode(each, validate=True) for each in proof]
        return Submitted(int(old), hashes, text + "\n", origin, int(size), b64decode(root, validate=True), lines)
    except ValueError as error:
        raise Malformed(str(error)) from error


def _line(line: str) -> tuple[str, str]:
    mark, name, signed = line.split(" ")
    if mark != "—":
        raise ValueError("a signature line begins with a dash")
    return name, signed


def signed_by(submitted: Submitted, keys: Iterable[LogKey]) -> bool:
    """Whether one of the keys has signed it."""
    for key in keys:
        for name, content in submitted.lines:
            if (name, content[:4]) == (key.name, key.id):
                try:
                    Ed25519PublicKey.from_public_bytes(key.public).verify(content[4:], submitted.text.encode())
                except InvalidSignature:
                    return False
                return True
    return False


def countersigned(text: str, seconds: int, name: str, key: Ed25519PrivateKey) -> str:
    """The line of a witness."""
    signature = key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    content = key_id(name, WITNESS, key.public_key().public_bytes_raw()) + seconds.to_bytes(8, "big") + signature
    return f"— {name} {b64encode(content).decode()}\n"


def continues(first: int, second: int, proof: Sequence[bytes], old: bytes, new: bytes) -> bool:
    """Whether the proof leads from one root to the other."""
    if first == 0:
        return not proof
    if first == second:
        return not proof and old == new
    try:
        return _down(first, second, list(proof), old, whole=True) == (old, new)
    except IndexError:
        return False


def _down(first: int, second: int, proof: list[bytes], old: bytes, *, whole: bool) -> tuple[bytes, bytes]:
    if first == second:
        if whole:
            if proof:
                raise IndexError("more hashes than needed")
            return old, old
        if len(proof) != 1:
            raise IndexError("not one hash")
        return proof[0], proof[0]
    left = 1 << ((second - 1).bit_length() - 1)
    last = proof.pop()
    if first <= left:
        before, after = _down(first, left, proof, old, whole=whole)
        return before, _node(after, last)
    before, after = _down(first - left, second - left, proof, old, whole=False)
    return _node(last, before), _node(last, after)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
