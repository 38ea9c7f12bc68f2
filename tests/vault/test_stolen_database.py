"""Who steals the ledger without the master key has no content and no name; who destroys a key leaves the proof whole."""

from __future__ import annotations

import base64
import logging
import os
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.envelope import Claim, Payload
from gateway.errors import Misconfigured
from gateway.journal import chain, told
from gateway.journal import entry as entries
from gateway.journal.entry import Entry
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import LogKeys
from gateway.journal.rows import row_faults
from gateway.ledger import Query
from gateway.parcel import File
from gateway.vault.port import Destruction
from gateway.vault.sealed import ContentDamaged, ContentDestroyed
from gateway.vault.subjects import of_day
from tests.gateway.rig import NOON, TurnedClock
from tests.journeys.worlds import HIT_ID, World, keyring, sample, world_on

FIRST, LAST = "Zebrafinkius", "Canarewski"
"""Names that stand nowhere else."""
BOTH = f"{FIRST} {LAST}"
OFFICER = "user:officer-1"
RULE = Destruction(at=NOON + timedelta(days=1), rule="sirene.three-years")


def needles() -> dict[str, bytes]:
    """The names as they could stand in a file."""
    found: dict[str, bytes] = {}
    for name in (FIRST, LAST):
        for shape in (name, name.lower(), name.upper()):
            found |= {
                f"{shape} in UTF-8": shape.encode(), f"{shape} in UTF-16 LE": shape.encode("utf-16-le"),
                f"{shape} in UTF-16 BE": shape.encode("utf-16-be"), f"{shape} in hexadecimal": shape.encode().hex().encode(),
            }  # fmt: skip
            for shift in range(3):  # base64 has three ways to write the same bytes inside of others
                whole = base64.b64encode(b"x" * shift + shape.encode())
                found[f"{shape} in base64, {shift}"] = whole[4 if shift else 0 : len(whole) - 4]
    return found


def seen_in(place: Path) -> list[str]:
    """Which names stand in which files below a folder."""
    files = [file for file in sorted(place.rglob("*")) if file.is_file()]
    return [
        f"{file.name}: {what}" for file in files for what, needle in needles().items() if needle in file.read_bytes()
    ]


async def journey(world: World) -> str:
    """Names wherever a message, a register, an officer or another server may write them; the first message of it all."""
    world.shelves["crm"]._record = (("keeper", BOTH),)
    photo = File(
        file_name=f"{LAST}.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff\xe0" + BOTH.encode() + b"\xff\xd9"
    )
    form = sample("sirene/FormG", **{
        "Hit on a vehicle alert": f"Hit on {BOTH}", "XB-G-2026-0000001": f"{LAST}/17", "vehicle-front.jpg": photo.file_name,
        "<h:Size>182044<": f"<h:Size>{len(photo.content)}<",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": photo.part().sha256,
    })  # fmt: skip
    first = await world.letter("sirene:XB", form, photo)
    held = await world.letter("ncb:XB", sample("interpol/FreeText"))
    desk = world.gateway.desk
    await desk.read(first, OFFICER, f"Is this {BOTH}?")
    await desk.find(Query(text=BOTH), OFFICER, f"Looking for {BOTH}")
    await desk.release(held, OFFICER, f"{BOTH} is meant.")
    stranger = Claim(
        sender=f"{FIRST}.{LAST}@stranger.example",
        recipients=(f"{LAST}@xa.spoc.example",),
        reference=f"<{LAST}@stranger.example>",
    )
    await world.gateway.intake.take(
        "wire", Payload.of(f"Dear {BOTH}".encode(), f"text/plain; name={LAST}.txt"), stranger
    )
    await world.gateway.intake.turned_away("wire", stranger, "door.size", f"{BOTH} wrote too much")
    world.wire.outcomes = [f"refused {BOTH}"]
    await world.gateway.quiet()
    (reply,) = [each for each in await world.ledger.find(Query(cause=first, limit=50)) if each.kind == "reply"]
    assert reply.cause == first
    await world.later(timedelta(minutes=5))
    return first


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_on("sqlite", tmp_path)


async def test_a_stolen_ledger_its_log_and_its_exports_name_nobody(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with world:
        first = await journey(world)
        log = LogFolder(tmp_path / "log")
        integrator = Integrator(world.ledger, log, LogKeys(tmp_path / "log-keys", "xa.spoc.example", "XA"), world.clock)
        integrator.start()
        await integrator.quiet()
        await integrator.stop()
        exported = b"\n".join(link.entry for link in await world.ledger.journal(0, 10_000))
        (tmp_path / "export.jsonl").write_bytes(exported)
        assert (await world.row(first)).envelope.form.header.subject == f"Hit on {BOTH}", "who has the key reads it"
        assert (await world.ledger.find(Query(text=f"{LAST}/17")))[0].our_reference == f"{LAST}/17", "and finds it"
        (tmp_path / "live.jsonl").write_text("\n".join(record.getMessage() for record in caplog.records))
        live = set(os.listdir(tmp_path))
        assert {"ledger.sqlite", "ledger.sqlite-wal", "export.jsonl", "log"} <= live
        assert seen_in(tmp_path) == []
        await world.sound()
    assert seen_in(tmp_path) == [], "nor once it has stopped"


async def test_the_same_journey_over_a_ledger_that_does_not_seal_is_full_of_names(tmp_path: Path) -> None:
    """Without this, the search for names could be blind."""
    clock = TurnedClock()
    plain = World(tmp_path, SqliteLedger(tmp_path / "ledger.sqlite", clock), clock)
    async with plain:
        await journey(plain)
        assert {f"ledger.sqlite-wal: {name} in UTF-8" for name in (FIRST, LAST)} <= set(seen_in(tmp_path))


async def test_the_needles_are_found_where_names_stand_in_the_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"..." + base64.b64encode(b"Mr " + BOTH.encode() + b" of XA"))
    (tmp_path / "b").write_bytes(b"\x00" + LAST.encode("utf-16-le"))
    assert {line.partition(":")[0] for line in seen_in(tmp_path)} == {"a", "b"}


