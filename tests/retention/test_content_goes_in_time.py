"""From a form to its deletion certificate, in virtual years: what starts a lifetime, what ends it, what keeps it from ending."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.exchanges.desk import Record
from gateway.journal import chain
from gateway.journal.entry import Entry
from gateway.ledger import Query, Row
from gateway.protection.retention.lifetime import Stage
from gateway.protection.retention.words import Why
from gateway.vault.subjects import of_exchange
from tests.exchanges.stories import form_m
from tests.gateway.rig import NOON
from tests.retention.archive import OFFICER, Archive, corrected

LAST_DAY = datetime(2027, 11, 20, 23, 0, tzinfo=UTC)
"""Midnight in Copenhagen at the beginning of 21 November 2027, a year after `NOON`."""


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def archive(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Archive]:
    store = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else request.param
    opened = Archive(tmp_path, store=store)
    async with opened.rig:
        yield opened


async def forgotten(archive: Archive) -> Row:
    """A message about another state's alert that was deleted; its year is over."""
    row = await archive.about()
    await archive.alert_deleted(row)
    await archive.turn_to(LAST_DAY)
    return row


async def test_deleting_an_alert_ends_in_a_certificate_a_year_later(archive: Archive) -> None:
    row = await archive.about()
    assert row.state == "acknowledged"
    assert await archive.sweeper.sweep() == 0
    assert (await archive.plan(row.envelope.id)).decision.why is Why.NOT_BEGUN
    await archive.alert_deleted(row)
    await archive.turn_to(LAST_DAY - timedelta(seconds=1))
    assert await archive.sweeper.sweep() == 0
    assert await archive.readable(row.envelope.id)

    await archive.turn_to(LAST_DAY)
    assert await archive.sweeper.sweep() == await archive.number_of(row)
    assert not await archive.readable(row.envelope.id)
    (certificate,) = await archive.desk.certificates(row.envelope.id, "message", OFFICER)
    said = dict(certificate.details)
    assert (certificate.rule, certificate.actor, certificate.envelope) == ("RR-120", "gateway", row.envelope.id)
    assert said["payload_sha256"] == row.envelope.payload.digest
    assert said["exchange"] == row.envelope.exchange
    assert said["counterpart"] == "sirene:XB"
    assert "Art. 64(2)" in said["citation"]
    assert (said["confidence"], said["lasts"], said["starts"]) == ("verified", "P1Y", "alert.deleted")
    assert said["began"] == NOON.isoformat()
    assert "overdue" not in said
    assert list(chain.faults(await archive.ledger.journal(0, 10_000))) == []


async def test_the_exchange_is_certified_last_and_its_clock_is_told(archive: Archive) -> None:
    row = await forgotten(archive)
    assert [run.overdue for run in (await archive.story.picture(row)).runs if run.clock.id == "T34"] == [False]
    await archive.sweeper.sweep()
    kinds = [dict(entry.details)["subject"] for entry in await archive.told("content.destroyed")]
    assert kinds[-1] == of_exchange(row.envelope.exchange)
    certificates = await archive.desk.certificates(row.envelope.exchange, "exchange", OFFICER)
    assert len(certificates) == await archive.number_of(row)
    await archive.rig.later(timedelta(days=3))
    runs = [run for run in (await archive.story.picture(row)).runs if run.clock.id == "T34"]
    assert [(run.overdue, run.live) for run in runs] == [(False, False)]


async def test_it_happens_once(archive: Archive) -> None:
    count = await archive.number_of(await forgotten(archive))
    assert await archive.sweeper.sweep() == count
    entries = len(await archive.told("content.destroyed", "retention.intended", "happening.recorded"))
    for _ in range(3):
        assert await archive.sweeper.sweep() == 0
    assert len(await archive.told("content.destroyed", "retention.intended", "happening.recorded")) == entries


async def test_a_dry_run_says_what_a_run_does(archive: Archive) -> None:
    row = await forgotten(archive)
    await archive.about(alert="XB00000000000000206", reference="XB-M-2026-0000002")
    planned = await archive.due()
    assert len(planned) == await archive.number_of(row)
    before = len(await archive.told("retention.intended"))
    assert before == 0
    await archive.sweeper.sweep()
    assert [dict(entry.details)["subject"] for entry in await archive.told("content.destroyed")] == planned
    assert await archive.due() == []


async def test_a_dry_run_for_another_day_looks_ahead(archive: Archive) -> None:
    row = await archive.about()
    await archive.alert_deleted(row)
    ahead, _ = await archive.desk.due(LAST_DAY, OFFICER)
    assert row.envelope.id in {each.envelope for each in ahead}
    earlier, _ = await archive.desk.due(LAST_DAY - timedelta(seconds=1), OFFICER)
    assert earlier == []
    assert await archive.readable(row.envelope.id)


