"""One office alone cannot change how the messages of others were read: not by an old date, not by another issuer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import parcel
from gateway.dialogues.story import AlertFacts
from gateway.exchanges.joining import MAX_CANDIDATES
from gateway.partners import Directory
from tests.exchanges.stories import CONSULTATION, FOREIGN_ALERT, Story, form_m, why
from tests.gateway.rig import NOON, Bureau, Rig, knowledge_of

PURPOSE = "Case 9999-99999-00001-26"
LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)


class Known:
    """A look-up that knows who issued the alert."""

    async def look_up(self, alert: str) -> AlertFacts | None:
        return AlertFacts(alert=alert, issuer="sirene:XB", article="1861:24", category="REF", entered_at=NOON)


def third_office(rig: Rig, folder: Path) -> Rig:
    """A gateway that has `sirene:XC` as a partner, too."""
    rig.bureaux["sirene:XC"] = Bureau(folder / "sirene-XC", "sirene:XC", "oper@xc.sirene.example")
    rig.directory = Directory(bureau.partner for bureau in rig.bureaux.values())
    rig.knowledge = knowledge_of(rig.office, rig.directory, rig.signing)
    rig.gateway = rig.joined()
    return rig


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with third_office(Rig(tmp_path / "rig"), tmp_path) as rig:
        yield Story(rig)


def told_to_both(form: bytes) -> bytes:
    return form.replace(b"<h:OurReference>", b"<h:Info>sirene:XB</h:Info><h:OurReference>")


def ours(text: str = CONSULTATION) -> bytes:
    return form_m(
        text, sender="sirene:XA", to="sirene:XB", reference="XA-M-2026-0000001", alert=FOREIGN_ALERT, issuer="XB"
    )


async def standing(story: Story, row: Any) -> tuple[list[Any], list[Any]]:
    picture = await story.picture(row)
    courses = [(each.dialogue, each.state, each.roles) for each in picture.standing.courses]
    return courses, [(run.clock.id, run.bound, run.state and run.state.status) for run in picture.runs]


@pytest.mark.parametrize("sent", [LONG_AGO, NOON - timedelta(minutes=1)])
async def test_a_third_office_does_not_make_itself_the_issuer_of_an_alert(story: Story, sent: datetime) -> None:
    asked = await story.sends(ours())
    before = await standing(story, asked)
    await story.later(minutes=5)
    forged = form_m("I am it.", sender="sirene:XC", reference="XC-1", sent=sent, alert=FOREIGN_ALERT, issuer="XC")
    row = await story.receives(told_to_both(forged), "sirene:XC")
    assert (row.state, why(row)) == ("held", "story.officer")
    assert row.envelope.exchange == asked.envelope.exchange
    assert "DLG-OVERTURNS" in {each.rule for each in row.envelope.findings}
    assert await standing(story, asked) == before


async def test_who_is_consulted_does_not_end_the_consultation_with_an_old_date(story: Story) -> None:
    asked = await story.sends(ours())
    before = await standing(story, asked)
    await story.later(minutes=5)
    turned = form_m(CONSULTATION, reference="XB-1", sent=LONG_AGO, alert=FOREIGN_ALERT, issuer="XB")
    row = await story.receives(turned)
    assert (row.state, why(row)) == ("held", "story.officer")
    assert await standing(story, asked) == before

    await story.rig.gateway.desk.release(row.envelope.id, "user:officer", "Their clock was wrong; it was asked.")
    await story.rig.gateway.quiet()
    released = await story.rig.row(row.envelope.id)
    assert released.envelope.id in {
        step.envelope for step in (await story.rig.ledger.exchange(asked.envelope.exchange)).steps
    }


async def test_what_only_moves_the_messages_of_its_own_sender_is_put_in_order(story: Story) -> None:
    await story.receives(form_m("More of it.", reference="XB-M-2026-0000002"))
    early = form_m("The first.", reference="XB-M-2026-0000001", sent=LONG_AGO)
    row = await story.receives(early)
    assert "DLG-OVERTURNS" not in {each.rule for each in row.envelope.findings}
    assert row.envelope.learned.step is not None


async def test_the_alert_system_is_believed_before_a_form(tmp_path: Path) -> None:
    async with third_office(Rig(tmp_path / "rig", alerts=Known()), tmp_path) as rig:
        story = Story(rig)
        row = await story.receives(
            form_m("Mine.", sender="sirene:XC", reference="XC-1", alert=FOREIGN_ALERT, issuer="XC"), "sirene:XC"
        )
        assert row.envelope.learned.step is not None
        assert row.envelope.learned.step.says("issuer") == "sirene:XB"


async def test_references_that_others_use_do_not_hide_our_own(story: Story) -> None:
    asked = await story.sends(ours("Is the address in use?"))
    for number in range(MAX_CANDIDATES + 1):
        other = form_m(f"Number {number}.", sender="sirene:XC", reference="XA-M-2026-0000001", alert="", issuer="XC")
        await story.receives(other.replace(b'<SchengenId no="005" issuer="XC"></SchengenId>', b""), "sirene:XC")
    answer = form_m("No.", reference="XB-M-2026-0000009", alert="").replace(
        b'<SchengenId no="005" issuer="XA"></SchengenId>', b""
    )
    named = answer.replace(
        b"</h:OurReference>", b"</h:OurReference><h:YourReference>XA-M-2026-0000001</h:YourReference>"
    )
    row = await story.receives(named)
    assert row.envelope.exchange == asked.envelope.exchange


async def test_one_office_alone_does_not_fill_an_exchange(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.exchanges.fitting.MAX_STEPS_OF_ONE", 2)
    asked = await story.sends(ours("Is the address in use?"))
    rows = [
        await story.receives(
            told_to_both(
                form_m("Noise.", sender="sirene:XC", reference=f"XC-{number}", alert=FOREIGN_ALERT, issuer="XB")
            ),
            "sirene:XC",
        )
        for number in range(3)
    ]
    assert [why(row) for row in rows] == ["reply.by-hand", "reply.by-hand", "exchange.full"]
    answer = await story.receives(form_m("No.", reference="XB-1", alert=FOREIGN_ALERT, issuer="XB"))
    assert (why(answer), answer.envelope.exchange) == ("reply.by-hand", asked.envelope.exchange)


async def test_who_guesses_an_alert_learns_nothing_of_those_who_speak_about_it(story: Story) -> None:
    await story.sends(ours())
    forged = form_m("I am it.", sender="sirene:XC", reference="XC-1", sent=LONG_AGO, alert=FOREIGN_ALERT, issuer="XC")
    first = await story.receives(
        told_to_both(form_m("Hello.", sender="sirene:XC", reference="XC-0", alert=FOREIGN_ALERT, issuer="XB")),
        "sirene:XC",
    )
    assert first.envelope.learned.step is not None
    row = await story.receives(told_to_both(forged), "sirene:XC")
    assert row.state == "held"
    assert row.reason is not None
    assert "sirene:XB" in row.reason.operator or "XA-M-2026-0000001" in row.reason.operator
    await story.rig.gateway.desk.reject(row.envelope.id, "user:officer", "Not yours.")
    await story.rig.gateway.quiet()
    sent = [parcel.open_parcel(out.payload).form for out in story.rig.wire.sent if out.leg.counterpart == "sirene:XC"]
    assert any(b"DLG-OVERTURNS" in each for each in sent)
    assert not any(b"sirene:XB" in each or b"XA-M-2026-0000001" in each or b"ISS" in each for each in sent)


async def test_a_draft_copies_nothing_that_its_receiver_did_not_write_or_get(story: Story) -> None:
    asked = await story.sends(ours("Is the address in use?"))
    other = form_m("Is it so?", sender="sirene:XC", reference="XC-1", alert=FOREIGN_ALERT, issuer="XB")
    row = await story.receives(told_to_both(other.replace(b"Nobodysen", b"Othersen")), "sirene:XC")
    assert row.envelope.exchange == asked.envelope.exchange
    for party, name in (("sirene:XB", "Nobodysen"), ("sirene:XC", "Othersen")):
        drafted = await story.rig.gateway.drafts.draft(asked.envelope.exchange, "M", party, "user:officer", PURPOSE)
        person = drafted.form.first("Person")
        assert person is not None
        assert person.text("Surname") == name
