"""Time limits that run out without anybody waiting for them.

`asyncio` measures its limits by the time of the event loop. A test that knows which limit it means lets that time pass at once, so that
every other limit may be as long as in real life and a busy machine cannot reach it by accident.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 60.0
"""Guards against waiting for ever, on a busy machine too."""
HOUR = 3600.0


def pass_time(seconds: float) -> None:
    """So much time has passed for everything that waits on the running loop."""
    loop = asyncio.get_running_loop()
    told = loop.time
    loop.time = lambda: told() + seconds  # type: ignore[method-assign]  # the loop is the test's own


async def overdue(awaited: Awaitable[Answer], seconds: float) -> Answer:
    """What comes of this when nothing happens for so long once it has begun to wait."""
    task = asyncio.ensure_future(awaited)
    for _ in range(3):
        await asyncio.sleep(0)
    pass_time(seconds)
    return await task


async def outlasted(awaited: Awaitable[Answer]) -> Answer:
    """What comes of this when hour after hour passes."""
    loop = asyncio.get_running_loop()
    told, hours = loop.time, 0
    loop.time = lambda: told() + hours * HOUR  # type: ignore[method-assign]  # the loop is the test's own
    task = asyncio.ensure_future(awaited)
    while not task.done():
        hours += 1
        await asyncio.sleep(0)
    return await task
