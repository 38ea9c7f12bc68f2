"""A sweep that dies at every place where something becomes durable: the next one completes it, and each certificate is written once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.journal.entry import Entry
from gateway.protection.retention.lifetime import Stage
from gateway.protection.retention.words import Why
from tests.retention.archive import OFFICER, Archive
from tests.retention.shredding import Killed

PLACES = [
    (f"{when} {what}", count)
    for what, most in (("keep", 4), ("destroy", 2))
    for when in ("before", "after")
    for count in range(1, most + 1)
]
"""Intent and certificate of the messages, then of the exchange; the keys in between."""
INTENT, DESTROY = ("after keep", 1), ("after destroy", 1)


async def due_archive(folder: Path, store: str = "memory") -> tuple[Archive, str, str, int]:
    archive = Archive(folder, store=store)
    await archive.rig.gateway.start()
    row = await archive.about()
    await archive.alert_deleted(row)
    await archive.rig.later(timedelta(days=365))
    return archive, row.envelope.id, row.envelope.exchange, await archive.number_of(row)


async def killed(archive: Archive, place: tuple[str, int]) -> None:
    archive.ledger.deadly = place
    with pytest.raises(Killed):
        await archive.sweeper.sweep()
    archive.ledger.deadly = ("", 0)
    archive.reopen(archive.desk.planning.rules)


def subjects(told: list[Entry]) -> Counter[str]:
    return Counter(dict(entry.details)["subject"] for entry in told)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]} {place[1]}")
async def test_whoever_sweeps_next_completes_it(tmp_path: Path, place: tuple[str, int], store: str) -> None:
    archive, message, exchange, count = await due_archive(tmp_path, store)
    try:
        await killed(archive, place)
        assert (message in await archive.ledger.destroyed([message])) is not await archive.readable(message)
        await archive.sweeper.sweep()
        assert await archive.sweeper.sweep() == 0
        assert not await archive.readable(message)
        certificates = subjects(await archive.told("content.destroyed"))
        assert (len(certificates), set(certificates.values())) == (count, {1})
        assert subjects(await archive.told("retention.intended")) == certificates
        happened = (await archive.ledger.exchange(exchange)).happened
        assert [each.happening.name for each in happened].count("supplementary-information.destroyed") == 1
        assert await archive.ledger.lifetimes_in(Stage.INTENDED, "", 10) == []
    finally:
        await archive.rig.gateway.stop()


async def test_a_hold_that_came_between_the_kill_and_the_next_sweep_saves_what_still_has_its_key(
    tmp_path: Path,
) -> None:
    archive, message, exchange, _ = await due_archive(tmp_path)
    try:
        await killed(archive, INTENT)
        await archive.desk.hold(exchange, "exchange", OFFICER, "complaint")
        assert await archive.sweeper.sweep() == 0
        assert await archive.readable(message)
        assert (await archive.plan(message)).decision.why is Why.HELD
        assert await archive.told("content.destroyed") == []
        assert {entry.reason for entry in await archive.told("retention.withdrawn")} == {"no-longer-due"}
    finally:
        await archive.rig.gateway.stop()


async def test_a_hold_that_came_after_the_key_was_gone_does_not_suppress_the_certificate(tmp_path: Path) -> None:
    archive, message, exchange, count = await due_archive(tmp_path)
    try:
        await killed(archive, DESTROY)
        await archive.desk.hold(exchange, "exchange", OFFICER, "complaint")
        await archive.sweeper.sweep()
        (certificate,) = await archive.desk.certificates(message, "message", OFFICER)
        assert certificate.rule == "RR-120"
        assert len(await archive.told("content.destroyed")) == count - 1, "what was recorded of the exchange is held"
    finally:
        await archive.rig.gateway.stop()


async def test_two_gateways_on_one_ledger_destroy_each_content_once(tmp_path: Path) -> None:
    import asyncio

    archive, _, _, count = await due_archive(tmp_path)
    try:
        one = archive.sweeper
        archive.reopen(archive.desk.planning.rules)
        done = await asyncio.gather(one.sweep(), archive.sweeper.sweep())
        assert sum(done) >= count
        assert await archive.sweeper.sweep() == 0
        certificates = subjects(await archive.told("content.destroyed"))
        assert (len(certificates), set(certificates.values())) == (count, {1})
    finally:
        await archive.rig.gateway.stop()
