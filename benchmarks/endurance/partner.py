"""A foreign office with a patient mail server: it sends until it gets its 250, and returns the same receipt for the same answer."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections import Counter, defaultdict

from lxml import etree

from benchmarks.line import Line, Refused
from benchmarks.office import Office

AGAIN_SECONDS = 0.2
"""Before a message that got no 250 is sent once more, with the same bytes."""
ANSWER = "TravelDocumentAnswer"
MAX_UNANSWERED = 24
"""So many queries may be open at once: kills should meet work under way, not a long queue."""


class Partner:
    """Sends queries, takes receipts and answers, receipts each answer."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._port, self._number, self._open = 0, 0, False
        self._server: asyncio.Server | None = None
        self._receipts: asyncio.Queue[tuple[bytes, str]] = asyncio.Queue()
        self._made: dict[str, bytes] = {}
        self._feeding: list[asyncio.Task[None]] = []
        self._returning: asyncio.Task[None] | None = None
        self.taken: list[str] = []
        """Message ids of queries that got their 250."""
        self.attempts = self.answered = 0
        self.came: dict[str, set[str]] = defaultdict(set)
        """Message ids of what came, by the query or the message that it speaks of and the kind."""
        self.bytes_of: dict[str, set[str]] = defaultdict(set)
        """Digests of what came under one message id: more than one would be another content."""
        self.mails: Counter[str] = Counter()
        self.progress = asyncio.Event()

    async def listen(self) -> int:
        """Open the mail server; returns its port."""
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=4_000_000)
        return int(self._server.sockets[0].getsockname()[1])

    def start(self, port: int, connections: int) -> None:
        """Send to this door of the gateway from now on, until `finish`."""
        self._port, self._open = port, True
        feeds = [self._feed() for _ in range(connections)]
        self._feeding = [asyncio.create_task(feed) for feed in feeds]
        self._returning = asyncio.create_task(self._return_receipts())

    async def finish(self) -> None:
        """Send nothing new; returns when every query that was begun has its 250."""
        self._open = False
        await asyncio.gather(*self._feeding)

    async def stop(self) -> None:
        tasks = [*self._feeding, *([self._returning] if self._returning else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()

    @property
    def unreturned(self) -> int:
        """Receipts that wait for the gateway's door."""
        return self._receipts.qsize()

    # --- sending

    async def _feed(self) -> None:
        while self._open:
            if len(self.taken) - self.answered >= MAX_UNANSWERED:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self._number += 1
            message_id, mail = await asyncio.to_thread(self._office.query, self._number)
            await self._deliver(mail)
            self.taken.append(message_id)
            self.progress.set()

    async def _deliver(self, mail: bytes, to: str = "") -> None:
        """A connection of its own, again and again until the 250 is there."""
        while True:
            self.attempts += 1
            try:
                await self._attempt(mail, to)
            except (Refused, OSError, TimeoutError):
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    async def _attempt(self, mail: bytes, to: str) -> None:
        line = await Line.open(self._port, "")
        try:
            await (line.send(mail, to) if to else line.send(mail))
        finally:
            await line.drop()

    async def _return_receipts(self) -> None:
        while True:
            mail, party = await self._receipts.get()
            await self._deliver(mail, party)

    # --- taking

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):  # the gateway was killed
            await self._serve(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.xb.interpol.example ESMTP\r\n")
        while command := (await reader.readline()).strip().upper():
            verb = command.split(b" ", 1)[0]
            if verb == b"EHLO":
                writer.write(b"250-mail.xb.interpol.example\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                writer.write(b"354 Go on\r\n")
                self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 2.0.0 Taken\r\n")
            else:
                writer.write(b"221 2.0.0 Bye\r\n" if verb == b"QUIT" else b"250 2.0.0 OK\r\n")

    def _take(self, mail: bytes) -> None:
        document = base64.b64decode(mail.partition(b"\r\n\r\n")[2].rpartition(b"\r\n.\r\n")[0])
        root = etree.fromstring(document)
        name = etree.QName(root).localname
        kind = f"{name} {root.findtext('{*}Body/{*}Stage')}" if name == "Receipt" else name
        header = {etree.QName(child).localname: child.text or "" for child in root[0]}
        of = header.get("InReplyTo") or root.findtext("{*}Body/{*}QueryId") or ""
        message_id, digest = header["MessageId"], hashlib.sha256(document).hexdigest()
        self.mails[kind] += 1
        self.came[f"{kind} {of}"].add(message_id)
        self.bytes_of[message_id].add(digest)
        self.progress.set()
        if name != "Receipt":
            self.answered += message_id not in self._made
            receipt = self._made.get(message_id) or self._office.receipt(message_id, digest, header["To"])
            self._made[message_id] = receipt
            self._receipts.put_nowait((receipt, header["To"]))
