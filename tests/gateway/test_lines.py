"""Many messages of one exchange at once: one after the other decides, and nobody computes for nothing or waits for the clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.envelope import Claim
from gateway.lines import Lines
from tests.exchanges.stories import form_m
from tests.gateway.rig import NOON, Rig


def test_who_lost_once_stands_in_the_line_and_is_called() -> None:
    lines = Lines()
    assert lines.my_turn("a")
    for envelope in "abc":
        lines.send(envelope, "x")
    assert [lines.my_turn(each) for each in "abca"] == [True, False, False, True]
    assert lines.my_turn("b") is False
    assert lines.left("a") == "b"
    assert lines.my_turn("b")
    assert lines.left("b") == "c"
    assert lines.my_turn("c")
    assert lines.left("c") == ""
    assert len(lines) == 0


def test_another_exchange_has_another_line() -> None:
    lines = Lines()
    lines.send("a", "x")
    lines.send("b", "y")
    assert lines.my_turn("a") and lines.my_turn("b")
    lines.forget()
    assert len(lines) == 0


async def test_forty_forms_on_one_alert_at_once_are_all_decided_without_waiting(tmp_path: Path) -> None:
    async with Rig(tmp_path / "rig") as rig:
        bureau = rig.bureaux["sirene:XB"]
        forms = [
            bureau.signed(form_m("For your information.", reference=f"XB-M-2026-{number:07}"), at=NOON)
            for number in range(40)
        ]
        claim = Claim(sender=bureau.address, recipients=("sirene@xa.spoc.example",))
        accepted = await asyncio.gather(*(rig.gateway.intake.take("wire", form, claim) for form in forms))
        await rig.gateway.quiet()
        rows = [await rig.row(each.envelope) for each in accepted]
        assert {row.state for row in rows} == {"held"}
        assert {row.reason and row.reason.code for row in rows} == {"reply.by-hand"}
        (exchange,) = {row.envelope.exchange for row in rows}
        assert len((await rig.ledger.exchange(exchange)).steps) == 40
        assert rig.clock.now() == NOON
