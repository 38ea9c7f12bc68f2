"""Every bad thing that may arrive, each with the end it must come to.

A row is a name, a way to make the letter, and the state and stable code that it ends in. Rows without a code for a receipt say that the
sender cannot be told, because nobody knows who it is.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from gateway.envelope import Payload
from gateway.parcel import File
from tests.gateway.rig import NOON, Rig
from tests.journeys.worlds import ADDRESS, HIT_ID, PHOTO, changed, hit, message_id

SENDER = ADDRESS["sirene:XB"]
MAIL = "message/rfc822"
NUMBERS = itertools.count(1)
XML = "application/xml"


@dataclass(frozen=True)
class Letter:
    """What arrives: bytes, their media type, and the sender that the channel saw."""

    content: bytes
    media_type: str = MAIL
    sender: str = SENDER

    @property
    def payload(self) -> Payload:
        return Payload.of(self.content, self.media_type)


Make = Callable[[Rig], Letter]


@dataclass(frozen=True)
class Hostile:
    """One bad letter and its end."""

    name: str
    code: str
    make: Make
    state: str = "rejected"
    told: bool = True
    """Whether a negative receipt must go to the partner that the channel saw."""

    def __str__(self) -> str:
        return self.name


# --- tools


def b64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def form_part(xml: bytes, kind: bytes = b"application/xml") -> bytes:
    return b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(xml)


def file_part(file: File, name: bytes = b"") -> bytes:
    shown = name or b'filename="' + file.file_name.encode() + b'"'
    head = b"Content-Type: " + file.media_type.encode() + b"\r\nContent-Disposition: attachment; " + shown
    return head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64(file.content)


def mail(*parts: bytes, sender: str = SENDER, head: bytes = b"") -> bytes:
    """A mail of several parts."""
    lines = [b"From: <" + sender.encode() + b">\r\nMIME-Version: 1.0\r\n" + head]
    lines.append(b'Content-Type: multipart/mixed; boundary="limit"\r\n\r\n')
    lines += [b"--limit\r\n" + part + b"\r\n" for part in parts]
    return b"".join([*lines, b"--limit--\r\n"])


def single(content: bytes, head: bytes = b"Content-Type: application/xml\r\n", sender: str = SENDER) -> bytes:
    """A mail of one part."""
    return b"From: <" + sender.encode() + b">\r\nMIME-Version: 1.0\r\n" + head + b"\r\n" + content


def signed(rig: Rig, xml: bytes, party: str = "sirene:XB") -> bytes:
    """The document as that office signs it, each time as another message."""
    xml = xml.replace(HIT_ID.encode(), message_id(0xF00000 + next(NUMBERS)).encode())
    return rig.bureaux[party].signed(xml, at=NOON).content


def plain(rig: Rig) -> bytes:
    return signed(rig, hit(file=None))


def raw(name: str, code: str, content: bytes, media_type: str = MAIL, **rest: object) -> Hostile:
    """Bytes that need no key."""
    return Hostile(name, code, lambda rig: Letter(content, media_type), **rest)  # type: ignore[arg-type]  # state, told


def document(name: str, code: str, xml: bytes, **rest: object) -> Hostile:
    """An XML document by itself."""
    return raw(name, code, xml, XML, **rest)


def written(name: str, code: str, *pairs: tuple[str, str], **rest: object) -> Hostile:
    """A genuinely signed form whose text was bent before signing."""
    return Hostile(name, code, lambda rig: Letter(signed(rig, changed(hit(file=None), *pairs)), XML), **rest)  # type: ignore[arg-type]


def posted(name: str, code: str, make: Callable[[Rig], bytes], **rest: object) -> Hostile:
    """A mail made with keys."""
    return Hostile(name, code, lambda rig: Letter(make(rig)), **rest)  # type: ignore[arg-type]


# --- MIME

HIT_WITH_PHOTO = hit()
OTHER = File(file_name="other.jpg", media_type="image/jpeg", content=b"\xff\xd8 other \xff\xd9")
NESTED = b'Content-Type: multipart/mixed; boundary="inner"\r\n\r\n--inner\r\n' + form_part(b"<a/>") + b"--inner--\r\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(400))

MIME = [
    raw("nothing", "mail.no-form", b""),
    raw("not-mime", "mail.no-form", b"Hello, here is our hit.\r\n"),
    raw("noise", "mail.no-form", bytes(range(256)) * 40),
    raw("only-text", "mail.no-form", single(b"See the telephone note.", b"Content-Type: text/plain\r\n")),
    raw("html", "mail.no-form", single(b"<html><body>QQ00001</body></html>", b"Content-Type: text/html\r\n")),
    raw("json-from-abroad", "mail.no-form", b'{"format": "sirene/G@1"}', "application/json"),
    raw("unknown-media-type", "mail.media-type", b"PK\x03\x04", "application/zip"),
    raw("no-media-type", "mail.media-type", b"<a/>", ""),
    raw("two-forms", "mail.two-forms", mail(form_part(b"<a/>"), form_part(b"<b/>"))),
    raw("a-form-in-a-form-type-twice", "mail.two-forms", mail(form_part(b"<a/>"), form_part(b"<b/>", b"text/xml"))),
    raw("nested-parts", "mail.structure", mail(NESTED)),
    raw("other-multipart", "mail.structure", mail(form_part(b"<a/>")).replace(b"multipart/mixed", b"multipart/alternative")),
    raw("nested-400-deep", "mail.structure", DEEP),
    raw("nested-100000-deep", "mail.too-many-parts", DEEP * 250),
    raw("a-mail-in-a-mail", "mail.structure", mail(b"Content-Type: message/rfc822\r\n\r\n" + mail(form_part(b"<a/>")))),
    raw("41-parts", "mail.too-many-parts", mail(form_part(b"<a/>"), *[file_part(OTHER)] * 41)),
    raw("5000-parts", "mail.too-many-parts", mail(*[file_part(OTHER)] * 5000)),
    raw("a-million-line-ends", "mail.too-many-lines", single(b"\r\n" * 1_100_000)),
    raw("10000-headers", "mail.header-too-large", single(b"<a/>", b"X-A: b\r\n" * 10_000)),
    raw("a-header-of-a-megabyte", "mail.header-too-large", single(b"<a/>", b"X-A: " + b"a" * 1_000_000 + b"\r\n")),
    raw("a-folded-header-of-a-megabyte", "mail.header-too-large", single(b"<a/>", b"X-A: a" + b"\r\n a" * 250_000 + b"\r\n")),
    raw("a-from-line-of-a-megabyte", "mail.header-too-large", b"From: " + b"a" * 1_000_000 + b"\r\n\r\n<a/>"),
    raw("100000-parameters", "mail.header-too-large", single(b"<a/>", b"Content-Type: application/xml" + b"; a=b" * 100_000 + b"\r\n")),
    raw("boundary-missing", "mail.no-form", b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"),
    raw("boundary-never-closed", "mail.not-readable", mail(form_part(b"<a/>"))[:-11]),
    raw("two-from-lines", "mail.double-header", single(b"<a/>", b"From: <chief@xc.sirene.example>\r\nContent-Type: application/xml\r\n")),
    raw("two-content-types", "mail.double-header", single(b"<a/>", b"Content-Type: application/xml\r\nContent-Type: text/plain\r\n")),
    raw("uuencode", "mail.transfer-encoding", single(b"<a/>", b"Content-Type: application/xml\r\nContent-Transfer-Encoding: x-uuencode\r\n")),
    raw("base64-garbage", "xml.not-well-formed", single(b"=!=!=", b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n")),
    raw("base64-of-nothing", "xml.not-well-formed", single(b"", b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n")),
    raw("odd-charset", "xml.not-well-formed", single(b"text", b"Content-Type: application/xml; charset=x-klingon\r\n")),
    raw("codec-as-charset", "xml.not-well-formed", single(b"text", b"Content-Type: application/xml; charset=hex\r\n")),
]  # fmt: skip

# Mails on which the email package of Python 3.11 raises, found by fuzzing: ValueError, TypeError, UnicodeError, RecursionError.
BREAKS_THE_PARSER = [
    raw("parameter-number-of-5000-digits", "mail.not-readable", single(b"<a/>", b"Content-Disposition: attachment; filename*" + b"9" * 5000 + b"=x\r\n")),
    raw("parameter-in-parts-and-whole", "mail.not-readable", single(b"<a/>", b"Content-Disposition: attachment; filename*0*=zlib; filename*=x\r\n")),
    raw("boundary-in-an-undefined-charset", "mail.not-readable", b"Content-Type: multipart/mixed; boundary*0*=undefined'en'%FF%ff\r\n\r\nx"),
    raw("file-name-with-a-nul-charset", "mail.not-readable", single(b"<a/>", b"Content-Disposition: a; filename*0*=\x00'en'%FF%ff\r\n")),
    raw("boundary-in-punycode", "mail.not-readable", b"Content-Type: multipart/mixed; boundary*0*=punycode'en'%FF%ff\r\n\r\nx"),
    raw("file-name-in-hex", "mail.no-form", single(b"x", b"Content-Type: image/jpeg\r\nContent-Disposition: attachment; filename*=hex'en'zz\r\n")),
]  # fmt: skip

# --- XML

LAUGHS = b'<!DOCTYPE FormG [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ROOT = b'<FormG xmlns="urn:x-spoc:sirene:1" version="1.0"/>'

XML_DOCUMENTS = [
    document("empty-document", "xml.not-well-formed", b""),
    document("not-xml", "xml.not-well-formed", b"QQ00001 was found"),
    document("cut-off", "xml.not-well-formed", HIT_WITH_PHOTO[:-20]),
    document("nul-in-the-text", "xml.not-well-formed", HIT_WITH_PHOTO.replace(b"QQ00001", b"QQ\x0000001")),
    document("nul-at-the-end", "xml.not-well-formed", HIT_WITH_PHOTO + b"\x00"),
    document("control-character", "xml.not-well-formed", HIT_WITH_PHOTO.replace(b"QQ00001", b"QQ\x0b0001")),
    document("two-roots", "xml.not-well-formed", ROOT + ROOT),
    document("dtd", "xml.dtd", b"<!DOCTYPE FormG>" + ROOT),
    document("dtd-elsewhere", "xml.dtd", b'<!DOCTYPE FormG SYSTEM "http://xb.sirene.example/form.dtd">' + ROOT),
    document("entities", "xml.dtd", LAUGHS + b"<FormG>&b;</FormG>"),
    document("external-entity", "xml.dtd", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'),
    document("parameter-entity", "xml.dtd", b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://xb.sirene.example/"> %x;]><a/>'),
    document("undeclared-entity", "xml.not-well-formed", b"<a>&secret;</a>"),
    document("utf-16", "xml.encoding", HIT_WITH_PHOTO.decode().replace("UTF-8", "UTF-16").encode("utf-16")),
    document("utf-16-without-a-mark", "xml.encoding", HIT_WITH_PHOTO.decode().encode("utf-16-le")),
    document("utf-32", "xml.encoding", HIT_WITH_PHOTO.decode().encode("utf-32")),
    document("utf-7-declared", "xml.encoding", HIT_WITH_PHOTO.replace(b"UTF-8", b"UTF-7")),
    document("latin-1-declared", "xml.encoding", HIT_WITH_PHOTO.replace(b"UTF-8", b"ISO-8859-1")),
    document(
        "latin-1-undeclared", "xml.not-well-formed", HIT_WITH_PHOTO.decode().replace("blue", "blå").encode("latin-1")
    ),
    document("overlong-utf-8", "xml.not-well-formed", HIT_WITH_PHOTO.replace(b"blue", b"bl\xc0\xafe")),
    document("lone-surrogate", "xml.not-well-formed", HIT_WITH_PHOTO.replace(b"blue", b"\xed\xa0\x80")),
    document("deep", "xml.too-deep", b"<a>" * 100 + b"</a>" * 100),
    document("very-deep", "xml.not-well-formed", b"<a>" * 100_000 + b"</a>" * 100_000),
    document("wide", "xml.too-many-elements", b"<a>" + b"<b/>" * 60_000 + b"</a>"),
    document(
        "many-attributes", "xml.too-many-attributes", b"<a " + b" ".join(b'a%d="x"' % n for n in range(100)) + b"/>"
    ),
    document("five-megabytes", "xml.too-large", b"<a>" + b"x" * 5_000_000 + b"</a>"),
    document("sixty-megabytes", "xml.too-large", b"<a>" + b"x" * 60_000_000 + b"</a>"),
    document("comment-splits-a-text", "xml.comment", HIT_WITH_PHOTO.replace(b"QQ00001", b"QQ<!-- -->00001")),
    document("comment-before-the-root", "xml.comment", b"<!-- x -->" + ROOT),
    document("instruction-in-a-text", "xml.comment", HIT_WITH_PHOTO.replace(b"QQ00001", b"QQ<?x y?>00001")),
    document("instruction-after-the-root", "xml.comment", ROOT + b"<?x y?>"),
]

# --- formats

FORMATS = [
    document("unknown-format", "format.unknown", b'<Letter xmlns="urn:x-spoc:sirene:1" version="1.0"/>', state="held", told=False),
    document("unknown-family", "format.unknown", b'<FormG xmlns="urn:example:other" version="1.0"/>', state="held", told=False),
    document("no-namespace", "format.unknown", b'<FormG version="1.0"/>', state="held", told=False),
    document("unknown-version", "format.version-unknown", ROOT.replace(b"1.0", b"7.0"), state="held", told=False),
    document("no-version", "format.version-unknown", ROOT.replace(b' version="1.0"', b""), state="held", told=False),
    document("withdrawn-form-letter", "format.withdrawn", ROOT.replace(b"FormG", b"FormB")),
    document("unsigned", "signature.missing", hit(file=None)),
]  # fmt: skip

# --- genuine signatures on bad content

CONTENT = [
    written("to-another-office", "recipient.unknown", ("<h:To>sirene:XA", "<h:To>sirene:XC")),
    written("to-nobody-there", "recipient.unknown", ("<h:To>sirene:XA", "<h:To>sirene:ZZ")),
    written("from-another-state", "sender.mismatch", ("<h:From>sirene:XB", "<h:From>sirene:XC")),
    written("from-ourselves", "sender.mismatch", ("<h:From>sirene:XB", "<h:From>sirene:XA")),
    written("from-another-role", "sender.mismatch", ("<h:From>sirene:XB", "<h:From>ncb:XB")),
    written("empty-message-id", "schema.invalid", ("0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", "")),
    written("huge-year", "schema.invalid", ("<h:Sent>2026", "<h:Sent>999999999")),
    written("no-such-day", "schema.invalid", ("<h:Sent>2026-11-21", "<h:Sent>2026-02-31")),
    written("leap-second", "schema.invalid", ("T09:15:00Z</h:Sent>", "T23:59:60Z</h:Sent>")),
    written("extra-element", "schema.invalid", ("<Body>", "<Body><Extra>7101700008</Extra>")),
    written("element-twice", "schema.invalid", ("<h:Test>false</h:Test>", "<h:Test>false</h:Test><h:Test>true</h:Test>")),
    written("sent-tomorrow", "rules.refused", ("<h:Sent>2026-11-21", "<h:Sent>2026-11-22"), ("<h:ReplyBy>2026-11-21", "<h:ReplyBy>2026-11-23")),
    written("answer-wanted-yesterday", "rules.refused", ("<h:ReplyBy>2026-11-21", "<h:ReplyBy>2026-11-20")),
    written("to-itself-as-well", "rules.refused", ("<h:To>sirene:XA</h:To>", "<h:To>sirene:XA</h:To><h:To>sirene:XB</h:To>")),
]  # fmt: skip

# --- attachments

LIE = File(file_name=PHOTO.file_name, media_type=PHOTO.media_type, content=PHOTO.content[:-1] + b"\xda")
BROKEN = file_part(PHOTO).replace(b64(PHOTO.content), b"====\r\n")
WRONG_SIZE = HIT_WITH_PHOTO.replace(b"<h:Size>%d<" % len(PHOTO.content), b"<h:Size>7<")


def with_files(name: str, code: str, xml: bytes, *files: bytes) -> Hostile:
    return posted(name, code, lambda rig: mail(form_part(signed(rig, xml)), *files))


ATTACHMENTS = [
    with_files("attachment-without-a-digest", "rules.refused", hit(file=None), file_part(PHOTO)),
    with_files("attachment-missing", "rules.refused", HIT_WITH_PHOTO),
    with_files("attachment-with-other-content", "rules.refused", HIT_WITH_PHOTO, file_part(LIE)),
    with_files("attachment-twice", "rules.refused", HIT_WITH_PHOTO, file_part(PHOTO), file_part(PHOTO)),
    with_files("attachment-and-a-stranger", "rules.refused", HIT_WITH_PHOTO, file_part(PHOTO), file_part(OTHER)),
    with_files("attachment-of-another-size", "rules.refused", WRONG_SIZE, file_part(PHOTO)),
    with_files("a-note-beside-the-form", "rules.refused", hit(file=None), b"Content-Type: text/plain\r\n\r\nRegards\r\n"),
    with_files("attachment-in-broken-base64", "rules.refused", HIT_WITH_PHOTO, BROKEN),
    posted("form-attached-twice", "mail.two-forms", lambda rig: mail(form_part(plain(rig)), form_part(plain(rig)))),
    with_files("empty-attachment-by-name", "rules.refused", hit(file=None), file_part(File(file_name="x.jpg", media_type="image/jpeg", content=b""))),
]  # fmt: skip

# --- who says what

OFFICES = ("sirene:XB", "ncb:XB", "enu:XB", "stranger")


def disagreeing() -> list[Hostile]:
    """Envelope sender, From line, name in the form and signer in every combination that is not one office all through."""
    rows = []
    for envelope in OFFICES:
        for line in OFFICES:
            for named in ("sirene:XB", "sirene:XC"):
                for signer in ("sirene:XB", "ncb:XB"):
                    if (line, named, signer) == ("sirene:XB", "sirene:XB", "sirene:XB") and envelope in (
                        "sirene:XB",
                        "stranger",
                    ):
                        continue  # one office all through, or one that writes through a mailbox nobody knows: its signature decides
                    rows.append(_disagreement(envelope, line, named, signer))
    return rows


def _disagreement(envelope: str, line: str, named: str, signer: str) -> Hostile:
    def make(rig: Rig) -> Letter:
        xml = changed(hit(file=None), ("<h:From>sirene:XB", f"<h:From>{named}"))
        content = mail(form_part(signed(rig, xml, signer)), sender=_address(line))
        return Letter(content, sender=_address(envelope))

    name = f"disagreement-{envelope}-{line}-{named}-{signer}".replace(":", "")
    code = (
        "signature."
        if (line, named) == ("sirene:XB", "sirene:XB") and envelope in ("sirene:XB", "stranger")
        else "sender."
    )
    unknown = envelope == "stranger" and named == "sirene:XC"
    # What a stranger brings about is told to nobody: the partner that it names has not written.
    return Hostile(name, code, make, "held" if unknown else "rejected", told=envelope != "stranger")


def _address(office: str) -> str:
    return ADDRESS.get(office, "someone@elsewhere.example")


SIGNED_BY_OTHERS = [
    Hostile("another-offices-valid-signature", "signature.", lambda rig: Letter(signed(rig, hit(file=None), "ncb:XB"), XML)),
    Hostile("tampered", "signature.digest", lambda rig: Letter(plain(rig).replace(b"Eksempla", b"Eksemplb"), XML)),
    Hostile("tampered-header", "signature.digest", lambda rig: Letter(plain(rig).replace(b"URGENT", b"NORMAL"), XML)),
    Hostile("signature-of-another-message", "signature.digest", lambda rig: Letter(_grafted(rig), XML)),
]  # fmt: skip


def _grafted(rig: Rig) -> bytes:
    one, two = plain(rig), signed(rig, hit(message_id(5), file=None))
    cut = b"<ds:Signature"
    return one.partition(cut)[0] + cut + two.partition(cut)[2]


ALL = [*MIME, *BREAKS_THE_PARSER, *XML_DOCUMENTS, *FORMATS, *CONTENT, *ATTACHMENTS, *SIGNED_BY_OTHERS, *disagreeing()]
OVER_SMTP = [
    "only-text", "two-forms", "nested-parts", "41-parts", "dtd", "entities", "utf-7-declared", "deep", "comment-splits-a-text", "unsigned",
    "unknown-version", "tampered", "attachment-without-a-digest", "attachment-twice", "to-another-office", "another-offices-valid-signature",
]  # fmt: skip