async def test_a_repetition_goes_with_the_message_that_it_repeats(archive: Archive) -> None:
    form = form_m("Seen with a friend.", alert="XB00000000000000205", issuer="XB")
    first = await archive.seen_to(await archive.story.receives(form))
    again = await archive.story.receives(form)
    assert again.state == "repeated"
    await archive.alert_deleted(first)
    await archive.turn_to(LAST_DAY)
    await archive.sweeper.sweep()
    assert not await archive.readable(first.envelope.id)
    assert not await archive.readable(again.envelope.id)
    everything = await archive.ledger.find(Query(limit=100))
    assert [each.id for each in everything if await archive.readable(each.id)] == []


async def test_own_alerts_stay_until_the_office_enters_the_period_of_its_law(archive: Archive) -> None:
    row = await archive.about(alert="XA00000000000000018", issuer="XA")
    await archive.alert_deleted(row)
    await archive.rig.later(timedelta(days=3000))
    assert await archive.sweeper.sweep() == 0
    decision = (await archive.plan(row.envelope.id)).decision
    assert decision.why is Why.BY_LAW
    archive.reopen(corrected(own="P5Y"))
    assert await archive.sweeper.sweep() == await archive.number_of(row)
    (certificate,) = await archive.desk.certificates(row.envelope.id, "message", OFFICER)
    assert (certificate.rule, dict(certificate.details)["lasts"]) == ("RR-121-own", "P5Y")
    assert dict(certificate.details)["overdue"] == "yes"


async def test_three_and_five_years_live_side_by_side_in_one_ledger(tmp_path: Path) -> None:
    archive = Archive(tmp_path, corrected(own="P5Y", acted="P3Y"))
    async with archive.rig:
        own = await archive.about(alert="XA00000000000000018", issuer="XA")
        foreign = await archive.about(reference="XB-M-2026-0000002")
        await archive.alert_deleted(own)
        await archive.alert_deleted(foreign)
        for years, left in ((1, [True, False]), (3, [True, False]), (5, [False, False])):
            await archive.turn_to(datetime(2026 + years, 11, 21, 12, tzinfo=UTC))
            await archive.sweeper.sweep()
            assert [await archive.readable(row.envelope.id) for row in (own, foreign)] == left


async def test_a_legal_hold_keeps_everything_until_it_is_lifted(archive: Archive) -> None:
    row = await archive.about()
    await archive.alert_deleted(row)
    await archive.desk.hold(row.envelope.exchange, "exchange", OFFICER, "complaint")
    await archive.turn_to(LAST_DAY + timedelta(days=30))
    assert await archive.sweeper.sweep() == 0
    count = await archive.number_of(row)
    assert len(archive.sweeper.overdue) == count
    assert await archive.sweeper.sweep() == 0
    told = await archive.told("retention.overdue")
    assert len(told) == count  # once for each, however often it is looked at
    assert {dict(entry.details)["why"] for entry in told} == {"held"}
    with pytest.raises(Refused, match=r"retention\.held"):
        await archive.desk.hold(row.envelope.exchange, "exchange", OFFICER, "again")
    await archive.desk.lift(row.envelope.exchange, "exchange", "user:auditor", "withdrawn")
    assert await archive.sweeper.sweep() == count
    assert [entry.event for entry in await archive.told("retention.held", "retention.lifted")] == [
        "retention.held", "retention.lifted",
    ]  # fmt: skip


async def test_one_message_is_held_and_the_others_go(archive: Archive) -> None:
    first = await archive.about()
    second = await archive.about(reference="XB-M-2026-0000002")
    assert first.envelope.exchange == second.envelope.exchange
    await archive.alert_deleted(first)
    await archive.desk.hold(second.envelope.id, "message", OFFICER, "court case")
    await archive.turn_to(LAST_DAY)
    await archive.sweeper.sweep()
    assert [await archive.readable(row.envelope.id) for row in (first, second)] == [False, True]
    assert (await archive.life(of_exchange(first.envelope.exchange))).stage is Stage.KEPT


