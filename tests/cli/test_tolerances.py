"""`spoc tolerances` and `spoc rules`: what is tolerated, how often, how long; doctor warns when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import Partner
from gateway.commands.partner_file import block
from gateway.setup import make_home
from tests.cli.conftest import PARTIES, Spoc

TODAY = datetime.now(UTC).date()


def row(rule: str, until: int) -> str:
    return (
        f'[[tolerance]]\npartner = "sirene:XB"\nrule = "{rule}"\nseverity = "info"\nfrom = {TODAY - timedelta(days=40)}\n'
        f'until = {TODAY + timedelta(days=until)}\nreason = "It mends it."\ndecided_by = "Head of bureau"\n'
    )


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """A home that tolerates something for a while, something for a few days, and something no longer."""
    folder = tmp_path / "patient"
    make_home(folder, PARTIES, "xa.spoc.example", datetime.now(UTC))
    anchor = (folder / "keys" / "authority.cert.pem").read_text()
    partner = Partner(party="sirene:XB", name="XB", anchors_pem=(anchor,), signers=("someone",))
    (folder / "partners.toml").write_text(block(partner.model_dump(exclude_none=True, exclude_defaults=True)))
    (folder / "tolerances.toml").write_text(row("R38", 100) + row("R18", 3) + row("R37", -1))
    return folder


def test_rows_are_listed_with_what_is_left_of_them(quick: Spoc, patient: Path) -> None:
    done = quick("--home", patient, "tolerances", "--json")

    assert [(one["rule"], one["days_left"], one["used"]) for one in done.told] == [
        ("R38", 100, None), ("R18", 3, None), ("R37", -1, None)
    ]  # fmt: skip
    assert done.told[0]["decided_by"] == "Head of bureau"
    assert "expired" in quick("--home", patient, "tolerances").text


def test_doctor_warns_of_what_ended_and_of_what_ends_soon(quick: Spoc, patient: Path) -> None:
    done = quick("--home", patient, "doctor", "--json", "--offline")

    warned = {one["what"]: one["text"] for one in done.told["points"] if one["what"].startswith("tolerance")}
    assert set(warned) == {"tolerance of R18 for sirene:XB", "tolerance of R37 for sirene:XB"}
    assert "is ignored" in warned["tolerance of R37 for sirene:XB"]


def test_a_table_that_cannot_be_stops_everything_with_its_place(quick: Spoc, patient: Path) -> None:
    (patient / "tolerances.toml").write_text(row("R41", 3))
    done = quick("--home", patient, "tolerances", "--json")

    assert done.code == 78
    assert "tolerances.toml" in done.err and "R41" in done.err


def test_rules_are_narrowed_by_letter_severity_and_id(quick: Spoc) -> None:
    everything = quick("rules", "sirene", "--json").told
    assert {f"R{number:02}" for number in range(1, 56)} <= {one["id"] for one in everything}

    warnings = quick("rules", "sirene", "--letter", "A", "--severity", "warning", "--json").told
    assert {one["severity"] for one in warnings} == {"warning"}
    assert all("sirene/A@1" in one["formats"] for one in warnings)

    (prints,) = quick("rules", "sirene", "--rule", "R34", "--json").told
    assert prints["passes"].endswith("ten-prints-two-palms-and-a-photo.xml")
    assert prints["fails"].endswith("R34--prints-in-300-ppi.xml")
    assert (prints["enforced_in"], prints["tolerable"]) == ("rule", True)
    assert quick("rules", "sirene", "--rule", "R99").code == 66


def test_one_rule_is_shown_with_its_samples_as_they_lie_in_the_source(quick: Spoc) -> None:
    """Also one that needs more than a form: then the samples are exchanges."""
    for rule in quick("rules", "sirene", "--json").told:
        assert all(Path(rule[name]).is_file() for name in ("passes", "fails")), rule["id"]
    (hit,) = quick("rules", "sirene", "--rule", "R10", "--json").told
    shown = quick("rules", "sirene", "--rule", "r10").text
    assert (hit["passes"].rpartition("/")[0], hit["fails"].rpartition("/")[0]) == (
        "tests/corpus/sirene/exchanges/passes", "tests/corpus/sirene/exchanges/fails",
    )  # fmt: skip
    for name in ("passes", "fails", "remedy", "severity", "enforced_in"):
        assert hit[name] in shown, name
    assert f"{hit['citation']} ({hit['confidence']})" in shown


def test_a_severity_that_there_is_not_is_told(quick: Spoc) -> None:
    assert quick("rules", "sirene", "--severity", "mild").code == 2
