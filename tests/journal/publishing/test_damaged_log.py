"""Damage anywhere, and the verdict on each piece: every one is found by the examination, with its name and its place.

One log of 600 entries is made once; each piece is a copy of it with one thing changed.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.journal.publishing.keys import JOURNAL
from gateway.journal.tree.checkpoints import Checkpoint, signed
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.notes import NoteInvalid, NoteSigner, read_note
from gateway.journal.tree.packets import read_packet, verify_packet
from gateway.journal.tree.proofs import ProofFalse
from tests.journal.publishing.press import Press, behind_its_back
from tests.journal.tree.test_tree import flip

SIZE = 600
CHANCE = random.Random(20261121)
Piece = tuple[str, Callable[[Path], None], str, str, int]
"""What is wrong, how it came about, and the code, place and entry that are told."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published log of 600 entries at rest: two full tiles of leaves and a partial one, one above."""
    import asyncio

    place = tmp_path_factory.mktemp("printed") / "whole"
    place.mkdir()

    async def made() -> None:
        async with Press(place) as press:
            await press.write(590)
            await press.publish()
            await press.write(10, 590)
            await press.publish()
            assert await press.faults() == []

    asyncio.run(made())
    return place


@pytest.fixture
def piece(printed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(printed, tmp_path / "piece")


def in_file(path: str, how: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(place: Path) -> None:
        file = place / "log" / path
        file.write_bytes(how(file.read_bytes()))

    return damage


def in_ledger(*statements: str) -> Callable[[Path], None]:
    return lambda place: behind_its_back(place, *statements)


def turned(bit: int) -> Callable[[bytes], bytes]:
    return lambda content: flip(content, bit)


def signed_by_us(size: int, root: bytes) -> Callable[[Path], None]:
    """Another checkpoint, signed with the office's own key: what only its operators could do."""

    def damage(place: Path) -> None:
        signer = Press(place).keys.signer(JOURNAL)
        assert signer is not None
        made = signed(Checkpoint(origin=signer.name, size=size, root=root), signer)
        (place / "log" / "checkpoint").write_bytes(made.content())

    return damage


def swapped(place: Path) -> None:
    shutil.copy(place / "log/tile/0/001", place / "log/tile/0/000")


def key_damaged(place: Path) -> None:
    (place / "keys" / "journal.vkey").write_text("x+1+y")


LEAF_TILES = {"tile/0/000": 0, "tile/0/001": 256, "tile/0/002.p/88": 512}


def tiles() -> Iterator[Piece]:
    """A bit that was turned in a tile of leaves, above them, or in a partial one that is still served."""
    for path, begin in LEAF_TILES.items():
        width = SIZE - begin if ".p" in path else 256
        for bit in (0, width * 256 - 1, *(CHANCE.randrange(width * 256) for _ in range(12))):
            yield f"{path} bit {bit}", in_file(path, turned(bit)), "log.tile-damaged", path, begin + bit // 256 + 1
    for bit in (0, 255, 256, 511, *(CHANCE.randrange(512) for _ in range(4))):
        path = "tile/1/000.p/2"
        yield f"{path} bit {bit}", in_file(path, turned(bit)), "log.tile-damaged", path, bit // 256 * 256 + 1
    for bit in (0, *(CHANCE.randrange(78 * 256) for _ in range(4))):
        path = "tile/0/002.p/78"
        yield f"{path} bit {bit}", in_file(path, turned(bit)), "log.tile-damaged", path, 513
    for path, begin in {**LEAF_TILES, "tile/1/000.p/2": 0}.items():
        for octets in (1, 31, 32, 320):
            if octets == 320 and "1/000" in path:
                continue
            yield (
                f"{path} cut by {octets}",
                in_file(path, lambda content, n=octets: content[:-n]),
                "log.tile-damaged",
                path,
                begin + 1,
            )  # type: ignore[misc]  # bound now
        yield (
            f"{path} gone",
            lambda place, path=path: (place / "log" / path).unlink(),
            "log.tile-missing",
            path,
            begin + 1,
        )  # type: ignore[misc]  # bound now
        yield f"{path} emptied", in_file(path, lambda _: b""), "log.tile-damaged", path, begin + 1
    yield (
        "two hashes changed places",
        in_file("tile/0/000", lambda content: content[32:64] + content[:32] + content[64:]),
        "log.tile-damaged",
        "tile/0/000",
        1,
    )
    yield "a tile in place of another", swapped, "log.tile-damaged", "tile/0/000", 1


def entries() -> Iterator[Piece]:
    """Entries that were changed, taken out, put in another order, or written anew with a chain that is whole."""
    for number in (1, 2, 255, 256, 257, 512, 513, 599, 600, *(CHANCE.randrange(1, SIZE + 1) for _ in range(6))):
        change = (
            f"UPDATE journal SET entry = CAST(replace(entry, 'officer', 'offices') AS BLOB) WHERE number = {number}"
        )
        yield f"entry {number} changed", in_ledger(change), "log.entry-differs", "ledger", number
    for number in (1, 128, 256, 300, 512, 513, 599):
        yield (
            f"entry {number} taken out",
            in_ledger(f"DELETE FROM journal WHERE number = {number}"),
            "log.entry-differs",
            "ledger",
            number,
        )
    for number in (1, 100, 256, 512, 560):
        swap = (
            f"CREATE TEMP TABLE two AS SELECT number, entry FROM journal WHERE number IN ({number}, {number + 1})",
            f"UPDATE journal SET entry = (SELECT entry FROM two WHERE number = {number + 1}) WHERE number = {number}",
            f"UPDATE journal SET entry = (SELECT entry FROM two WHERE number = {number}) WHERE number = {number + 1}",
        )
        yield (
            f"entries {number} and {number + 1} changed places",
            in_ledger(*swap),
            "log.entry-differs",
            "ledger",
            number,
        )
    cut = (
        "DELETE FROM journal WHERE number > 550",
        "UPDATE standing SET number = 550, hash = (SELECT hash FROM journal WHERE number = 550)",
    )
    yield "the end cut off", in_ledger(*cut), "log.journal-cut", "ledger", 551
    yield "written anew with a chain that is whole", anew, "log.entry-differs", "ledger", 300


def anew(place: Path) -> None:
    """From entry 300 on everything again, with the hashes of the chain right."""
    import sqlite3

    from gateway.journal.chain import link

    behind_its_back(place)
    with sqlite3.connect(place / "ledger.sqlite") as ledger:
        (before,) = ledger.execute("SELECT hash FROM journal WHERE number = 299").fetchone()
        for number, entry in ledger.execute(
            "SELECT number, entry FROM journal WHERE number >= 300 ORDER BY number"
        ).fetchall():
            made = link(number, bytes(entry).replace(b"officer", b"offices"), before)
            ledger.execute(
                "UPDATE journal SET entry = ?, before = ?, hash = ? WHERE number = ?",
                (made.entry, before, made.hash, number),
            )
            before = made.hash
        ledger.execute("UPDATE standing SET hash = ?", (before,))
    ledger.close()


def checkpoints() -> Iterator[Piece]:
    """Checkpoints that are damaged, forged, forked, put back; in the folder and in the ledger."""
    for bit in (3, 200, 250, 300, 400, 700, *(CHANCE.randrange(1400) for _ in range(8))):
        yield (
            f"checkpoint bit {bit}",
            in_file("checkpoint", turned(bit)),
            "log.checkpoint-false|log.key-foreign",
            "checkpoint",
            SIZE,
        )
    yield (
        "another size",
        in_file("checkpoint", lambda content: content.replace(b"\n600\n", b"\n601\n")),
        "log.checkpoint-false",
        "checkpoint",
        SIZE,
    )
    yield "cut", in_file("checkpoint", lambda content: content[:-2]), "log.checkpoint-false", "checkpoint", SIZE
    yield "gone", lambda place: (place / "log" / "checkpoint").unlink(), "log.checkpoint-behind", "checkpoint", SIZE
    yield "an older one", signed_by_us(7, leaf_hash(b"x")), "log.checkpoint-behind", "checkpoint", SIZE
    yield "a newer one", signed_by_us(601, leaf_hash(b"x")), "log.checkpoint-ahead", "checkpoint", SIZE
    yield "a fork", signed_by_us(600, leaf_hash(b"x")), "log.checkpoint-forked", "checkpoint", SIZE
    for change in (
        "note = x'00'",
        "size = 599, hash = (SELECT hash FROM journal WHERE number = 599)",
        "note = CAST(replace(note, '600', '599') AS BLOB)",
    ):
        yield (
            f"in the ledger: {change[:20]}",
            in_ledger(f"UPDATE log SET {change}"),
            "log.checkpoint-false",
            "ledger",
            0,
        )
    yield (
        "the public key gone",
        lambda place: (place / "keys" / "journal.vkey").unlink(),
        "log.key-missing",
        "journal.vkey",
        SIZE,
    )
    yield "the public key damaged", key_damaged, "log.key-missing", "journal.vkey", SIZE


PIECES = [*tiles(), *entries(), *checkpoints()]


def test_there_are_more_than_a_hundred_pieces() -> None:
    assert len({name for name, *_ in PIECES}) > 100


@pytest.mark.parametrize(
    ("damage", "code", "where", "number"), [each[1:] for each in PIECES], ids=[each[0] for each in PIECES]
)
async def test_damage_is_found_named_and_located(
    piece: Path, damage: Callable[[Path], None], code: str, where: str, number: int
) -> None:
    damage(piece)
    async with Press(piece) as press:
        found = await press.faults()
    assert found, "the examination sees nothing"
    first = found[0]
    assert first.code in code.split("|"), found
    assert first.place.endswith(where), found
    assert number in (0, first.number), found
    assert first.fault
    if "tile" in where:
        assert all(fault.place == where for fault in found), "one damaged file is told once, not on every level"


def test_a_proof_that_was_damaged_is_refused_with_a_reason(printed: Path, tmp_path: Path) -> None:
    import asyncio

    place = shutil.copytree(printed, tmp_path / "piece")

    async def made() -> tuple[bytes, Press]:
        async with Press(place) as press:
            return (await press.prover.inclusion(321)).text().encode(), press

    text, press = asyncio.run(made())
    assert verify_packet(read_packet(text), press.key).size == SIZE
    for bit in {CHANCE.randrange(len(text) * 8) for _ in range(150)}:
        with pytest.raises(ProofFalse, match=r"\w"):
            verify_packet(read_packet(flip(text, bit)), press.key)


def test_a_proof_of_another_office_is_no_proof_of_ours(printed: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Press(printed).key
    stranger = NoteSigner(key.name, Ed25519PrivateKey.generate())
    note = read_note((printed / "log" / "checkpoint").read_bytes())
    forged = stranger.sign(note.text)
    from gateway.journal.tree.checkpoints import opened

    with pytest.raises(NoteInvalid, match="no key"):
        opened(forged.content(), key)
