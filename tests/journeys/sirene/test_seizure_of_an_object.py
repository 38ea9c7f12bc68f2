"""An object is found and seized: G asks for P, P comes as quickly as possible, the alert goes (Regulation (EU) 2018/1862 Arts 38, 39)."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.journeys.sirene.forms_in_words import CAR, OUR_CAR, about, asks, check, done, text
from tests.journeys.sirene.story_words import Story

SEIZED = (done("Seized; it stands in the police yard."), asks("Please send P form."))
THEIR_CAR = {
    "kind": "VEHICLE", "vin": "ZZZTESTV1N0000001", "plate": "QQ00001", "country": "XA", "make": "Eksempla", "vehicleKind": "MOTOR_VEHICLE",
}  # fmt: skip


async def test_our_stolen_car_is_seized_abroad_and_its_data_go_out_by_themselves(story: Story) -> None:
    alert = await story.enters("OBJ-S", "1862:38", OUR_CAR)
    report = about(alert, "1862:38", *SEIZED, check(story.now), subject=CAR)
    hit = await story.comes("XB", "G", report)
    assert story.asked("crm") and story.asked("wanted-vehicles")
    assert len(story.cases()) == 1
    (data,) = await story.heard("XB", "FormP")
    assert data["in_reply_to"] == hit.message_id
    seen = await story.exchange(alert)
    assert (seen.state("objects"), seen.clock("T01")["status"]) == ("object-data-sent", "stopped")

    again = await story.comes("XB", "G", report)
    assert (again.state, again.reason) == ("held", "dialogue.breaks")
    await story.heard("XB", "FormP")
    thanks = about(alert, "1862:38", text("Thank you. The owner has fetched it."), subject=CAR)
    await story.comes("XB", "M", thanks, in_reply_to=data["message_id"])
    await story.deletes(alert, "seized and followed up")
    over = await story.exchange(alert)
    assert over.closed
    assert over.due("T34") == datetime(2027, 3, 2, 23, 0, tzinfo=UTC)


async def test_a_car_of_another_state_is_found_here_and_its_data_come_late(story: Story) -> None:
    alert = story.enters_there("XC", "OBJ-S", "1862:38", THEIR_CAR)
    order = await story.hits(alert, place="Prøveby, ring road", action_taken="Seized.", asked="Please send P form.")
    assert (await story.releases(order))["state"] == "confirmed"
    (report,) = await story.heard("XC", "FormG")
    seen = await story.exchange(alert)
    assert (seen.state("objects"), seen.clock("T01")["bound"]) == ("object-data-asked", "sirene:XC")
    await story.later(hours=7)
    await story.later(hours=6)
    assert await story.marks("T01") == [
        ("clock.warned", "50%"),
        ("clock.warned", "80%"),
        ("clock.breached", "breached"),
    ]
    late = await story.comes(
        "XC", "P", about(alert, "1862:38", text("These are the data."), subject=CAR), in_reply_to=report["message_id"]
    )
    seen = await story.exchange(alert)
    assert (seen.state("objects"), seen.clock("T01")["late"], late.state) == ("object-data-sent", True, "acknowledged")
    wrong = await story.goes("P", "XC", about(alert, "1862:38", text("Ours."), subject=CAR))
    assert wrong.state in ("held", "rejected"), "only the issuing state sends form P"
    await story.deletes_there("XC", alert, "seized")
    assert (await story.exchange(alert)).closed
