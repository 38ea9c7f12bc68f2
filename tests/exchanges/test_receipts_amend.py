"""What becomes of a message, stage by stage: told to partners that want it, stated when it does not come, never overwritten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from msgspec.structs import replace

from gateway import parcel, safexml
from gateway.envelope import Direction
from gateway.identity import derived_id, digest
from gateway.journal.entry import read
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.leaves import leaf_of
from gateway.ledger import Query, Row
from gateway.partners import Partner, SignaturePolicy
from gateway.persons import Person
from gateway.receipts import document
from gateway.reply import ReceiptContent, ReplyContext
from gateway.signing.authority import signer_name
from gateway.statements import amended
from tests.contracts.store_fixtures import Store
from tests.gateway.rig import NOON, Rig
from tests.gateway.test_exchange_story import PHOTO, hit

HOUR = timedelta(hours=1)
ALL = ("RECEIVED", "VALID", "INVALID", "HANDED_OVER", "READ")
OFFICER = Person(actor="user:anna", role="officer", case="9999-99999-00001-26")
PURPOSE = "vehicle hit"


@pytest.fixture
async def rig(tmp_path: Path, store: Store) -> AsyncIterator[Rig]:
    async with Rig(tmp_path / "rig", store()) as made:
        yield made


def wants(rig: Rig, *stages: str) -> None:
    """The bureau of XB agrees on other stages with us."""
    partners = [
        replace(partner, receipt_stages=stages) if partner.party == "sirene:XB" else partner
        for partner in rig.directory
    ]
    rig.directory.replace(partners)


async def hit_comes(rig: Rig) -> str:
    return await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))


async def answered(rig: Rig) -> Row:
    """The urgent P form that answers a hit, handed over."""
    envelope = await hit_comes(rig)
    (reply,) = [each for each in await rig.ledger.find(Query(cause=envelope)) if each.kind == "reply"]
    return await rig.row(reply.id)


async def says(rig: Rig, of: Row, stage: str, again: str = "") -> str:
    """A receipt of XB's bureau about our message comes in."""
    content = ReceiptContent(
        to="sirene:XA", stage=stage, of_message=of.envelope.form.header.message_id, of_digest="0" * 64,
        code="x" if stage == "INVALID" else "", text="Words." if stage == "INVALID" else "",
    )  # fmt: skip
    context = ReplyContext(
        own_party="sirene:XB", now=rig.clock.now(), message_id=derived_id(of.envelope.id, stage + again),
        our_reference=f"R-{stage}{again}",
    )  # fmt: skip
    form = rig.formats.receipt(None, content, context)
    written = document(rig.formats.get(form.format).encode(form))
    return await rig.arrives(rig.bureaux["sirene:XB"].signed(written, at=rig.clock.now()))


async def statements(rig: Rig, of: Row) -> list[Row]:
    """Our statements about a message, oldest first."""
    found = [each for each in await rig.ledger.find(Query(cause=of.envelope.id)) if each.kind == "statement"]
    return [await rig.row(each.id) for each in reversed(found)]


async def events(rig: Rig, envelope: str) -> list[str]:
    return [read(link.entry).event for link in await rig.ledger.timeline(envelope)]


def own_as_partner(rig: Rig, folder: Path) -> Partner:
    """Our own office as another one knows it."""
    anchor = x509.load_pem_x509_certificate((folder / "rig/own/authority.cert.pem").read_bytes())
    policy = SignaturePolicy(anchors=(anchor.public_bytes(Encoding.DER),), signers=(signer_name("sirene:XA"),))
    return Partner(party="sirene:XA", name="us", signature=policy)


def entry_of(root: etree._Element) -> etree._Element:
    (found,) = root.findall("{*}Body/{*}JournalEntry")
    return found


# --- what we tell


async def test_a_partner_that_asks_for_nothing_more_is_told_what_it_was_told_before(rig: Rig) -> None:
    envelope = await hit_comes(rig)
    await rig.gateway.desk.read(envelope, OFFICER, PURPOSE)
    await rig.gateway.quiet()
    assert [name for name in rig.told() if name.startswith("Receipt")] == ["Receipt RECEIVED", "Receipt VALID"]


async def test_handing_over_and_the_first_reading_are_told_to_who_asks(rig: Rig) -> None:
    wants(rig, *ALL)
    envelope = await hit_comes(rig)
    assert sorted(each for each in rig.told() if "Receipt" in each) == [
        "Receipt HANDED_OVER", "Receipt RECEIVED", "Receipt VALID",
    ]  # fmt: skip
    await rig.gateway.desk.read(envelope, replace(OFFICER, role="auditor"), "supervision")
    await rig.gateway.desk.timeline(envelope, OFFICER, PURPOSE)
    await rig.gateway.quiet()
    assert "Receipt READ" not in rig.told(), "no officer has seen the content yet"
    for _ in range(2):
        await rig.gateway.desk.read(envelope, OFFICER, PURPOSE)
        await rig.gateway.quiet()
    assert rig.told().count("Receipt READ") == 1
    assert (await rig.row(envelope)).state == "acknowledged"
    assert (await rig.row(envelope)).envelope.learned.read_at == NOON


