"""Everything around the gateway in one process: `python -m benchmarks.abroad PLAN`. A mail server that takes receipts and answers and
returns a signed receipt for each answer, and national systems that answer at once.

It prints one line of JSON when it listens and one when all has come and was receipted; at the end of its input it writes down all arrivals.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import ssl
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from lxml import etree
from msgspec import Struct

from benchmarks.line import Line
from benchmarks.office import Office


class Plan(Struct, frozen=True, kw_only=True):
    """What to expect and where to write."""

    keys: str
    messages: int
    tls: bool
    arrivals: str


class Arrival(Struct, frozen=True, kw_only=True):
    """One mail that came. `of` is the message id or the query's own reference that it speaks of."""

    at: float
    kind: str
    of: str
    message_id: str
    to: str
    document: bytes


class Abroad:
    """The partner's mail server and its desk."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._office = plan, Office(Path(plan.keys))
        self.arrivals: list[Arrival] = []
        self._all_came = asyncio.Event()
        self._answers: asyncio.Queue[Arrival] = asyncio.Queue()

    async def listen(self) -> int:
        """Open the mail server; returns its port."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0, limit=4_000_000)
        return int(server.sockets[0].getsockname()[1])

    def _tls(self) -> ssl.SSLContext:
        pair = self._office.keys.tls_server
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        return context

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):  # the gateway was ended
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.xb.interpol.example ESMTP\r\n")
        offer = self._plan.tls
        while command := (await reader.readline()).strip().upper():
            verb = command.split(b" ", 1)[0]
            if verb == b"EHLO":
                writer.write(
                    b"250-mail.xb.interpol.example\r\n" + (b"250-STARTTLS\r\n" if offer else b"") + b"250 8BITMIME\r\n"
                )
            elif verb == b"STARTTLS" and offer:
                writer.write(b"220 2.0.0 Go on\r\n")
                await writer.drain()
                await writer.start_tls(self._tls())
                offer = False
            elif verb == b"DATA":
                writer.write(b"354 Go on\r\n")
                self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 2.0.0 Taken\r\n")
            else:
                writer.write(b"221 2.0.0 Bye\r\n" if verb == b"QUIT" else b"250 2.0.0 OK\r\n")

    def _take(self, mail: bytes) -> None:
        at = time.time()
        document = base64.b64decode(mail.partition(b"\r\n\r\n")[2].rpartition(b"\r\n.\r\n")[0])
        root = etree.fromstring(document)
        name = etree.QName(root).localname
        kind = f"{name} {root.findtext('{*}Body/{*}Stage')}" if name == "Receipt" else name
        header = {etree.QName(child).localname: child.text or "" for child in root[0]}
        of = header.get("InReplyTo") or root.findtext("{*}Body/{*}QueryId") or ""
        arrival = Arrival(at=at, kind=kind, of=of, message_id=header["MessageId"], to=header["To"], document=document)
        self.arrivals.append(arrival)
        if len(self.arrivals) == 3 * self._plan.messages:
            self._all_came.set()
        if name != "Receipt":
            self._answers.put_nowait(arrival)

    async def give_receipts(self, port: int, authority: str) -> None:
        """A signed receipt for each answer, over one kept connection."""
        line = await Line.open(port, authority)
        for _ in range(self._plan.messages):
            answer = await self._answers.get()
            digest = hashlib.sha256(answer.document).hexdigest()
            await line.send(self._office.receipt(answer.message_id, digest, answer.to), answer.to)
        await self._all_came.wait()
        await line.close()


# --- national systems


async def _answer(request: web.Request) -> web.Response:
    body = await request.json()
    told: dict[str, Any] = {
        "requestId": body["context"]["requestId"], "correlationId": body["context"]["correlationId"],
        "registerId": "NR-09", "asOf": datetime.now(UTC).isoformat(), "outcome": "NO_MATCH", "matches": [],
    }  # fmt: skip
    if request.path.startswith("/cases"):
        key = int.from_bytes(hashlib.sha256(request.headers.get("Idempotency-Key", "").encode()).digest()[:4], "big")
        number = request.match_info.get("number") or f"9999-99999-{key % 100_000:05}-26"
        told |= {
            "registerId": "CA-02",
            "outcome": "MATCHES",
            "effect": "CREATED",
            "journalNumber": number,
            "matches": [{"recordRef": "ca02-1"}],
        }
    return web.json_response(told)


async def _national_systems() -> int:
    app = web.Application()
    for path in ("/passports/searches", "/cases", "/cases/{number}/documents"):
        app.router.add_post(path, _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return int(runner.addresses[0][1])


async def _run(plan: Plan) -> list[Arrival]:
    abroad = Abroad(plan)
    _tell(mail=await abroad.listen(), national=await _national_systems())
    orders = asyncio.Queue[str]()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: orders.put_nowait(sys.stdin.readline()))
    door = json.loads(await orders.get())
    receipts = asyncio.create_task(abroad.give_receipts(door["port"], door["authority"]))
    receipts.add_done_callback(_tell_end)
    while await orders.get():
        pass
    loop.remove_reader(sys.stdin)
    receipts.cancel()
    return abroad.arrivals


def _tell_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        trouble = task.exception()
        _tell(complete=trouble is None, trouble=f"{type(trouble).__name__}: {trouble}" if trouble else "")


def _tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    """Listen until the input ends."""
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    Path(plan.arrivals).write_bytes(msgspec.msgpack.encode(asyncio.run(_run(plan))))


if __name__ == "__main__":
    main()