async def test_without_the_master_key_or_with_a_wrong_one_nothing_starts(world: World, tmp_path: Path) -> None:
    async with world:
        await journey(world)
    (master,) = (tmp_path / "masters").iterdir()
    shutil.copytree(tmp_path, tmp_path.parent / "thief", ignore=shutil.ignore_patterns("masters"))
    thief = world_on("sqlite", tmp_path.parent / "thief")  # makes a master of its own
    with pytest.raises(Misconfigured, match=master.stem):
        await thief.ledger.start()
    plain = SqliteLedger(tmp_path.parent / "thief" / "ledger.sqlite", TurnedClock(), read_only=True)
    await plain.start()
    shown = await plain.find(Query(limit=100))
    await plain.stop()
    assert shown
    assert not any(FIRST in repr(each) or LAST in repr(each) for each in shown)


async def test_what_is_destroyed_cannot_be_read_and_the_proof_stays(world: World, tmp_path: Path) -> None:
    async with world:
        first = await journey(world)
        with sqlite3.connect(tmp_path / "ledger.sqlite") as live, sqlite3.connect(tmp_path / "backup.sqlite") as copy:
            live.backup(copy)
        told_of = Entry(event="content.destroyed", at=RULE.at, envelope=first, reason=RULE.rule)
        day = of_day(NOON)
        assert await world.ledger.destroy([first, day, "nobody"], RULE, [told_of]) == ("nobody",)
        assert await world.ledger.destroyed([first, day, HIT_ID]) == {first: RULE, day: RULE}

        with pytest.raises(ContentDestroyed, match=r"2026-11-22 under the rule sirene\.three-years"):
            await world.ledger.get(first)
        (summary,) = [each for each in await world.ledger.find(Query(text=first)) if each.id == first]
        assert (summary.state, summary.our_reference) == ("acknowledged", "")
        assert summary.counterpart == "sirene:XB"
        assert await world.ledger.find(Query(text=f"{LAST}/17")) == [summary], (
            "whoever knows the word still finds that it was there"
        )
        links = await world.ledger.journal(0, 10_000)
        opened = await told.opened(world.ledger, links)
        words = [told.details(entries.read(link.entry), opened.get(link.number)) for link in links]
        assert not any(BOTH in str(each) and "is meant" not in str(each) for each in words)
        assert any("destroyed on 2026-11-22 under the rule sirene.three-years" in each.values() for each in words)
        head = await world.ledger.head()
        assert [fault async for fault in row_faults(world.ledger, head[0])] == []
        await world.sound()

    restored = SqliteLedger(tmp_path / "backup.sqlite", TurnedClock(), keyring=keyring(tmp_path))
    await restored.start()
    with pytest.raises(ContentDestroyed):
        await restored.get(first)
    assert list(chain.faults(await restored.journal(0, 10_000))) == [], "the proof of the backup is whole"
    await restored.stop()


@pytest.mark.parametrize("part", ["payload", "verified"])
async def test_a_flipped_bit_in_sealed_content_is_found_named_and_located(
    world: World, tmp_path: Path, part: str
) -> None:
    async with world:
        first = await journey(world)
    flip(tmp_path / "ledger.sqlite", "contents", "content", f"envelope = '{first}' AND part = '{part}'")
    await world.ledger.start()
    with pytest.raises(ContentDamaged, match=f"{first}: {part} does not open"):
        await world.ledger.get(first)
    (fault,) = [fault async for fault in row_faults(world.ledger, (await world.ledger.head())[0])]
    await world.ledger.stop()
    assert f"message {first}: {first}: {part} does not open" in fault.fault
    assert fault.number == 2, "where it was taken in"


async def test_words_that_were_put_in_place_of_others_are_found(world: World, tmp_path: Path) -> None:
    async with world:
        await journey(world)
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("DROP TRIGGER opening_is_not_changed")
    one, other = [
        number for (number,) in connection.execute("SELECT number FROM journal_personal ORDER BY number LIMIT 2")
    ]
    connection.execute(
        "UPDATE journal_personal SET opening = (SELECT opening FROM journal_personal WHERE number = ?) WHERE number = ?",
        (one, other),
    )
    connection.commit()
    connection.close()
    await world.ledger.start()
    faults = [fault async for fault in row_faults(world.ledger, (await world.ledger.head())[0])]
    await world.ledger.stop()
    assert [fault.number for fault in faults] == [other]
    assert "persons" in faults[0].fault or "written with" in faults[0].fault


def flip(file: Path, table: str, column: str, where: str) -> None:
    """Change the last bit of a stored thing, past every trigger."""
    connection = sqlite3.connect(file)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    (stored,) = connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (changed,))
    connection.commit()
    connection.close()
