"""Limits that no message begins: an officer opens an exchange for a duty of the office, and its clocks run like all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.exchanges.desk import Record
from tests.exchanges.stories import Story
from tests.gateway.rig import Rig


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Rig(tmp_path / "rig") as rig:
        yield Story(rig)


@pytest.mark.parametrize(
    ("begins", "clock", "ends"),
    [
        ("log.created", "T37", "log.destroyed"),
        ("offline-copy.made", "T38", "offline-copy.destroyed"),
        ("security-incident.noticed", "T42", "security-incident.notified"),
        ("return-figures.sent", "T43", ""),
        ("consultation-figures.sent", "T44", ""),
        ("sirene-statistics.sent", "T45", ""),
        ("rights-figures.sent", "T46", ""),
        ("data-protection-audit.done", "T47", ""),
    ],
)
async def test_a_limit_that_no_message_begins_runs_once_it_is_recorded(
    story: Story, begins: str, clock: str, ends: str
) -> None:
    desk = story.rig.gateway.exchanges
    opened = await desk.open("sirene", "user:officer", "A duty of the office.")
    assert opened.matter.key == "office"
    assert [entry.actor for entry in await story.told("exchange.opened")] == ["user:officer"]
    seen = await desk.record(opened.matter.exchange, Record(name=begins), "user:officer")
    running = {run.clock.id: run for run in seen.picture.runs if run.live}
    assert clock in running
    assert not running[clock].trouble
    if ends:
        await story.later(minutes=1)
        seen = await desk.record(opened.matter.exchange, Record(name=ends), "user:officer")
        assert clock not in {run.clock.id for run in seen.picture.runs if run.live}


async def test_a_year_without_figures_is_a_breach(story: Story) -> None:
    desk = story.rig.gateway.exchanges
    opened = await desk.open("sirene", "user:officer", "Figures on consultations.")
    await desk.record(opened.matter.exchange, Record(name="consultation-figures.sent"), "user:officer")
    for _ in range(9):
        await story.later(days=42)
    breached = [entry for entry in await story.told("clock.breached") if dict(entry.details).get("clock") == "T44"]
    assert len(breached) == 1


@pytest.mark.parametrize(("family", "reason"), [("spoc", "x"), ("nobody", "x"), ("sirene", " ")])
async def test_a_duty_needs_a_family_with_duties_and_a_reason(story: Story, family: str, reason: str) -> None:
    with pytest.raises(Refused):
        await story.rig.gateway.exchanges.open(family, "user:officer", reason)
