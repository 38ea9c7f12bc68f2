"""The load, a process of its own: `python -m benchmarks.load ORDER`. Sends signed mails over a few kept connections and notes each 250.

At a given rate, times count from when a message was due and not from when a connection was free for it.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.line import Line, Refused


class Order(Struct, frozen=True, kw_only=True):
    """What to send, where, and how fast."""

    port: int
    authority: str
    """PEM file to trust for STARTTLS; empty for none."""
    connections: int
    rate: float
    """Messages per second; 0 sends the next as soon as a connection is free."""
    mails: list[tuple[str, bytes]]


class Sent(Struct, frozen=True, kw_only=True):
    """One message and its 250. Times are seconds since 1970."""

    message_id: str
    begun: float
    taken: float
    refused: str = ""


async def _send_all(order: Order) -> list[Sent]:
    lines = [await Line.open(order.port, order.authority) for _ in range(order.connections)]
    start, waiting = time.time(), iter(enumerate(order.mails))
    sent = await asyncio.gather(*(_feed(line, waiting, start, order.rate) for line in lines))
    return [one for some in sent for one in some]


async def _feed(line: Line, waiting: Iterator[tuple[int, tuple[str, bytes]]], start: float, rate: float) -> list[Sent]:
    sent = []
    for number, (message_id, mail) in waiting:
        due = start + number / rate if rate else 0.0
        if due > time.time():
            await asyncio.sleep(due - time.time())
        try:
            begun, taken = await line.send(mail)
        except (Refused, OSError, TimeoutError) as error:
            sent.append(
                Sent(message_id=message_id, begun=time.time(), taken=0.0, refused=f"{type(error).__name__}: {error}")
            )
            break
        sent.append(Sent(message_id=message_id, begun=due or begun, taken=taken))
    await line.close()
    return sent


def main() -> None:
    """Read the order from a file, write what was sent to standard output."""
    order = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    sys.stdout.buffer.write(msgspec.msgpack.encode(asyncio.run(_send_all(order))))


if __name__ == "__main__":
    main()
