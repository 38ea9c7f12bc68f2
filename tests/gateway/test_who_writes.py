"""Who a mail is from, and what a file in it is called, when the sender wants to be read in two ways."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gateway import parcel
from gateway.envelope import Payload
from gateway.errors import Refused
from gateway.partners import MailLeg
from tests.corpus.hostile.letters import file_part, form_part, mail, plain, single
from tests.journeys.worlds import PHOTO, World, world_on

READABLE = {
    b"From: oper@xb.sirene.example": "oper@xb.sirene.example",
    b"From: <oper@xb.sirene.example> (the office)": "oper@xb.sirene.example",
    b'From: "chief@elsewhere.example, Office" <oper@xb.sirene.example>': "oper@xb.sirene.example",
    b"From: =?utf-8?q?B=C3=BCro?= <oper@xb.sirene.example>": "oper@xb.sirene.example",
    "From: <büro@xb.sirene.example>".encode(): "büro@xb.sirene.example",
    b"X-Note: a mail without a From line": "",
}
UNREADABLE = [
    b"From:",
    b"From: nobody",
    b"From: <chief@elsewhere.example>, <oper@xb.sirene.example>",
    b"From: <chief@elsewhere.example> <oper@xb.sirene.example>",
    b"From: chief@elsewhere.example <oper@xb.sirene.example>",
    b"From: offices: chief@elsewhere.example;",
    b"From: =?utf-8?q?chief=40elsewhere.example?=",
    b"From: " + b'"\\' * 495,
    b"From: " + b"(" * 5000 + b" <oper@xb.sirene.example>",
]


def from_address(line: bytes) -> str:
    content = line + b"\r\nContent-Type: application/xml\r\n\r\n<a/>"
    return parcel.open_parcel(Payload.of(content, parcel.MAIL)).from_address


@pytest.mark.parametrize(("line", "address"), READABLE.items())
def test_a_from_line_names_one_address(line: bytes, address: str) -> None:
    assert from_address(line) == address


@pytest.mark.parametrize("line", UNREADABLE)
def test_a_from_line_that_names_none_or_several_is_refused(line: bytes) -> None:
    with pytest.raises(Refused) as refused:
        from_address(line)
    assert refused.value.code == "mail.from"


@pytest.mark.parametrize("name", [b"raw_unicode_escape''%5cud800", b"utf-7''%2b2AA-", b"utf-8''a%e2%80%aegpj.exe"])
def test_a_file_name_never_holds_half_a_character_or_turns_the_writing(name: bytes) -> None:
    content = mail(form_part(b"<a/>"), file_part(PHOTO, b"filename*=" + name))
    (file,) = parcel.open_parcel(Payload.of(content, parcel.MAIL)).files
    assert file.file_name == "unnamed"


@pytest.mark.parametrize(
    "kind", [b"image/jpeg\r\n bcc: x", b'image/"jpeg', b"image/j peg", b"image/\xff", b"a/" + b"x" * 200]
)
def test_an_odd_media_type_is_not_passed_on(kind: bytes) -> None:
    head = b"Content-Disposition: attachment; filename=a.jpg\r\nContent-Type: " + kind
    content = mail(form_part(b"<a/>"), head + b"\r\n\r\nxyz")
    (file,) = parcel.open_parcel(Payload.of(content, parcel.MAIL)).files
    assert file.media_type == "application/octet-stream"


async def test_who_must_show_a_certificate_is_not_taken_at_the_word_of_a_mail_without_sender(tmp_path: Path) -> None:
    async with world_on("memory", tmp_path) as world:
        strict(world)
        content = single(plain(world), b"Content-Type: application/xml\r\n")
        for sender in ("<>", "someone@elsewhere.example"):
            row = await world.row(await world.arrives(Payload.of(content, parcel.MAIL), sender=sender))
            assert row.reason is not None
            assert (row.state, row.reason.code) == ("held", "sender.unknown")
        assert world.wire.sent == []


def strict(world: World) -> None:
    leg = MailLeg(host="127.0.0.1", client_certificate="required")
    partners = [msgspec.structs.replace(one, mail=leg) if one.party == "sirene:XB" else one for one in world.directory]
    world.directory.replace(partners)
