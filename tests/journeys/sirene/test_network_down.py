"""The network is down: telephone and fax, and later everything is in one trail (the fifteenth seed of the dossier; Regulation (EU) 2018/1862 Art 8(1))."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.contracts.store_examples import new_id
from tests.exchanges.stories import document
from tests.journeys.sirene.forms_in_words import CAR, OUR_CAR, about, asks, check, done, text
from tests.journeys.sirene.story_words import Story
from tests.journeys.sirene.three_states import OWN


async def goes_down(story: Story, code: str) -> None:
    bureau = story.states.bureau(code)
    bureau.station = replace(bureau.station, port=bureau.port)
    await bureau.stop()


async def test_tc15_the_network_is_down_manual_mode_later_sync(story: Story) -> None:
    alert = await story.enters("PRV-A", "1862:32(1)(c)")
    report = about(
        alert,
        "1862:32(1)(c)",
        done("The child is with us."),
        asks("Who may fetch it?"),
        check(story.now),
        remark="MINOR",
    )
    hit = await story.comes("XB", "G", report)
    await goes_down(story, "XB")

    # Manual mode: the answer waits, a person is told to telephone, and prints and faxes the form.
    answer = about(alert, "1862:32(1)(c)", text("The mother fetches the child tonight."))
    sent = await story.goes("M", "XB", answer, answers=hit, urgent="The child waits.")
    assert sent.state != "confirmed"
    await story.later(minutes=30)
    waits = await story.message(sent.message_id)
    assert (waits["state"], waits["reason_code"]) == ("held", "transmit.telephone")
    assert "telephone" in waits["reason_public"]
    async with story.states.api.get(
        f"http://local/api/v1/messages/{sent.envelope}/signed", headers={"X-SPOC-Purpose": "printing for the fax"}
    ) as printed:
        assert b"tonight" in await printed.read()
    told = await story.records(alert, "request.answered", about=hit.message_id, reason="By telephone and fax.")
    assert "request.answered" in [each["name"] for each in told["happenings"]]
    assert (await story.exchange(alert)).clock("T01")["status"] == "stopped"

    # A fax comes back, and an officer takes it in: it counts from when it came, and nobody has signed it.
    came = story.now - timedelta(minutes=20)
    fax = document(
        "M", about(alert, "1862:32(1)(c)", text("The mother was here. May the child travel by train?")), sent=came,
        sender="sirene:XB", to=OWN, reference="XB-M-2026-0000017",
    )  # fmt: skip
    taken = await story.registers(fax, came)
    detail = await story.states.ask("GET", f"/messages/{taken['id']}")
    assert detail["signature"]["profile"] == "unsigned"
    assert detail["signature"]["subject"].startswith("not signed; by fax, registered by ")
    assert detail["summary"]["channel"] == "by-hand"
    asked = [run for run in (await story.exchange(alert)).clocks("T01") if run["status"] == "running"]
    assert [run["started_at"] for run in asked] == [f"{came:%Y-%m-%dT%H:%M:%SZ}"]
    (entry,) = [each for each in await story.journal("envelope.received") if each["envelope"] == taken["id"]]
    assert (entry["details"]["how"], entry["details"]["why"]) == ("fax", "The network of XB is down.")
    assert not entry["actor"].startswith("channel:"), "an officer answers for it"

    # Later sync: the network is back, the form arrives under the same message id, and no receipt was given for the fax.
    await story.states.bureau("XB").start()
    await story.releases(sent.envelope, "The network is back; for the file of XB.")
    await story.later(hours=1)
    assert (await story.message(sent.message_id))["state"] == "confirmed"
    (heard,) = await story.heard("XB", "FormM")
    assert heard["message_id"] == sent.message_id
    assert story.states.bureau("XB").mailbag.find({"of_reference": "XB-M-2026-0000017"}) == []
    assert len((await story.exchange(alert)).json["steps"]) == 3


async def test_what_cannot_have_come_by_hand_is_refused(story: Story) -> None:
    alert = await story.enters("JUD", "1862:34")
    body = about(alert, "1862:34", text("Seen at the fair."))
    fax = document("M", body, sent=story.now, sender="sirene:XB", to=OWN)
    for wrong, code in (
        ({"received": story.now + timedelta(hours=1)}, "by-hand.received"), ({"how": "pigeon"}, "by-hand.how"),
        ({"sender": "sirene:XD"}, "sender.unknown"), ({"reason": " "}, "reason.missing"),
    ):  # fmt: skip
        problem = await story.registers(
            fax,
            **({"came": story.now} | {"came" if k == "received" else k: v for k, v in wrong.items()}),
            ok=(400, 422),
        )
        assert problem["code"] == code
    signed = await story.comes("XB", "M", body)
    raw = story.states.bureau("XB").outbox.kept(signed.message_id)
    assert raw is not None
    problem = await story.registers(raw.payload, story.now, ok=(400, 422))
    assert problem["code"] == "by-hand.signed"
    other = document("M", body, sent=story.now, sender="sirene:XC", to=OWN, message_id=new_id())
    taken = await story.registers(other, story.now)
    summary = (await story.states.ask("GET", f"/messages/{taken['id']}"))["summary"]
    assert (summary["state"], summary["reason_code"]) == ("rejected", "sender.mismatch")
    assert story.states.bureau("XB").mailbag.find({"stage": "INVALID"}) == []


async def test_a_form_that_would_be_answered_by_itself_waits_when_it_came_by_hand(story: Story) -> None:
    alert = await story.enters("OBJ-S", "1862:38", OUR_CAR)
    seized = about(alert, "1862:38", done("Seized."), asks("Please send P form."), check(story.now), subject=CAR)
    fax = document("G", seized, sent=story.now, sender="sirene:XB", to=OWN, reference="XB-G-2026-0000099")
    taken = await story.registers(fax, story.now)
    await story.heard("XB", "FormP", count=0)
    (draft,) = [each for each in await story.waiting() if each["cause"] == taken["id"]]
    assert (draft["format"], draft["reason_code"]) == ("sirene/P@1", "reply.unsigned")
    await story.releases(draft["id"], "Read the fax; the data may go.")
    await story.heard("XB", "FormP")
