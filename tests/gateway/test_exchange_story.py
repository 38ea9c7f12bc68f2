"""Whole exchanges through the core in one process, in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.envelope import Direction
from gateway.journal import chain
from gateway.ledger import Query, Row
from gateway.lifecycle import ACCOUNTS, state
from gateway.parcel import File
from tests.gateway.rig import Rig

PHOTO = File(file_name="vehicle-front.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff\xe0 a photograph \xff\xd9")


def sample(family: str, form: str) -> bytes:
    """The shipped example of a form."""
    return Path(f"schemas/{family}/samples/{form}.xml").read_bytes()


def hit(message: str = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", reference: str = "XB-G-2026-0000001") -> bytes:
    """The sample G form with our photo in its manifest."""
    text = Path("schemas/sirene/samples/FormG.xml").read_text("utf-8")
    text = text.replace("0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", message).replace("XB-G-2026-0000001", reference)
    text = text.replace("<h:Size>182044</h:Size>", f"<h:Size>{len(PHOTO.content)}</h:Size>")
    old = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return text.replace(old, sha256(PHOTO.content).hexdigest()).encode()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


def why(row: Row) -> str:
    """The stable code of where a row stands."""
    return row.reason.code if row.reason else ""


async def balanced(rig: Rig) -> bool:
    counts = await rig.ledger.counts()
    accounts = dict.fromkeys(ACCOUNTS, 0)
    for (direction, name), number in counts.items():
        accounts[state(Direction(direction), name).account] += number
    return sum(accounts.values()) == await rig.ledger.accepted()


async def test_a_vehicle_hit_is_asked_filed_and_answered(rig: Rig) -> None:
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    row = await rig.row(envelope)
    assert (row.state, why(row)) == ("acknowledged", "exchange.answered")
    assert {answer.register for answer in row.envelope.answers} == {"crm", "wanted_vehicles"}
    assert len(rig.cases.opened) == 1
    assert sorted(rig.told()) == ["FormP", "Receipt RECEIVED", "Receipt VALID"]
    links = await rig.ledger.journal(0, 1000)
    assert list(chain.faults(links)) == []
    assert await balanced(rig)


async def test_a_duplicate_gets_the_first_receipts_again_bit_for_bit(rig: Rig) -> None:
    payload = rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
    await rig.arrives(payload)
    first = [out.payload.content for out in rig.wire.sent if b"Receipt" in out.payload.content]
    again = await rig.arrives(payload)
    assert (await rig.row(again)).state == "repeated"
    repeated = [out.payload.content for out in rig.wire.sent[3:]]
    assert sorted(repeated) == sorted(first)
    assert len(rig.cases.opened) == 1


async def test_the_same_id_with_other_content_is_an_alarm_and_is_held(rig: Rig) -> None:
    bureau = rig.bureaux["sirene:XB"]
    await rig.arrives(bureau.signed(hit(), (PHOTO,)))
    other = await rig.arrives(bureau.signed(hit(reference="XB-G-2026-0000099"), (PHOTO,)))
    row = await rig.row(other)
    assert row.state == "held"
    assert row.reason is not None and row.reason.code == "duplicate.other-content"


async def test_a_tampered_copy_is_refused_with_a_negative_receipt(rig: Rig) -> None:
    signed = rig.bureaux["sirene:XB"].signed(hit(), ())
    tampered = type(signed).of(signed.content.replace(b"Eksempla", b"Eksemplb"), signed.media_type)
    row = await rig.row(await rig.arrives(tampered))
    assert row.state == "rejected"
    assert row.reason is not None and row.reason.code.startswith("signature.")
    assert rig.told() == ["Receipt INVALID"]


async def test_an_attachment_that_the_manifest_does_not_list_is_refused(rig: Rig) -> None:
    extra = File(file_name="extra.jpg", media_type="image/jpeg", content=b"\xff\xd8 not listed")
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO, extra))))
    assert row.state == "rejected"
    assert [finding.rule for finding in row.envelope.findings if finding.severity == "error"] == ["ATT-01"]


async def test_a_register_that_is_away_is_asked_again_and_the_answer_waits(rig: Rig) -> None:
    rig.shelves["crm"].away = 1
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    assert (await rig.row(envelope)).state == "routed"
    assert "FormP" not in rig.told()
    await rig.later(timedelta(minutes=1))
    assert (await rig.row(envelope)).state == "acknowledged"
    assert rig.shelves["wanted_vehicles"].asked == 1, "what was answered is not asked again"
    assert rig.told().count("FormP") == 1


async def test_a_partner_that_is_down_for_an_hour_gets_everything_afterwards(rig: Rig) -> None:
    rig.wire.outcomes = ["unavailable"] * 12
    await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    for _ in range(70):
        await rig.later(timedelta(minutes=1))
    taken = rig.wire.sent[12:]
    assert len({out.message_id for out in taken}) == 3
    assert await balanced(rig)


async def test_an_ambiguous_hand_over_is_never_sent_again_by_itself(rig: Rig) -> None:
    rig.wire.outcomes = ["taken", "taken", "ambiguous"]
    await rig.arrives(rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    await rig.later(timedelta(days=3))
    forms = [name for name in rig.told() if name == "FormP"]
    assert len(rig.wire.sent) in (3, 4)
    assert len(forms) == 1


async def test_a_travel_document_query_is_answered_by_the_passport_register(rig: Rig) -> None:
    document = sample("interpol", "TravelDocumentQuery")
    envelope = await rig.arrives(rig.bureaux["ncb:XB"].signed(document), sender="ncb@xb.interpol.example")
    row = await rig.row(envelope)
    assert (row.state, why(row)) == ("acknowledged", "exchange.answered")
    assert sorted(rig.told()) == ["Receipt RECEIVED", "Receipt VALID", "TravelDocumentAnswer"]


async def test_a_reply_under_a_handling_code_waits_for_an_officer(rig: Rig) -> None:
    document = sample("europol", "Request")
    envelope = await rig.arrives(rig.bureaux["enu:XB"].signed(document), sender="europol@xb.police.example")
    row = await rig.row(envelope)
    assert (row.state, why(row)) == ("acknowledged", "exchange.draft-waits")
    assert sorted(rig.told()) == ["Receipt RECEIVED", "Receipt VALID"]
    (reply,) = [each for each in await rig.ledger.find(Query(cause=envelope)) if each.kind == "reply"]
    assert reply.state == "held"
    row = await rig.row(reply.id)
    assert row.reason is not None and row.reason.code == "handling.officer"
    await rig.gateway.desk.release(reply.id, "user:officer", "The answer goes to the provider itself.")
    await rig.gateway.engine.quiet()
    assert "Reply" in rig.told()
