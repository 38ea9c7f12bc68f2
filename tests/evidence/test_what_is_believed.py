"""What is believed comes from outside: with less of it the answer says who does not vouch, with something else it is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.evidence.standalone.words import FAILED, OK, OPEN
from tests.evidence.conftest import Made
from tests.evidence.office import judged


@pytest.fixture
def trust(made: Made, tmp_path: Path) -> Path:
    return shutil.copytree(made.trust, tmp_path / "trust")


def without(name: str) -> Callable[[Path], None]:
    return lambda place: (place / name).unlink()


def card(name: str, **changes: object) -> Callable[[Path], None]:
    def change(place: Path) -> None:
        file = place / name
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return change


def as_pem(name: str) -> Callable[[Path], None]:
    """The authority alone, for whomever."""

    def change(place: Path) -> None:
        file = place / name
        (place / "authorities.pem").write_text("".join(json.loads(file.read_text())["anchors_pem"]))
        file.unlink()

    return change


def exchanged(one: str, other: str) -> Callable[[Path], None]:
    """The authorities of two offices in each other's place."""

    def change(place: Path) -> None:
        first, second = json.loads((place / one).read_text()), json.loads((place / other).read_text())
        (place / one).write_text(json.dumps({**first, "anchors_pem": second["anchors_pem"]}))

    return change


def without_logs(place: Path) -> None:
    lines = (place / "keys.vkey").read_text().splitlines()
    (place / "keys.vkey").write_text(f"{lines[1]}\n")


def without_witnesses(place: Path) -> None:
    lines = (place / "keys.vkey").read_text().splitlines()
    (place / "keys.vkey").write_text(f"{lines[0]}\n")


CASES: dict[str, tuple[Callable[[Path], None], str, str, int]] = {
    "no card of the partner": (without("sirene-XB.json"), "form.signer", OPEN, 2),
    "no card of the office": (without("sirene-XA.json"), "manifest.signer", OPEN, 2),
    "no key of the log": (without_logs, "log.key", OPEN, 2),
    "no witness": (without_witnesses, "log.witnesses", OPEN, 0),
    "no authority for stamps": (without("tsa/stamps.pem"), "log.stamps", OPEN, 0),
    "a card that names nobody": (card("sirene-XB.json", signers=[]), "form.signer", FAILED, 1),
    "a card that names somebody else": (card("sirene-XA.json", signers=["X"]), "manifest.signer", FAILED, 1),
    "a card without authorities": (card("sirene-XB.json", anchors_pem=[]), "form.signer", OPEN, 2),
    "another authority": (exchanged("sirene-XB.json", "ncb-XB.json"), "form.signer", FAILED, 1),
    "the authority alone": (as_pem("sirene-XB.json"), "form.signer", OK, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_believed_is_not_vouched_for(made: Made, trust: Path, case: str) -> None:
    change, check, verdict, code = CASES[case]
    change(trust)
    report = judged(made.bundle, trust)
    assert report.exit_code == code, report.text()
    assert verdict in {each.verdict for each in report.found if each.check == check}


def test_without_anything_it_is_consistent_and_nobody_vouches(made: Made) -> None:
    report = judged(made.bundle)
    assert (report.exit_code, report.verdict, report.failures) == (2, "consistent in itself, but nobody vouches", [])
    told = {each.check for each in report.found if each.verdict == OPEN}
    assert {"manifest.signer", "log.key", "form.signer", "log.witnesses"} <= told


def test_the_report_is_the_same_for_programs(made: Made) -> None:
    report = judged(made.bundle, made.trust)
    told = json.loads(report.json())
    assert (told["verdict"], told["exit_code"], told["reason"]) == ("holds", 0, None)
    assert len(told["checks"]) == len(report.found)
