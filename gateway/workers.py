"""Worker processes: verdicts are computed there, so that a crash in a C library never takes a channel down.

The front sends one job at a time to each worker over its standard input and reads the trail from its standard output,
each as a length and MessagePack bytes. A worker that dies or takes too long over a job is replaced, and the job's
envelope is told so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from gateway.addressbook.book import Book
from gateway.envelope import Envelope
from gateway.errors import Unavailable
from gateway.judging import Crash, Trail, judge_run
from gateway.lanes import Lanes, Place, Room
from gateway.order import Table
from gateway.partners import Partner
from gateway.pipeline import WorkerBroke
from gateway.ports import Clock
from gateway.signing.algorithms import EVERYTHING, AlgorithmPolicy
from gateway.signing.revocation import Answer
from gateway.tolerances import Tolerance
from gateway.turns import Turns
from gateway.versions import Days

JOB_SECONDS: Final = 60.0
HEARTBEAT_EVERY: Final = timedelta(seconds=10)
HEARTBEAT_SECONDS: Final = 10.0
START_SECONDS: Final = 60.0
RESERVED_WORKERS: Final = 1
"""For urgent messages alone, beside those that take everything: where there are several, one more is started."""
MAX_FRAME: Final = 256 * 1024 * 1024
READY: Final = b"ready"
log = logging.getLogger(__name__)


class Job(Struct, frozen=True, kw_only=True):
    """One envelope to judge from a state on."""

    envelope: Envelope
    state: str
    now: datetime


class Briefing(Struct, frozen=True, kw_only=True):
    """What a worker knows when it starts: only what the front holds at that moment. It reads no configuration of its own, so that
    a file somebody has changed meanwhile counts for nothing until the front has taken it in and journalled it.
    """

    parties: tuple[str, ...]
    keys: tuple[tuple[str, str, str], ...]
    """Party, key file, certificate file."""
    smime_keys: tuple[tuple[str, str, str], ...] = ()
    """The same for S/MIME; empty where there is none."""
    partners: tuple[Partner, ...]
    log: str
    """Folder of the technical log."""
    book: Book | None = None
    """The address book in force."""
    versions: dict[str, dict[str, Days]] = {}
    """Days of versions that this office has agreed on, by family and major version."""
    free_text_characters: int = 0
    """Longest free text that we send in one form; 0 for no limit."""
    tolerances: tuple[Tolerance, ...] = ()
    """What is put up with from a partner for a time."""
    algorithms: AlgorithmPolicy = EVERYTHING
    """What signatures may be made of."""
    revocation: tuple[Answer, ...] = ()
    """What authorities say of certificates that they have taken back."""
    signer: str = ""
    """Socket of the signer process; without one the worker loads the keys itself."""


Brief = Callable[[], Briefing]
BRIEFINGS: Final = msgspec.msgpack.Decoder(Briefing)
JOBS: Final = msgspec.msgpack.Decoder(Job)
TRAILS: Final = msgspec.msgpack.Decoder(Trail)
ENCODER: Final = msgspec.msgpack.Encoder()


def frame(content: bytes) -> bytes:
    """Length and content."""
    return struct.pack(">I", len(content)) + content


def told(trail: Trail) -> bytes:
    """The trail as bytes. One that cannot be written is a fault of ours like any other, and no reason to die."""
    try:
        return ENCODER.encode(trail)
    except (ValueError, TypeError, OverflowError) as error:
        stage = trail.judged[-1].stage if trail.judged else "worker"
        return ENCODER.encode(Trail(crash=Crash(stage=stage, kind=type(error).__name__, where="the trail")))


class InlineCompute:
    """Judges in this process: for tests and tools. Job and trail are written and read as between processes, so that
    what cannot cross the pipe shows here too.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def judge(self, envelope: Envelope, state: str, now: datetime) -> Trail:
        """The trail of one run."""
        job = JOBS.decode(ENCODER.encode(Job(envelope=envelope, state=state, now=now)))
        return TRAILS.decode(told(judge_run(self._table, job.envelope, job.state, job.now)))


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, command: Sequence[str], brief: Brief | None) -> None:
        self._command, self._brief = command, brief
        self.trouble = ""
        """Why it could not start the last time."""
        self.replaced = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=MAX_FRAME
        )
        self.trouble = "it starts"
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._tell_briefing()
                ready = await self._read()
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            await self.kill()
            self.trouble = "it does not start; its log says why"
            raise Unavailable("worker.start", "A worker process does not start; its log says why.") from error
        if ready != READY:
            await self.kill()
            self.trouble = "it does not speak as it should"
            raise Unavailable("worker.start", "A worker process does not speak as it should.")
        self.trouble = ""

    async def _tell_briefing(self) -> None:
        if self._brief is None:
            return
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(frame(ENCODER.encode(self._brief())))
        await self._process.stdin.drain()

    async def judge(self, job: bytes) -> bytes:
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None:
            self.replaced += 1
            await self.start()
            process = self._process
        assert process is not None and process.stdin is not None
        try:
            async with asyncio.timeout(JOB_SECONDS):
                process.stdin.write(frame(job))
                await process.stdin.drain()
                return await self._read()
        except TimeoutError as error:
            await self.kill()
            raise WorkerBroke(f"no verdict within {JOB_SECONDS:.0f} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            code = await process.wait()
            raise WorkerBroke(f"ended with {code}") from error
        except asyncio.CancelledError:
            # Half a conversation is on the pipe: only a new process can be trusted with the next job.
            await self.kill()
            raise

    async def beat(self) -> None:
        """Replace the process unless it answers. Never raises: one that cannot start says so in `trouble`, and is tried again."""
        process = self._process
        try:
            if process is not None and process.returncode is None and process.stdin is not None:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    process.stdin.write(frame(b""))
                    await process.stdin.drain()
                    if await self._read() == READY:
                        return
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            await self.kill()
            raise
        log.warning("an idle worker does not answer and is replaced")
        self.replaced += 1
        await self.kill()
        with contextlib.suppress(Unavailable):
            await self.start()

    async def _read(self) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        (length,) = struct.unpack(">I", await self._process.stdout.readexactly(4))
        return await self._process.stdout.readexactly(length)

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class WorkerPool:
    """A fixed number of workers, and one more for urgent messages alone where there are several; a job waits for its turn."""

    def __init__(
        self, command: Sequence[str], count: int, brief: Brief | None = None,
        place: Callable[[Envelope], Place] = lambda _: Place(), clock: Clock | None = None,
    ) -> None:  # fmt: skip
        """With a clock, idle workers are asked now and then whether they still answer."""
        reserved = RESERVED_WORKERS if count > 1 else 0
        self._workers = [_Worker(command, brief) for _ in range(count + reserved)]
        self._free: deque[_Worker] = deque()
        self._turns = Turns(Lanes(Room(count + reserved, reserved)))
        self._place = place
        self._given_back = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._clock = clock

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that run."""
        return [worker.pid for worker in self._workers if worker.pid]

    @property
    def trouble(self) -> list[str]:
        """Why workers do not run, one sentence for each that does not."""
        return [worker.trouble for worker in self._workers if worker.trouble]

    async def start(self) -> None:
        """Start every worker; raises when one cannot start."""
        await asyncio.gather(*(worker.start() for worker in self._workers))
        self._free.extend(self._workers)
        if self._clock:
            self._keeper = asyncio.create_task(self._keep(self._clock), name="worker-keeper")

    async def stop(self) -> None:
        """End every worker."""
        keeper, self._keeper = self._keeper, None
        if keeper:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await asyncio.gather(*(worker.kill() for worker in self._workers))

    @property
    def replaced(self) -> int:
        """How often a worker had to be replaced because it had died or did not answer."""
        return sum(worker.replaced for worker in self._workers)

    async def _keep(self, clock: Clock) -> None:
        while True:
            await clock.wait_until(clock.now() + HEARTBEAT_EVERY)
            await self.beat()

    async def beat(self) -> None:
        """Ask every idle worker whether it answers, and replace those that do not. Busy ones have their own limit."""
        for worker in self._workers:
            if worker not in self._free:
                continue
            async with self._turns.turn(Place(urgent=True)):
                if worker in self._free:
                    async with self._taken(worker):
                        await worker.beat()

    async def renew(self) -> None:
        """Replace every worker as it becomes free, so that changed settings and partners are seen."""
        old = set(self._workers)
        while old:
            self._given_back.clear()
            async with self._turns.turn(Place(urgent=True)):
                worker = next((free for free in self._free if free in old), None)
                if worker:
                    old.remove(worker)
                    async with self._taken(worker):
                        await worker.kill()
                        await worker.start()
            if not worker:
                await self._given_back.wait()

    @asynccontextmanager
    async def _taken(self, worker: _Worker) -> AsyncIterator[None]:
        self._free.remove(worker)
        try:
            yield
        finally:
            self._free.append(worker)
            self._given_back.set()

    async def judge(self, envelope: Envelope, state: str, now: datetime) -> Trail:
        """The trail of one run; raises `WorkerBroke` when the process died over it."""
        job = ENCODER.encode(Job(envelope=envelope, state=state, now=now))
        async with self._turns.turn(self._place(envelope)):
            worker = self._free[0]
            async with self._taken(worker):
                answer = await worker.judge(job)
        try:
            return TRAILS.decode(answer)
        except msgspec.DecodeError as error:
            # Two versions of the code, or a fault of ours in it: never a reason to try for ever.
            raise WorkerBroke("a trail that cannot be read") from error
