"""The one thread that writes: what is waiting goes into one transaction; nobody is answered before it is on the disk.

The idea is group commit: an fsync costs the same for one request as for two hundred. A failing disk refuses the waiting
requests with `Unavailable`; the next ones open the file anew, so that the ledger comes back by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from adapters.stores.sqlite import schema
from adapters.stores.sqlite.writes import Work, Writes
from gateway.errors import Unavailable

MAX_REQUESTS_PER_COMMIT = 200
T = TypeVar("T")


class _Request(NamedTuple):
    work: Work
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Writer:
    """Owns the only writing connection. `ask` may be called from any event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closing = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._writes: Writes | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is waiting and close; blocks. Safe unstarted and twice."""
        with self._closing:
            thread, self._thread = self._thread, None
            if thread:
                self._waiting.put(None)
        if thread:
            thread.join()

    async def ask(self, work: Callable[[Writes], T]) -> T:
        """What the work returns, once it is durable; raises what it raised, or `Unavailable`.

        A caller that is cancelled while it waits cannot know: the work may be kept all the same.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._closing:
            if self._thread is None:
                raise _cannot_keep("ledger.stopped", "The ledger is not started.")
            self._waiting.put(_Request(work, answer, loop))
        return await answer

    # --- in the thread

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._take()
            if batch:
                self._answer(batch, self._outcomes(batch))
        self._close()

    def _take(self) -> tuple[list[_Request], bool]:
        """Wait for one request and take what waits behind it; the last of all is told by None."""
        batch: list[_Request] = []
        found = self._waiting.get()
        while found is not None:
            batch.append(found)
            if len(batch) == MAX_REQUESTS_PER_COMMIT:
                return batch, True
            try:
                found = self._waiting.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _outcomes(self, batch: Sequence[_Request]) -> list[Any]:
        outcomes = self._try([request.work for request in batch])
        if len(batch) > 1 and isinstance(outcomes[0], Unavailable):
            # One request may be too much for a disk that has room for the others: each gets its own transaction.
            outcomes = [self._try([request.work])[0] for request in batch]
        return outcomes

    def _try(self, works: Sequence[Work]) -> list[Any]:
        try:
            if self._writes is None:
                self._connection = schema.connect(self._path, read_only=False)
                self._writes = Writes(self._connection)
            return self._writes.together(works)
        except (sqlite3.Error, OSError) as fault:
            self._close()
            return [_cannot_keep("ledger.unavailable", f"The ledger: {fault}", fault) for _ in works]
        except Exception as fault:  # noqa: BLE001  # our own fault must not end the thread that everybody waits for
            self._close()
            return [fault for _ in works]

    def _close(self) -> None:
        connection, self._connection, self._writes = self._connection, None, None
        if connection:
            with contextlib.suppress(sqlite3.Error):
                connection.close()  # rolls back what is open

    @staticmethod
    def _answer(batch: Sequence[_Request], outcomes: Sequence[Any]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for request, outcome in zip(batch, outcomes, strict=True):
            by_loop.setdefault(request.loop, []).append((request.answer, outcome))
        for loop, answers in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, answers)


def _cannot_keep(code: str, operator: str, cause: Exception | None = None) -> Unavailable:
    refusal = Unavailable(code, "The gateway cannot keep anything now.", operator=operator)
    refusal.__cause__ = cause
    return refusal


def _settle(answers: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for answer, outcome in answers:
        if answer.done():
            continue
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
