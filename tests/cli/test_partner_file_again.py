"""The partner file read again while the gateway runs: anything wrong with it changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.load import PARTNERS_FILE, Home, load
from gateway.assembly import partners_again
from gateway.errors import Misconfigured
from gateway.setup import make_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    make_home(tmp_path, ["sirene:XA"], "xa.spoc.example", datetime.now(UTC))
    return load(tmp_path)


def test_an_empty_file_means_no_partners(home: Home) -> None:
    assert partners_again(home) == []


def test_a_broken_file_changes_nothing(home: Home) -> None:
    (home.folder / PARTNERS_FILE).write_text("[[partner]", encoding="utf-8")
    with pytest.raises(Misconfigured, match="nothing was changed"):
        partners_again(home)


def test_a_file_that_is_not_there_does_not_remove_every_partner(home: Home) -> None:
    (home.folder / PARTNERS_FILE).unlink()
    with pytest.raises(Misconfigured, match="nothing was changed"):
        partners_again(home)


ONE = '[[partner]]\nparty = "sirene:XB"\nname = "XB"\nanchors_pem = []\nsigners = []\n'


@pytest.mark.parametrize("line", ['domains = [""]', 'domains = ["*"]', 'addresses = ["*"]', 'urgent_address = "xb"'])
def test_an_odd_mailbox_is_named(home: Home, line: str) -> None:
    (home.folder / PARTNERS_FILE).write_text(f"{ONE}{line}\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match="sirene:XB"):
        partners_again(home)


def test_mail_domains_have_no_case_and_a_sender_without_one_is_nobodys(home: Home) -> None:
    (home.folder / PARTNERS_FILE).write_text(f'{ONE}domains = ["XB.Sirene.example"]\n', encoding="utf-8")
    (partner,) = partners_again(home)
    assert partner.owns_address("oper@xb.SIRENE.example")
    assert not partner.owns_address("xb.sirene.example")
    assert not partner.owns_address("")
