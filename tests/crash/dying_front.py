"""A front that is killed at every commit of a whole story, and its successor: `python -m tests.crash.dying_front FOLDER WHEN`.

One process makes the keys, then forks for every place a victim, which kills itself right before or right after its n-th commit, and a successor,
which goes on with what it finds on the disk. Whatever is outside the gateway (the partner's mailbox, the case system) is a file that survives.
One line of JSON a place says how it ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.envelope import Attempt, Claim, Envelope
from gateway.handover import Accepted, Outgoing
from gateway.journal.entry import Entry
from gateway.ledger import Committed, Move, Query
from gateway.questions import CaseReference, CaseRequest
from tests.gateway.rig import Cases, TurnedClock, Wire, root_of
from tests.journeys.worlds import ADDRESS, PHOTO, World, hit, prove, receipt_about

MANY = 10_000


class Fatal(SqliteLedger):
    """A ledger that kills its process right before or right after the n-th write of a message."""

    def __init__(self, path: Path, clock: TurnedClock, when: str, at: int) -> None:
        super().__init__(path, clock)
        self._when, self._at, self.writes = when, at, 0

    async def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        number = self._begin()
        answer = await super().accept(envelope, entry, key)
        self._die("after", number)
        return answer

    async def commit(self, moves: Sequence[Move]) -> Committed:
        number = self._begin()
        answer = await super().commit(moves)
        self._die("after", number)
        return answer

    def _begin(self) -> int:
        self.writes += 1
        self._die("before", self.writes)
        return self.writes

    def _die(self, when: str, number: int) -> None:
        if (self._when, self._at) == (when, number):
            os.kill(os.getpid(), signal.SIGKILL)


class Mailbox(Wire):
    """The partner's mailbox as a file: what stands there has arrived."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    async def send(self, parcel: Outgoing) -> Attempt:
        line = {
            "root": root_of(parcel),
            "message": parcel.message_id,
            "digest": parcel.payload.digest,
            "attempt": parcel.attempt,
        }
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")
        return await super().send(parcel)


class Archive(Cases):
    """The case system as files: one for each key."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def open_case(self, request: CaseRequest, at: datetime) -> CaseReference:
        file = self._folder / f"case-{request.idempotency_key}.json"
        if file.exists():
            return msgspec.json.decode(file.read_bytes(), type=CaseReference)
        made = await super().open_case(request, at)
        file.write_bytes(msgspec.json.encode(made))
        return made


def lines(folder: Path) -> list[dict[str, str]]:
    file = folder / "mailbox"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def live(world: World, folder: Path, when: str, at: int) -> int:
    """Play the story from wherever it stands: the hit comes in until it is kept, and the receipt for the answer follows."""
    world.clock = TurnedClock()
    ledger = Fatal(folder / "ledger.sqlite", world.clock, when, at)
    world.ledger, world.wire, world.cases = ledger, Mailbox(folder / "mailbox"), Archive(folder)
    world.gateway = world.joined()
    async with world:
        if not await ledger.find(Query(limit=1)):
            # Nobody was told that it is kept: the sender sends it again.
            await world.gateway.intake.take("wire", world.bureaux["sirene:XB"].signed(hit(), (PHOTO,)), claim())
        await world.gateway.engine.quiet()
        for _ in range(3):
            await world.later(timedelta(minutes=10))
        for line in lines(folder):
            if line["root"] == "FormP" and not await receipted(world):
                xml = receipt_about(line["message"], "RECEIVED", 1)
                await world.gateway.intake.take("wire", world.bureaux["sirene:XB"].signed(xml), claim())
                await world.gateway.engine.quiet()
        await prove(ledger)
    return ledger.writes


async def receipted(world: World) -> bool:
    """Whether the partner's receipt has been kept."""
    return len([each for each in await world.ledger.find(Query(limit=50)) if each.direction == "inbound"]) > 1


def claim() -> Claim:
    return Claim(sender=ADDRESS["sirene:XB"], recipients=("sirene@xa.spoc.example",))


def cases(folder: Path) -> int:
    return len(list(folder.glob("case-*.json")))


async def told(world: World, folder: Path) -> dict[str, object]:
    """How it ended, by what the disk says."""
    ledger = SqliteLedger(folder / "ledger.sqlite", world.clock)
    await ledger.start()
    try:
        found = await ledger.find(Query(limit=100))
        return {
            "envelopes": sorted([each.direction, each.kind, each.format, each.state] for each in found),
            "cases": cases(folder),
            "mailbox": lines(folder),
        }
    finally:
        await ledger.stop()


def forked(world: World, folder: Path, when: str, at: int) -> int:
    """Live in a child process; its exit status, negative for a signal."""
    child = os.fork()
    if not child:
        status = 3
        try:
            asyncio.run(live(world, folder, when, at))
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    base, when = Path(sys.argv[1]), sys.argv[2]
    world = World(base / "keys")
    for at in range(1, MANY):
        folder = base / f"{when}-{at}"
        folder.mkdir()
        first = forked(world, folder, when, at)
        second = forked(world, folder, "never", 0) if first else 0
        outcome = {"at": at, "first": first, "second": second, **asyncio.run(told(world, folder))}
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()
        if first != -signal.SIGKILL:
            return


if __name__ == "__main__":
    main()
