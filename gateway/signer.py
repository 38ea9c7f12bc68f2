"""The inside of the signer process: load the keys once, answer requests, end when the front has gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec import Struct

from gateway.errors import Misconfigured
from gateway.signing.keys import KeyFiles, OwnKey, SigningKey, load_key, load_public
from gateway.signing.pkcs11 import Tokens
from gateway.signing.remote import SigningPublicKey
from gateway.signing.signatory import MAX_ASK, Held, Signatory, held, held_for_mail
from gateway.workers import MAX_FRAME, frame


class SignerBriefing(Struct, frozen=True, kw_only=True):
    """What the signer knows when it starts."""

    keys: tuple[tuple[str, str, str, str], ...]
    """Party, key file, certificate file, URI of a key in a token."""
    old: tuple[tuple[str, str, str, str], ...] = ()
    """Keys that are being exchanged: one that cannot be used any more is left out."""
    smime: tuple[tuple[str, str, str, str], ...] = ()
    """Keys for S/MIME: they sign mails and open them."""
    log: str
    """Folder of the technical log."""
    socket: int
    """File descriptor of the listening socket, which the front keeps open while signers come and go."""


log = logging.getLogger(__name__)
BRIEFINGS = msgspec.msgpack.Decoder(SignerBriefing)


def briefed(source: BinaryIO) -> SignerBriefing:
    """The first frame. Raises `EOFError` when the front has gone."""
    head = source.read(4)
    if len(head) < 4:
        raise EOFError("no briefing")
    (length,) = struct.unpack(">I", head)
    return BRIEFINGS.decode(source.read(min(length, MAX_FRAME)))


def signatory_of(keys: Iterable[KeyFiles], old: Iterable[KeyFiles] = (), smime: Iterable[KeyFiles] = ()) -> Signatory:
    """All keys, loaded and checked; raises `Misconfigured`.

    Whether a certificate is valid is asked by whoever wants a signature: one that has expired must not take the others
    with it when the signer is replaced.
    """
    tokens = Tokens()
    held_keys = [_held(one, tokens) for one in keys]
    for one in old:
        try:
            held_keys.append(_held(one, tokens))
        except Misconfigured as error:
            log.warning("an old key is left out: %s", error.code)
    for one in smime:
        try:
            held_keys.append(held_for_mail(load_key(one, None)))
        except Misconfigured as error:
            log.warning("an S/MIME key is left out: %s", error.code)
    return Signatory(held_keys)


def _held(files: KeyFiles, tokens: Tokens) -> Held:
    if not files.token:
        return held(load_key(files, None))
    chain, method = load_public(files, None, None)
    key = tokens.key(files.token, cast("SigningPublicKey", chain[0].public_key()))
    return held(OwnKey(party=files.party, key=cast("SigningKey", key), chain=chain, method=method), key)


def key_files(told: Iterable[tuple[str, str, str, str]]) -> list[KeyFiles]:
    """Where the keys are."""
    return [
        KeyFiles(party=party, key=Path(key), certificates=Path(certificates), token=token)
        for party, key, certificates, token in told
    ]


async def serve(signatory: Signatory, listening: socket.socket, front: BinaryIO) -> None:
    """Answer until the front closes its end."""
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(front, gone.set)
    lines: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_line(signatory, reader, writer))
        lines.add(task)
        task.add_done_callback(lines.discard)

    server = await asyncio.start_unix_server(connected, sock=listening)
    async with server:
        await gone.wait()
        for task in lines:
            task.cancel()


async def _line(signatory: Signatory, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One caller; whoever does not keep to the frames is cut off."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        while True:
            (length,) = struct.unpack(">I", await reader.readexactly(4))
            if length > MAX_ASK:
                break
            # Signing takes microseconds (EC) to a millisecond (RSA): no thread is worth it, and tokens take one at a time.
            writer.write(frame(signatory.answer(await reader.readexactly(length))))
            await writer.drain()
    writer.close()
