"""The museum of deceiving S/MIME mails: each file is refused with the code of its row, whoever wrote it and whenever it is read."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.envelope import Payload
from gateway.errors import Refused
from gateway.parcel import MAIL
from gateway.partners import Directory, Partner, SignaturePolicy, SmimePolicy
from gateway.smime.reasons import SENTENCES
from gateway.smime.seals import Seals

PLACE = Path(__file__).parent / "smime"
ADDRESS = "oper@xb.sirene.example"
with (PLACE / "expected.csv").open(encoding="utf-8", newline="") as _table:
    ROWS = list(csv.DictReader(_table))


def partner() -> Partner:
    """Who is agreed with: the authority in the folder, one address, one signer."""
    pem = (PLACE / "authority.pem").read_bytes()
    anchor = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    return Partner(
        party="sirene:XB", name="SIRENE XB", addresses=(ADDRESS,),
        signature=SignaturePolicy(anchors=(anchor,), signers=("SIRENE XB signing",)),
        smime=SmimePolicy(mode="signed", signers=("SIRENE XB mail",)), domains=("xb.sirene.example",),
    )  # fmt: skip


def read(row: dict[str, str]) -> None:
    """What the two stages do with a mail; raises `Refused`."""
    payload = Payload.of((PLACE / row["file"]).read_bytes(), MAIL)
    who = partner()
    seals, directory = Seals(), Directory([who])
    peeled = seals.peeled(payload, directory, ADDRESS)
    seals.proved(peeled, who, ADDRESS, datetime.fromisoformat(row["at"]), directory.revocation)


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_each_mail_is_judged_as_its_row_says(row: dict[str, str]) -> None:
    if not row["code"]:
        read(row)
        return
    with pytest.raises(Refused) as caught:
        read(row)
    assert caught.value.code == row["code"], caught.value.operator
    assert row["cause"] in caught.value.operator


def test_the_table_names_every_file_once_and_only_codes_that_there_are() -> None:
    names = [row["file"] for row in ROWS]
    assert sorted(names) == sorted(each.name for each in PLACE.glob("*.eml"))
    assert {row["code"] for row in ROWS if row["code"]} <= SENTENCES.keys()
    assert sum(not row["code"] for row in ROWS) == 1
