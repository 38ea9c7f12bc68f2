"""S/MIME on partner cards, and certificates that were taken back or whose algorithms have ended."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.commands.endings import Ending
from gateway.commands.partner_card import Overrides, read_card
from gateway.envelope import Payload
from gateway.errors import Misconfigured, Refused
from gateway.identity import digest
from gateway.partners import Directory
from gateway.signing.algorithms import EVERYTHING, AlgorithmPolicy
from gateway.signing.authority import set_up_authority
from gateway.signing.revocation import Answer, Gone, RevocationBook
from gateway.smime.seals import Seals
from tests.smime import forgery as forge
from tests.smime.mailroom import ADDRESS, AT, FORM, NAME, XB, Mailbox, mail, mailbox, partner, pem


@pytest.fixture
def card(tmp_path: Path, theirs: Mailbox) -> dict[str, Any]:
    made = set_up_authority(tmp_path, ["sirene:XB"], (), AT)
    return {
        "party": "sirene:XB", "name": "SIRENE XB", "addresses": [ADDRESS], "signers": ["SIRENE XB signing"],
        "smtp": {"host": "127.0.0.1", "starttls": "never"}, "anchors_pem": [made.authority.certificate.read_text()],
        "smime": "signed-encrypted", "smime_certificate_pem": pem(theirs.certificate).decode(), "smime_signers": [NAME],
    }  # fmt: skip


def taken(card: dict[str, Any]) -> Any:
    return read_card(json.dumps(card).encode(), Overrides(), AT)


def test_a_card_says_how_mail_is_protected(card: dict[str, Any]) -> None:
    row = taken(card)
    assert (row.smime, row.smime_inbound, row.smime_signers) == ("signed-encrypted", "accepted", (NAME,))
    assert row.smime_certificate_pem == card["smime_certificate_pem"]


def test_a_card_without_a_word_on_it_asks_for_nothing(card: dict[str, Any]) -> None:
    row = taken({name: value for name, value in card.items() if not name.startswith("smime")})
    assert (row.smime, row.smime_certificate_pem) == ("none", "")


@pytest.mark.parametrize("wrong", ["", "no PEM", "an authority", "ended", "short", "two"])
def test_a_certificate_that_mail_could_not_be_encrypted_for_fails_with_the_card(
    card: dict[str, Any], tmp_path: Path, theirs: Mailbox, wrong: str
) -> None:
    made = {
        "": "", "no PEM": "certificate", "an authority": pem(XB.certificate).decode(), "two": card["smime_certificate_pem"] * 2,
        "ended": pem(mailbox(tmp_path, days=(-30, -1)).certificate).decode(),
        "short": pem(mailbox(tmp_path, "rsa2048").certificate).decode(),
    }  # fmt: skip
    with pytest.raises(Ending) as caught:
        taken({**card, "smime_certificate_pem": made[wrong]})
    assert "smime_certificate_pem" in caught.value.text


def test_a_word_that_means_nothing_fails_with_the_card(card: dict[str, Any]) -> None:
    with pytest.raises(Ending):
        taken({**card, "smime": "opaque"})


def judged(box: Mailbox, directory: Directory, seals: Seals) -> str:
    who = directory.get("sirene:XB")
    assert who is not None
    peeled = seals.peeled(mail(forge.signed(box)), directory, ADDRESS)
    try:
        seals.proved(peeled, who, ADDRESS, AT, directory.revocation)
    except Refused as refusal:
        return f"{refusal.code}: {refusal.operator}"
    return "taken"


def test_a_certificate_that_was_taken_back_is_refused(theirs: Mailbox) -> None:
    directory, seals = Directory([partner()]), Seals()
    assert judged(theirs, directory, seals) == "taken"
    gone = {format(theirs.certificate.serial_number, "x"): Gone(at=AT - timedelta(hours=1))}
    directory.revocation.replace([
        Answer(
            kind="crl", issuer=digest(XB.der), this_update=AT, next_update=AT + timedelta(days=1), fetched_at=AT,
            source="list.crl", digest="0" * 64, revoked=gone,
        )
    ])  # fmt: skip
    assert judged(theirs, directory, seals).startswith("smime.certificate: signature.revoked")


def test_the_table_of_algorithms_holds_for_mails_too(theirs: Mailbox) -> None:
    ended = [
        msgspec.structs.replace(row, accept_until=date(2026, 1, 1)) if row.name == "ecdsa-sha256" else row
        for row in EVERYTHING.rows
    ]
    seals = Seals(algorithms=AlgorithmPolicy(rows=tuple(ended)))
    assert judged(theirs, Directory([partner()]), seals).startswith("signature.algorithm-ended")


def test_nothing_is_encrypted_for_a_certificate_that_was_taken_back(theirs: Mailbox) -> None:
    who, seals, book = partner("encrypted", certificate=theirs.der), Seals(), RevocationBook()
    packed = Payload.of(FORM, "application/xml")
    assert seals.sealed(packed, "sirene:XA", who, AT, book)

    gone = {format(theirs.certificate.serial_number, "x"): Gone(at=AT - timedelta(days=1))}
    book.take(Answer(
        kind="crl", issuer=digest(XB.der), this_update=AT, next_update=AT + timedelta(days=1), fetched_at=AT, source="list",
        digest="0" * 64, revoked=gone,
    ))  # fmt: skip
    with pytest.raises(Misconfigured, match=r"smime\.recipient-revoked"):
        seals.sealed(packed, "sirene:XA", who, AT, book)
