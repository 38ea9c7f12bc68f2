"""The sending half of SMTP in the fewest steps: one connection that is kept, one command at a time, every answer checked."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from pathlib import Path

from benchmarks.office import ADDRESSES, PARTY, RECIPIENT

ANSWER_SECONDS = 60.0


class Refused(Exception):
    """The gateway did not take it."""


class Line:
    """One connection to the gateway's mail door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, authority: str) -> Line:
        """Connect, and agree on TLS where an authority for it is named."""
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await line._greet(authority)
        except BaseException:
            await line.drop()
            raise
        return line

    async def _greet(self, authority: str) -> None:
        await self._answer("220")
        await self._say("EHLO mail.xb.interpol.example", "250")
        if authority:
            await self._say("STARTTLS", "220")
            await self._writer.start_tls(
                ssl.create_default_context(cafile=Path(authority)), server_hostname="127.0.0.1"
            )
            await self._say("EHLO mail.xb.interpol.example", "250")

    async def send(self, mail: bytes, party: str = PARTY) -> tuple[float, float]:
        """When the first command went and when the 250 came."""
        begun = time.time()
        await self._say(f"MAIL FROM:<{ADDRESSES[party]}>", "250")
        await self._say(f"RCPT TO:<{RECIPIENT}>", "250")
        await self._say("DATA", "354")
        self._writer.write(mail + b".\r\n")  # base64 and our own headers: no line begins with a dot
        await self._answer("250")
        return begun, time.time()

    async def close(self) -> None:
        """Take leave."""
        self._writer.write(b"QUIT\r\n")
        await self.drop()

    async def drop(self) -> None:
        """End the connection, whatever state it is in."""
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()

    async def _say(self, command: str, expected: str) -> None:
        self._writer.write(command.encode() + b"\r\n")
        await self._answer(expected)

    async def _answer(self, expected: str) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            while (line := await self._reader.readline())[3:4] == b"-":
                pass
        if not line.startswith(expected.encode()):
            raise Refused(line.decode("utf-8", "replace").strip() or "the connection was ended")