async def test_what_waits_for_an_officer_keeps_its_exchange_and_is_never_destroyed(archive: Archive) -> None:
    row = await archive.about()
    waiting = await archive.story.receives(
        form_m("Any news?", alert="XB00000000000000205", issuer="XB", reference="XB-M-2026-0000003")
    )
    assert waiting.state == "held"
    await archive.alert_deleted(row)
    await archive.turn_to(LAST_DAY + timedelta(days=2))
    assert await archive.sweeper.sweep() == 0
    assert {(each.decision.why, each.decision.about) for each in archive.sweeper.overdue if each.envelope != waiting.envelope.id} == {
        (Why.OPEN, waiting.envelope.id)
    }  # fmt: skip
    for name, kind in ((waiting.envelope.id, "message"), (row.envelope.exchange, "exchange")):
        with pytest.raises(Refused, match=r"retention\.at-work"):
            await archive.desk.order(name, kind, OFFICER, "court", "ordered")
    await archive.rig.gateway.desk.reject(waiting.envelope.id, OFFICER, "answered by telephone")
    await archive.rig.gateway.quiet()
    assert await archive.sweeper.sweep() == await archive.number_of(row)


async def test_nobody_destroys_what_no_rule_is_for(archive: Archive) -> None:
    row = await archive.story.receives(b"<not-a-form/>")
    assert row.state in ("rejected", "held")
    await archive.rig.later(timedelta(days=3000))
    assert await archive.sweeper.sweep() == 0
    if row.state == "rejected":
        assert (await archive.plan(row.envelope.id)).decision.words == "no rule: stays until an officer decides"


async def test_content_older_than_the_vault_is_not_said_to_be_destroyed(archive: Archive) -> None:
    row = await archive.about()
    archive.ledger.keyless = frozenset({row.envelope.id})
    await archive.alert_deleted(row)
    await archive.turn_to(LAST_DAY)
    await archive.sweeper.sweep()
    assert await archive.desk.certificates(row.envelope.id, "message", OFFICER) == []
    assert (await archive.plan(row.envelope.id)).decision.why is Why.PLAIN
    entries = len(await archive.told("retention.intended", "retention.withdrawn"))
    await archive.sweeper.sweep()
    assert len(await archive.told("retention.intended", "retention.withdrawn")) == entries


async def test_stages_never_touch_what_is_destroyed(archive: Archive) -> None:
    """A late receipt for a message that is destroyed, and a repetition of one, end quietly."""
    form = form_m("Seen with a friend.", alert="XB00000000000000205", issuer="XB")
    first = await archive.seen_to(await archive.story.receives(form))
    await archive.alert_deleted(first)
    await archive.turn_to(LAST_DAY)
    await archive.sweeper.sweep()
    again = await archive.story.receives(form)
    assert (again.state, again.reason.code if again.reason else "") == ("repeated", "duplicate.same-content")
    assert not [each for each in await archive.ledger.find(Query(limit=100)) if each.state == "quarantined"]


async def test_the_journal_says_why_only_while_the_words_are_kept(archive: Archive) -> None:
    row = await archive.about()
    await archive.desk.hold(row.envelope.id, "message", OFFICER, "complaint of Imaginus Nobodysen")
    await archive.desk.lift(row.envelope.id, "message", OFFICER, "withdrawn")
    assert b"Imaginus" not in b"".join(link.entry for link in await archive.ledger.journal(0, 1000))
    assert await archive.reasons("retention.held") == ["complaint of Imaginus Nobodysen"]


async def test_after_a_long_silence_a_person_sweeps_first(archive: Archive) -> None:
    """A machine that starts with a clock years ahead must not destroy everything by itself."""
    row = await archive.about()
    await archive.alert_deleted(row)
    archive.rig.clock.turn(timedelta(days=3650))
    await archive.ledger.record([Entry(event="gateway.started", at=archive.rig.clock.now())])
    archive.reopen(archive.desk.planning.rules)
    assert await archive.sweeper.by_itself() == 0
    assert archive.sweeper.trouble == "retention.after-a-silence"
    assert await archive.readable(row.envelope.id)
    assert await archive.sweeper.sweep() > 0
    assert not await archive.readable(row.envelope.id)
    assert await archive.sweeper.by_itself() == 0
    assert archive.sweeper.trouble == ""


async def test_what_comes_after_the_end_goes_with_the_next_sweep(archive: Archive) -> None:
    row = await forgotten(archive)
    await archive.sweeper.sweep()
    await archive.rig.later(timedelta(days=1))
    late = await archive.about(reference="XB-M-2027-0000009")
    assert late.envelope.exchange == row.envelope.exchange
    record = Record(name="request.answered", reason="told Imaginus Nobodysen by telephone")
    await archive.rig.gateway.exchanges.record(row.envelope.exchange, record, OFFICER)
    await archive.rig.gateway.quiet()
    await archive.rig.later(timedelta(hours=1))
    assert await archive.sweeper.sweep() > 1
    assert not await archive.readable(late.envelope.id)
    kept = await archive.ledger.exchange(row.envelope.exchange)
    assert {each.happening.reason for each in kept.happened} == {""}
    assert await archive.sweeper.sweep() == 0
