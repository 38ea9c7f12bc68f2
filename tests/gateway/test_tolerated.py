"""What is put up with from a partner goes on, says so in its receipt and in the journal, and ends on its day."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway import parcel, safexml
from gateway.findings import Finding, Severity
from gateway.tally import Tally
from gateway.tolerances import Tolerance, Tolerances
from tests.gateway.rig import NOON, Rig

ROW = Tolerance(
    partner="sirene:XB", rule="R38", severity=Severity.WARNING, since=date(2026, 11, 1), until=date(2026, 11, 21),
    reason="Its new case system writes X.", decided_by="Head of bureau",
)  # fmt: skip
FORM = Path("tests/corpus/sirene/FormF/fails/R38--sex-x.xml")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


def form(number: int = 1) -> bytes:
    content = re.sub(rb"(<h:MessageId>)[^<]+", rb"\g<1>0193a5c0-7d10-7a01-8b3c-%012d" % number, FORM.read_bytes())
    return re.sub(rb"(<h:OurReference>)[^<]+", rb"\g<1>XB-F-%07d" % number, content)


def receipt(rig: Rig) -> tuple[str, list[tuple[str, str, str]]]:
    """Stage and findings of the last receipt that went out."""
    roots = [safexml.parse(parcel.open_parcel(out.payload).form) for out in rig.wire.sent]
    last = next(
        root
        for root in reversed(roots)
        if root.tag.endswith("}Receipt") and root.findtext("{*}Body/{*}Stage") != "RECEIVED"
    )
    found = [
        (one.get("rule", ""), one.get("severity", ""), one.findtext("{*}Text", "")) for one in last.iter("{*}Finding")
    ]
    return last.findtext("{*}Body/{*}Stage", ""), found


async def entries(rig: Rig, envelope: str) -> list[tuple[str, dict[str, str]]]:
    read = [json.loads(link.entry) for link in await rig.ledger.timeline(envelope)]
    return [(entry["event"], entry["details"]) for entry in read]


async def test_without_a_row_the_form_is_refused(rig: Rig) -> None:
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(form())))

    assert row.state == "rejected"
    stage, found = receipt(rig)
    assert stage == "INVALID"
    assert [(rule, severity) for rule, severity, _ in found] == [("R38", "error")]


async def test_with_a_row_it_goes_on_and_every_reader_is_told(rig: Rig) -> None:
    rig.directory.tolerances = Tolerances([ROW])

    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(form()))

    assert (await rig.row(envelope)).state not in ("rejected", "quarantined")
    stage, found = receipt(rig)
    assert stage == "VALID"
    ((rule, severity, text),) = found
    assert (rule, severity) == ("R38", "warning")
    assert "Tolerated until 2026-11-21" in text
    told = await entries(rig, envelope)
    assert (
        "rule.tolerated",
        {"rule": "R38", "partner": "sirene:XB", "from": "error", "to": "warning", "until": "2026-11-21"},
    ) in told
    assert dict(told)["envelope.checked"]["tolerated"] == "R38 error->warning until 2026-11-21"


async def test_each_use_is_counted_once_and_counting_goes_on(rig: Rig) -> None:
    rig.directory.tolerances = Tolerances([ROW])
    tally = Tally()
    assert await tally.read(rig.ledger) == {}

    for number in (1, 2, 3):
        await rig.arrives(rig.bureaux["sirene:XB"].signed(form(number)))
        assert (await tally.read(rig.ledger))["sirene:XB", "R38"] == number

    assert (await Tally().read(rig.ledger))["sirene:XB", "R38"] == 3


async def test_after_its_last_day_the_rule_holds_in_full_again(rig: Rig) -> None:
    rig.directory.tolerances = Tolerances([ROW])
    rig.clock.turn(timedelta(days=1))

    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(form(), at=NOON + timedelta(days=1))))

    assert row.state == "rejected"


@pytest.mark.parametrize(
    ("rule", "severity", "partner", "counts"),
    [
        ("R38", Severity.ERROR, "sirene:XB", Severity.WARNING),
        ("R38", Severity.HOLD, "sirene:XB", Severity.WARNING),
        ("R38", Severity.WARNING, "sirene:XB", Severity.WARNING),
        ("R38", Severity.INFO, "sirene:XB", Severity.INFO),
        ("R38", Severity.ERROR, "sirene:XC", Severity.ERROR),
        ("R37", Severity.ERROR, "sirene:XB", Severity.ERROR),
    ],
)
def test_a_row_lowers_its_own_rule_for_its_own_partner_and_never_raises(
    rule: str, severity: Severity, partner: str, counts: Severity
) -> None:
    finding = Finding(rule=rule, severity=severity, text="Something is wrong.", citation="Art 1", remedy="Mend it.")

    (counted,), uses = Tolerances([ROW]).applied([finding], partner, date(2026, 11, 21))

    assert counted.severity is counts
    assert (counted.citation, counted.remedy) == ("Art 1", "Mend it.")
    assert len(uses) == (counts is not severity)
