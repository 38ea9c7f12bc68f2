"""Writing `partners.toml`: whatever a card says comes back as it was, and what others wrote stays."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.locate import lines_of
from config.settings import Partner, PartnerMail
from gateway.commands import partner_file
from gateway.commands.partner_file import PartnerExists, put

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
HOSTILE = [
    '"', '"""', "'''", "\\", "\\u0041", "\n", "\r\n", "a\nb", '\n"""\n[[partner]]\n', "[[partner]]", "# none", "\x00", "\x1f", "\x7f", "\x85",
    "\u2028", "\U0001f511", "=", "  ", "\t", "a\n\n", "\na", "]\n\n[office]\nparties=[]",
]  # fmt: skip


def office(party: str = "sirene:XB", name: str = "SIRENE XB", **more: object) -> Partner:
    return Partner.model_validate({"party": party, "name": name, "anchors_pem": ("PEM",), "signers": ("S",), **more})


def read(text: str) -> list[dict[str, object]]:
    return list(tomllib.loads(text).get("partner", []))


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    written = put(
        "", office(name=text, signers=(text, "b"), mail=PartnerMail(host=text or "h", ca_pem=(text,))), replace=False
    )
    (row,) = read(written)

    assert row["name"] == text
    assert row["signers"] == [text, "b"]
    assert row["mail"]["ca_pem"] == [text]  # type: ignore[index]


@given(name=TEXTS, signers=st.lists(TEXTS, min_size=1, max_size=3), anchors=st.lists(TEXTS, min_size=1, max_size=2))
def test_any_partner_comes_back_as_it_was(name: str, signers: list[str], anchors: list[str]) -> None:
    partner = office(name=name, signers=tuple(signers), anchors_pem=tuple(anchors))
    first = put("", office("ncb:XC"), replace=False)

    rows = read(put(first, partner, replace=False))

    assert [Partner.model_validate(row) for row in rows] == [office("ncb:XC"), partner]


@given(names=st.lists(TEXTS, min_size=2, max_size=4), turn=st.integers(0, 3))
def test_replacing_one_changes_no_other(names: list[str], turn: int) -> None:
    text = ""
    for number, name in enumerate(names):
        text = put(text, office(f"ncb:X{number}", name), replace=False)
    index = turn % len(names)

    rows = read(put(text, office(f"ncb:X{index}", "another"), replace=True))

    assert [row["name"] for row in rows] == [*names[:index], "another", *names[index + 1 :]]


WRITTEN_BY_HAND = '''\
# Our partners. Ask the duty officer before changing anything.

[[partner]] # the neighbour
party = "sirene:XB"
name = """
[[partner]]
is no heading here"""
anchors_pem = ["PEM"]
signers = ["S"]
receipts = false

# The far one; agreed by letter of 2026-01-02.
[[ partner ]]
party = "sirene:XC"
name = 'SIRENE XC'
anchors_pem = ["PEM"]
signers = ["S"]
  [partner.mail]
  host = "xc.sirene.example"

# Nothing below this line.
'''


def test_comments_and_layout_stay_when_one_is_added() -> None:
    written = put(WRITTEN_BY_HAND, office("ncb:XD"), replace=False)

    assert written.startswith(WRITTEN_BY_HAND)
    assert [row["party"] for row in read(written)] == ["sirene:XB", "sirene:XC", "ncb:XD"]


@pytest.mark.parametrize("party", ["sirene:XB", "sirene:XC"])
def test_comments_stay_when_one_is_replaced(party: str) -> None:
    written = put(WRITTEN_BY_HAND, office(party, "new"), replace=True)
    rows = {row["party"]: row for row in read(written)}

    assert rows[party]["name"] == "new"
    before = {row["party"]: row for row in read(WRITTEN_BY_HAND)}[party]
    assert rows[party].get("receipts") == before.get("receipts")  # ours to say, no card does
    assert len(rows) == 2
    for comment in ("# Our partners.", "# The far one;", "# Nothing below"):
        assert comment in written


def test_an_office_that_is_there_is_replaced_only_when_told() -> None:
    with pytest.raises(PartnerExists):
        put(WRITTEN_BY_HAND, office(), replace=False)


def test_a_fault_in_what_was_written_is_found_at_its_line() -> None:
    written = put("# by hand\n" + put("", office("ncb:XC", "C"), replace=False), office("ncb:XD"), replace=False)

    assert lines_of(written)[("partner", 1, "name")] == written.splitlines().index('name = "SIRENE XB"') + 1


def test_the_file_is_private_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "partners.toml"
    partner_file.save(file, "# one\n")
    partner_file.save(file, "# two\n")

    assert file.read_text() == "# two\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_what_we_alone_have_said_of_a_partner_outlives_its_new_card() -> None:
    ours = {
        "revocation": "hard", "crl": ("https://xb.example/list.crl",), "ocsp": "https://xb.example/ocsp",
        "weak_rsa_until": "2027-01-31", "smime_inbound": "required", "retry_hours": 24, "test_only": True,
        "mail": PartnerMail(host="old.xb.example", client_certificates=("ab" * 32,), messages_per_hour=9),
    }  # fmt: skip
    before = put("", office(**ours), replace=False)
    card = office(name="another name", mail=PartnerMail(host="new.xb.example", port=2525))
    (row,) = read(put(before, card, replace=True))
    partner = Partner.model_validate(row)

    assert (partner.name, partner.revocation, partner.ocsp) == ("another name", "hard", "https://xb.example/ocsp")
    assert partner.crl == ("https://xb.example/list.crl",) and str(partner.weak_rsa_until) == "2027-01-31"
    assert (partner.smime_inbound, partner.retry_hours, partner.test_only) == ("required", 24, True)
    assert partner.mail is not None and (partner.mail.host, partner.mail.port) == ("new.xb.example", 2525)
    assert (partner.mail.client_certificates, partner.mail.messages_per_hour) == (("ab" * 32,), 9)
