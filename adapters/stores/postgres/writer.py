"""One task that writes: whatever is waiting goes into one transaction, and nobody is answered before it is durable.

The idea is group commit, as far as one process goes; between processes the lock on the end of the chain decides who is
next. A lost connection refuses the waiting requests with `Unavailable`; the pool connects anew for the next ones.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg

from adapters.stores.asking import Request
from adapters.stores.postgres import faults, writes
from adapters.stores.postgres.writes import Asked
from adapters.stores.sealing import Seals
from gateway.errors import Unavailable

MAX_REQUESTS_PER_COMMIT = 200
CANNOT_KEEP = "The gateway cannot keep anything now."


class _Waiting(NamedTuple):
    asked: Asked
    answer: asyncio.Future[Any]


class Writer:
    """Groups the requests of this process."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool | None = None
        self._waiting: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def start(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting = asyncio.Queue()
        self._task = asyncio.create_task(self._run(pool), name="ledger-writer")

    async def stop(self) -> None:
        """Finish what is waiting. Safe unstarted and twice."""
        task, self._task, self._pool = self._task, None, None
        if task:
            self._waiting.put_nowait(None)
            await task

    async def ask(self, request: Request, seals: Seals) -> Any:
        """The answer, once it is durable; raises what the request deserves, or `Unavailable`.

        A caller that is cancelled while it waits cannot know: the request may be kept all the same.
        """
        if self._task is None:
            raise Unavailable("ledger.stopped", CANNOT_KEEP, operator="The ledger is not started.")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Waiting(Asked(request, seals), answer))
        return await answer

    async def _run(self, pool: asyncpg.Pool) -> None:
        running = True
        while running:
            batch, running = await self._take()
            if batch:
                _settle(batch, await _outcomes(pool, batch))

    async def _take(self) -> tuple[list[_Waiting], bool]:
        """Wait for one request and take what waits behind it; the last of all is told by None."""
        batch: list[_Waiting] = []
        found = await self._waiting.get()
        while found is not None:
            batch.append(found)
            if len(batch) == MAX_REQUESTS_PER_COMMIT or self._waiting.empty():
                return batch, True
            found = self._waiting.get_nowait()
        return batch, False


async def _outcomes(pool: asyncpg.Pool, batch: Sequence[_Waiting]) -> list[Any]:
    asked = [waiting.asked for waiting in batch]
    try:
        async with faults.borrowed(pool) as connection:
            return await writes.together(connection, asked)
    except faults.OWN as fault:
        if len(batch) == 1:
            return [faults.refused(fault)]
    except faults.STORE as fault:
        return [faults.unavailable(CANNOT_KEEP, fault) for _ in batch]
    except Exception as fault:  # noqa: BLE001  # our own fault is told to the request that brings it about
        if len(batch) == 1:
            return [fault]
    # One of them cannot be written at all: each gets its own transaction, so that the others do not suffer for it.
    return [(await _outcomes(pool, [waiting]))[0] for waiting in batch]


def _settle(batch: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
    for waiting, outcome in zip(batch, outcomes, strict=True):
        with contextlib.suppress(asyncio.InvalidStateError):  # the caller was cancelled: nobody waits any more
            if isinstance(outcome, Exception):
                waiting.answer.set_exception(outcome)
            else:
                waiting.answer.set_result(outcome)
