"""A signing key is exchanged step by step, each in its order, with a dry run of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.load import survey
from gateway.assembly import key_files
from tests.cli.conftest import Spoc


@pytest.fixture
def with_partner(home: Path, quick: Spoc, their_card: dict[str, Any], tmp_path: Path) -> Path:
    card = tmp_path / "card.json"
    card.write_text(json.dumps(their_card))
    assert quick("--home", home, "partners", "add", card).code == 0
    return home


def keys(quick: Spoc, home: Path, *arguments: object) -> Any:
    done = quick("--home", home, "--json", "keys", *arguments)
    assert done.code == 0, done.err
    return done.told


def refused(quick: Spoc, home: Path, *arguments: object) -> str:
    done = quick("--home", home, "--json", "keys", *arguments)
    assert done.code == 78, (done.out, done.err)
    return str(done.trouble["text"])


def of_forms(listed: dict[str, Any]) -> bool:
    return (listed["party"], listed["use"]) == ("sirene:XA", "forms")


def certificate(home: Path, party: str = "sirene:XA") -> bytes:
    return next(one.certificates.read_bytes() for one in key_files(survey(home, {})) if one.party == party)


def test_a_key_is_exchanged_with_overlap(with_partner: Path, quick: Spoc) -> None:
    home, first = with_partner, certificate(with_partner)
    made = keys(quick, home, "next", "sirene:XA")
    assert certificate(home) == first

    told = keys(quick, home, "publish", "sirene:XA")
    assert told["unconfirmed"] == ["sirene:XB"]
    keys(quick, home, "confirm", "sirene:XA", "sirene:XB", "--how", "mail of today")
    listed = {one["which"]: one for one in keys(quick, home, "list") if of_forms(one)}
    assert (listed["next"]["unconfirmed"], listed["next"]["kind"]) == ([], "P-256")

    keys(quick, home, "switch", "sirene:XA")
    second = certificate(home)
    assert second != first and second == (home / made["next"]["certificate"]).read_bytes()
    assert quick("--home", home, "doctor", "--offline").code == 0
    old = home / "keys" / "signing" / "sirene-XA.key.pem"
    assert old.exists()


def test_without_a_ledger_nothing_can_be_said_of_messages_under_way_and_nothing_is_retired(
    with_partner: Path, quick: Spoc
) -> None:
    home = with_partner
    for step in (["next"], ["publish"], ["switch", "--anyway"]):
        keys(quick, home, step[0], "sirene:XA", *step[1:])
    # The steps were journalled, so there is a ledger; no message is in it.
    keys(quick, home, "retire", "sirene:XA")

    assert not (home / "keys" / "signing" / "sirene-XA.key.pem").exists()
    assert [one["which"] for one in keys(quick, home, "list") if of_forms(one)] == ["current"]
    keys(quick, home, "next", "sirene:XA")


def test_steps_out_of_order_are_refused_with_what_must_come_first(with_partner: Path, quick: Spoc) -> None:
    home = with_partner
    assert "no next key" in refused(quick, home, "publish", "sirene:XA")
    assert "no published next key" in refused(quick, home, "switch", "sirene:XA")
    assert "no old key" in refused(quick, home, "retire", "sirene:XA")
    keys(quick, home, "next", "sirene:XA")
    assert "a next key already" in refused(quick, home, "next", "sirene:XA")
    assert "not published" in refused(quick, home, "confirm", "sirene:XA", "sirene:XB", "--how", "mail")
    keys(quick, home, "publish", "sirene:XA")
    assert "sirene:XB" in refused(quick, home, "switch", "sirene:XA")


def test_a_dry_run_changes_nothing(with_partner: Path, quick: Spoc) -> None:
    home = with_partner

    def files() -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in sorted((home / "keys").rglob("*")) if one.is_file()}

    before = files()
    assert keys(quick, home, "next", "sirene:XA", "--dry-run")["dry_run"]
    assert files() == before
    keys(quick, home, "next", "sirene:XA")
    before = files()
    keys(quick, home, "publish", "sirene:XA", "--dry-run")
    assert files() == before


def test_our_card_names_both_signers_while_they_overlap(with_partner: Path, quick: Spoc, tmp_path: Path) -> None:
    # A key of another authority, with another name: what an office gets from its real authority.
    other = tmp_path / "theirs"
    names = {
        "--key": other / "keys/signing/sirene-XB.key.pem",
        "--certificate": other / "keys/signing/sirene-XB.cert.pem",
        "--anchor": other / "keys/authority.cert.pem",
    }
    home = with_partner
    given = [each for name, file in names.items() for each in (name, file)]
    keys(quick, home, "next", "sirene:XA", *given)
    before = quick("--home", home, "partners", "card", "sirene:XA").told
    keys(quick, home, "publish", "sirene:XA")
    after = quick("--home", home, "partners", "card", "sirene:XA").told

    assert before["signers"] == ["SIRENE XA signing"]
    assert after["signers"] == ["SIRENE XA signing", "SIRENE XB signing"]
    assert len(after["anchors_pem"]) == len(before["anchors_pem"]) + 1
