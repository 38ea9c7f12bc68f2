"""A mail with S/MIME around it, down to the content: shapes, decryption, digest and value. Nobody is believed yet.

Sign, then encrypt: at most one of each, the signature inside. What is encrypted in CBC mode counts only if the signature
inside covers all of it, and everything up to there has one answer: then nothing that a stranger changes in a mail on the way
can be told from noise (the attacks known as EFAIL, and padding oracles). Nothing is ever rendered or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from gateway.envelope import Payload
from gateway.errors import Misconfigured, Refused, Unavailable
from gateway.parcel import MAIL, one_address
from gateway.signing.keys import OwnKey
from gateway.smime import ber
from gateway.smime.mime import CONTENTS, ELSEWHERE, SEALED, SIGNATURES, SIGNED, Entity, decoded, halves, read_entity
from gateway.smime.opening import AUTH_ENVELOPED, ENVELOPED, decrypt
from gateway.smime.reasons import refusal, undecryptable
from gateway.smime.signed import CmsSignature, check_signature

MAX_SEALED_OCTETS: Final = 32 * 1024 * 1024
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_COMPRESSED: Final = "1.2.840.113549.1.9.16.1.9"
_LOOK: Final = 65_536
_KIND: Final = re.compile(rb"(?:^|\r?\n)content-type:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE)
_CONTENT_HEADERS: Final = re.compile(r"content-[a-z\-]+|mime-version")


class Peeled(Struct, frozen=True, kw_only=True):
    """What is under S/MIME, and what was seen on the way. The signature is right in itself; whose it is, `proof` says."""

    payload: Payload
    """The inner entity, as a mail of its own."""
    layers: tuple[str, ...]
    """From the outside in: `encrypted`, `signed`."""
    cipher: str = ""
    signature: CmsSignature | None = None
    from_address: str = ""
    sender_addresses: tuple[str, ...] = ()
    reply_addresses: tuple[str, ...] = ()


def is_protected(payload: Payload) -> bool:
    """Whether the whole mail is of a type of S/MIME. One that hides it is judged as what it seems to be."""
    if payload.media_type != MAIL:
        return False
    head = re.split(rb"\r?\n\r?\n", payload.content[:_LOOK], maxsplit=1)[0]
    names = {
        re.split(rb"[;(\s]", found[1].strip())[0].lower().decode("ascii", "replace") for found in _KIND.finditer(head)
    }
    return bool(names & {SIGNED, *SEALED, *SIGNATURES})


def peel(payload: Payload, keys: Iterable[OwnKey]) -> Peeled:
    """The content of a protected mail; raises `Refused`."""
    mail = read_entity(payload.content)
    seen = Peeled(
        payload=payload, layers=(), from_address=_the_sender(mail), sender_addresses=_addresses(mail, "sender"),
        reply_addresses=_addresses(mail, "reply-to"),
    )  # fmt: skip
    kind = mail.kind
    if kind.name == SIGNED:
        return _signed(mail, seen)
    if kind.name in SIGNATURES:
        raise refusal("smime.parts", "a signature alone")
    if kind.name not in SEALED:
        raise refusal("smime.header", "content-type")
    return _sealed(mail, seen, list(keys))


def _signed(entity: Entity, seen: Peeled) -> Peeled:
    parts = halves(entity)
    signature = check_signature(parts)
    return _with(seen, parts.content, "signed", signature=signature)


def _with(
    seen: Peeled, content: bytes, layer: str, *, signature: CmsSignature | None = None, cipher: str = ""
) -> Peeled:
    return Peeled(
        payload=Payload.of(content, MAIL), layers=(*seen.layers, layer), cipher=cipher or seen.cipher, signature=signature,
        from_address=seen.from_address, sender_addresses=seen.sender_addresses, reply_addresses=seen.reply_addresses,
    )  # fmt: skip


def _sealed(entity: Entity, seen: Peeled, keys: list[OwnKey]) -> Peeled:
    try:
        tree = ber.read(decoded(entity, MAX_SEALED_OCTETS))
        named = tree.expect(ber.SEQUENCE)[0].der
    except (Refused, ber.Unreadable) as trouble:
        raise undecryptable() from trouble
    if named == ber.oid(_SIGNED_DATA):
        raise refusal("smime.certs-only" if _has_no_signer(tree) else "smime.opaque")
    if named == ber.oid(_COMPRESSED):
        raise refusal("smime.compressed")
    if named not in (ber.oid(ENVELOPED), ber.oid(AUTH_ENVELOPED)):
        raise undecryptable()
    opened, right = seen, False
    try:
        plain = decrypt(tree, keys)
        # Goes on with noise as with content: only the end tells, and it tells everything in the same words.
        opened = _within(plain.content, _with(seen, plain.content, "encrypted", cipher=plain.cipher))
        right = plain.sound and (plain.authenticated or "signed" in opened.layers)
    except (MemoryError, Unavailable, Misconfigured):
        raise  # our signer is away, or has no such key: no affair of the mail's, and nobody outside can bring it about
    except Exception:  # noqa: BLE001  noise can break anything; the cause is left out on purpose
        right = False
    if not right:
        raise undecryptable()
    return opened


def _has_no_signer(tree: ber.Node) -> bool:
    try:
        last = tree[1][0][len(tree[1][0]) - 1]
    except ber.Unreadable:
        return False
    return last.tag == ber.SET and not len(last)


def _within(content: bytes, seen: Peeled) -> Peeled:
    """What was encrypted: a signed entity, or the content itself."""
    entity = read_entity(content)
    if any(not _CONTENT_HEADERS.fullmatch(name) for name, _ in entity.fields):
        raise refusal("smime.header", "a header that is not about the content")
    kind = entity.kind
    if kind.name == SIGNED:
        return _signed(entity, seen)
    if kind.name in SEALED | SIGNATURES | ELSEWHERE or kind.name not in CONTENTS:
        raise refusal("smime.content-type", kind.name)
    return seen


# --- who the mail says it is from ----------------------------------------------------------------------------------


def _the_sender(mail: Entity) -> str:
    found = _addresses(mail, "from")
    if not found:
        raise refusal("smime.from-mismatch", "no From line")
    return found[0]


def _addresses(mail: Entity, header: str) -> tuple[str, ...]:
    """The address of a header that may stand there once; raises `Refused` for one that can be read in two ways."""
    values = mail.all(header)
    if len(values) > 1:
        raise refusal("smime.header", header)
    try:
        return tuple(map(one_address, values))
    except Refused as trouble:
        raise refusal("smime.header", f"{header}: not exactly one address") from trouble
