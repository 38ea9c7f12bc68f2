"""What partners tell us afterwards, in every order: receipts, refusals, delivery reports, repetitions."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from gateway.envelope import Claim, Payload
from tests.gateway.rig import NOON
from tests.journeys.worlds import ADDRESS, HIT_ID, PHOTO, World, changed, hit, message_id, receipt_about, sample

FREE_TEXT_ID = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0021"
REPORT = """From: MAILER-DAEMON@mail.xb.sirene.example\r
To: sirene@xa.spoc.example\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
It could not be delivered.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.xb.sirene.example\r
\r
Final-Recipient: rfc822; oper@xb.sirene.example\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; 550 no such mailbox\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Message-ID: <{id}.1@xa.spoc.example>\r
Subject: SIRENE P\r
\r
gone\r
--b--\r
"""


async def report(world: World, id: str, action: str, status: str) -> str:
    """A delivery status notification comes in, from nobody, as they do."""
    mail = Payload.of(REPORT.format(id=id, action=action, status=status).encode(), "message/rfc822")
    return await world.arrives(mail, sender="")


# --- receipts about ours


async def test_a_refusal_after_the_confirmation_calls_an_officer_with_its_words(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    await world.told_about(reply.message_id, "RECEIVED", 1)
    assert await world.stands(reply.id) == ("confirmed", "confirmed.by-receipt")
    await world.told_about(reply.message_id, "INVALID", 2)
    assert await world.stands(reply.id) == ("held", "counterpart.invalid")
    await world.gateway.desk.release(reply.id, "user:officer", "It was a fault of theirs; they have it.")
    await world.later(timedelta(days=2))
    assert (await world.stands(reply.id))[0] == "confirmed"
    assert world.sent_times("FormP") == 1


async def test_a_refusal_before_any_confirmation_calls_an_officer(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    await world.told_about(reply.message_id, "INVALID", 1)
    assert await world.stands(reply.id) == ("held", "counterpart.invalid")
    await world.later(timedelta(days=2))
    assert world.sent_times("FormP") == 1


async def test_a_second_receipt_changes_nothing_that_is_confirmed(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    await world.told_about(reply.message_id, "RECEIVED", 1)
    second = await world.told_about(reply.message_id, "VALID", 2)
    assert (await world.stands(second))[0] == "settled"
    assert (await world.stands(reply.id))[0] == "confirmed"
    assert (await world.events(reply.id)).count("receipt.recorded") == 2


async def test_a_repeated_receipt_is_recorded_once(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    payload = world.bureaux["sirene:XB"].signed(receipt_about(reply.message_id, "RECEIVED", 1))
    before = len(world.wire.sent)
    await world.arrives(payload)
    again = await world.arrives(payload)
    assert (await world.stands(again))[0] == "repeated"
    assert (await world.events(reply.id)).count("receipt.recorded") == 1
    assert len(world.wire.sent) == before, "receipts never cause receipts"


async def test_a_refusal_of_a_message_that_we_never_sent_waits_for_an_officer(world: World) -> None:
    """A partner that cannot read what came may not be able to name it: somebody must look, or a lost message is never noticed."""
    for number, of in ((1, ""), (2, message_id(0xABC))):
        came = await world.told_about(of, "INVALID", number)
        assert await world.stands(came) == ("held", "receipt.unmatched")
    await world.gateway.desk.release(came, "user:officer", "Cleared by telephone.")
    await world.gateway.engine.quiet()
    assert (await world.stands(came))[0] == "settled"


async def test_a_receipt_that_is_refused_itself_is_not_answered(world: World) -> None:
    signed = world.bureaux["sirene:XB"].signed(receipt_about(message_id(1), "VALID", 3))
    bent = Payload.of(signed.content.replace(b">VALID<", b">INVALID<"), signed.media_type)
    before = len(world.wire.sent)
    came = await world.arrives(bent)
    assert await world.stands(came) == ("rejected", "signature.digest")
    assert len(world.wire.sent) == before


# --- delivery reports


async def test_a_failed_delivery_calls_an_officer(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    came = await report(world, reply.message_id, "failed", "5.1.1")
    assert (await world.stands(came))[0] == "settled"
    assert await world.stands(reply.id) == ("held", "delivery.failed")
    assert "delivery.reported" in await world.events(reply.id)
    assert world.sent_times("FormP") == 1


async def test_a_delay_or_a_delivery_report_proves_nothing(world: World) -> None:
    """Nobody signs delivery reports: only the office's own receipt confirms."""
    reply = await world.reply_to(await world.hit_arrives())
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0")):
        await report(world, reply.message_id, action, status)
        assert (await world.stands(reply.id))[0] == "transmitted"
    await world.later(timedelta(hours=2))
    assert await world.stands(reply.id) == ("held", "confirm.no-receipt")


async def test_a_forged_failure_cannot_undo_a_signed_confirmation(world: World) -> None:
    reply = await world.reply_to(await world.hit_arrives())
    await world.told_about(reply.message_id, "VALID")
    await report(world, reply.message_id, "failed", "5.1.1")
    assert await world.stands(reply.id) == ("confirmed", "confirmed.by-receipt")
    assert world.sent_times("FormP") == 1
    assert "delivery.reported" in await world.events(reply.id)


async def test_a_delivery_report_about_nothing_of_ours_waits_for_an_officer(world: World) -> None:
    came = await report(world, message_id(0xDEAD), "failed", "5.1.1")
    assert (await world.stands(came))[0] == "held"
    unreadable = REPORT.replace("message/delivery-status", "text/plain")
    came = await world.arrives(Payload.of(unreadable.encode(), "message/rfc822"), sender="")
    assert await world.stands(came) == ("held", "report.unmatched")


