"""Receipts and reports that come in are recorded on the message they speak of, and only by those who may."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.envelope import Claim, Payload
from gateway.identity import derived_id
from gateway.ledger import Query, Row
from gateway.lifecycle import state
from gateway.receipts import document
from gateway.reply import ReceiptContent, ReplyContext
from tests.gateway.rig import NOON, Bureau, Rig
from tests.gateway.test_exchange_story import PHOTO, hit, sample


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


async def answered(rig: Rig) -> Row:
    """The P form that answers a hit, as it stands after it was handed over."""
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    (reply,) = [each for each in await rig.ledger.find(Query(cause=envelope)) if each.kind == "reply"]
    return await rig.row(reply.id)


def receipt(of: Row, sender: str, to: str, stage: str) -> bytes:
    """A receipt for one of our messages, as an office composes it."""
    formats = Rig.formats
    content = ReceiptContent(
        to=to, stage=stage, of_message=of.envelope.form.header.message_id, of_digest="0" * 64, code="x", text="Words."
    )
    context = ReplyContext(
        own_party=sender, now=NOON, message_id=derived_id(of.envelope.id, sender + stage), our_reference=f"R-{stage}"
    )
    form = formats.receipt(None, content, context)
    return document(formats.get(form.format).encode(form))


async def test_the_counterparts_receipt_confirms(rig: Rig) -> None:
    reply = await answered(rig)
    assert reply.state == "transmitted"
    came = await rig.arrives(rig.bureaux["sirene:XB"].signed(receipt(reply, "sirene:XB", "sirene:XA", "RECEIVED")))
    assert (await rig.row(came)).state == "settled"
    assert (await rig.row(reply.envelope.id)).state == "confirmed"


async def test_another_office_cannot_confirm_a_message_that_was_not_for_it(rig: Rig) -> None:
    reply = await answered(rig)
    foreign = receipt(reply, "ncb:XB", "ncb:XA", "RECEIVED")
    came = await rig.arrives(rig.bureaux["ncb:XB"].signed(foreign), sender="ncb@xb.interpol.example")
    assert (await rig.row(came)).state == "settled"
    assert (await rig.row(reply.envelope.id)).state == "transmitted"


async def test_a_refusal_after_the_confirmation_calls_an_officer(rig: Rig) -> None:
    reply = await answered(rig)
    for stage in ("RECEIVED", "INVALID"):
        await rig.arrives(rig.bureaux["sirene:XB"].signed(receipt(reply, "sirene:XB", "sirene:XA", stage)))
    row = await rig.row(reply.envelope.id)
    assert row.state == "held"
    assert row.reason is not None and row.reason.code == "counterpart.invalid"


async def test_a_receipt_is_never_answered(rig: Rig) -> None:
    reply = await answered(rig)
    before = len(rig.wire.sent)
    await rig.arrives(rig.bureaux["sirene:XB"].signed(receipt(reply, "sirene:XB", "sirene:XA", "RECEIVED")))
    assert len(rig.wire.sent) == before


async def test_every_end_carries_a_stable_reason(rig: Rig) -> None:
    reply = await answered(rig)
    await rig.arrives(rig.bureaux["sirene:XB"].signed(receipt(reply, "sirene:XB", "sirene:XA", "VALID")))
    await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    found = await rig.ledger.find(Query(limit=100))
    ends = [each for each in found if state(each.direction, each.state).final]
    assert {each.state for each in ends} >= {"acknowledged", "settled", "repeated", "confirmed"}
    assert [each for each in ends if not each.reason_code] == []


async def test_each_copy_of_a_form_to_several_offices_is_confirmed_by_its_own_receiver(
    rig: Rig, tmp_path: Path
) -> None:
    other = Bureau(tmp_path / "xc", "sirene:XC", "oper@xc.sirene.example")
    rig.directory.replace([*rig.directory, other.partner])
    text = sample("sirene", "FormM").decode()
    text = re.sub(r"<h:From>[^<]+</h:From>", "<h:From>sirene:XA</h:From>", text)
    text = re.sub(r"<h:To>[^<]+</h:To>", "<h:To>sirene:XB</h:To><h:To>sirene:XC</h:To>", text, count=1)
    document = re.sub(r"<h:Attachment>.*?</h:Attachment>", "", text, flags=re.DOTALL).encode()
    rows = {}
    for office in ("sirene:XB", "sirene:XC"):
        claim = Claim(sender="client:cases", reference=f"order for {office}")
        order = await rig.gateway.intake.submit("api", Payload.of(document, "application/xml"), claim, office)
        await rig.gateway.engine.quiet()
        rows[office] = await rig.row(order.envelope)
        assert rows[office].state == "transmitted", rows[office].envelope.learned.findings
    told = receipt(rows["sirene:XC"], "sirene:XC", "sirene:XA", "RECEIVED")
    await rig.arrives(other.signed(told), sender=other.address)
    assert (await rig.row(rows["sirene:XC"].envelope.id)).state == "confirmed"
    assert (await rig.row(rows["sirene:XB"].envelope.id)).state == "transmitted"


async def test_a_receipt_for_nothing_of_ours_is_not_said_to_be_recorded(rig: Rig) -> None:
    reply = await answered(rig)
    foreign = receipt(reply, "ncb:XB", "ncb:XA", "RECEIVED")
    row = await rig.row(await rig.arrives(rig.bureaux["ncb:XB"].signed(foreign), sender="ncb@xb.interpol.example"))
    assert row.reason is not None
    assert (row.state, row.reason.code) == ("settled", "receipt.unmatched")
