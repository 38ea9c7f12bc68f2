"""What officers do with alerts, against a simulated central system: checked, journalled, told to the exchanges."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.alerts.commands import DeleteAlert, ExtendAlert, LinkAlerts, UpdateAlert
from gateway.alerts.desk import AlertRefused
from gateway.alerts.law import Hit, Todo
from gateway.alerts.words import Status
from gateway.envelope import Claim
from gateway.errors import Refused, RegisterUnavailable
from gateway.exchanges.matter import MatterQuery
from gateway.exchanges.picture import picture_of
from gateway.exchanges.running import Moment
from gateway.ledger import Query
from gateway.subjects import Person
from tests.alerts.alert_rig import PURPOSE, AlertRig, of_state, theirs
from tests.contracts.alert_examples import (
    ARREST,
    CAR,
    TRAILER,
    WANTED,
    asking,
    entering,
    missing_person,
    stolen_trailer,
)
from tests.contracts.rest_simulators import Simulated
from tests.gateway.rig import CALENDARS, NOON

OFFICER = "client:officer"
FORM_G = re.sub(
    r"<h:Attachment>.*</h:Attachment>", "", Path("schemas/sirene/samples/FormG.xml").read_text(), flags=re.DOTALL
)
SEIZED = Hit(
    at=datetime(2026, 11, 21, 11, 40, tzinfo=UTC), place="Prøveby, ring road", occasion="INLAND",
    action_taken="Vehicle stopped and seized.", asked="Please send P form.", finder="Traffic police of Prøveby",
)  # fmt: skip


def claim(key: str) -> Claim:
    return Claim(sender=OFFICER, reference=key)


async def exchanges(rig: AlertRig, alert: str) -> list[str]:
    return [matter.exchange for matter in await rig.ledger.matters(MatterQuery(key=alert))]


async def happened(rig: AlertRig, exchange: str) -> list[str]:
    return [each.happening.name for each in (await rig.ledger.exchange(exchange)).happened]


async def hit_is_sent(rig: AlertRig, alert: str = CAR) -> str:
    """A hit on a foreign alert, reported, released and sent; the exchange that it opened."""
    made = await rig.alerts.hits.report(alert, SEIZED, claim(f"hit-{alert}"), PURPOSE)
    assert made.accepted is not None
    await rig.gateway.quiet()
    await rig.gateway.desk.release(made.accepted.envelope, "user:duty", "Read.")
    await rig.gateway.quiet()
    (exchange,) = await exchanges(rig, alert)
    return exchange


# --- entering


async def test_an_alert_is_entered_after_a_look_and_the_journal_tells_it_without_personal_data(rig: AlertRig) -> None:
    shown = await rig.alerts.desk.enter(entering(missing_person()), OFFICER, PURPOSE)
    assert shown.advice is not None
    assert shown.advice.todo is Todo.ENTER
    assert shown.alert.issuer == "sirene:XA"
    assert shown.alert.expires_at == datetime(2031, 11, 21, 12, 0, tzinfo=UTC)
    (entry,) = await rig.events("alert.entered")
    assert (entry["alert"], entry["category"]) == (shown.alert.id, "MIS-W")
    assert len(await rig.events("alert.ordered")) == 1
    journal = b"".join(link.entry for link in await rig.ledger.journal(0, 1000)).decode()
    assert "Prøvesen" not in journal
    assert "1970-01-11" not in journal


async def test_an_alert_without_its_minimum_is_refused_before_anybody_is_asked(
    rig: AlertRig, central: Simulated
) -> None:
    with pytest.raises(AlertRefused) as caught:
        await rig.alerts.desk.enter(
            entering(missing_person(subject=Person(family_names=("Prøvesen",)))), OFFICER, PURPOSE
        )
    (finding,) = caught.value.findings
    assert (finding.field, finding.citation) == ("subject.date_of_birth", "Regulation (EU) 2018/1862 Art 22")
    assert finding.remedy
    assert central.ledger("arrived") == []
    assert await rig.events("alert.ordered") == []


async def test_the_same_request_again_enters_one_alert_even_later(rig: AlertRig) -> None:
    command = entering(stolen_trailer())
    first = await rig.alerts.desk.enter(command, OFFICER, PURPOSE)
    rig.clock.turn(timedelta(hours=1))
    again = await rig.alerts.desk.enter(command, OFFICER, PURPOSE)
    assert again.alert.id == first.alert.id
    with pytest.raises(Refused, match="conflict"):
        await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)


async def test_an_incompatible_alert_needs_form_e_first_or_an_officers_own_decision(rig: AlertRig) -> None:
    check = msgspec.structs.replace(WANTED, sex="M")
    intended = missing_person(category="CHK-D", article="1862:36", subject=check)
    with pytest.raises(AlertRefused, match=r"alert\.incompatible") as caught:
        await rig.alerts.desk.enter(entering(intended), OFFICER, PURPOSE)
    advice = caught.value.advice
    assert advice is not None
    assert (advice.todo, advice.form, advice.to) == (Todo.CONSULT_FIRST, "E", ("sirene:XB",))
    despite = msgspec.structs.replace(entering(intended), despite="Agreed with XB by form E, XB-E-2026-0000007.")
    shown = await rig.alerts.desk.enter(despite, OFFICER, PURPOSE)
    assert shown.alert.id
    assert (await rig.events("alert.entered"))[0]["despite"].startswith("Agreed")


async def test_an_arrest_alert_waits_for_nobody(rig: AlertRig) -> None:
    suspect = Person(family_names=("Kontrolli",), given_names=("Ava",), date_of_birth="1991-08-08", sex="F")
    intended = missing_person(category="ARR", article="1862:26", subject=suspect)
    shown = await rig.alerts.desk.enter(entering(intended), OFFICER, PURPOSE)
    assert shown.advice is not None
    assert (shown.advice.todo, shown.advice.form) == (Todo.ENTER_AND_CONSULT, "E")


async def test_an_alert_system_that_is_away_is_told_and_journalled(rig: AlertRig, central: Simulated) -> None:
    central.script(
        '[[rule]]\nwhen = { operation = "alert-enter" }\ndo = { action = "refuse", status = 503, problem = "source-unavailable" }'
    )
    with pytest.raises(RegisterUnavailable):
        await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)
    assert [entry["act"] for entry in await rig.events("alert.not-done")] == ["enter"]


# --- changing


async def test_a_foreign_alert_is_not_changed_and_the_refusal_says_by_which_form_to_ask(rig: AlertRig) -> None:
    shown = await rig.alerts.desk.show(ARREST, OFFICER, PURPOSE)
    with pytest.raises(AlertRefused) as caught:
        await rig.alerts.desk.change(
            DeleteAlert(alert=ARREST, version=shown.alert.version, ground="over"), OFFICER, PURPOSE
        )
    assert caught.value.findings[0].rule == "ALT-OWNER"
    assert "form J" in caught.value.findings[0].remedy


async def test_nobody_overwrites_what_he_has_not_seen(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    change = UpdateAlert(alert=alert.id, version=alert.version, remarks=("Suspicion of clone",))
    await rig.alerts.desk.change(change, OFFICER, PURPOSE)
    with pytest.raises(Refused, match=r"alert\.version"):
        await rig.alerts.desk.change(
            UpdateAlert(alert=alert.id, version=alert.version, reason="LOST"), OFFICER, PURPOSE
        )
    assert [entry["fields"] for entry in await rig.events("alert.updated")] == ["remarks"]


async def test_a_repeated_change_is_done_once(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    change = DeleteAlert(alert=alert.id, version=alert.version, ground="seized")
    first = await rig.alerts.desk.change(change, OFFICER, PURPOSE, "key-1")
    again = await rig.alerts.desk.change(change, OFFICER, PURPOSE, "key-1")
    assert first.alert == again.alert
    assert again.alert.status is Status.DELETED


async def test_an_extension_needs_an_assessment(rig: AlertRig) -> None:
    end = datetime(2027, 1, 15, tzinfo=UTC)
    alert = (await rig.alerts.desk.enter(entering(missing_person(expires_at=end)), OFFICER, PURPOSE)).alert
    assert [each.rule for each in (await rig.alerts.desk.show(alert.id, OFFICER, PURPOSE)).warnings] == ["ALT-ENDS"]
    until = end + timedelta(days=365)
    with pytest.raises(AlertRefused, match="assessment"):
        await rig.alerts.desk.change(
            ExtendAlert(alert=alert.id, version=alert.version, until=until, assessment=" "), OFFICER, PURPOSE
        )
    extended = ExtendAlert(alert=alert.id, version=alert.version, until=until, assessment="Still missing.")
    assert (await rig.alerts.desk.change(extended, OFFICER, PURPOSE)).alert.expires_at == until


async def test_only_own_alerts_are_linked(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    with pytest.raises(AlertRefused) as caught:
        await rig.alerts.desk.change(LinkAlerts(alert=alert.id, version=alert.version, others=(CAR,)), OFFICER, PURPOSE)
    assert caught.value.findings[0].rule == "ALT-LINK"


# --- hits and deletions, over the wire of the rig


async def test_a_hit_on_a_foreign_alert_waits_as_a_g_form_and_goes_to_the_issuer(rig: AlertRig) -> None:
    made = await rig.alerts.hits.report(CAR, SEIZED, claim("hit-1"), PURPOSE)
    assert made.accepted is not None
    await rig.gateway.quiet()
    row = await rig.row(made.accepted.envelope)
    assert (row.state, row.reason.code if row.reason else "") == ("held", "alert.hit-drafted")
    form = row.envelope.form
    assert form.header.to == ("sirene:XB",)
    assert (form.number("005"), form.number("090"), form.number("015")) == (CAR, "1862:38", "ZZZTESTV1N0000009")
    assert rig.wire.sent == []
    await rig.gateway.desk.release(made.accepted.envelope, "user:duty", "Read.")
    await rig.gateway.quiet()
    assert rig.told() == ["FormG"]
    assert (await rig.row(made.accepted.envelope)).state == "transmitted"


async def test_the_same_report_twice_is_one_form(rig: AlertRig) -> None:
    first = await rig.alerts.hits.report(CAR, SEIZED, claim("hit-1"), PURPOSE)
    rig.clock.turn(timedelta(minutes=5))
    again = await rig.alerts.hits.report(CAR, SEIZED, claim("hit-1"), PURPOSE)
    assert first.accepted is not None
    assert again.accepted is not None
    assert (again.accepted.envelope, again.accepted.known_before) == (first.accepted.envelope, True)


async def test_what_a_rule_would_refuse_is_told_at_once_and_nothing_is_kept(rig: AlertRig) -> None:
    arrested = msgspec.structs.replace(SEIZED, action_taken="Arrested.", asked="")
    with pytest.raises(AlertRefused) as caught:
        await rig.alerts.hits.report(ARREST, arrested, claim("hit-2"), PURPOSE)
    assert "R09" in [each.rule for each in caught.value.findings]
    assert await rig.ledger.counts() == {}
    draft = await rig.alerts.hits.draft(ARREST, arrested, OFFICER, PURPOSE)
    assert "091" in [each.field for each in draft.missing]
    assert draft.accepted is None


async def test_deleting_our_alert_starts_the_retention_clock_of_its_exchanges(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    document = FORM_G.replace("XA00000000000000042", alert.id)
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(document.encode()))
    assert (await rig.row(envelope)).state not in ("rejected", "quarantined")
    (exchange,) = await exchanges(rig, alert.id)
    shown = await rig.alerts.desk.change(
        DeleteAlert(alert=alert.id, version=alert.version, ground="seized"), OFFICER, PURPOSE
    )
    assert shown.exchanges == 1
    assert "alert.deleted" in await happened(rig, exchange)
    await rig.gateway.quiet()
    kept = await rig.ledger.exchange(exchange)
    assert [each.happening.at for each in kept.happened if each.happening.name == "alert.deleted"] == [NOON]
    picture = picture_of(rig.formats.family("sirene/G@1"), kept, frozenset(rig.office.parties), Moment(NOON, CALENDARS))
    (purge,) = [run for run in picture.runs if run.clock.id == "T34"]
    assert purge.state is not None
    assert purge.state.due is not None
    assert purge.state.due.date() == date(2027, 11, 21)


async def test_a_hit_that_comes_after_the_deletion_goes_on_and_nothing_is_answered_by_itself(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    await rig.alerts.desk.change(DeleteAlert(alert=alert.id, version=alert.version, ground="seized"), OFFICER, PURPOSE)
    rig.clock.turn(timedelta(hours=1))
    late = FORM_G.replace("XA00000000000000042", alert.id).replace("2026-11-21T09:15:00Z", "2026-11-21T12:30:00Z")
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(late.encode())))
    assert row.state == "acknowledged"
    assert "R46" in [finding.rule for finding in row.envelope.findings]
    assert rig.told() == ["Receipt RECEIVED", "Receipt VALID"]
    answers = await rig.ledger.find(Query(cause=row.envelope.id, states=("held",)))
    assert [each.reason_code for each in answers] == ["reply.doubted"]


async def test_a_hit_reported_with_the_wrong_article_is_refused_with_the_right_one(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    wrong = FORM_G.replace("XA00000000000000042", alert.id).replace(">1862:38<", ">1862:36<")
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(wrong.encode())))
    assert row.state == "rejected"
    told = {finding.rule: finding.text for finding in row.envelope.findings}
    assert "1862:38" in told["R08-ALERT"]


async def test_a_foreign_alert_that_is_deleted_is_told_by_the_notices_once(rig: AlertRig, central: Simulated) -> None:
    exchange = await hit_is_sent(rig)
    await rig.follow()
    assert "alert.deleted" not in await happened(rig, exchange)
    async with of_state(central.url, "XB") as issuer:
        alert = await theirs(issuer, CAR)
        await issuer.change(DeleteAlert(alert=CAR, version=alert.version, ground="seized"), asking())
    assert await rig.follow() == 1
    assert (await happened(rig, exchange)).count("alert.deleted") == 1
    central.script('[[rule]]\ndo = { action = "duplicate", times = 2 }')
    rig.forget_the_place()  # everything is told again, and changes nothing
    assert await rig.follow() > 1
    assert (await happened(rig, exchange)).count("alert.deleted") == 1


async def test_an_exchange_that_began_after_its_alert_was_entered_learns_of_that(rig: AlertRig) -> None:
    await rig.follow()
    exchange = await hit_is_sent(rig)
    assert "alert.entered" not in await happened(rig, exchange)
    await rig.follow()
    assert "alert.entered" in await happened(rig, exchange)


async def test_while_the_alert_system_is_away_messages_go_on_and_the_notices_wait(
    rig: AlertRig, central: Simulated
) -> None:
    exchange = await hit_is_sent(rig)
    central.script('[[rule]]\ndo = { action = "refuse", status = 503, problem = "source-unavailable" }')
    with pytest.raises(RegisterUnavailable):
        await rig.follow()
    assert [reason for reason in await rig.gateway.not_ready() if reason.startswith("alert system nsis")]
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(FORM_G.encode()))
    assert (await rig.row(envelope)).state == "acknowledged"
    central.script()
    assert await rig.follow() > 0
    assert "alert.entered" in await happened(rig, exchange)


async def test_what_only_a_person_knows_is_recorded_by_hand(rig: AlertRig) -> None:
    exchange = await hit_is_sent(rig)
    assert await rig.alerts.desk.tell_by_hand(CAR, "alert.purpose-achieved", OFFICER, "") == 1
    assert "alert.purpose-achieved" in await happened(rig, exchange)
    with pytest.raises(Refused):
        await rig.alerts.desk.tell_by_hand(CAR, "alert.deleted", OFFICER, "")


async def test_a_gateway_follows_by_itself_and_tells_why_it_cannot(tmp_path: Path, central: Simulated) -> None:
    async with AlertRig(tmp_path, central.url, follow=60) as rig:
        follower = rig.alerts.follower
        while follower.followed_at is None:  # noqa: ASYNC110  it runs in the background
            await asyncio.sleep(0)
        central.script('[[rule]]\ndo = { action = "refuse", status = 503, problem = "source-unavailable" }')
        while not follower.trouble:
            rig.clock.turn(timedelta(seconds=60))
            await asyncio.sleep(0)
        assert follower.trouble == "register.source-unavailable"


async def test_searches_are_journalled_by_digest_and_arrest_comes_first(rig: AlertRig) -> None:
    found = await rig.alerts.desk.search(WANTED, OFFICER, PURPOSE)
    assert [each.id for each in found.alerts] == [ARREST]
    (entry,) = await rig.events("alerts.searched")
    assert (entry["kind"], entry["purpose"]) == ("person", PURPOSE)
    with pytest.raises(Refused, match="purpose"):
        await rig.alerts.desk.search(TRAILER, OFFICER, "  ")


async def test_an_incomplete_search_is_told_with_the_alert(rig: AlertRig, central: Simulated) -> None:
    central.script('[[rule]]\nwhen = { operation = "alert-search" }\ndo = { action = "too-many" }')
    shown = await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)
    assert "ALT-PARTIAL" in [each.rule for each in shown.warnings]


async def test_a_late_hit_is_reported_when_it_says_so(rig: AlertRig, central: Simulated) -> None:
    async with of_state(central.url, "XB") as issuer:
        alert = await theirs(issuer, CAR)
        await issuer.change(DeleteAlert(alert=CAR, version=alert.version, ground="seized"), asking())
    with pytest.raises(Refused, match="late hit"):
        await rig.alerts.hits.report(CAR, SEIZED, claim("late-1"), PURPOSE)
    made = await rig.alerts.hits.report(
        CAR, msgspec.structs.replace(SEIZED, remark="late hit"), claim("late-2"), PURPOSE
    )
    assert made.form.value("HitRemark") == "late hit"


async def test_a_hit_on_our_own_alert_is_no_form_abroad(rig: AlertRig) -> None:
    alert = (await rig.alerts.desk.enter(entering(stolen_trailer()), OFFICER, PURPOSE)).alert
    with pytest.raises(Refused, match=r"alert\.own"):
        await rig.alerts.hits.report(alert.id, SEIZED, claim("own-1"), PURPOSE)


async def test_our_own_act_and_the_notice_of_it_are_one_happening(rig: AlertRig) -> None:
    alert = (
        await rig.alerts.desk.enter(entering(stolen_trailer(expires_at=NOON + timedelta(days=90))), OFFICER, PURPOSE)
    ).alert
    envelope = await rig.arrives(
        rig.bureaux["sirene:XB"].signed(FORM_G.replace("XA00000000000000042", alert.id).encode())
    )
    rig.clock.turn(timedelta(seconds=30))  # ours is not the clock of the alert system
    until = NOON + timedelta(days=180)
    change = ExtendAlert(alert=alert.id, version=alert.version, until=until, assessment="Still missing.")
    await rig.alerts.desk.change(change, OFFICER, PURPOSE)
    await rig.follow()
    told = await happened(rig, (await rig.row(envelope)).envelope.exchange)
    assert (told.count("alert.extended"), told.count("alert.entered")) == (1, 1)
