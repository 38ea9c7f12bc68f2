"""A row of tolerances is read strictly: what it may not say is told with file, line and remedy, and nothing starts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.faults import ConfigurationFaults
from config.load import survey
from config.settings import Partner
from gateway.assembly import assemble
from gateway.commands.partner_file import block
from gateway.setup import make_home

ROW = """[[tolerance]]
partner = "sirene:XB"
rule = "R38"
severity = "warning"
from = 2026-12-01
until = 2027-01-31
reason = "Its new case system writes X."
decided_by = "Head of bureau, file XA-2026-118"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    make_home(folder, ["sirene:XA"], "xa.spoc.example", datetime.now(UTC))
    anchor = (folder / "keys" / "authority.cert.pem").read_text()
    partner = Partner(party="sirene:XB", name="XB", anchors_pem=(anchor,), signers=("someone",))
    (folder / "partners.toml").write_text(block(partner.model_dump(exclude_none=True, exclude_defaults=True)))
    return folder


def told(home: Path, text: str) -> list[tuple[str, int, str, str]]:
    (home / "tolerances.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationFaults) as caught:
        assemble(survey(home, {}))
    for fault in caught.value.faults:
        assert fault.remedy, fault
    return [(fault.file.name, fault.line, fault.setting, fault.text) for fault in caught.value.faults]


def test_a_good_row_is_what_the_gateway_goes_by(home: Path) -> None:
    (home / "tolerances.toml").write_text(ROW, encoding="utf-8")

    (row,) = assemble(survey(home, {})).directory.tolerances

    assert (row.partner, row.rule, row.severity) == ("sirene:XB", "R38", "warning")
    assert (row.since, row.until) == (date(2026, 12, 1), date(2027, 1, 31))


def test_without_a_file_of_its_own_an_office_tolerates_nothing(home: Path) -> None:
    assert list(assemble(survey(home, {})).directory.tolerances) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('partner = "sirene:XB"', 'partner = "sirene:XQ"', 2, "is no partner"),
        ('rule = "R38"', 'rule = "R99"', 3, "There is no rule R99"),
        ('rule = "R38"', 'rule = "R03"', 3, "There is no rule R03"),
        ('rule = "R38"', 'rule = "R41"', 3, "nobody may lower it"),
        ('rule = "R38"', 'rule = "R42"', 3, "nobody may lower it"),
        ('rule = "R38"', 'rule = "R52"', 3, "There is no rule R52"),
        ('rule = "R38"', 'rule = "ATT-02"', 3, "There is no rule ATT-02"),
        ('rule = "R38"', 'rule = "R18"', 4, "is not lower"),
        ('severity = "warning"', 'severity = "error"', 4, "Input should be"),
        ('severity = "warning"', 'severity = "none"', 4, "Input should be"),
        ("until = 2027-01-31", "until = 2026-11-30", 6, "before the first"),
        ("until = 2027-01-31", "until = 2028-12-01", 6, "at most"),
        ("until = 2027-01-31", 'until = "2027-01-31"', 6, "valid date"),
        ("until = 2027-01-31\n", "", 1, "required"),
        ('reason = "Its new case system writes X."\n', "", 1, "required"),
        ('decided_by = "Head of bureau, file XA-2026-118"', "who = 1", 8, "Extra inputs"),
        ("[[tolerance]]", "[[tolerances]]", 1, "Extra inputs"),
    ],
)
def test_what_a_row_may_not_say(home: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in ROW
    faults = told(home, ROW.replace(old, new))

    assert {name for name, *_ in faults} == {"tolerances.toml"}
    assert line in [at for _, at, _, _ in faults]
    assert any(words in text for *_, text in faults), faults


def test_two_rows_for_the_same_days_contradict_each_other(home: Path) -> None:
    ((_, line, setting, text),) = told(home, ROW + "\n" + ROW)

    assert (line, setting) == (12, "tolerance.1.rule")
    assert "earlier row" in text
