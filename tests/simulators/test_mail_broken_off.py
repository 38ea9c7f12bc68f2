"""A mail that an office breaks off in the middle: nothing of the conversation is left to complain later."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulators.office.smtp_out import Route, send_mail

ANSWERS = {b"EHLO": b"250 fine", b"MAIL": b"250 fine", b"RCPT": b"250 fine", b"DATA": b"354 go on"}
HOUR = 3600.0


class Listening:
    """A mail server that hears the content and says nothing about it."""

    def __init__(self) -> None:
        self.content_began = asyncio.Event()
        self.gone = asyncio.Event()
        self.port = 0

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            writer.write(ANSWERS[line[:4]] + b"\r\n")
            if line.startswith(b"DATA"):
                await reader.readexactly(1)
                self.content_began.set()
                await reader.read()
        writer.close()
        await writer.wait_closed()
        self.gone.set()


@pytest.fixture
async def server() -> AsyncIterator[Listening]:
    listening = Listening()
    async with await asyncio.start_server(listening.greet, "127.0.0.1", 0) as door:
        listening.port = door.sockets[0].getsockname()[1]
        yield listening


@pytest.fixture
async def complaints() -> AsyncIterator[list[dict[str, Any]]]:
    """What asyncio would print about tasks that nobody looked at."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    yield found
    asyncio.get_running_loop().set_exception_handler(None)


@pytest.mark.parametrize("drip", [1, 0], ids=["while it drips", "while it waits for the answer"])
async def test_a_mail_broken_off_leaves_nothing_behind(
    server: Listening, complaints: list[dict[str, Any]], drip: int
) -> None:
    route = Route(
        host="127.0.0.1", port=server.port, mail_from="oper@xb.sirene.example", recipient="sirene@xa.spoc.example",
        helo="mail.xb.example", tls=None, chunk_bytes=drip, pause_seconds=HOUR,
    )  # fmt: skip
    sending = asyncio.create_task(send_mail(route, b"Subject: none\r\n\r\nNothing.\r\n"))
    await server.content_began.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await server.gone.wait()
    del sending
    gc.collect()
    assert complaints == []
