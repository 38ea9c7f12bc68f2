"""Signed texts after C2SP signed-note v1.0.0 with Ed25519, and the keys in the form in which its tools exchange them.

A note is a text, an empty line, and lines `— NAME BASE64(key id || signature)`. A signature by a key that we do not know says nothing; one by a
key that we know must hold, or the note is refused. Lengths are bounded, since notes come from others.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

ED25519: Final = 1
COSIGNATURE: Final = 4
KEY_OCTETS: Final = 32
SIGNATURE_OCTETS: Final = 64
MAX_NOTE_OCTETS: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
DASH: Final = "\N{EM DASH} "
_NAME = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")


class NoteInvalid(Exception):
    """What was given is no note, or no signature of a key that we know holds."""


class Signature(Struct, frozen=True, kw_only=True):
    """One line under a note."""

    name: str
    key_id: int
    content: bytes

    def line(self) -> str:
        """The line, with its end."""
        return f"{DASH}{self.name} {b64encode(self.key_id.to_bytes(4, 'big') + self.content).decode()}\n"


class Note(Struct, frozen=True, kw_only=True):
    """A text with its last line end, and what is signed under it."""

    text: str
    signatures: tuple[Signature, ...]

    def content(self) -> bytes:
        """The note as it is sent and kept."""
        return f"{self.text}\n{''.join(each.line() for each in self.signatures)}".encode()


class VerifierKey(Struct, frozen=True, kw_only=True):
    """Whose signatures are believed: name, kind of signature, public key."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> int:
        """The first four octets of SHA-256(name, line end, kind, key)."""
        content = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return int.from_bytes(sha256(content).digest()[:4], "big")

    def text(self) -> str:
        """`NAME+ID+KEY`, as tools for notes write it."""
        return f"{self.name}+{self.key_id:08x}+{b64encode(bytes([self.kind]) + self.public).decode()}"

    def made(self, signature: Signature) -> bool:
        """Whether the line claims to be by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether these 64 octets are its signature of the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def read_verifier(text: str) -> VerifierKey:
    """The key in `NAME+ID+KEY`; raises `ValueError` saying what is wrong."""
    name, _, rest = text.strip().partition("+")
    id_, _, key = rest.partition("+")
    content = _decoded(key)
    if not _NAME.fullmatch(name) or len(content) != KEY_OCTETS + 1 or content[0] not in (ED25519, COSIGNATURE):
        raise ValueError("write the key as NAME+ID+KEY with an Ed25519 key")
    found = VerifierKey(name=name, kind=content[0], public=content[1:])
    if f"{found.key_id:08x}" != id_:
        raise ValueError(f"the key of {name} has not the id {id_[:16]!r}: it was mistyped")
    return found


class NoteSigner:
    """A private key with its name."""

    def __init__(self, name: str, private: Ed25519PrivateKey, kind: int = ED25519) -> None:
        """Raises `ValueError` for a name that a note cannot carry."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a key: no white space, no plus sign")
        self._private = private
        self.verifier = VerifierKey(name=name, kind=kind, public=private.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.verifier.name

    def line(self, message: bytes, before: bytes = b"") -> Signature:
        """The line for a message; `before` stands before the signature."""
        return Signature(name=self.name, key_id=self.verifier.key_id, content=before + self._private.sign(message))

    def sign(self, text: str) -> Note:
        """The text as a note."""
        return Note(text=text, signatures=(self.line(text.encode()),))


def read_note(content: bytes) -> Note:
    """The parts of a note, nothing of it verified; raises `NoteInvalid`."""
    if len(content) > MAX_NOTE_OCTETS:
        raise NoteInvalid(f"longer than {MAX_NOTE_OCTETS} octets")
    try:
        written = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteInvalid("not UTF-8") from error
    if any(letter < " " and letter != "\n" for letter in written):
        raise NoteInvalid("holds control characters")
    text, gap, below = written.rpartition("\n\n")
    if not gap or not text or not below.endswith("\n"):
        raise NoteInvalid("has no text, no empty line, or no signature")
    return Note(text=text + "\n", signatures=read_signatures(below))


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """The lines under a note; raises `NoteInvalid`."""
    each = lines.split("\n")
    if each.pop() or not each or len(each) > MAX_SIGNATURES:
        raise NoteInvalid(f"has not between 1 and {MAX_SIGNATURES} signature lines")
    return tuple(_signature(line) for line in each)


def _signature(line: str) -> Signature:
    name, gap, encoded = line.removeprefix(DASH).partition(" ")
    content = _decoded(encoded)
    if not line.startswith(DASH) or not gap or not _NAME.fullmatch(name) or len(content) < 5:
        raise NoteInvalid("a signature line is malformed")
    return Signature(name=name, key_id=int.from_bytes(content[:4], "big"), content=content[4:])


def verified(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Which of these keys signed the text; raises `NoteInvalid` when none did, or when a line by one of them does not hold."""
    signed = []
    for key in keys:
        for signature in filter(key.made, note.signatures):
            if not key.holds(signature.content, note.text.encode()):
                raise NoteInvalid(f"the signature of {key.name} does not hold")
            signed.append(key)
    if not signed:
        raise NoteInvalid("no key that is known here has signed it")
    return tuple(dict.fromkeys(signed))


def _decoded(text: str) -> bytes:
    """Base64 in its one spelling; empty for anything else."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        return b""
    return content if b64encode(content).decode() == text else b""
