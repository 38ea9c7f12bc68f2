"""What people do with what waits for them: release, refuse, replay; and what the handling gate keeps back until they have."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import parcel
from gateway.errors import Refused
from gateway.handover import Outgoing
from gateway.journal import entry as entries
from gateway.journal import told
from tests.gateway.rig import root_of
from tests.journeys.worlds import PHOTO, World, changed, hit, message_id, sample, world_on

OFFICER = "user:officer"


async def test_a_free_message_is_read_by_an_officer_and_then_filed(world: World) -> None:
    came = await world.letter("ncb:XB", sample("interpol/FreeText"))
    assert await world.stands(came) == ("held", "route.free-text")
    assert world.cases.opened == {}
    assert sorted(world.told()) == ["Receipt RECEIVED", "Receipt VALID"], "the sender knows that it has arrived"
    await world.gateway.desk.release(came, OFFICER, "Read; a matter for the case system.")
    await world.gateway.engine.quiet()
    assert (await world.stands(came))[0] == "acknowledged"
    assert list(world.cases.opened) == [came]


async def test_an_officers_refusal_reaches_the_sender_in_the_officers_words(world: World) -> None:
    came = await world.letter("ncb:XB", sample("interpol/FreeText"))
    await world.gateway.desk.reject(came, OFFICER, "Send this as a diffusion, please.")
    await world.gateway.engine.quiet()
    assert await world.stands(came) == ("rejected", "officer.rejected")
    (refusal,) = [out for out in world.wire.sent if b"INVALID" in form_of(out)]
    assert b"Send this as a diffusion, please." in form_of(refusal)
    assert world.cases.opened == {}


async def test_an_officers_words_that_no_xml_can_carry_still_reach_the_sender_as_a_receipt(world: World) -> None:
    came = await world.letter("ncb:XB", sample("interpol/FreeText"))
    await world.gateway.desk.reject(came, OFFICER, "Not like \x00 this \x1b[31m.")
    await world.gateway.engine.quiet()
    assert await world.stands(came) == ("rejected", "officer.rejected")
    assert world.told()[-1] == "Receipt INVALID"


async def test_a_replay_goes_through_all_stages_and_tells_nobody_twice(world: World) -> None:
    came = await world.letter("ncb:XB", sample("interpol/FreeText"))
    before = len(world.wire.sent)
    await world.gateway.desk.replay(came, OFFICER, "The routing table was changed.")
    await world.gateway.engine.quiet()
    assert await world.stands(came) == ("held", "route.free-text")
    assert len(world.wire.sent) == before, "receipts have gone out under their ids already"
    assert (await world.events(came)).count("envelope.decoded") == 2


async def test_a_replayed_message_that_may_be_out_keeps_its_very_bytes(world: World) -> None:
    world.wire.forms["FormP"] = ["refused"]
    reply = await world.reply_to(await world.hit_arrives())
    world.clock.turn(timedelta(minutes=3))
    await world.gateway.desk.replay(reply.id, OFFICER, "Their server was wrong.")
    await world.gateway.engine.quiet()
    assert (await world.stands(reply.id))[0] == "transmitted"
    first, second = [out for out in world.wire.sent if root_of(out) == "FormP"]
    assert first.payload.digest == second.payload.digest
    assert (first.attempt, second.attempt) == (1, 2)


async def test_every_act_names_the_person_and_the_reason(world: World) -> None:
    came = await world.letter("ncb:XB", sample("interpol/FreeText"))
    await world.gateway.desk.read(came, OFFICER, "Case 9999-99999-00001-26")
    await world.gateway.desk.release(came, OFFICER, "Read.")
    await world.gateway.engine.quiet()
    links = await world.ledger.timeline(came)
    opened = await told.opened(world.ledger, links)
    read = [(entries.read(link.entry), link.number) for link in links]
    acts = {entry.event: told.details(entry, opened.get(number)) for entry, number in read if entry.actor == OFFICER}
    assert acts["envelope.released"]["why"] == "Read."
    assert acts["envelope.read"]["purpose"] == "Case 9999-99999-00001-26"


@pytest.mark.parametrize("act", ["release", "reject", "replay"])
async def test_nothing_is_done_without_a_reason_or_to_what_is_finished(world: World, act: str) -> None:
    held = await world.letter("ncb:XB", sample("interpol/FreeText"))
    finished = await world.hit_arrives()
    deed = getattr(world.gateway.desk, act)
    for envelope, reason in ((held, " "), (held, "x" * 1001), (finished, "Why not?"), (message_id(1), "Who?")):
        with pytest.raises(Refused):
            await deed(envelope, OFFICER, reason)
    assert (await world.stands(held))[0] == "held"
    assert (await world.stands(finished))[0] == "acknowledged"


# --- the handling gate


async def test_a_restriction_in_words_stops_everything_until_it_is_read(world: World) -> None:
    request = changed(sample("europol/Request"), ('code="H2"', 'code="H3"'))
    came = await world.letter("enu:XB", request)
    state, code = await world.stands(came)
    assert state in ("held", "rejected")
    if state == "held":
        assert code in ("route.restriction-in-words", "rules.officer")
    assert world.cases.opened == {}
    assert all(shelf.asked == 0 for shelf in world.shelves.values())


FORWARDING = """
[[route]]
name = "receipt"
because = "Receipts."
when.form = "spoc/Receipt"
do.settle = true