# --- repetitions and other matters


async def test_the_same_matter_under_a_new_id_is_flagged_and_goes_on(world: World) -> None:
    text = sample("sirene/FreeText")
    first, again = (changed(text, (FREE_TEXT_ID, message_id(number))) for number in (1, 2))
    earlier = await world.letter("sirene:XB", first)
    copy = await world.letter("sirene:XB", again)
    assert await world.stands(copy) == await world.stands(earlier) == ("held", "reply.by-hand")
    assert "envelope.same-matter" in await world.events(copy)


async def test_the_same_hit_under_a_new_id_is_flagged_and_waits_for_an_officer(world: World) -> None:
    await world.hit_arrives()
    again = await world.hit_arrives(message_id(2))
    assert await world.stands(again) == ("held", "story.officer"), "one hit has one form G"
    assert "envelope.same-matter" in await world.events(again)


async def test_a_thousandth_copy_still_gets_the_first_verdict(world: World) -> None:
    payload = world.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
    await world.arrives(payload)
    first = {out.payload.digest for out in world.wire.sent if b"Receipt" in out.payload.content}
    for _ in range(12):
        before = len(world.wire.sent)
        assert (await world.stands(await world.arrives(payload)))[0] == "repeated"
        assert {out.payload.digest for out in world.wire.sent[before:]} == first
    assert len(world.cases.opened) == 1


async def test_copies_that_arrive_at_once_are_told_apart(world: World) -> None:
    payload = world.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
    claim = world.claim("sirene:XB")
    taken = [await world.gateway.intake.take("wire", payload, claim) for _ in range(8)]
    await world.gateway.engine.quiet()
    states = sorted([(await world.stands(each.envelope))[0] for each in taken])
    assert states == ["acknowledged", *["repeated"] * 7]
    assert len(world.cases.opened) == 1
    assert world.sent_times("FormP") == 1


async def test_a_repetition_of_a_refused_form_is_refused_in_the_same_words(world: World) -> None:
    bad = world.bureaux["sirene:XB"].signed(hit(), ())
    first = await world.arrives(bad)
    assert (await world.stands(first))[0] == "rejected"
    receipts = [out.payload.digest for out in world.wire.sent]
    again = await world.arrives(bad)
    assert (await world.stands(again))[0] == "repeated"
    assert sorted(out.payload.digest for out in world.wire.sent[len(receipts) :]) == sorted(receipts)


async def test_an_alarm_is_journalled_and_an_officer_cannot_release_it_into_a_second_case(world: World) -> None:
    await world.hit_arrives()
    other = await world.letter("sirene:XB", hit(reference="XB-G-2026-0000099"), PHOTO)
    assert await world.stands(other) == ("held", "duplicate.other-content")
    assert "envelope.alarm" in await world.events(other)
    await world.gateway.desk.release(other, "user:officer", "Let us see.")
    await world.gateway.engine.quiet()
    assert await world.stands(other) == ("held", "duplicate.other-content")
    assert len(world.cases.opened) == 1


async def test_another_office_may_use_the_same_message_id(world: World) -> None:
    await world.hit_arrives()
    query = sample("interpol/TravelDocumentQuery")
    old = query.partition(b"<h:MessageId>")[2].partition(b"</")[0].decode()
    came = await world.letter("ncb:XB", changed(query, (old, HIT_ID)))
    assert (await world.stands(came))[0] == "acknowledged"


# --- who may write


async def test_an_unknown_sender_waits_for_an_officer_and_goes_on_once_it_is_a_partner(world: World) -> None:
    known = list(world.directory)
    world.directory.replace([partner for partner in known if partner.party != "sirene:XB"])
    came = await world.hit_arrives()
    assert await world.stands(came) == ("held", "sender.unknown")
    assert world.wire.sent == []
    world.directory.replace(known)
    await world.gateway.desk.replay(came, "user:officer", "The partner has been entered.")
    await world.gateway.engine.quiet()
    assert (await world.stands(came))[0] == "acknowledged"


async def test_a_partner_that_left_gets_nothing_more(world: World) -> None:
    world.wire.forms["FormP"] = ["unavailable"]
    reply = await world.reply_to(await world.hit_arrives())
    world.directory.replace([])
    await world.later(timedelta(minutes=5))
    state, code = await world.stands(reply.id)
    assert state != "transmitted"
    assert code
    assert world.sent_times("FormP") == 1


async def test_a_partner_whose_certificate_has_expired_is_told_so(world: World) -> None:
    world.clock.turn(timedelta(days=3 * 365))
    payload = world.bureaux["sirene:XB"].signed(hit(), (PHOTO,), NOON)
    came = await world.arrives(payload)
    state, code = await world.stands(came)
    assert (state, code) in (("rejected", "signature.expired"), ("rejected", "signature.authority-expired"))


async def test_two_offices_behind_one_mailbox_are_told_apart_by_the_form(world: World) -> None:
    shared = ADDRESS["ncb:XB"]
    world.directory.replace([msgspec.structs.replace(partner, addresses=(shared,)) for partner in world.directory])
    document = sample("europol/Request")
    came = await world.gateway.intake.take(
        "wire", world.bureaux["enu:XB"].signed(document), Claim(sender=shared, recipients=("europol@xa.spoc.example",))
    )
    await world.gateway.engine.quiet()
    assert (await world.stands(came.envelope))[0] == "acknowledged"
    assert {out.leg.counterpart for out in world.wire.sent} == {"enu:XB"}
