"""Every way known to us of making a signature seem to cover what it does not, or to be somebody else's: each refused by name."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from asn1crypto import cms

from gateway import parcel
from gateway.envelope import Payload
from gateway.errors import Refused
from tests.smime import forgery as forge
from tests.smime.mailroom import (
    ADDRESS,
    AT,
    EMAIL,
    NAME,
    STRANGER,
    Mailbox,
    entity,
    mail,
    mailbox,
    opened,
    partner,
    refused,
)

Make = Callable[[Mailbox], bytes]
LF = entity().replace(b"\r\n", b"\n")
NESTED = b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x--\r\n"
FORWARDED = b"Content-Type: message/%s\r\n\r\nFrom: a@b.example\r\n\r\ntext\r\n"


def two_certificates(box: Mailbox) -> bytes:
    own = cms.CertificateChoices("certificate", forge.asn1_x509.Certificate.load(box.der))
    signer = forge.signer_info(box, forge.attributes(entity()))
    return forge.signed_data(box, [signer], certificates=[own, own])


def embedded(box: Mailbox) -> bytes:
    within = {"content_type": "data", "content": entity()}
    return forge.signed_data(box, [forge.signer_info(box, forge.attributes(entity()))], encap_content_info=within)


def countersigned(box: Mailbox) -> bytes:
    unsigned = cms.CMSAttributes([{"type": "content_type", "values": ["data"]}])
    return forge.signed_data(box, [forge.signer_info(box, forge.attributes(entity()), unsigned_attrs=unsigned)])


def weak(digest: str) -> Make:
    return lambda box: forge.signed(box, signature=forge.good(box, digest=digest), micalg=digest)


def with_attributes(*changed: dict[str, object]) -> Make:
    return lambda box: forge.signed(
        box, signature=forge.signed_data(box, [forge.signer_info(box, list(changed) or None)])
    )


def dated(by: timedelta) -> Make:
    return lambda box: forge.signed(box, signature=forge.good(box, at=AT + by))


def cms_of(make: Make) -> Make:
    return lambda box: forge.signed(box, signature=make(box))


# name, what is sent, the code
SHAPES: list[tuple[str, Make, str]] = [
    # what stands around the signed part
    ("third part", lambda box: forge.multipart(entity(), forge.part(forge.good(box)), entity()), "smime.parts"),
    ("one part", lambda box: forge.multipart(entity()), "smime.parts"),
    ("no part", lambda box: forge.multipart(), "smime.parts"),
    ("not closed", lambda box: forge.signed(box).replace(b"\r\n--b--", b""), "smime.boundary"),
    ("text before", lambda box: forge.signed(box, preamble=b"\xe2\x80\x8bPlease pay"), "smime.preamble"),
    ("long text before", lambda box: forge.signed(box, preamble=b"x" * 300), "smime.preamble"),
    ("text after", lambda box: forge.signed(box, epilogue=b"Please pay\r\n"), "smime.epilogue"),
    ("a part after the end", lambda box: forge.signed(box, epilogue=b"--b\r\n\r\nx\r\n--b--\r\n"), "smime.epilogue"),
    ("boundary that begins alike", lambda box: forge.signed(box).replace(b"\r\n--b\r\n", b"\r\n--bc\r\n", 1), "smime.boundary"),
    ("empty boundary", lambda box: forge.signed(box).replace(b'boundary="b"', b'boundary=""'), "smime.boundary"),
    ("no boundary", lambda box: forge.signed(box).replace(b'; boundary="b"', b""), "smime.boundary"),
    ("signed in signed", lambda box: forge.signed(box, forge.signed(box, boundary="inner")), "smime.nested"),
    ("encrypted in signed", lambda box: forge.signed(box, forge.sealed(b"x")), "smime.nested"),
    ("empty signed in signed", lambda box: forge.signed(box, NESTED), "smime.nested"),
    ("a forwarded mail", lambda box: forge.signed(box, FORWARDED % b"rfc822"), "smime.message-part"),
    ("a piece of a mail", lambda box: forge.signed(box, FORWARDED % b"partial"), "smime.message-part"),
    ("content elsewhere", lambda box: forge.signed(box, FORWARDED % b"external-body"), "smime.message-part"),
    ("a page", lambda box: forge.signed(box, b"Content-Type: text/html\r\n\r\n<img>\r\n"), "smime.content-type"),
    ("alternatives", lambda box: forge.signed(box, b"Content-Type: multipart/alternative; boundary=c\r\n\r\n"), "smime.content-type"),
    ("no type inside", lambda box: forge.signed(box, b"\r\ntext"), "smime.content-type"),
    # parameters
    ("protocol of PGP", lambda box: forge.signed(box, protocol="application/pgp-signature"), "smime.protocol"),
    ("protocol of the other name", lambda box: forge.signed(box, protocol="application/x-pkcs7-signature"), "smime.protocol"),
    ("signature of another type", lambda box: forge.multipart(entity(), forge.part(forge.good(box), "text/plain")), "smime.protocol"),
    ("micalg of another digest", lambda box: forge.signed(box, micalg="sha-512"), "smime.micalg"),
    ("micalg missing", lambda box: forge.signed(box).replace(b"micalg=sha-256; ", b""), "smime.micalg"),
    ("boundary twice", lambda box: forge.signed(box, extra="; boundary=c"), "smime.parameters"),
    ("boundary in pieces", lambda box: forge.signed(box, extra="; boundary*0=c"), "smime.parameters"),
    ("parameter in a character set", lambda box: forge.signed(box, extra="; x*=utf-16''%00b"), "smime.parameters"),
    ("parameter of raw octets", lambda box: forge.signed(box).replace(b"micalg=sha-256", b"micalg=\xff\xfe"), "smime.header"),
    ("comment in the type", lambda box: forge.signed(box).replace(b"multipart/signed;", b"multipart/signed(x);"), "smime.parameters"),
    ("multipart in base64", lambda box: b"Content-Transfer-Encoding: base64\r\n" + forge.signed(box), "smime.header"),
    ("two types", lambda box: b"Content-Type: application/xml\r\n" + forge.signed(box), "smime.header"),
    ("signature quoted", lambda box: forge.multipart(entity(), forge.part(forge.good(box), encoding="quoted-printable")), "smime.transfer-encoding"),
    ("signature with noise", lambda box: forge.signed(box).replace(b"\r\nMII", b"\r\n!!MII"), "smime.transfer-encoding"),
    # what somebody on the way does
    ("lines cut", lambda box: forge.signed(box, LF.replace(b"\n", b"\r\n"), forge.good(box, LF)), "smime.line-ends"),
    ("a line end more", lambda box: forge.signed(box, entity() + b"\r\n", forge.good(box)), "smime.line-ends"),
    ("another encoding on the way", lambda box: forge.signed(box, entity().replace(b"base64", b"8bit"), forge.good(box)), "smime.digest"),
    ("quoted on the way", lambda box: forge.signed(box, entity().replace(b"=", b"=3D"), forge.good(box)), "smime.digest"),
    ("another content", lambda box: forge.signed(box, entity(b"<other/>"), forge.good(box)), "smime.digest"),
    # the CMS object
    ("no signer", cms_of(lambda box: forge.signed_data(box, [])), "smime.no-signer"),
    ("two signers", cms_of(lambda box: forge.signed_data(box, [forge.signer_info(box, forge.attributes(entity()))] * 2)), "smime.several-signers"),
    ("content of its own", cms_of(embedded), "smime.embedded"),
    ("unsigned attributes", cms_of(countersigned), "smime.unsigned-attributes"),
    ("no certificate", cms_of(lambda box: forge.one_signer(box, certificates=[])), "smime.certificate-missing"),
    ("the certificate twice", cms_of(two_certificates), "smime.certificate-missing"),
    ("no attributes", with_attributes(), "smime.attributes"),
    ("no digest", with_attributes(forge.attributes(entity())[0]), "smime.attributes"),
    ("no content type", with_attributes(*forge.attributes(entity())[1:]), "smime.attributes"),
    ("another content type", with_attributes({"type": "content_type", "values": ["signed_data"]}, *forge.attributes(entity())[1:]), "smime.attributes"),
    ("digest twice", cms_of(lambda box: forge.duplicated(box, "message_digest")), "smime.attributes"),
    ("time twice", cms_of(lambda box: forge.duplicated(box, "signing_time")), "smime.attributes"),
    ("MD5", weak("md5"), "smime.md5"),
    ("SHA-1", weak("sha1"), "smime.sha1"),
    ("SHA-224", weak("sha224"), "smime.algorithm"),
    ("SHA-1 named beside", cms_of(lambda box: forge.one_signer(box, digest_algorithms=[{"algorithm": each} for each in ("sha256", "sha1")])), "smime.sha1"),
    ("another digest for the value", cms_of(lambda box: forge.one_signer(box, method="sha512_ecdsa")), "smime.algorithm"),
    ("a scheme of another key", cms_of(lambda box: forge.one_signer(box, method="sha256_rsa")), "smime.algorithm"),
    ("a value of noise", cms_of(lambda box: forge.one_signer(box, value=b"noise")), "smime.value"),
    ("cut off", cms_of(lambda box: forge.good(box)[:-1]), "smime.malformed"),
    ("more after the end", cms_of(lambda box: forge.good(box) + b"\x05\x00"), "smime.malformed"),
    ("not closed in BER", cms_of(lambda box: b"\x30\x80" + forge.good(box)[4:]), "smime.malformed"),
    ("nested a thousand times", cms_of(lambda box: forge.sequence_in(1000)), "smime.too-large"),
    ("thirty-five thousand elements", cms_of(lambda box: b"\x30\x83\x01\x11\x70" + b"\x05\x00" * 35000), "smime.too-large"),
    ("another object", cms_of(lambda box: b"\x30\x03\x02\x01\x05"), "smime.malformed"),
    # its time and its certificate
    ("signed tomorrow", dated(timedelta(days=1)), "smime.time"),
    ("signed before the certificate", dated(timedelta(days=-31)), "smime.time"),
    ("another certificate named", cms_of(lambda box: forge.one_signer(box, forge.names(b"another"))), "smime.certificate-digest"),
    # other kinds of S/MIME
    ("opaque", lambda box: forge.sealed(embedded(box), "signed-data"), "smime.opaque"),
    ("opaque that says encrypted", lambda box: forge.sealed(embedded(box)), "smime.opaque"),
    ("certificates only", lambda box: forge.sealed(forge.signed_data(box, []), "certs-only"), "smime.certs-only"),
    ("compressed", lambda box: forge.sealed(forge.compressed(), "compressed-data"), "smime.compressed"),
    ("a signature alone", lambda box: forge.part(forge.good(box)), "smime.parts"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "code"), [(make, code) for _, make, code in SHAPES], ids=[name for name, _, _ in SHAPES]
)
def test_a_shape_that_deceives_is_refused_by_name(theirs: Mailbox, make: Make, code: str) -> None:
    refusal = refused(mail(make(theirs)), partner())
    assert refusal.code == code, refusal.operator
    assert refusal.public.endswith(".")


def test_the_same_without_the_fault_is_taken(theirs: Mailbox) -> None:
    for made in (
        forge.signed(theirs),
        forge.signed(theirs, preamble=b"This is an S/MIME signed message\r\n"),
        forge.signed(theirs, epilogue=b"\r\n\r\n"),
        forge.signed(theirs, boundary="----=_Part (1)"),
        forge.signed(theirs, signature=forge.signed_data(theirs, [forge.signer_info(theirs, forge.attributes(entity())[:2])])),
        forge.signed(theirs, signature=forge.signed_data(theirs, [
            forge.signer_info(theirs, [*forge.attributes(entity()), forge.names(theirs.der)])
        ])),
    ):  # fmt: skip
        assert opened(mail(made), partner())[0] == entity()


HEADERS: list[tuple[str, dict[str, str], str]] = [
    ("another From", {"From": "oper@xc.sirene.example"}, "smime.from-mismatch"),
    ("another mailbox of the office", {"From": "director@xb.sirene.example"}, "smime.from-mismatch"),
    ("two addresses in From", {"From": f"{ADDRESS}, oper@xc.sirene.example"}, "smime.header"),
    ("an address as a name", {"From": f'"{ADDRESS}" <oper@xc.sirene.example>'}, "smime.from-mismatch"),
    ("no From", {"From": ""}, "smime.from-mismatch"),
    ("a From of half an address", {"From": "oper"}, "smime.header"),
    ("another Sender", {"Sender": "oper@xc.sirene.example"}, "smime.sender-mismatch"),
    ("answers elsewhere", {"Reply_To": "oper@xc.sirene.example"}, "smime.reply-to-mismatch"),
    ("answers to a crowd", {"Reply_To": f"{ADDRESS}, oper@xc.sirene.example"}, "smime.header"),
]


@pytest.mark.parametrize(
    ("lines", "code"), [(lines, code) for _, lines, code in HEADERS], ids=[name for name, _, _ in HEADERS]
)
def test_the_signer_is_the_sender_whatever_a_mail_program_would_show(
    theirs: Mailbox, lines: dict[str, str], code: str
) -> None:
    who = msgspec.structs.replace(partner(), domains=("xb.sirene.example",))
    assert refused(mail(forge.signed(theirs), **lines), who).code == code


def test_from_twice_is_refused(theirs: Mailbox) -> None:
    payload = mail(forge.signed(theirs))
    twice = Payload.of(f"From: {ADDRESS}\r\n".encode() + payload.content, payload.media_type)
    assert refused(twice, partner()).code == "smime.header"


def test_the_mail_envelope_is_from_the_office_too(theirs: Mailbox) -> None:
    payload = mail(forge.signed(theirs), From="OPER@XB.sirene.example")
    assert opened(payload, partner())[1].subject == f"CN={NAME}", "the case of letters does not matter"
    other = partner()
    assert refused(payload, other, sender="oper@xc.sirene.example").code == "smime.not-agreed"


CERTIFICATES: list[tuple[str, dict[str, object], str, str]] = [
    ("of a stranger's authority", {"office": STRANGER}, "smime.certificate", "signature.untrusted"),
    ("of another name", {"name": "SIRENE XC mail"}, "smime.certificate", "signature.signer"),
    ("for the signature inside the form", {"name": "SIRENE XB signing"}, "smime.certificate", "signature.signer"),
    ("expired", {"days": (-300, -1)}, "smime.certificate", "signature.expired"),
    ("not valid yet", {"days": (1, 300)}, "smime.certificate", "signature.not-yet-valid"),
    ("for TLS", {"purposes": ("1.3.6.1.5.5.7.3.1",)}, "smime.certificate", "signature.tls-only"),
    ("for documents only", {"purposes": ("1.3.6.1.5.5.7.3.36",)}, "smime.certificate-purpose", ""),
    ("without an address", {"addresses": ()}, "smime.no-address", ""),
    ("of another address", {"addresses": ("oper@xc.sirene.example",)}, "smime.from-mismatch", ""),
    ("of a short key", {"kind": "rsa2048"}, "smime.certificate", "signature.key-size"),
]


@pytest.mark.parametrize(
    ("traits", "code", "cause"), [row[1:] for row in CERTIFICATES], ids=[row[0] for row in CERTIFICATES]
)
def test_a_certificate_that_was_not_agreed_proves_nothing(
    folder: Path, traits: dict[str, object], code: str, cause: str
) -> None:
    box = mailbox(folder / "not-agreed", **traits)  # type: ignore[arg-type]
    refusal = refused(mail(forge.signed(box)), partner())
    assert refusal.code == code
    assert refusal.operator.startswith(cause)


def test_a_certificate_for_any_purpose_or_none_named_is_taken(folder: Path) -> None:
    for purposes in ((), ("2.5.29.37.0",), (EMAIL, "1.3.6.1.5.5.7.3.2")):
        box = mailbox(folder / "purposes", purposes=purposes)
        assert opened(mail(forge.signed(box)), partner())[0] == entity()


@pytest.mark.parametrize("kind", sorted(parcel.SMIME_TYPES))
def test_a_signed_part_beside_other_parts_is_refused(theirs: Mailbox, kind: str) -> None:
    """The mail shows text of anybody's, and a signature that covers something else."""
    inner = forge.signed(theirs) if kind == "multipart/signed" else forge.part(forge.good(theirs), kind)
    wrapped = (
        b"Content-Type: multipart/mixed; boundary=w\r\n\r\n--w\r\n" + entity() + b"--w\r\n" + inner + b"\r\n--w--\r\n"
    )
    with pytest.raises(Refused) as caught:
        parcel.open_parcel(mail(wrapped))
    assert caught.value.code == "smime.wrapped"


def test_within_a_signed_mail_no_part_is_signed_again(theirs: Mailbox) -> None:
    inner = (
        b"Content-Type: multipart/mixed; boundary=w\r\n\r\n--w\r\n"
        + entity()
        + b"--w\r\n"
        + forge.signed(theirs, boundary="inner")
        + b"\r\n--w--\r\n"
    )
    content, _ = opened(mail(forge.signed(theirs, inner)), partner())
    with pytest.raises(Refused) as caught:
        parcel.open_parcel(Payload.of(content, parcel.MAIL))
    assert caught.value.code == "smime.wrapped"


def test_subject_and_other_headers_count_for_nothing(theirs: Mailbox) -> None:
    """They are not signed; only the content is used."""
    payload = mail(forge.signed(theirs), Subject="URGENT: release the prisoner", X_Priority="1")
    assert opened(payload, partner())[0] == entity()


def test_a_signature_in_base64_of_long_lines_is_taken(theirs: Mailbox) -> None:
    line = base64.b64encode(forge.good(theirs))
    beside = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n" + line
    assert opened(mail(forge.multipart(entity(), beside)), partner())[0] == entity()
