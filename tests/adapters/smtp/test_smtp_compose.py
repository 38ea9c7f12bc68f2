"""The mail around a payload: what stands in it, and that nothing can be slipped into its headers."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.smtp.compose import compose
from gateway.envelope import Payload
from gateway.errors import Refused
from gateway.parcel import File, open_parcel, pack
from tests.adapters.smtp.dialogue import MESSAGE, outgoing

OURS = "sirene@xa.spoc.example"
FORM = ("<Form>" + "ø" * 3000 + "</Form>").encode()


def test_a_bare_form_travels_in_base64() -> None:
    mail = compose(outgoing(payload=Payload.of(FORM, "application/xml")), OURS)
    read = message_from_bytes(mail.content, policy=SMTP)
    assert dict(read.items()) == {
        "From": OURS,
        "To": "oper@xb.sirene.example",
        "Date": "Sat, 21 Nov 2026 12:00:00 +0000",
        "Message-ID": f"<{MESSAGE}.2@xa.spoc.example>",
        "Subject": "SIRENE G XA-G-2026-0000001",
        "X-SPOC-Attempt": "2",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": "application/xml",
        "Content-Transfer-Encoding": "base64",
    }
    assert read.get_payload(decode=True) == FORM
    assert mail.is_ascii
    assert mail.message_id == f"<{MESSAGE}.2@xa.spoc.example>"


def test_a_form_with_files_travels_as_it_was_packed() -> None:
    photo = File(file_name="photo.jpg", media_type="image/jpeg", content=bytes(range(256)) * 20)
    mail = compose(outgoing(payload=pack(FORM, [photo])), OURS)
    opened = open_parcel(Payload.of(mail.content, "message/rfc822"))
    assert (opened.form, opened.files, opened.from_address) == (FORM, (photo,), OURS)
    assert mail.content.lower().count(b"mime-version") == 1


def test_line_ends_of_a_multipart_become_crlf() -> None:
    entity = b'Content-Type: multipart/mixed;\n boundary="b"\n\n--b\nContent-Type: application/xml\n\n<Form/>\n--b--'
    mail = compose(outgoing(payload=Payload.of(entity, "multipart/mixed")), OURS)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", mail.content)
    assert open_parcel(Payload.of(mail.content, "message/rfc822")).form.strip() == b"<Form/>"


def test_a_subject_in_another_alphabet_is_encoded() -> None:
    mail = compose(outgoing(subject="Førespurnad; " * 11 + "."), OURS)
    assert mail.content.isascii()
    assert message_from_bytes(mail.content, policy=SMTP)["Subject"] == "Førespurnad; " * 11 + "."


@pytest.mark.parametrize("evil", ["\r\nBcc: x@y.example", "\nBcc: x", "\rBcc: x", "\x00", "\u2028Bcc: x", "x" * 201])
def test_nothing_is_slipped_in_by_the_subject(evil: str) -> None:
    with pytest.raises(Refused):
        compose(outgoing(subject="SIRENE G" + evil), OURS)


@pytest.mark.parametrize(
    "evil", ["a@b.example\r\nBcc: x@y.example", "a b@c.example", "a@b.example>, <c@d.example", "", "a"]
)
def test_nothing_is_slipped_in_by_an_address(evil: str) -> None:
    with pytest.raises(Refused):
        compose(outgoing(address=evil), OURS)
    with pytest.raises(Refused):
        compose(outgoing(), evil)


@pytest.mark.parametrize(
    "entity",
    [
        b"",
        b"no headers at all",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/mixed; boundary=b\r\nBcc: x@y.example\r\n\r\n--b--\r\n",
        b"To: x@y.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--b--\r\n",
        b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\rx\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"x" * 999 + b"\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n\x00\r\n",
    ],
)
def test_an_entity_brings_only_headers_about_its_content(entity: bytes) -> None:
    with pytest.raises(Refused):
        compose(outgoing(payload=Payload.of(entity, "multipart/mixed")), OURS)


@pytest.mark.parametrize("media_type", ["application/xml\r\nBcc: x", "application/xml; a=\x00", "nonsense", ""])
def test_the_media_type_is_one(media_type: str) -> None:
    with pytest.raises(Refused):
        compose(outgoing(payload=Payload.of(FORM, media_type)), OURS)


@given(st.dictionaries(st.sampled_from(["subject", "address", "sender"]), st.text(max_size=40)))
def test_there_are_never_more_headers_than_ours(odd: dict[str, Any]) -> None:
    sender = odd.pop("sender", OURS)
    try:
        mail = compose(outgoing(**odd), sender)
    except Refused:
        return
    head = mail.content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    assert len(head.split(b"\r\n")) == 10
