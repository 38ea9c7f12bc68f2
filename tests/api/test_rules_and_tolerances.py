"""Rules of a family with their sources and samples; what is tolerated, and how often, also for the figures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.findings import Severity
from gateway.tolerances import Tolerance, Tolerances
from tests.api.desk_side import Doors

FORM = Path("tests/corpus/sirene/FormF/fails/R38--sex-x.xml").read_bytes()


async def test_the_rules_of_a_family_are_told_with_their_samples(doors: Doors) -> None:
    answer = await doors.ask("GET", "/api/v1/rules?family=sirene&letter=L&severity=error", "reader")

    rules = {rule["id"]: rule for rule in answer.json["rules"]}
    assert {"R33", "R34", "R36"} <= set(rules)
    assert rules["R34"]["passes"].endswith("ten-prints-two-palms-and-a-photo.xml")
    assert rules["R42"]["tolerable"] is False
    assert {rule["severity"] for rule in rules.values()} == {"error"}


async def test_a_family_that_there_is_not_and_a_severity_that_there_is_not(doors: Doors) -> None:
    unknown = await doors.ask("GET", "/api/v1/rules?family=sirenes", "reader")
    assert (unknown.status, unknown.json["code"]) == (404, "family.unknown")
    assert (await doors.ask("GET", "/api/v1/rules?family=sirene&severity=mild", "reader")).status == 422


async def test_a_tolerance_is_listed_and_counted(doors: Doors) -> None:
    today = doors.rig.clock.now().date()
    assert (await doors.ask("GET", "/api/v1/tolerances", "reader")).json == {"tolerances": []}
    doors.rig.directory.tolerances = Tolerances([
        Tolerance(
            partner="sirene:XB", rule="R38", severity=Severity.WARNING, since=today, until=today + timedelta(days=9),
            reason="It mends it.", decided_by="Head of bureau",
        )
    ])  # fmt: skip

    await doors.rig.arrives(doors.rig.bureaux["sirene:XB"].signed(FORM))

    (row,) = (await doors.ask("GET", "/api/v1/tolerances", "reader")).json["tolerances"]
    assert (row["rule"], row["severity"], row["days_left"], row["used"]) == ("R38", "warning", 9, 1)
    figures = (await doors.ask("GET", "/metrics", "reader")).content.decode()
    assert 'spoc_tolerated{partner="sirene:XB",rule="R38"} 1.0' in figures
