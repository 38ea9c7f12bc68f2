"""A writer of the published log that is killed at every place where something becomes durable, and its successor: `python -m tests.crash.dying_log FOLDER`.

A first life, which nobody kills, tells the name of every place. Then there is a victim for every one of them, which kills itself right there, and a
successor, which has only what the disk holds. One line of JSON for each: how both ended, and what an examination of everything says after each.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.head import LogHead
from gateway.journal.tree.tiles import Tile
from tests.journal.publishing.press import Press

STEPS = (200, 60, 300)
"""So many entries before each checkpoint: over the edge of a full tile, and over two."""


class Places:
    """Counts the places that are passed, and ends the process at one of them."""

    def __init__(self, file: Path, deadly: str) -> None:
        self._file, self._deadly = file, deadly
        self._passed: Counter[str] = Counter()

    def passed(self, what: str) -> None:
        self._passed[what] += 1
        name = f"{what}, {self._passed[what]}"
        with self._file.open("a") as file:
            file.write(name + "\n")
        if name == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


class FatalFolder(LogFolder):
    """The folder of a log, with places before and after each write."""

    def __init__(self, folder: Path, places: Places) -> None:
        super().__init__(folder)
        self._places = places

    def write(self, tile: Tile, content: bytes) -> None:
        self._around(f"tile {tile.path}", lambda: super(FatalFolder, self).write(tile, content))

    def settle(self) -> None:
        self._around("settle", super().settle)

    def publish(self, note: bytes) -> None:
        self._around("checkpoint", lambda: super(FatalFolder, self).publish(note))

    def drop_partials(self, tile: Tile) -> None:
        self._around("drop partials", lambda: super(FatalFolder, self).drop_partials(tile))

    def _put(self, place: Path, content: bytes) -> None:
        super()._put(place, content)
        # what a crash in the middle of a write leaves: a piece of the next file, under the name that nobody reads
        place.with_name(f".{place.name}.new").write_bytes(content[: len(content) // 2])

    def _around(self, what: str, do: Callable[[], None]) -> None:
        self._places.passed(f"before {what}")
        do()
        self._places.passed(f"after {what}")


class FatalLedger(SqliteLedger):
    """The ledger, with places before and after a checkpoint is kept."""

    places: Places

    async def publish_log(self, head: LogHead, after: int, token: int) -> None:
        self.places.passed("before ledger")
        await super().publish_log(head, after, token)
        self.places.passed("after ledger")


async def live(place: Path, deadly: str, *, first: bool) -> None:
    """Write and publish, or go on with what is there."""
    places = Places(place / "places", deadly)
    ledger = FatalLedger(place / "ledger.sqlite")
    ledger.places = places
    press = Press(place, ledger)
    press.folder = FatalFolder(place / "log", places)
    press.integrator = type(press.integrator)(ledger, press.folder, press.keys, press.clock)
    async with press:
        for count in STEPS if first else ():
            await press.write(count, (await ledger.head())[0])
            await press.integrator.quiet()
        if not first:
            await press.write(max(0, sum(STEPS) - (await ledger.head())[0]), (await ledger.head())[0])
            await press.integrator.quiet()
        assert press.integrator.doubt is None, press.integrator.doubt


async def told(place: Path) -> dict[str, Any]:
    """What the disk says."""
    async with Press(place) as press:
        found = [f"{each.code} {each.place}" for each in await press.faults()]
        head, (number, _) = await press.ledger.log_head(), await press.ledger.head()
        return {"faults": found, "published": head.size, "entries": number, "doubts": await press.events("log.doubted")}


def forked(place: Path, deadly: str, *, first: bool) -> int:
    child = os.fork()
    if not child:
        status = 3
        try:
            asyncio.run(live(place, deadly, first=first))
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    place = Path(sys.argv[1])
    whole = place / "whole"
    whole.mkdir()
    assert forked(whole, "", first=True) == 0
    for number, name in enumerate((whole / "places").read_text().splitlines(), 1):
        own = place / str(number)
        own.mkdir()
        first = forked(own, name, first=True)
        between = asyncio.run(told(own))
        second = forked(own, "", first=False)
        outcome = {"at": name, "first": first, "between": between, "second": second, "end": asyncio.run(told(own))}
        sys.stdout.write(json.dumps(outcome) + "\n")


if __name__ == "__main__":
    main()
