"""What people may order: holds, destruction before the time with a second person, recalling it; and who is refused why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.protection.retention.words import GROUNDS, Why
from tests.retention.archive import OFFICER, Archive

AUDITOR = "user:auditor"


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    opened = Archive(tmp_path)
    async with opened.rig:
        yield opened


async def test_an_order_is_carried_out_when_a_second_person_agrees(archive: Archive) -> None:
    row = await archive.about()
    message = row.envelope.id
    await archive.desk.order(message, "message", OFFICER, "court", "judgment of the district court")
    assert await archive.sweeper.sweep() == 0
    with pytest.raises(Refused, match=r"retention\.same-person"):
        await archive.desk.confirm(message, "message", OFFICER, "I agree with myself")
    await archive.desk.confirm(message, "message", AUDITOR, "seen the judgment")
    assert (await archive.plan(message)).decision.why is Why.ORDERED
    assert await archive.sweeper.sweep() == 1
    (certificate,) = await archive.desk.certificates(message, "message", AUDITOR)
    said = dict(certificate.details)
    assert certificate.rule == "order.court"
    assert (said["ordered_by"], said["confirmed_by"], said["ground"]) == (OFFICER, AUDITOR, "court")
    assert "judgment" not in repr(certificate)
    reasons = await archive.reasons("retention.ordered", "retention.confirmed")
    assert reasons == ["judgment of the district court", "seen the judgment"], "they outlive what they were given for"


async def test_an_order_for_an_exchange_reaches_all_its_messages(archive: Archive) -> None:
    row = await archive.about()
    other = await archive.about(alert="XB00000000000000206", reference="XB-M-2026-0000002")
    await archive.desk.order(row.envelope.exchange, "exchange", OFFICER, "data-subject", "request of the person")
    await archive.desk.confirm(row.envelope.exchange, "exchange", AUDITOR, "granted")
    assert await archive.sweeper.sweep() == await archive.number_of(row)
    assert await archive.readable(other.envelope.id)


async def test_where_the_office_decided_so_one_person_is_enough(tmp_path: Path) -> None:
    archive = Archive(tmp_path, second_person=False)
    async with archive.rig:
        row = await archive.about()
        await archive.desk.order(row.envelope.id, "message", OFFICER, "purpose-achieved", "case closed")
        assert await archive.sweeper.sweep() == 1
        (certificate,) = await archive.desk.certificates(row.envelope.id, "message", AUDITOR)
        assert dict(certificate.details)["confirmed_by"] == OFFICER


async def test_an_order_can_be_recalled_until_it_is_carried_out(archive: Archive) -> None:
    message = (await archive.about()).envelope.id
    await archive.desk.order(message, "message", OFFICER, "court", "judgment")
    await archive.desk.recall(message, "message", AUDITOR, "appeal")
    with pytest.raises(Refused, match=r"retention\.not-ordered"):
        await archive.desk.confirm(message, "message", AUDITOR, "too late")
    assert await archive.sweeper.sweep() == 0
    await archive.desk.order(message, "message", OFFICER, "court", "appeal dismissed")
    await archive.desk.confirm(message, "message", AUDITOR, "seen")
    await archive.sweeper.sweep()
    for act in (
        archive.desk.recall(message, "message", AUDITOR, "?"),
        archive.desk.order(message, "message", OFFICER, "court", "?"),
    ):
        with pytest.raises(Refused, match=r"retention\.(not-ordered|destroyed)"):
            await act
    with pytest.raises(Refused, match=r"retention\.destroyed"):
        await archive.desk.hold(message, "message", AUDITOR, "complaint")


async def test_a_hold_stops_an_order_and_an_order_on_what_is_held_is_refused(archive: Archive) -> None:
    row = await archive.about()
    await archive.desk.order(row.envelope.id, "message", OFFICER, "court", "judgment")
    await archive.desk.hold(row.envelope.exchange, "exchange", AUDITOR, "complaint")
    with pytest.raises(Refused, match=r"retention\.held"):
        await archive.desk.confirm(row.envelope.id, "message", AUDITOR, "seen")
    assert await archive.sweeper.sweep() == 0


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
async def test_every_act_needs_a_reason(archive: Archive, reason: str) -> None:
    message = (await archive.about()).envelope.id
    desk = archive.desk
    acts = (
        desk.hold(message, "", OFFICER, reason), desk.lift(message, "", OFFICER, reason), desk.confirm(message, "", OFFICER, reason),
        desk.order(message, "", OFFICER, "court", reason), desk.recall(message, "", OFFICER, reason),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(Refused, match=r"reason\.missing"):
            await act


async def test_what_is_not_there_or_not_meant_is_refused(archive: Archive) -> None:
    row = await archive.about()
    desk = archive.desk
    with pytest.raises(Refused, match=r"retention\.unknown"):
        await desk.hold("01a15b2c-9d10-7a01-8b3c-5e0f9a1c0001", "", OFFICER, "complaint")
    with pytest.raises(Refused, match=r"retention\.unknown"):
        await desk.read("2026-11-31", "day", OFFICER)
    with pytest.raises(Refused, match=r"retention\.ground") as caught:
        await desk.order(row.envelope.id, "message", OFFICER, "because", "I want to")
    assert all(ground in caught.value.public for ground in GROUNDS)
    with pytest.raises(Refused, match=r"retention\.not-held"):
        await desk.lift(row.envelope.id, "message", OFFICER, "none stands")


async def test_days_of_the_journal_live_as_long_as_the_longest_of_their_rules(archive: Archive) -> None:
    """The journal is shared by all families: three years for one of them do not end what five years of another keep."""
    import msgspec

    from gateway.protection.retention.rules import Rules

    row = await archive.about()
    await archive.desk.hold(row.envelope.exchange, "exchange", OFFICER, "what an entry of the day says of a person")
    day = archive.rig.clock.now().date().isoformat()
    await archive.rig.later(timedelta(days=3 * 366))
    assert (await archive.desk.read(day, "day", AUDITOR)).planned[0].decision.why is Why.NO_RULE
    rules = archive.desk.planning.rules
    rows = tuple(msgspec.structs.replace(rule, in_force=True) if rule.id == "RR-202" else rule for rule in rules)
    archive.reopen(Rules(rows=rows, acts=rules.acts))
    decision = (await archive.desk.read(day, "day", AUDITOR)).planned[0].decision
    assert decision.rule is not None
    assert (decision.why, decision.rule.id) == (Why.NOT_YET, "RR-202")
    await archive.rig.later(timedelta(days=2 * 366))
    assert await archive.sweeper.sweep() >= 1
    (certificate,) = await archive.desk.certificates(day, "day", AUDITOR)
    assert (certificate.rule, dict(certificate.details)["subject"]) == ("RR-202", f"journal:{day}")


async def test_acts_are_journalled_with_person_and_reason(archive: Archive) -> None:
    message = (await archive.about()).envelope.id
    await archive.desk.hold(message, "message", OFFICER, "complaint 17")
    await archive.desk.read(message, "message", AUDITOR)
    held, read = [*await archive.told("retention.held"), *await archive.told("retention.read")]
    assert (held.actor, dict(held.details)["subject"]) == (OFFICER, message)
    assert (read.actor, read.envelope) == (AUDITOR, message)
