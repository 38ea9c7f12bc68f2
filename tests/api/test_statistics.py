"""Figures through the API: counted over a period, each number with the list behind it, and what no message shows recorded by hand."""

from __future__ import annotations

from tests.api.desk_side import Doors
from tests.journeys.worlds import PHOTO, hit

YEAR = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
PATH = "/api/v1/statistics/sirene"


async def one_hit(doors: Doors) -> str:
    return await doors.rig.arrives(doors.rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))


async def test_a_number_opens_the_list_behind_it(doors: Doors) -> None:
    envelope = await one_hit(doors)
    answer = await doors.ask("GET", PATH, "auditor", params=YEAR)
    assert answer.status == 200, answer.json
    figures = {each["id"]: each for each in answer.json["figures"]}
    assert figures["hits-abroad"]["rows"] == [{"key": ["1862:38", "taken"], "count": 1}]
    assert figures["forms-received"]["total"] == 1
    assert all(each["citation"] and each["confidence"] for each in figures.values())
    assert answer.json["not_from_here"]
    behind = await doors.ask(
        "GET", f"{PATH}/hits-abroad", "auditor", params={**YEAR, "key": ["1862:38", "taken"]}
    )  # fmt: skip
    (listed,) = behind.json["listed"]
    assert (listed["envelope"], listed["counterpart"], listed["event"]) == (envelope, "sirene:XB", "envelope.checked")
    entry = await doors.ask("GET", "/api/v1/journal", "auditor", params={"after": listed["number"] - 1, "limit": 1})
    assert entry.json["entries"][0]["envelope"] == envelope


async def test_another_period_has_other_figures(doors: Doors) -> None:
    await one_hit(doors)
    answer = await doors.ask("GET", PATH, "officer", params={"from": "2025-01-01T00:00:00Z", "until": YEAR["from"]})
    assert sum(each["total"] for each in answer.json["figures"]) == 0


async def test_what_no_message_shows_is_recorded_and_counted(doors: Doors) -> None:
    given = {
        "kind": "sircop-intervention",
        "counterpart": "sirene:XC",
        "result": "settled",
        "reason": "Two alerts",
        "count": "2",
    }
    answer = await doors.ask("POST", f"{PATH}/records", "officer", json=given)
    assert (answer.status, answer.json) == (201, {"kind": "sircop-intervention", "count": 2})
    found = await doors.ask("GET", PATH, "auditor", params=YEAR)
    (figure,) = [each for each in found.json["figures"] if each["id"] == "recorded-by-hand"]
    assert figure["rows"] == [{"key": ["sircop-intervention", "sirene:XC", "settled"], "count": 2}]
    assert [actor for actor, _ in await doors.events("figure.recorded")] == ["client:officer"] * 2


async def test_what_cannot_be_counted_or_recorded_says_why(doors: Doors) -> None:
    backwards = await doors.ask("GET", PATH, "auditor", params={"from": YEAR["until"], "until": YEAR["from"]})
    assert (backwards.status, backwards.json["code"]) == (422, "statistics.period")
    local_time = await doors.ask("GET", PATH, "auditor", params={**YEAR, "from": "2026-01-01T00:00:00"})
    assert local_time.status == 422
    unknown = await doors.ask("GET", f"{PATH}/no-such", "auditor", params=YEAR)
    assert (unknown.status, "forms-sent" in unknown.json["detail"]) == (404, True)
    half = await doors.ask("GET", f"{PATH}/hits-abroad", "auditor", params={**YEAR, "key": ["1862:38"]})
    assert (half.status, half.json["code"]) == (422, "statistics.key")
    assert "article, " in half.json["detail"]
    family = await doors.ask("GET", "/api/v1/statistics/spoc", "auditor", params=YEAR)
    assert (family.status, family.json["code"]) == (404, "statistics.unknown")
    for given, code in (
        ({"kind": "court case", "reason": "x"}, "statistics.kind"), ({"kind": "court-case", "reason": " "}, "reason.missing"),
        ({"kind": "court-case", "reason": "x", "count": "0"}, "statistics.count"),
        ({"kind": "court-case", "reason": "x", "count": "9" * 5000}, "statistics.count"),
        ({"kind": "court-case", "reason": "x", "result": "\x1b[2J"}, "statistics.result"),
        ({"kind": "court-case", "reason": "x", "counterpart": "x" * 5000}, "statistics.counterpart"),
    ):  # fmt: skip
        answer = await doors.ask("POST", f"{PATH}/records", "officer", json=given)
        assert (answer.status, answer.json["code"]) == (422, code)
    assert (await doors.ask("POST", f"{PATH}/records", "auditor", json={"kind": "a", "reason": "x"})).status == 403
    assert (await doors.ask("GET", PATH, "submitter", params=YEAR)).status == 403
