"""Certificates that end are told 90, 60, 30 and 7 days ahead and on the day, once each, whoever restarts in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.stores.memory.ledger import MemoryLedger
from config.load import survey
from gateway.assembly.certificates import certificates_watched
from gateway.errors import Misconfigured
from gateway.journal.entry import Entry, read
from gateway.partners import Directory
from gateway.setup import make_home
from gateway.signing.expiry import OURS, ExpiryWatch, ToldFile, Watched, due
from tests.gateway.rig import NOON, TurnedClock
from tests.signing.forge import partner

DAY = timedelta(days=1)


def ending_in(days: float, owner: str = OURS) -> Watched:
    return Watched(
        owner=owner, what="signing certificate", certificate="c" * 64, subject="CN=x", valid_until=NOON + days * DAY
    )


def steps(entries: list[Entry]) -> list[str]:
    return [dict(entry.details)["warning"] for entry in entries]


def test_every_threshold_is_told_once_on_the_way() -> None:
    told: dict[str, int] = {}
    written = {}
    for day in range(100):
        entries, told = due([ending_in(95)], told, NOON + day * DAY)
        if entries:
            written[95 - day] = steps(entries)

    assert written == {89: ["90"], 59: ["60"], 29: ["30"], 6: ["7"], -1: ["0"]}


def test_who_looks_late_is_told_the_nearest_warning_alone() -> None:
    entries, told = due([ending_in(20)], {}, NOON)
    assert steps(entries) == ["30"]
    assert due([ending_in(20)], told, NOON)[0] == []


def test_a_renewed_certificate_is_watched_afresh_and_the_old_one_forgotten() -> None:
    _, told = due([ending_in(5)], {}, NOON)
    renewed = replace(ending_in(400), certificate="d" * 64)
    entries, after = due([renewed], told, NOON)
    assert (entries, after) == ([], {})

    entries, _ = due([replace(renewed, valid_until=NOON + 50 * DAY)], after, NOON)
    assert steps(entries) == ["60"]


async def events(ledger: MemoryLedger) -> list[Entry]:
    return [read(link.entry) for link in await ledger.journal(0, 100)]


async def test_the_watch_looks_every_day_and_remembers_over_a_restart(tmp_path: Path) -> None:
    clock = TurnedClock()
    ledger = MemoryLedger(clock)
    await ledger.start()
    found, told = [ending_in(61), ending_in(500, "sirene:XB")], ToldFile(tmp_path / "data" / "expiry.json")
    watch = ExpiryWatch(lambda: found, told, ledger, clock)
    watch.start()
    await asyncio.sleep(0)
    for _ in range(3):
        clock.turn(DAY)
        for _ in range(5):
            await asyncio.sleep(0)
    await watch.stop()

    assert [entry.event for entry in await events(ledger)] == ["key.expires", "key.expires"]
    assert steps(await events(ledger)) == ["90", "60"]
    again = ExpiryWatch(lambda: found, told, ledger, clock)
    assert await again.look() == 0
    await again.probe()


async def test_only_our_own_expired_certificate_makes_us_unready(tmp_path: Path) -> None:
    ledger = MemoryLedger(TurnedClock())
    await ledger.start()
    found = [ending_in(-1, "sirene:XB")]
    watch = ExpiryWatch(lambda: found, ToldFile(tmp_path / "told"), ledger, TurnedClock())
    await watch.look()
    await watch.probe()

    found.append(ending_in(-1))
    await watch.look()
    with pytest.raises(Misconfigured, match=r"key\.expired"):
        await watch.probe()
    assert {entry.reason for entry in await events(ledger)} == {"key.expired"}


async def test_a_note_that_cannot_be_read_repeats_a_warning_and_hides_none(tmp_path: Path) -> None:
    ledger = MemoryLedger(TurnedClock())
    await ledger.start()
    (tmp_path / "told").write_text("no json")
    watch = ExpiryWatch(lambda: [ending_in(5)], ToldFile(tmp_path / "told"), ledger, TurnedClock())

    assert await watch.look() == 1
    assert await watch.look() == 0


def test_everything_that_a_home_depends_on_is_watched(tmp_path: Path) -> None:
    made = datetime.now(UTC)
    make_home(tmp_path, ["sirene:XA", "ncb:XA"], "xa.spoc.example", made)
    found = certificates_watched(survey(tmp_path, {}), Directory([partner()]))

    assert [(one.owner, one.what) for one in found] == [
        (OURS, "test authority"),
        (OURS, "signing certificate of sirene:XA"),
        (OURS, "signing certificate of ncb:XA"),
        (OURS, "S/MIME certificate of sirene:XA"),
        (OURS, "S/MIME certificate of ncb:XA"),
        (OURS, "mail tls certificate"),
        (OURS, "mail client certificate"),
        ("sirene:XB", "anchor"),
    ]
    assert all(one.days_left(made) > 300 for one in found if one.owner == OURS)
