"""A long outage: ten thousand checkpoints nobody stamps cost no memory and no file, and one question makes up for all of them."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.stores.memory.ledger import MemoryLedger
from gateway.errors import Unavailable
from gateway.journal.entry import read
from gateway.journal.stamping.shelf import StampShelf
from gateway.journal.stamping.stamping import Stamping
from gateway.journal.tree.checkpoints import Checkpoint, signed
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.notes import NoteSigner
from tests.gateway.rig import TurnedClock
from tests.journal.stamping.authorities import Authority

MANY = 10_000
HALF_A_SECOND = timedelta(milliseconds=500)
MEMORY_OCTETS = 200_000


class Growing:
    """A log that has a new checkpoint whenever one looks."""

    def __init__(self) -> None:
        self._signer = NoteSigner("xa.spoc.example/journal/XA", Ed25519PrivateKey.from_private_bytes(bytes(32)))
        self.size = 0

    async def checkpoint(self) -> tuple[Checkpoint, bytes]:
        self.size += 7
        made = Checkpoint(origin=self._signer.name, size=self.size, root=leaf_hash(str(self.size).encode()))
        return made, signed(made, self._signer).content()


class Interrupted:
    """The way to an authority, which can be closed."""

    def __init__(self, authority: Authority) -> None:
        self._wire, self.open, self.tried = authority.wire(), False, 0

    async def start(self) -> None:
        await self._wire.start()

    async def stop(self) -> None:
        await self._wire.stop()

    async def ask(self, question: bytes) -> bytes:
        self.tried += 1
        if not self.open:
            raise Unavailable("stamp.away", "It does not answer.", operator=f"try {self.tried}")
        return await self._wire.ask(question)


async def test_ten_thousand_checkpoints_of_an_outage_are_made_up_for_by_one_stamp(
    authority: Authority, tmp_path: Path
) -> None:
    clock, log, wire = TurnedClock(), Growing(), Interrupted(authority)
    ledger, shelf = MemoryLedger(clock), StampShelf(tmp_path)
    await ledger.start()
    stamping = Stamping([authority.taken(wire)], log, ledger, shelf, clock)
    await wire.start()
    await stamping.quiet()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(MANY):
        clock.turn(HALF_A_SECOND)
        await stamping.quiet()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < MEMORY_OCTETS
    assert list(shelf.folder.glob("**/*.*")) == []
    events = [read(link.entry).event for link in await ledger.journal(0, 100)]
    assert events == ["log.unstamped"], "once, however long it lasts"

    wire.open, wire.tried = True, 0
    authority.live_at(clock.now())
    await stamping.quiet()
    assert wire.tried == 1
    assert stamping.states[0].size == log.size
    assert [each.size for each in shelf.all("first")] == [log.size]
    assert [each.size for each in shelf.covering(1)] == [log.size], "it covers everything that came before"
    await wire.stop()
    await ledger.stop()


def test_a_stamp_is_found_among_thousands(tmp_path: Path) -> None:
    shelf = StampShelf(tmp_path)
    sizes = [1, 9, 999, 1000, 1001, 12_345, 999_999, 1_000_000, 123_456_789]
    for size in sizes:
        shelf.put("first", size, b"note", b"token")
    shelf.put("second", 1000, b"note", b"token")
    assert [each.size for each in shelf.all("first")] == sizes
    assert [(each.authority, each.size) for each in shelf.covering(1000)] == [("first", 1000), ("second", 1000)]
    assert [(each.authority, each.size) for each in shelf.covering(1001)] == [("first", 1001)]
    assert [each.size for each in shelf.covering(1002)] == [12_345]
    assert shelf.covering(123_456_790) == []
    assert shelf.covering(10**13) == []
    last = shelf.last("first")
    assert last is not None
    assert last.size == 123_456_789
    assert last.place == "stamp/first/000/123/456/789.tst"
    assert shelf.last("third") is None


def test_what_a_kill_leaves_is_no_stamp(tmp_path: Path) -> None:
    """A checkpoint without its token, or half a file beside its place: the next stamp is put there as if nothing had been."""
    shelf = StampShelf(tmp_path)
    shelf.put("first", 7, b"note", b"token")
    folder = tmp_path / "stamp" / "first" / "000" / "000" / "000"
    (folder / "009.note").write_bytes(b"note")
    (folder / ".009.tst.new").write_bytes(b"tok")
    assert [each.size for each in shelf.all("first")] == [7]
    assert shelf.covering(8) == []
    shelf.put("first", 9, b"other note", b"other token")
    assert [(each.size, each.note, each.token) for each in shelf.covering(8)] == [(9, b"other note", b"other token")]
