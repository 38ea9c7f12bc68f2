"""A partner's mail server that follows a script: answers as told, drops or hangs at a named point, and remembers."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Any, Self

DROP, HANG = "drop", "hang"
GOOD = {
    "CONNECT": "220 mail.xb.example ESMTP",
    "EHLO": "250-mail.xb.example\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "STARTTLS": "220 begin",
    "MAIL": "250 2.1.0 sender fine",
    "RCPT": "250 2.1.5 recipient fine",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 taken as 4711",
    "RSET": "250 2.0.0 fine",
    "NOOP": "250 2.0.0 fine",
    "QUIT": "221 2.0.0 bye",
}


@dataclass
class Misbehaving:
    """`script` says what to answer at a point (see `GOOD`), `DROP` or `HANG`; a list is used up, one entry each time.

    `mid_content` is what happens after the first octets of the content.
    """

    script: dict[str, Any] = field(default_factory=dict)
    mid_content: str = ""
    tls: ssl.SSLContext | None = None
    mails: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    hangs: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _conversations: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._greet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        self.drop_all()
        for conversation in self._conversations:
            conversation.cancel()
        if self._conversations:
            await asyncio.wait(self._conversations)
        await self._server.wait_closed()

    def drop_all(self) -> None:
        """Cut every connection without a word."""
        for writer in self._writers:
            writer.transport.abort()

    async def hang(self, *_: object) -> bool:
        """Do nothing more on this connection."""
        self.hangs.set()
        await asyncio.Event().wait()
        return False

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task
        self._conversations.add(task)
        try:
            if await self._answer("CONNECT", writer):
                await self._converse(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled at the end of a test only
        finally:
            writer.transport.abort()
            self._conversations.discard(task)
            self._writers.discard(writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode():
            self.commands.append(line.strip())
            word = line.split(maxsplit=1)[0].upper()
            if not await self._answer(word, writer):
                return
            if word == "STARTTLS" and self.tls:
                await writer.start_tls(self.tls)
            elif word == "DATA" and self.commands[-1] == "DATA" and self._said.startswith("354"):
                if not await self._content(reader, writer):
                    return
            elif word == "QUIT" or self._said.startswith("421"):
                return

    async def _content(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.mid_content:
            await reader.read(10)
            if self.mid_content != DROP:
                writer.write(self.mid_content.encode() + b"\r\n")
                await writer.drain()
                while await reader.read(65_536):
                    pass  # until the other side has heard it and leaves
            return False
        self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
        return await self._answer("DOT", writer)

    async def _answer(self, point: str, writer: asyncio.StreamWriter) -> bool:
        said = self.script.get(point, GOOD.get(point, "500 5.5.2 what?"))
        if isinstance(said, list):
            said = said.pop(0) if said else GOOD[point]
        if said == HANG:
            await self.hang()
        if said == DROP:
            return False
        if point == "EHLO" and self.tls and not isinstance(writer.get_extra_info("ssl_object"), ssl.SSLObject):
            said = "250-mail.xb.example\r\n250 STARTTLS"
        self._said = said
        writer.write(said.encode() + b"\r\n")
        await writer.drain()
        return True

    _said: str = ""
