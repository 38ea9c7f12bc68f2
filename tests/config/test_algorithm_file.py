"""The table of algorithms is read strictly: it can leave out and date what the program knows, never add."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.algorithms import algorithm_file, read_algorithms
from config.faults import ConfigurationFaults
from config.load import survey
from gateway.assembly import algorithms_of, assemble
from gateway.setup import make_home
from gateway.signing.algorithms import known

SHIPPED = algorithm_file(Path("nowhere")).read_text("utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    make_home(folder, ["sirene:XA"], "xa.spoc.example", datetime.now(UTC))
    return folder


def test_the_shipped_table_has_a_row_for_everything_that_the_program_knows() -> None:
    rows, faults = read_algorithms(algorithm_file(Path("nowhere")), list(known()))

    assert not faults
    assert [(kind, row.name) for kind, row in rows] == list(known())


def test_an_office_has_a_table_of_its_own(home: Path) -> None:
    old = 'name = "P-521"'
    (home / "algorithms.toml").write_text(SHIPPED.replace(old, f"{old}\naccept_until = 2029-06-30"), encoding="utf-8")
    policy, faults = algorithms_of(survey(home, {}))
    row = policy.row("key", "P-521")

    assert not faults
    assert row is not None and row.accept_until == date(2029, 6, 30)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('name = "ecdsa-sha256"', 'name = "rsa-sha1"', 6, "The program knows no signature 'rsa-sha1'"),
        ('name = "ecdsa-sha384"', 'name = "ecdsa-sha256"', 11, "has a row already"),
        ("accept_until = 2030-12-31", 'accept_until = "2030-12-31"', 82, "valid date"),
        ("sign_until = 2025-12-31", "sign_until = 2031-12-31", 83, "refuse from others"),
        ('reason = "The default: fast and short."\n', "", 5, "required"),
        ('reason = "The default: fast and short."', 'because = "x"\nreason = "y"', 7, "Extra inputs"),
        ("[[digest]]", "[[hash]]", 1, "Extra inputs"),
    ],
)
def test_what_a_row_may_not_say(home: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in SHIPPED
    (home / "algorithms.toml").write_text(SHIPPED.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationFaults) as caught:
        assemble(survey(home, {}))

    faults = caught.value.faults
    assert {fault.file.name for fault in faults} == {"algorithms.toml"}
    assert all(fault.remedy for fault in faults)
    assert any(words in fault.text and fault.line in (line, 1) for fault in faults), faults


def test_a_table_without_keys_would_refuse_everything_and_stops_the_start(home: Path) -> None:
    (home / "algorithms.toml").write_text(SHIPPED[: SHIPPED.index("[[key]]")], encoding="utf-8")
    _, (fault,) = algorithms_of(survey(home, {}))

    assert "no row of this kind" in fault.text
