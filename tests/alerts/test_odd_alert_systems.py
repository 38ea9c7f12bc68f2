"""An alert system that tells odd things stops nobody: moments out of all reason, other alerts, one that it cannot tell of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.alertsystems.nsis.documents import PageDocument
from gateway.alerts.commands import Asking
from gateway.alerts.cursor import CursorInMemory
from gateway.alerts.follower import MOST_FAILURES, Follower
from gateway.alerts.lookup import LiveLookup
from gateway.alerts.matters import MOST_TOLD, AlertMatters
from gateway.alerts.words import Alert, AlertChange, ChangeKind, Changes
from gateway.clock import Uuid7Source
from gateway.errors import RegisterUnavailable
from schemas.sirene.alerts.law import ALERT_LAW
from tests.exchanges.stories import ALERT, FOREIGN_ALERT, Story, form_m
from tests.gateway.rig import NOON, Rig


class Odd:
    """An alert system that says what a test wants; it cannot tell of the alerts in `broken`."""

    name, time_limit_seconds, follow_seconds = "odd", 5.0, 60.0

    def __init__(self) -> None:
        self.page = Changes(changes=(), cursor="1", more=False)
        self.broken: set[str] = set()
        self.asked: list[str] = []

    async def changes(self, cursor: str, asking: Asking) -> Changes:
        return self.page

    async def get(self, alert: str, asking: Asking) -> Alert | None:
        self.asked.append(alert)
        if alert in self.broken:
            raise RegisterUnavailable("register.unreadable", "It does not answer.")
        return None


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Rig(tmp_path / "rig") as rig:
        yield Story(rig)


def follower(story: Story, system: Odd) -> Follower:
    rig = story.rig
    lookup = LiveLookup(system, rig.clock, Uuid7Source())  # type: ignore[arg-type]  # what is asked of it here it has
    matters = AlertMatters(rig.ledger, ALERT_LAW, "sirene", rig.clock, rig.gateway.watch.look)
    return Follower(
        system=system, matters=matters, lookup=lookup, cursor=CursorInMemory(), clock=rig.clock, ids=Uuid7Source(),  # type: ignore[arg-type]  # as above
        pause=timedelta(0),
    )  # fmt: skip


def change(
    number: int, kind: ChangeKind, at: datetime, until: datetime | None = None, alert: str = ALERT
) -> AlertChange:
    return AlertChange(
        number=number,
        kind=kind,
        alert=alert,
        issuer="sirene:XA",
        category="REF",
        article="1861:24",
        at=at,
        expires_at=until,
    )


async def test_one_notice_with_a_moment_out_of_all_reason_does_not_stop_the_next(story: Story) -> None:
    row = await story.receives(form_m("For your information."))
    system = Odd()
    no_end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    system.page = Changes(
        changes=(
            change(1, ChangeKind.DELETED, datetime(1, 1, 1, tzinfo=UTC)),
            change(2, ChangeKind.ENTERED, NOON - timedelta(days=1), no_end),
        ),
        cursor="2", more=False,
    )  # fmt: skip
    following = follower(story, system)
    assert await following.look() == 2
    happened = (await story.rig.ledger.exchange(row.envelope.exchange)).happened
    assert [(each.happening.name, each.happening.until) for each in happened] == [("alert.entered", None)]
    assert following.followed_at == NOON


async def test_what_a_clock_ahead_of_ours_tells_counts_from_now(story: Story) -> None:
    row = await story.receives(form_m("For your information."))
    system = Odd()
    system.page = Changes(changes=(change(1, ChangeKind.DELETED, NOON + timedelta(minutes=2)),), cursor="2", more=False)
    await follower(story, system).look()
    await story.rig.gateway.quiet()
    (happened,) = (await story.rig.ledger.exchange(row.envelope.exchange)).happened
    assert happened.happening.at == NOON
    runs = (await story.picture(row)).runs
    assert "T34" in {run.clock.id for run in runs}


async def test_endless_changes_of_an_alert_do_not_fill_its_exchanges(story: Story) -> None:
    row = await story.receives(form_m("For your information."))
    system = Odd()
    extended = [
        change(number, ChangeKind.EXTENDED, NOON - timedelta(hours=number), NOON + timedelta(days=number))
        for number in range(1, MOST_TOLD + 20)
    ]
    deleted = change(1000, ChangeKind.DELETED, NOON)
    system.page = Changes(changes=(*extended, deleted), cursor="2", more=False)
    await follower(story, system).look()
    happened = (await story.rig.ledger.exchange(row.envelope.exchange)).happened
    assert len(happened) == MOST_TOLD + 1
    assert "alert.deleted" in {each.happening.name for each in happened}


async def test_one_alert_that_the_system_cannot_tell_of_keeps_no_other_waiting(story: Story) -> None:
    await story.receives(form_m("One.", alert=FOREIGN_ALERT, issuer="XB"))
    await story.receives(form_m("Other.", reference="XB-M-2026-0000002"))
    system = Odd()
    system.broken = {ALERT, FOREIGN_ALERT} - {FOREIGN_ALERT}
    following = follower(story, system)
    await following.look()
    assert set(system.asked) == {ALERT, FOREIGN_ALERT}
    assert following.followed_at == NOON
    assert MOST_FAILURES > 1


def test_a_place_that_could_not_be_kept_is_refused() -> None:
    for place in ("§ 7", "a\nb", " ", "é"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode({"cursor": place}), type=PageDocument)
