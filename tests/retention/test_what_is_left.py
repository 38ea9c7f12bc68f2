"""After the destruction: old copies of the ledger open nothing, every proof holds, and what comes late finds no content and no fault."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.identity import derived_id
from gateway.journal import chain, told
from gateway.journal import entry as entries
from gateway.journal.tree.packets import read_packet, verify_packet
from gateway.ledger import Query, Row
from gateway.receipts import document
from gateway.reply import ReceiptContent, ReplyContext
from gateway.vault.sealed import ContentDestroyed
from tests.contracts.store_fixtures import keyring_in
from tests.exchanges.stories import FOREIGN_ALERT, form_m
from tests.gateway.rig import NOON, Rig
from tests.journal.publishing.press import Press
from tests.retention.archive import Archive

YEAR = timedelta(days=365)
NAME = b"Nobodysen"


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    opened = Archive(tmp_path, store="sqlite")
    async with opened.rig:
        yield opened


async def destroyed(archive: Archive) -> Row:
    row = await archive.about()
    await archive.alert_deleted(row)
    await archive.rig.later(YEAR)
    await archive.sweeper.sweep()
    return row


async def test_a_copy_of_the_ledger_from_before_opens_nothing_afterwards(archive: Archive, tmp_path: Path) -> None:
    row = await archive.about()
    await archive.alert_deleted(row)
    copy = tmp_path / "copy.sqlite"
    with sqlite3.connect(tmp_path / "ledger.sqlite") as live, sqlite3.connect(copy) as backup:
        live.backup(backup)
    assert NAME not in copy.read_bytes()
    await archive.rig.later(YEAR)
    await archive.sweeper.sweep()
    old = SqliteLedger(copy, archive.rig.clock, read_only=True, keyring=keyring_in(tmp_path / "keys"))
    await old.start()
    try:
        with pytest.raises(ContentDestroyed, match="RR-120"):
            await old.get(row.envelope.id)
        assert len(await old.timeline(row.envelope.id)) > 3
    finally:
        await old.stop()


async def test_the_certificate_is_proved_in_the_published_log_and_nothing_else_is_disturbed(
    archive: Archive, tmp_path: Path
) -> None:
    row = await destroyed(archive)
    press = Press(tmp_path / "log", archive.ledger)
    press.clock = archive.rig.clock
    (certificate,) = await archive.desk.certificates(row.envelope.id, "message", "user:auditor")
    await press.publish()
    packet = read_packet((await press.prover.inclusion(certificate.number)).text().encode())
    assert verify_packet(packet, press.key).size >= certificate.number
    assert b"RR-120" in packet.leaf
    assert NAME not in packet.leaf
    for link in await archive.ledger.timeline(row.envelope.id):
        verify_packet(await press.prover.inclusion(link.number), press.key)
    assert await press.faults() == []
    assert list(chain.faults(await archive.ledger.journal(0, 100_000))) == []
    await press.integrator.stop()


async def test_no_name_is_left_in_the_entries_of_the_journal(archive: Archive) -> None:
    await destroyed(archive)
    for link in await archive.ledger.journal(0, 100_000):
        assert NAME not in link.entry, entries.read(link.entry).event


async def test_a_receipt_that_comes_after_its_message_is_destroyed_ends_quietly(archive: Archive) -> None:
    form = form_m("Here is what we know.", alert=FOREIGN_ALERT, issuer="XB", sender="sirene:XA", to="sirene:XB", reference="XA-M-2026-0000001")  # fmt: skip
    sent = await archive.story.sends(form)
    assert sent.state == "transmitted", sent.reason
    await archive.story.receives(_receipt(sent, "RECEIVED"))
    assert (await archive.rig.row(sent.envelope.id)).state == "confirmed"
    await archive.alert_deleted(await archive.rig.row(sent.envelope.id))
    await archive.rig.later(YEAR)
    assert await archive.sweeper.sweep() == 3, (
        "the message, the receipt that came for it, what was recorded of the exchange"
    )
    late = await archive.story.receives(_receipt(sent, "HANDED_OVER"))
    assert late.state == "settled"
    assert {each.state for each in await archive.ledger.find(Query(limit=100))} == {"confirmed", "settled"}


def _receipt(of: Row, stage: str) -> bytes:
    content = ReceiptContent(
        to="sirene:XA", stage=stage, of_message=of.envelope.form.header.message_id, of_digest="0" * 64
    )
    context = ReplyContext(
        own_party="sirene:XB", now=NOON, message_id=derived_id(of.envelope.id, stage), our_reference=f"R-{stage}"
    )
    form = Rig.formats.receipt(None, content, context)
    return document(Rig.formats.get(form.format).encode(form))


async def test_who_looked_at_it_and_why_is_still_told(archive: Archive) -> None:
    """The log of access has its own lifetime; the message's key takes nothing of it along."""
    row = await archive.about()
    looked = entries.Entry(
        event="envelope.read", at=archive.rig.clock.now(), actor="user:officer", envelope=row.envelope.id,
        details=(("purpose", "complaint 17"),),
    )  # fmt: skip
    await archive.ledger.record([looked])
    await archive.alert_deleted(row)
    await archive.rig.later(YEAR)
    await archive.sweeper.sweep()
    assert await archive.ledger.destroyed([row.envelope.id])
    links = await archive.ledger.timeline(row.envelope.id)
    opened = await told.opened(archive.ledger, links)
    (words,) = [
        told.details(found, opened.get(link.number))
        for link in links
        if (found := entries.read(link.entry)).event == "envelope.read"
    ]
    assert words["purpose"] == "complaint 17"
