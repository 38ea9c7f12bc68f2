"""Before a limit is hit the doors take less: urgent last, told once, and open again by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.envelope import Claim, Payload
from gateway.errors import Unavailable
from gateway.flow.gauges import Gauges, Reading
from gateway.flow.marks import Level, Mark, Watermarks, levels
from gateway.flow.watch import FlowWatch
from gateway.intake import Given
from gateway.places import looks_urgent
from tests.exchanges.stories import form_m
from tests.gateway.rig import NOON, Rig

CLAIM = Claim(sender="oper@xb.sirene.example", recipients=("sirene@xa.spoc.example",))


class Told:
    """Figures as a test sets them."""

    def __init__(self, **figures: float) -> None:
        self.figures = figures

    async def read(self, _: object) -> Reading:
        return Reading(figures=dict(self.figures))


def _watch(rig: Rig, told: Told) -> FlowWatch:
    return FlowWatch(rig.ledger, rig.clock, rig.gateway.intake.doors, told.read, Watermarks())


async def _events(rig: Rig) -> list[str]:
    return [link.entry.decode() for link in await rig.ledger.journal(0, 1000)]


async def _told(rig: Rig, *names: str) -> list[str]:
    return [name for text in await _events(rig) for name in names if f'"{name}"' in text]


def _urgent(rig: Rig, number: int) -> Payload:
    form = form_m("For your information.", reference=f"XB-M-2026-{number:07}")
    return rig.bureaux["sirene:XB"].signed(form.replace(b"NORMAL<", b"URGENT<"))


def test_a_level_falls_only_when_the_figure_is_clearly_better() -> None:
    mark = Mark(warn=10, shed=100, stop=1000)
    assert [mark.level(each) for each in (10, 11, 101, 1001)] == [Level.OPEN, Level.WARN, Level.SHED, Level.STOP]
    assert mark.level(95, Level.SHED) is Level.SHED
    assert mark.level(89, Level.SHED) is Level.WARN
    free = Mark(warn=100, shed=50, stop=10, falling=True)
    assert [free.level(each) for each in (100, 99, 49, 9)] == [Level.OPEN, Level.WARN, Level.SHED, Level.STOP]
    assert free.level(54, Level.SHED) is Level.SHED
    assert free.level(56, Level.SHED) is Level.WARN


def test_marks_that_do_not_follow_one_another_are_refused() -> None:
    with pytest.raises(ValueError, match="must follow"):
        Mark(warn=10, shed=5)
    assert Mark(warn=10).level(1_000_000) is Level.WARN


def test_disk_space_is_short_only_where_octets_and_share_both_are() -> None:
    marks = Watermarks()
    large = levels(marks, {"disk_free_mib": 40_000, "disk_free_percent": 1}, {})
    small = levels(marks, {"disk_free_mib": 900, "disk_free_percent": 90}, {})
    full = levels(marks, {"disk_free_mib": 100, "disk_free_percent": 1}, {})
    assert [set(each.values()) for each in (large, small, full)] == [{Level.OPEN}, {Level.OPEN}, {Level.STOP}]


async def test_at_shed_urgent_ones_are_taken_and_at_stop_none(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        told = Told(queue=250_000)
        watch = _watch(rig, told)
        await watch.look()
        bureau = rig.bureaux["sirene:XB"]
        normal = bureau.signed(form_m("For your information.", reference="XB-M-2026-0000001"))
        with pytest.raises(Unavailable) as refused:
            await rig.gateway.intake.take("wire", normal, CLAIM)
        assert (refused.value.code, "5 minutes" in refused.value.public) == ("door.shedding", True)
        urgent = await rig.arrives(_urgent(rig, 2))
        assert (await rig.row(urgent)).envelope.form.header.urgency == "URGENT"
        given = Given("officer:1", came=NOON)
        assert (await rig.gateway.intake.take_by_hand("wire", normal, CLAIM, given)).envelope

        told.figures["queue"] = 1_000_001
        await watch.look()
        with pytest.raises(Unavailable) as stopped:
            await rig.gateway.intake.take("wire", _urgent(rig, 3), CLAIM)
        assert stopped.value.code == "door.stopped"
        with pytest.raises(Unavailable, match="queue 1000001"):
            await watch.probe()

        told.figures["queue"] = 10
        await watch.look()
        await watch.look()
        assert await rig.arrives(bureau.signed(form_m("Again.", reference="XB-M-2026-0000004")))
        names = ("door.shedding", "door.stopped", "door.open-again", "door.refused", "flow.alarm", "flow.settled")
        assert await _told(rig, *names) == [
            "door.shedding", "flow.alarm", "door.stopped", "door.open-again", "flow.settled",
        ]  # fmt: skip
        assert sum((await rig.ledger.counts()).values()) == await rig.ledger.accepted()


async def test_a_mailbox_for_urgent_messages_is_a_hint_too(tmp_path: Path) -> None:
    from gateway.places import Places

    async with Rig(tmp_path / "rig") as rig:
        places = Places(rig.directory, ("Urgent@xa.spoc.example",))
        to = Claim(sender=CLAIM.sender, recipients=("urgent@XA.spoc.example",))
        payload = Payload.of(b"<M/>", "application/xml")
        assert [places.hinted(each, payload) for each in (CLAIM, to)] == [False, True]


async def test_the_hint_is_found_in_base64_and_never_raises(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "rig")
    assert looks_urgent(_urgent(rig, 1))
    import base64

    packed = base64.encodebytes(_urgent(rig, 1).content).replace(b"\n", b"\r\n")
    head = b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    assert looks_urgent(Payload.of(head + packed, "message/rfc822"))
    for odd in (b"", b"base64\r\n\r\n" + b"=" * 100, b"base64\r\n\r\n" + b"A" * 101, b"\xff" * 20_000):
        assert not looks_urgent(Payload.of(odd, "message/rfc822"))


async def test_a_change_that_cannot_be_journalled_closes_the_door_and_is_told_later(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        watch = _watch(rig, Told(disk_free_mib=1, disk_free_percent=1))
        await rig.ledger.stop()
        with pytest.raises(Unavailable):
            await watch.look()
        assert rig.gateway.intake.doors.level is Level.STOP
        await rig.ledger.start()
        await watch.look()
        assert await _told(rig, "door.stopped") == ["door.stopped"]


async def test_the_figures_are_read_from_disk_memory_and_ledger(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        reading = await Gauges(rig.ledger, tmp_path).read(rig.clock.now())
        assert reading.figures["disk_free_mib"] > 0 < reading.figures["memory_mib"]
        assert (reading.figures["queue"], reading.figures["oldest_minutes"]) == (0, 0)
        unknown = await Gauges(rig.ledger, tmp_path / "nowhere").read(rig.clock.now())
        assert "disk_free_mib" not in unknown.figures
