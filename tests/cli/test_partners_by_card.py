"""Offices become partners by their cards, and we have a card of our own."""

from __future__ import annotations

import json
import socket
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.load import load
from gateway.assembly import directory_of
from gateway.signing.authority import set_up_authority
from tests.cli.conftest import Spoc

Card = dict[str, Any]


def add(quick: Spoc, home: Path, card: Any, *more: str) -> Any:
    content = card if isinstance(card, bytes) else json.dumps(card).encode()
    return quick("--home", home, "partners", "add", "-", "--json", *more, given=content)


def test_two_offices_take_each_others_cards(spoc: Spoc, home: Path, their_card: Card, tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    file.write_text(json.dumps(their_card))

    done = spoc("--home", home, "partners", "add", file)

    assert (done.code, done.err) == (0, "")
    (listed,) = spoc("--home", home, "partners", "list", "--json").told
    assert listed["party"] == "sirene:XB"
    assert listed["addresses"] == ["sirene@xb.sirene.example"]
    partner = directory_of(load(home).partners).get("sirene:XB")
    assert partner is not None
    assert partner.signature.signers == ("SIRENE XB signing",)
    assert len(partner.signature.anchors) == 1
    assert partner.mail is not None
    assert partner.mail.ca == partner.signature.anchors


def test_adding_is_journalled_although_nothing_runs(quick: Spoc, home: Path, their_card: Card) -> None:
    told = add(quick, home, their_card).told
    entries = [json.loads(line) for line in quick("--home", home, "journal", "export").text.splitlines()]

    assert (told["journalled"], told["gateway_reloaded"]) == (True, False)
    assert [(entry["event"], entry["details"]["party"]) for entry in entries] == [("partner.added", "sirene:XB")]
    assert entries[0]["actor"].startswith("user:")


def test_the_operator_knows_better_than_the_card(quick: Spoc, home: Path, their_card: Card) -> None:
    add(quick, home, their_card, "--host", "127.0.0.1", "--port", "2601", "--starttls", "never")

    (listed,) = quick("--home", home, "partners", "list", "--json").told
    assert (listed["host"], listed["port"], listed["starttls"]) == ("127.0.0.1", 2601, "never")


def test_a_partner_is_replaced_only_when_told(quick: Spoc, home: Path, their_card: Card) -> None:
    add(quick, home, their_card)
    before = (home / "partners.toml").read_text()
    again = add(quick, home, {**their_card, "name": "another name"})

    assert (again.code, again.trouble["code"]) == (65, "partner.exists")
    assert (home / "partners.toml").read_text() == before
    assert add(quick, home, {**their_card, "name": "another name"}, "--replace").code == 0
    assert tomllib.loads((home / "partners.toml").read_text())["partner"][0]["name"] == "another name"


def test_our_own_office_is_no_partner(quick: Spoc, home: Path, their_card: Card) -> None:
    assert add(quick, home, {**their_card, "party": "sirene:XA"}).trouble["code"] == "partner.is-us"


def leaf(folder: Path) -> str:
    made = set_up_authority(folder, ("sirene:XB",), (), datetime.now(UTC))
    return made.signing[0].certificates.read_text()


def expired(folder: Path) -> str:
    made = set_up_authority(folder, (), (), datetime(2000, 1, 1, tzinfo=UTC))
    return made.authority.certificate.read_text()


WRONG: list[tuple[str, Any, str]] = [
    ("no signer", {"signers": []}, "signers"),
    ("no anchor", {"anchors_pem": []}, "anchors_pem"),
    (
        "anchor is no certificate",
        {"anchors_pem": ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]},
        "no certificate",
    ),
    ("unknown member", {"trust_me": True}, "trust_me"),
    ("strange party", {"party": "../../etc/passwd"}, "party"),
    ("strange channel", {"channel": "fax"}, "channel"),
    ("no way to it", {"smtp": None}, "smtp"),
    ("no address", {"addresses": []}, "addresses"),
    ("address with a line end", {"addresses": ["a@b.example\r\nBcc: c@d.example"]}, "mail address"),
    ("port beyond all ports", {"smtp": {"host": "h", "port": 99999}}, "port"),
    ("starttls unknown", {"smtp": {"host": "h", "starttls": "maybe"}}, "starttls"),
    ("nobody to trust for TLS", {"tls_ca_pem": []}, "tls_ca_pem"),
    ("queue without a name", {"channel": "amqp", "amqp": {"exchange": "x"}}, "routing_key"),
    ("half a character", {"name": "\ud800"}, "UTF-8"),
]


@pytest.mark.parametrize(("change", "word"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_card_changes_nothing_and_says_what_is_wrong(
    quick: Spoc, home: Path, their_card: Card, change: Card, word: str
) -> None:
    before = (home / "partners.toml").read_bytes()
    done = add(quick, home, {**their_card, **change})

    assert (done.code, done.trouble["code"]) == (65, "card.invalid")
    assert word in done.trouble["text"]
    assert (home / "partners.toml").read_bytes() == before


@pytest.mark.parametrize(("make", "word"), [(leaf, "not an authority"), (expired, "expired")])
def test_an_anchor_must_be_a_living_authority(
    quick: Spoc, home: Path, their_card: Card, tmp_path: Path, make: Any, word: str
) -> None:
    done = add(quick, home, {**their_card, "anchors_pem": [make(tmp_path / "other")]})

    assert done.code == 65
    assert word in done.trouble["text"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b"\xff", b"null", b"[" * 100_000, b'{"party": 1}'],
    ids=lambda content: repr(content[:8]),
)
def test_what_is_no_card_is_refused(quick: Spoc, home: Path, content: bytes) -> None:
    assert add(quick, home, content).trouble["code"] == "card.invalid"


def test_all_that_is_wrong_with_a_card_is_said_at_once(quick: Spoc, home: Path, their_card: Card) -> None:
    problems = add(quick, home, {**their_card, "signers": [], "channel": "fax", "anchors_pem": "x"}).trouble["problems"]

    assert len(problems) == 3


def test_only_our_own_offices_have_a_card_of_ours(quick: Spoc, home: Path) -> None:
    done = quick("--home", home, "partners", "card", "sirene:XB")

    assert done.code == 66
    assert "sirene:XA" in done.err


def test_a_partner_that_is_away_is_said_to_be(quick: Spoc, home: Path, their_card: Card) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can get this port meanwhile
        add(quick, home, their_card, "--host", "127.0.0.1", "--port", str(nobody.getsockname()[1]))
        done = quick("--home", home, "partners", "test", "sirene:XB", "--json")

    assert done.code == 1
    assert done.told["reachable"] is False
    assert done.told["signature"]["usable"] is True
    assert quick("--home", home, "partners", "test", "sirene:XC").code == 66
