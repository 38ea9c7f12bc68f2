"""Exchanges through the API: where they stand, what may come next, how their clocks run, and what people record."""

from __future__ import annotations

from datetime import timedelta

from tests.api.desk_side import Doors
from tests.exchanges.stories import Story, form_m
from tests.gateway.rig import NOON

EXCHANGES = "/api/v1/exchanges"


async def asked(doors: Doors) -> str:
    """A request that waits for our answer; the id of its exchange."""
    return (await Story(doors.rig).receives(form_m("Is the address still in use?"))).envelope.exchange


async def test_an_exchange_says_where_it_stands_and_what_is_expected_from_whom(doors: Doors) -> None:
    exchange = await asked(doors)
    told = (await doors.ask("GET", f"{EXCHANGES}/{exchange}", "officer")).json
    assert told["matter"]["dialogues"] == [["supplementary-information", "asked"]]
    (course,) = told["dialogues"]
    assert course["roles"] == {"REQ": "sirene:XB", "requested": "sirene:XA"}
    expected = [each for each in told["next"] if each["expected"]]
    assert {(each["letter"], each["by"]) for each in expected} >= {("M", "sirene:XA")}
    assert all(each["citation"] and each["confidence"] for each in told["next"])
    (clock,) = told["clocks"]
    assert (clock["clock"], clock["bound"], clock["status"], clock["limit"]) == (
        "T01",
        "sirene:XA",
        "running",
        "12 hours",
    )
    assert (clock["remaining_seconds"], clock["confidence"]) == (12 * 3600, "verified")
    assert [step["facts"]["letter"] for step in told["steps"]] == ["M"]
    assert "request.answered" in told["may_be_recorded"]
    assert ("client:officer", "") in await doors.events("exchange.read")


async def test_overdue_ones_are_found_and_pages_follow_each_other(doors: Doors) -> None:
    first = await asked(doors)
    await doors.rig.later(timedelta(hours=13))
    story = Story(doors.rig)
    second = (
        await story.receives(form_m("And this one?", alert="XA00000000000000019", sent=story.now, reference="XB-M-2"))
    ).envelope.exchange

    async def found(query: str) -> list[str]:
        answer = await doors.ask("GET", f"{EXCHANGES}?{query}", "reader")
        assert answer.status == 200, answer.json
        return [each["exchange"] for each in answer.json["exchanges"]]

    assert await found("open=true") == [second, first]
    assert await found("overdue=true") == [first]
    assert await found("key=XA00000000000000019") == [second]
    assert await found("counterpart=sirene:XC") == []
    assert await found("family=sirene&open=false") == []
    page = (await doors.ask("GET", f"{EXCHANGES}?limit=1", "reader")).json
    assert [each["exchange"] for each in page["exchanges"]] == [second]
    following = (await doors.ask("GET", page["next"][page["next"].index("/api/") :], "reader")).json
    assert [each["exchange"] for each in following["exchanges"]] == [first]
    assert len(await doors.events("exchanges.searched")) == 7


async def test_a_telephone_call_is_recorded_once_and_stops_the_clock(doors: Doors) -> None:
    exchange = await asked(doors)
    told = (await doors.ask("GET", f"{EXCHANGES}/{exchange}", "officer")).json
    body = {
        "name": "request.answered", "about": told["clocks"][0]["about"], "at": NOON.isoformat(), "reason": "Answered by telephone.",
    }  # fmt: skip
    for _ in range(2):
        answer = await doors.ask("POST", f"{EXCHANGES}/{exchange}/happenings", "officer", json=body)
        assert answer.status == 200, answer.json
    assert [each["actor"] for each in answer.json["happenings"]] == ["client:officer"]
    assert answer.json["matter"]["dialogues"] == [["supplementary-information", "answered"]]
    assert [clock["status"] for clock in answer.json["clocks"]] == ["stopped"]
    assert len(await doors.events("happening.recorded")) == 1
    await doors.rig.later(timedelta(hours=13))
    assert await doors.events("clock.breached") == []


async def test_what_cannot_have_taken_place_is_not_recorded(doors: Doors) -> None:
    exchange = await asked(doors)

    async def refused(**body: str) -> tuple[int, str]:
        answer = await doors.ask("POST", f"{EXCHANGES}/{exchange}/happenings", "officer", json=body)
        return answer.status, answer.json["code"]

    assert await refused() == (400, "happening.missing")
    assert await refused(name="moon.landed") == (422, "happening.unknown")
    assert await refused(name="alert.deleted", at="2027-01-01T00:00:00Z") == (422, "happening.future")
    assert await refused(name="alert.deleted", at="yesterday") == (422, "happening.unreasonable")
    assert await refused(name="alert.deleted", at="2026-11-21T10:00:00") == (422, "happening.unreasonable")
    assert await refused(name="alert.deleted", at="1812-01-01T00:00:00Z") == (422, "happening.unreasonable")
    assert await refused(name="alert.deleted", amount="-1") == (422, "happening.unreasonable")
    assert await refused(name="alert.deleted", about="nothing") == (422, "happening.about")
    assert await refused(name="alert.deleted", reason="x" * 1001) == (422, "happening.unreasonable")
    unknown = await doors.ask("GET", f"{EXCHANGES}/019dee00-0000-7000-8000-000000000000", "officer")
    assert (unknown.status, unknown.json["code"]) == (404, "exchange.unknown")
    without = await doors.ask("GET", EXCHANGES, "officer", headers={"X-SPOC-Purpose": ""})
    assert (without.status, without.json["code"]) == (400, "purpose.missing")


async def test_figures_tell_of_clocks(doors: Doors) -> None:
    await asked(doors)
    await doors.rig.later(timedelta(hours=13))
    told = (await doors.ask("GET", "/metrics", "reader")).content.decode()
    assert "spoc_clocks_running 1.0" in told
    assert "spoc_exchanges_overdue 1.0" in told
    assert 'spoc_clock_marks{event="clock.warned"} 2.0' in told
    assert "spoc_clock_watch_lag_seconds 0.0" in told


async def test_a_duty_of_the_office_is_opened_by_an_officer_and_runs(doors: Doors) -> None:
    opened = await doors.ask(
        "POST", "/api/v1/exchanges", "officer", json={"family": "sirene", "reason": "Yearly figures."}
    )
    assert opened.status == 201, opened.json
    place = f"/api/v1/exchanges/{opened.json['matter']['exchange']}"
    said = {"name": "consultation-figures.sent"}
    recorded = await doors.ask("POST", f"{place}/happenings", "officer", json=said)
    assert recorded.status == 200, recorded.json
    assert any(clock["clock"] == "T44" for clock in recorded.json["clocks"])
    listed = await doors.ask("GET", "/api/v1/exchanges", "officer", params={"key": "office"})
    assert [each["exchange"] for each in listed.json["exchanges"]] == [opened.json["matter"]["exchange"]]
    nobody = await doors.ask("POST", "/api/v1/exchanges", "officer", json={"family": "spoc", "reason": "x"})
    assert (nobody.status, nobody.json["code"]) == (404, "family.no-duties")