async def test_each_receipt_names_the_entry_that_bears_it_out(rig: Rig) -> None:
    wants(rig, *ALL)
    envelope = await hit_comes(rig)
    await rig.gateway.desk.read(envelope, OFFICER, PURPOSE)
    await rig.gateway.quiet()
    links = {link.number: link for link in await rig.ledger.journal(0, 1000)}
    named = {}
    for out in rig.wire.sent:
        root = safexml.parse(parcel.open_parcel(out.payload).form)
        stage = root.findtext("{*}Body/{*}Stage")
        if stage:
            place = entry_of(root)
            link = links[int(place.get("number", ""))]
            assert place.get("leaf") == leaf_hash(leaf_of(link.entry)).hex()
            assert read(link.entry).envelope == envelope
            named[stage] = read(link.entry).event
    assert named == {
        "RECEIVED": "envelope.received", "VALID": "envelope.correlated", "HANDED_OVER": "case.opened", "READ": "envelope.read",
    }  # fmt: skip


async def test_a_receipt_is_never_read_or_handed_over(rig: Rig) -> None:
    wants(rig, *ALL)
    reply = await answered(rig)
    came = await says(rig, reply, "RECEIVED")
    before = len(rig.wire.sent)
    await rig.gateway.desk.read(came, OFFICER, PURPOSE)
    await rig.gateway.quiet()
    assert len(rig.wire.sent) == before
    assert await rig.ledger.find(Query(cause=came)) == []


# --- what we are told


async def test_the_stages_of_our_message_gather_with_time_and_evidence(rig: Rig) -> None:
    reply = await answered(rig)
    for stage in ("RECEIVED", "VALID", "HANDED_OVER", "READ"):
        await says(rig, reply, stage)
        await rig.later(timedelta(minutes=5))
    row = await rig.row(reply.envelope.id)
    assert [each.stage for each in row.envelope.learned.receipts] == ["RECEIVED", "VALID", "HANDED_OVER", "READ"]
    for receipt in row.envelope.learned.receipts:
        assert receipt.digest == (await rig.row(receipt.envelope)).envelope.payload.digest
        assert receipt.said_at is not None
    assert (row.state, amended(row.envelope)) == ("confirmed", False)
    assert await statements(rig, reply) == []


# --- what does not come


async def test_what_does_not_come_is_stated_signed_and_journalled_once(rig: Rig, tmp_path: Path) -> None:
    reply = await answered(rig)
    await rig.later(HOUR)
    row = await rig.row(reply.envelope.id)
    assert (row.state, row.reason.code if row.reason else "") == ("held", "confirm.no-receipt")
    (statement,) = await statements(rig, reply)
    assert (statement.state, statement.envelope.learned.transmissions) == ("kept", ())
    report = rig.knowledge.verifier.verify(statement.envelope.signed, own_as_partner(rig, tmp_path), rig.clock.now())
    assert report.party == "sirene:XA"
    root = safexml.parse(statement.envelope.signed)
    body = {etree.QName(field).localname: field.text for field in root.find("{*}Body")}  # type: ignore[union-attr]  # it is there
    assert (body["Kind"], body["By"]) == ("NO_RECEIPT", "2026-11-21T13:00:00Z")
    assert body["OfDigest"] == digest(row.envelope.signed)
    number = int(entry_of(root).get("number", ""))
    (link,) = await rig.ledger.journal(number - 1, 1)
    assert (read(link.entry).event, read(link.entry).envelope) == ("evidence.missing", reply.envelope.id)
    await rig.gateway.desk.release(reply.envelope.id, OFFICER, "They said by telephone that they have it.")
    await rig.later(48 * HOUR)
    assert (await rig.row(reply.envelope.id)).state == "confirmed"
    assert len(await statements(rig, reply)) == 1
    assert "Statement" not in rig.told(), "a statement is sent to nobody"


async def test_how_long_a_receipt_is_awaited_is_agreed_with_the_partner(rig: Rig) -> None:
    rig.directory.replace([replace(partner, urgent_receipt_hours=3) for partner in rig.directory])
    reply = await answered(rig)
    await rig.later(2 * HOUR)
    assert await statements(rig, reply) == []
    await rig.later(HOUR)
    assert len(await statements(rig, reply)) == 1


