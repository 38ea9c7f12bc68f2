"""What was told already is not told so again: a known address, the same warrant; and who issued an alert may be looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.dialogues.story import AlertFacts
from gateway.ledger import Row
from tests.exchanges.stories import FOREIGN_ALERT, Story, document, form_m, person, why
from tests.gateway.rig import NOON, Rig

HOME = "Example Street 1, Examplestad"


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Rig(tmp_path / "rig") as rig:
        yield Story(rig)


def witness_found(number: int, at: datetime, residence: str = HOME, *, ours: bool = False) -> bytes:
    """A form G on an alert for a judicial procedure, with the address that was found."""
    issuer, sender, to = ("XB", "sirene:XA", "sirene:XB") if ours else ("XA", "sirene:XB", "sirene:XA")
    moment = at.isoformat().replace("+00:00", "Z")
    body = (
        f'<SchengenId no="005" issuer="{issuer}">{issuer}00000000000000034</SchengenId>{person()}'
        f'<ActionTaken no="088">The person was found.</ActionTaken><AlertArticle no="090">1862:34</AlertArticle>'
        f'<CheckReport occasion="INLAND"><Located>true</Located><TimeOfCheck>{moment}</TimeOfCheck>'
        f"<PlaceOfCheck>Examplestad</PlaceOfCheck><Residence>{residence}</Residence></CheckReport>"
    )
    code = sender.partition(":")[2]
    return document("G", body, sender=sender, to=to, sent=at, reference=f"{code}-G-2026-000000{number}")


def arrest(number: int, warrant: int) -> bytes:
    """A form A with the sequence number of its warrant."""
    body = (
        f'<SchengenId no="005" issuer="XB">XB00000000000000026</SchengenId><WarrantBasis no="239">EAW</WarrantBasis>'
        f'<WarrantSequence no="272">{warrant}</WarrantSequence>{person()}'
    )
    return document("A", body, reference=f"XB-A-2026-000000{number}")


def rules(row: Row) -> set[str]:
    return {finding.rule for finding in row.envelope.findings}


async def test_the_same_address_is_not_reported_again(story: Story) -> None:
    first = await story.receives(witness_found(1, NOON - timedelta(hours=2)))
    again = await story.receives(witness_found(2, NOON - timedelta(hours=1)))
    moved = await story.receives(witness_found(3, NOON, "Example Road 2, Examplestad"))
    assert "R47" not in rules(first)
    assert "R47" in rules(again)
    assert "R47" not in rules(moved)
    (finding,) = [each for each in again.envelope.findings if each.rule == "R47"]
    assert "XB-G-2026-0000001" in finding.text
    assert HOME not in finding.text
    assert "form M" in finding.remedy


async def test_a_form_of_ours_that_repeats_the_address_waits_for_an_officer(story: Story) -> None:
    await story.sends(witness_found(1, NOON - timedelta(hours=2), ours=True))
    again = await story.sends(witness_found(2, NOON - timedelta(hours=1), ours=True))
    assert (again.state, why(again)) == ("held", "story.officer")
    assert "R47-OUT" in rules(again)
    assert again.reason is not None
    assert "form M" in again.reason.operator


async def test_each_warrant_has_its_own_number(story: Story) -> None:
    first = await story.receives(arrest(1, 1))
    second = await story.receives(arrest(2, 2))
    same = await story.receives(arrest(3, 1))
    assert "R17-272" not in rules(first) | rules(second)
    assert (same.state, why(same)) == ("rejected", "story.refused")
    assert {finding.field for finding in same.envelope.findings if finding.rule == "R17-272"} == {"272"}


class Alerts:
    """A look-up that knows one alert."""

    async def look_up(self, alert: str) -> AlertFacts | None:
        return AlertFacts(alert=alert, issuer="sirene:XB", article="1861:24", category="REF", entered_at=NOON)


async def test_who_issued_an_alert_is_looked_up_where_the_form_does_not_say_it(story: Story, tmp_path: Path) -> None:
    asks = form_m("Consultation procedure: a residence permit is considered.", alert=FOREIGN_ALERT).replace(
        b' issuer="XA"', b""
    )
    unknown = await story.receives(asks)
    async with Rig(tmp_path / "looking", alerts=Alerts()) as rig:
        looking = Story(rig)
        known = await looking.receives(asks)
        (course,) = (await looking.picture(known)).standing.courses
        assert course.party("ISS") == "sirene:XB"
        assert course.dialogue == "alert-consultation"
    (course,) = (await story.picture(unknown)).standing.courses
    assert course.dialogue == "supplementary-information"
