"""An S/MIME key is exchanged with overlap: at no step is there a mail that nobody can open, or a signature that the card does not name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from config.load import survey
from gateway.assembly.smime import seals_of, smime_key_files
from gateway.envelope import Payload
from gateway.errors import Refused
from gateway.parcel import MAIL
from gateway.partners import Directory, SmimePolicy
from gateway.signing.algorithms import EVERYTHING
from gateway.smime.sealing import encrypted_entity
from gateway.smime.seals import Seals
from tests.cli.conftest import Spoc
from tests.smime.mailroom import ADDRESS, entity, mail, partner

US = "sirene:XA"


class Home:
    """A home folder and its command line."""

    def __init__(self, folder: Path, spoc: Spoc) -> None:
        self.folder, self._spoc = folder, spoc

    def keys(self, *words: object) -> Any:
        done = self._spoc("--home", self.folder, "--json", "keys", *words, "--smime")
        assert done.code == 0, done.err
        return done.told

    def refused(self, *words: object) -> str:
        done = self._spoc("--home", self.folder, "--json", "keys", *words, "--smime")
        assert done.code == 78, (done.out, done.err)
        return str(done.trouble["text"])

    @property
    def card(self) -> Any:
        done = self._spoc("--home", self.folder, "--json", "partners", "card", US)
        assert done.code == 0, done.err
        return done.told

    @property
    def seals(self) -> Seals:
        """What a worker holds that starts now."""
        return seals_of(smime_key_files(survey(self.folder, {})), datetime.now(UTC), EVERYTHING)

    def opens(self, given: Payload) -> bool:
        try:
            return self.seals.peeled(given, Directory([partner("encrypted")]), ADDRESS) is not None
        except Refused:
            return False

    def sealed_by(self, card: dict[str, Any]) -> Payload:
        """A mail from whoever has taken in this card."""
        der = x509.load_pem_x509_certificate(card["smime_certificate_pem"].encode()).public_bytes(Encoding.DER)
        us = replace(partner(), smime=SmimePolicy(mode="encrypted", certificate=der))
        return Payload.of(mail(encrypted_entity(entity(), us, datetime.now(UTC), signed=False)).content, MAIL)

    def signs_with(self) -> bytes:
        """The certificate that a mail of ours is signed with now."""
        return self.seals._key(US, datetime.now(UTC)).certificate.public_bytes(Encoding.DER)


@pytest.fixture
def office(tmp_path: Path, quick: Spoc, home: Path, their_card: dict[str, Any]) -> Home:
    settings = home / "spoc.toml"
    settings.write_text(settings.read_text("utf-8") + '\n[smime]\noffer = "signed-encrypted"\n', "utf-8")
    made = Home(home, quick)
    theirs = {**their_card, "smime": "signed-encrypted", "smime_certificate_pem": made.card["smime_certificate_pem"]}
    file = tmp_path / "card.json"
    file.write_text(json.dumps(theirs))
    assert quick("--home", home, "partners", "add", file).code == 0
    return made


def test_at_every_step_whoever_has_any_of_our_cards_is_understood(office: Home) -> None:
    first = office.card
    old, signed_by = office.sealed_by(first), office.signs_with()
    office.keys("next", US)
    assert office.card == first and office.signs_with() == signed_by  # nobody sees it yet

    told = office.keys("publish", US)
    second = office.card
    new = office.sealed_by(second)
    assert told["unconfirmed"] == ["sirene:XB"]
    assert second["smime_certificate_pem"] != first["smime_certificate_pem"]
    assert office.opens(old) and office.opens(new) and office.signs_with() == signed_by

    assert "Not confirmed by sirene:XB" in office.refused("switch", US)
    office.keys("confirm", US, "sirene:XB", "--how", "mail of today")
    office.keys("switch", US)
    assert office.opens(old) and office.opens(new)  # what was under way for the old one is still opened
    assert office.signs_with() != signed_by

    assert "may still come until" in office.refused("retire", US)
    office.keys("retire", US, "--anyway")
    assert office.opens(new) and not office.opens(old)
    assert office.card["smime_certificate_pem"] == second["smime_certificate_pem"]


def test_the_keys_for_forms_are_another_affair(office: Home, quick: Spoc) -> None:
    office.keys("next", US)
    told = quick("--home", office.folder, "--json", "keys", "list").told
    listed = {(one["use"], one["which"]) for one in told if one["party"] == US}
    assert listed == {("forms", "current"), ("S/MIME", "current"), ("S/MIME", "next")}


def test_a_key_that_nobody_can_encrypt_for_is_not_taken(office: Home) -> None:
    signing = office.folder / "keys" / "signing"
    words = office.refused(
        "next", US, "--key", signing / "sirene-XA.key.pem", "--certificate", signing / "sirene-XA.cert.pem"
    )
    assert "cannot be used" in words or "encrypted for" in words


def test_a_dry_run_makes_and_shows_nothing(office: Home) -> None:
    before = office.card
    office.keys("next", US, "--dry-run")
    assert not (office.folder / "keys" / "rollover-smime.json").exists() and office.card == before