async def test_a_gateway_that_starts_again_states_nothing_twice(rig: Rig) -> None:
    reply = await answered(rig)
    await rig.later(HOUR)
    await rig.gateway.engine.stop()
    rig.gateway.engine.start()
    await rig.later(HOUR)
    assert (await events(rig, reply.envelope.id)).count("evidence.missing") == 1


# --- what comes late, or against what was known


async def test_a_late_receipt_adds_to_the_statement_that_there_was_none(rig: Rig) -> None:
    reply = await answered(rig)
    await rig.later(2 * HOUR)
    await says(rig, reply, "RECEIVED")
    row = await rig.row(reply.envelope.id)
    assert (row.state, amended(row.envelope)) == ("confirmed", True)
    first, second = await statements(rig, reply)
    assert [each.kind for each in row.envelope.learned.stated] == ["NO_RECEIPT", "LATE"]
    assert first.state == second.state == "kept"
    assert b"NO_RECEIPT" in first.envelope.signed, "the earlier statement stands as it was signed"
    told = await events(rig, reply.envelope.id)
    assert told.index("evidence.missing") < told.index("receipt.amended")
    await says(rig, reply, "VALID")
    assert len(await statements(rig, reply)) == 2, "what follows a late receipt in order is not late again"


async def test_a_receipt_for_what_was_given_up_is_a_task_and_changes_no_end(rig: Rig) -> None:
    reply = await answered(rig)
    await rig.later(2 * HOUR)
    await rig.gateway.desk.reject(reply.envelope.id, OFFICER, "Settled by telephone.")
    came = await says(rig, reply, "VALID")
    row, receipt = await rig.row(reply.envelope.id), await rig.row(came)
    assert (row.state, row.reason.code if row.reason else "") == ("rejected", "officer.rejected")
    assert [each.stage for each in row.envelope.learned.receipts] == ["VALID"]
    assert amended(row.envelope)
    assert (receipt.state, receipt.reason.code if receipt.reason else "") == ("held", "receipt.after-end")
    await rig.gateway.desk.release(came, OFFICER, "Seen; the bureau will drop it.")
    await rig.gateway.quiet()
    assert (await rig.row(came)).state == "settled"
    assert len((await rig.row(reply.envelope.id)).envelope.learned.receipts) == 1
    assert len(await statements(rig, reply)) == 2


@pytest.mark.parametrize(("first", "second"), [("VALID", "INVALID"), ("INVALID", "VALID"), ("READ", "INVALID")])
async def test_receipts_that_contradict_each_other_are_both_kept_and_an_officer_decides(
    rig: Rig, first: str, second: str
) -> None:
    reply = await answered(rig)
    await says(rig, reply, first)
    await says(rig, reply, second)
    row = await rig.row(reply.envelope.id)
    assert (row.state, row.reason.code if row.reason else "") == ("held", "receipt.contradicts")
    assert [each.stage for each in row.envelope.learned.receipts] == [first, second]
    (statement,) = await statements(rig, reply)
    root = safexml.parse(statement.envelope.signed)
    listed = [each.get("stage") for each in root.findall("{*}Body/{*}Receipt")]
    assert (statement.state, listed) == ("kept", [first, second])
    assert (await events(rig, reply.envelope.id)).count("receipt.contradicts") == 1


async def test_received_and_then_refused_is_the_usual_order_and_no_contradiction(rig: Rig) -> None:
    reply = await answered(rig)
    await says(rig, reply, "RECEIVED")
    await says(rig, reply, "INVALID")
    row = await rig.row(reply.envelope.id)
    assert (row.state, row.reason.code if row.reason else "") == ("held", "counterpart.invalid")
    assert await statements(rig, reply) == []


async def test_another_office_amends_nothing(rig: Rig) -> None:
    reply = await answered(rig)
    await says(rig, reply, "VALID")
    content = ReceiptContent(
        to="ncb:XA", stage="INVALID", of_message=reply.envelope.form.header.message_id, of_digest="0" * 64, text="No."
    )
    context = ReplyContext(
        own_party="ncb:XB", now=NOON, message_id=derived_id(reply.envelope.id, "foreign"), our_reference="R-F"
    )
    form = rig.formats.receipt(None, content, context)
    written = document(rig.formats.get(form.format).encode(form))
    await rig.arrives(rig.bureaux["ncb:XB"].signed(written), sender="ncb@xb.interpol.example")
    row = await rig.row(reply.envelope.id)
    assert (row.state, len(row.envelope.learned.receipts)) == ("confirmed", 1)


async def test_the_books_balance_with_statements(rig: Rig) -> None:
    reply = await answered(rig)
    await rig.later(2 * HOUR)
    await says(rig, reply, "VALID")
    counts = await rig.ledger.counts()
    assert counts[(Direction.OUTBOUND, "kept")] == 2
    assert sum(counts.values()) == await rig.ledger.accepted()
