"""A front that is killed at every commit of a whole story, and its successor: `python -m tests.crash.dying_front FOLDER WHEN`.

One process makes the keys and forks for a first life, which nobody kills and which tells the name of every commit: what it moves from where to where.
Messages move side by side, so the order differs from life to life; the names do not. Then it forks for every name a victim, which kills itself right
before or right after that commit, and a successor, which goes on with what it finds on the disk. Whatever is outside the gateway (the partner's
mailbox, the case system) is a file that survives. One line of JSON a life says how it ended, the whole one first.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway import parcel, safexml
from gateway.envelope import Attempt, Claim, Envelope, Payload
from gateway.handover import Accepted, Outgoing
from gateway.journal.entry import Entry
from gateway.ledger import Committed, Move, Query, StaleMove
from gateway.questions import CaseReference, CaseRequest
from tests.gateway.rig import Cases, TurnedClock, Wire, root_of
from tests.journeys.worlds import ADDRESS, PHOTO, World, hit, keyring, prove, receipt_about

NEVER = "never"


class Fatal(SqliteLedger):
    """A ledger that kills its process right before or right after the write of this name, and keeps a list of the names in a file."""

    def __init__(self, path: Path, clock: TurnedClock, when: str, place: str) -> None:
        super().__init__(path, clock, keyring=keyring(path.parent))
        self._when, self._place, self._list = when, place, path.with_name("places")
        self._begun: Counter[str] = Counter()

    async def accept(self, envelope: Envelope, entry: Entry, key: str) -> Accepted:
        place = self._begin(f"accept {envelope.direction} {envelope.kind} {root_in(envelope.payload)}")
        answer = await super().accept(envelope, entry, key)
        self._end(place)
        return answer

    async def commit(self, moves: Sequence[Move]) -> Committed:
        what = " and ".join(name_of(move) for move in moves)
        place = self._begin(what)
        try:
            answer = await super().commit(moves)
        except StaleMove:
            self._begun[what] -= 1  # somebody else was first; it is tried again under the same name
            raise
        self._end(place)
        return answer

    def _begin(self, what: str) -> str:
        self._begun[what] += 1
        place = f"{what}, {self._begun[what]}"
        self._die("before", place)
        return place

    def _end(self, place: str) -> None:
        with self._list.open("a") as file:
            file.write(place + "\n")
        self._die("after", place)

    def _die(self, when: str, place: str) -> None:
        if (self._when, self._place) == (when, place):
            os.kill(os.getpid(), signal.SIGKILL)


def name_of(move: Move) -> str:
    """What a move does, the same in every life."""
    envelope = move.envelope
    path = " > ".join((move.before, *move.via, move.after))
    return f"{envelope.direction} {envelope.kind} {root_in(envelope.payload)} {path}"


def root_in(payload: Payload) -> str:
    """The root element of a message, and of a receipt its stage."""
    root = safexml.parse(parcel.open_parcel(payload).form)
    return " ".join(filter(None, (str(root.tag).rpartition("}")[2], root.findtext("{*}Body/{*}Stage"))))


class Mailbox(Wire):
    """The partner's mailbox as a file: what stands there has arrived."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    async def send(self, out: Outgoing) -> Attempt:
        line = {"root": root_of(out), "message": out.message_id, "digest": out.payload.digest, "attempt": out.attempt}
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")
        return await super().send(out)


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


def places(folder: Path) -> list[str]:
    """The names of all commits that were made there, in order."""
    file = folder / "places"
    return file.read_text().splitlines() if file.exists() else []


async def live(world: World, folder: Path, when: str, place: str) -> None:
    """Play the story from wherever it stands: the hit comes in until it is kept, and the receipt for the answer follows."""
    world.clock = TurnedClock()
    ledger = Fatal(folder / "ledger.sqlite", world.clock, when, place)
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


async def receipted(world: World) -> bool:
    """Whether the partner's receipt has been kept."""
    return len([each for each in await world.ledger.find(Query(limit=50)) if each.direction == "inbound"]) > 1


def claim() -> Claim:
    return Claim(sender=ADDRESS["sirene:XB"], recipients=("sirene@xa.spoc.example",))


def cases(folder: Path) -> int:
    return len(list(folder.glob("case-*.json")))


async def told(world: World, folder: Path) -> dict[str, object]:
    """How it ended, by what the disk says."""
    ledger = SqliteLedger(folder / "ledger.sqlite", world.clock, keyring=keyring(folder))
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


def forked(world: World, folder: Path, when: str, place: str) -> int:
    """Live in a child process; its exit status, negative for a signal."""
    child = os.fork()
    if not child:
        status = 3
        try:
            asyncio.run(live(world, folder, when, place))
            status = 0
        except BaseException:
            traceback.print_exc()  # the parent only sees the status; the tail of our words is shown by the test
            raise
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lived(world: World, folder: Path, when: str, place: str) -> list[str]:
    """Print how it ends when somebody dies there; the names of the commits of the first life."""
    folder.mkdir()
    first = forked(world, folder, when, place)
    made = places(folder)
    second = forked(world, folder, NEVER, "") if first else 0
    outcome = {"at": place, "first": first, "made": made, "second": second, **asyncio.run(told(world, folder))}
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()
    return made


def main() -> None:
    base, when = Path(sys.argv[1]), sys.argv[2]
    world = World(base / "keys")
    for number, place in enumerate(lived(world, base / "whole", NEVER, ""), 1):
        lived(world, base / f"{when}-{number}", when, place)


if __name__ == "__main__":
    main()