[[route]]
name = "on-to-another"
because = "For the test: what comes is passed on."
do.forward = ["ncb:XB"]
"""


@pytest.mark.parametrize(("code", "state", "reason"), [
    ("C1-POLICE-ONLY", "transmitted", "confirm.waiting"), ("C3-NO-ONWARD", "held", "handling.officer"),
])  # fmt: skip
async def test_what_is_passed_on_keeps_its_conditions_and_passes_the_gate(
    tmp_path: Path, code: str, state: str, reason: str
) -> None:
    async with world_on("memory", tmp_path, FORWARDING) as world:
        letter = changed(sample("interpol/FreeText"), ('code="C2-NO-EVIDENCE"', f'code="{code}"'))
        came = await world.letter("ncb:XB", letter)
        (forward,) = await world.children(came, "forward")
        assert (forward.state, forward.reason_code) == (state, reason)
        gone = [out for out in world.wire.sent if root_of(out) == "FreeText"]
        assert len(gone) == (state == "transmitted")
        for out in gone:
            assert f'code="{code}"'.encode() in form_of(out)
            assert b'code="IP-OFFICIAL"' in form_of(out)
        await world.sound()


async def test_what_we_may_not_send_in_this_shape_is_not_passed_on_but_no_fault_of_ours(tmp_path: Path) -> None:
    """A level of confidentiality may be missing in what comes in; in what we send it may not."""
    async with world_on("memory", tmp_path, FORWARDING) as world:
        letter = changed(sample("interpol/FreeText"), ('code="IP-OFFICIAL"', 'code="C1-POLICE-ONLY"'))
        (forward,) = await world.children(await world.letter("ncb:XB", letter), "forward")
        assert (forward.state, forward.reason_code) == ("held", "forward.refused")
        await world.sound()


async def test_an_exercise_is_answered_and_never_reaches_a_case_system(world: World) -> None:
    came = await world.letter("sirene:XB", changed(hit(), ("<h:Test>false", "<h:Test>true")), PHOTO)
    assert (await world.stands(came))[0] == "acknowledged"
    assert world.cases.opened == {}
    assert all(b"<h:Test>true</h:Test>" in form_of(out).replace(b"ns0:", b"h:") for out in world.wire.sent)


async def test_an_exercise_is_never_passed_on(tmp_path: Path) -> None:
    async with world_on("memory", tmp_path, FORWARDING) as world:
        came = await world.letter("ncb:XB", changed(sample("interpol/FreeText"), ("<h:Test>false", "<h:Test>true")))
        assert (await world.stands(came))[0] == "acknowledged"
        assert await world.children(came, "forward") == []


async def test_what_no_row_takes_waits_for_an_officer(tmp_path: Path) -> None:
    routes = FORWARDING.partition('[[route]]\nname = "on-to')[0]
    async with world_on("memory", tmp_path, routes) as world:
        came = await world.hit_arrives()
        assert await world.stands(came) == ("held", "route.unroutable")
        await world.gateway.desk.release(came, OFFICER, "Filed by hand.")
        await world.gateway.engine.quiet()
        assert (await world.stands(came))[0] == "acknowledged"
        await world.sound()


async def test_two_officers_at_once_do_not_release_twice(world: World) -> None:
    came = await world.letter("ncb:XB", sample("interpol/FreeText"))
    acts = [world.gateway.desk.release(came, f"user:{name}", "Read.") for name in ("one", "two")]
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    await world.gateway.engine.quiet()
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) <= 1
    row = await world.row(came)
    assert row.state == "acknowledged"
    assert len(row.envelope.learned.releases) == 1
    assert len(world.cases.opened) == 1


def form_of(out: Outgoing) -> bytes:
    """The XML that goes out."""
    return parcel.open_parcel(out.payload).form
