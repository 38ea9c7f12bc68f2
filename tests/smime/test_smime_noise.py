"""Whatever somebody on the way does to a mail: nothing but a refusal comes out, and for an encrypted one always the same."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.envelope import Payload
from gateway.errors import Refused
from gateway.parcel import MAIL
from gateway.smime import ber
from gateway.smime.reasons import SENTENCES, UNDECRYPTABLE
from gateway.smime.sealing import authenticated, encrypted_entity, signed_entity
from tests.smime import forgery as forge
from tests.smime.mailroom import AT, Mailbox, entity, mail, mailbox, opened, partner, refused

WHO = partner("signed-encrypted")
KINDS = ("cbc-rsa", "gcm-rsa", "gcm-ec")


def outcome(payload: Payload, *boxes: Mailbox) -> str:
    """The code of the refusal, or `taken`; anything else that is raised fails the test."""
    try:
        content, report = opened(payload, WHO, *(box.own for box in boxes))
    except Refused as refusal:
        return refusal.code
    assert content == entity()
    assert report.certificate
    return "taken"


def parts_of(made: bytes) -> tuple[bytes, bytes]:
    """Head and CMS object of an encrypted entity."""
    head, _, body = made.partition(b"\r\n\r\n")
    return head, base64.b64decode(body)


@pytest.fixture(scope="module")
def sealed(theirs: Mailbox, ours: Mailbox, ours_rsa: Mailbox) -> dict[str, bytes]:
    """Encrypted and signed mails of each kind, as CMS objects."""
    inside = signed_entity(entity(), theirs.own, AT)

    def made(box: Mailbox) -> bytes:
        return parts_of(encrypted_entity(inside, partner(certificate=box.der), AT, signed=True))[1]

    return {"cbc-rsa": made(ours_rsa), "gcm-rsa": authenticated(inside, ours_rsa.certificate), "gcm-ec": made(ours)}


def as_mail(cms_object: bytes) -> Payload:
    return mail(forge.sealed(cms_object))


# --- signatures ----------------------------------------------------------------------------------------------------


def test_a_signed_mail_cut_off_anywhere_is_refused(theirs: Mailbox) -> None:
    whole = mail(forge.signed(theirs)).content
    end = whole.rindex(b"--")
    for place in range(whole.index(b"\r\n\r\n"), end, 3):
        assert outcome(Payload.of(whole[:place], MAIL)) != "taken", place


def test_a_signature_cut_off_anywhere_is_refused(theirs: Mailbox) -> None:
    signature = forge.good(theirs)
    for place in range(len(signature)):
        assert outcome(mail(forge.signed(theirs, signature=signature[:place]))) in SENTENCES


def test_a_flipped_bit_in_the_signature_never_verifies_as_anything_else(theirs: Mailbox) -> None:
    """Some octets say nothing (the NULL of an algorithm, say): then the content and the signer are the same as before."""
    signature, chance = forge.good(theirs), random.Random(1)
    taken = 0
    for place in range(len(signature)):
        bent = bytearray(signature)
        bent[place] ^= 1 << chance.randrange(8)
        taken += outcome(mail(forge.signed(theirs, signature=bytes(bent)))) == "taken"
    assert taken <= len(signature) // 100


def test_a_flipped_bit_in_the_content_is_always_seen(theirs: Mailbox) -> None:
    whole = forge.signed(theirs)
    start = whole.index(entity())
    for place in range(start, start + len(entity())):
        bent = bytearray(whole)
        bent[place] ^= 0x01
        assert outcome(mail(bytes(bent))) != "taken", place


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_random_octets_are_refused(noise: bytes) -> None:
    for kind in ("multipart/signed; boundary=b", "application/pkcs7-mime", "application/pkcs7-signature"):
        assert outcome(
            Payload.of(f"From: oper@xb.sirene.example\r\nContent-Type: {kind}\r\n\r\n".encode() + noise, MAIL)
        ) in {*SENTENCES, "mail.from"}
        assert outcome(mail(forge.sealed(noise))) in {*SENTENCES}


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_the_reader_of_asn1_reads_or_says_that_it_cannot(noise: bytes) -> None:
    try:
        tree = ber.read(noise)
    except ber.Unreadable:
        return
    assert ber.read(tree.der).der == tree.der


# --- decryption ----------------------------------------------------------------------------------------------------


def refusals(payloads: Iterator[Payload], *boxes: Mailbox) -> set[tuple[str, str, str]]:
    """Everything that is ever said about a failure: to the partner and to our own operators."""
    found = set()
    for payload in payloads:
        refusal = refused(payload, WHO, *(box.own for box in boxes))
        found.add((refusal.code, refusal.public, refusal.operator))
    return found


ONE_ANSWER = {(UNDECRYPTABLE, SENTENCES[UNDECRYPTABLE], SENTENCES[UNDECRYPTABLE])}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_opened_when_nothing_is_wrong(
    sealed: dict[str, bytes], ours: Mailbox, ours_rsa: Mailbox, kind: str
) -> None:
    assert outcome(as_mail(sealed[kind]), ours, ours_rsa) == "taken"


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off_anywhere_has_one_answer(sealed: dict[str, bytes], ours: Mailbox, ours_rsa: Mailbox, kind: str) -> None:
    whole = sealed[kind]
    cut = (as_mail(whole[:place]) for place in range(0, len(whole), 7))
    assert refusals(cut, ours, ours_rsa) == ONE_ANSWER


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_has_one_answer(sealed: dict[str, bytes], ours: Mailbox, ours_rsa: Mailbox, kind: str) -> None:
    """In the key, in the vector, in every block: padding that becomes wrong, content that becomes noise, keys that do not fit."""
    whole, chance = sealed[kind], random.Random(2)
    seen = set()
    for place in range(30, len(whole), 5 if kind != "cbc-rsa" else 3):
        bent = bytearray(whole)
        bent[place] ^= 1 << chance.randrange(8)
        seen.add(outcome(as_mail(bytes(bent)), ours, ours_rsa))
    assert seen <= {UNDECRYPTABLE, "taken"}, "an octet that says nothing may change; nothing else is ever said"


def test_padding_and_content_and_key_and_recipient_have_one_answer(
    sealed: dict[str, bytes], theirs: Mailbox, ours: Mailbox, ours_rsa: Mailbox
) -> None:
    whole = sealed["cbc-rsa"]
    last = bytearray(whole)
    last[-1] ^= 0x40  # the last block: its padding
    before = bytearray(whole)
    before[-17] ^= 0x01  # the block before: the last octet of the padding becomes another number
    content = bytearray(whole)
    content[-500] ^= 0x01
    stranger = authenticated(signed_entity(entity(), theirs.own, AT), theirs.certificate)
    kinds = [
        as_mail(bytes(one)) for one in (last, before, content, stranger, b"", b"noise", whole[:-16], whole + b"\x00")
    ]
    kinds += [
        mail(forge.sealed(whole).replace(b"\r\n\r\nMI", b"\r\n\r\n!MI")),
        mail(forge.sealed(whole).replace(b"base64", b"8bit")),
        mail(
            forge.sealed(bytes(whole).replace(bytes.fromhex("60864801650304012a"), bytes.fromhex("60864801650304012b")))
        ),
    ]
    assert refusals(iter(kinds), ours, ours_rsa) == ONE_ANSWER
    assert refusals(iter([as_mail(whole)]), ours) == ONE_ANSWER, "for a key that we do not have"
    assert refusals(iter([as_mail(whole)])) == ONE_ANSWER, "without any key"


def test_what_is_inside_is_not_told_either(ours_rsa: Mailbox, ours: Mailbox, theirs: Mailbox) -> None:
    """Forms without a signature in CBC, a signature that does not fit, another encrypted mail, a page with a picture."""

    def cbc(content: bytes) -> Payload:
        return mail(encrypted_entity(content, partner(certificate=ours_rsa.der), AT, signed=True))

    good = signed_entity(entity(), theirs.own, AT)
    inside = [
        entity(), b"", b"\r\n", b"no headers", entity().replace(b"\r\n", b"\n"),
        b"Content-Type: text/html\r\n\r\n<img src='http://a.example/",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + entity() + b"--b--\r\n",
        good.replace(b"application/xml", b"application/xmm"), b"X-Other: 1\r\n" + good, good + b"epilogue",
        forge.signed(theirs, signature=forge.signed_data(theirs, [])), forge.sealed(authenticated(good, ours.certificate)),
    ]  # fmt: skip
    assert refusals(map(cbc, inside), ours, ours_rsa) == ONE_ANSWER


def test_a_page_or_a_mail_within_a_cipher_that_shows_changes_is_not_opened(ours: Mailbox) -> None:
    for inside in (
        b"Content-Type: text/html\r\n\r\nx",
        b"Content-Type: message/external-body\r\n\r\nx",
        b"From: a@b.example\r\n" + entity(),
    ):
        made = mail(forge.sealed(authenticated(inside, ours.certificate), "authEnveloped-data"))
        assert refusals(iter([made]), ours) == ONE_ANSWER


def test_a_block_pasted_behind_is_noise_like_any_other(sealed: dict[str, bytes], ours_rsa: Mailbox) -> None:
    """The padding oracle: two blocks of the attacker's choice behind the mail. Right or wrong padding, the answer is the same."""
    tree = ber.read(sealed["cbc-rsa"])
    within = tree[1][0][2][2]
    blocks = within.octets
    chance = random.Random(3)
    pasted = []
    for _ in range(300):
        guess = bytes(chance.randrange(256) for _ in range(16))
        within.octets = blocks + guess + blocks[-16:]
        pasted.append(as_mail(tree.der))
    assert refusals(iter(pasted), ours_rsa) == ONE_ANSWER


def test_old_ciphers_have_the_same_answer(ours_rsa: Mailbox, theirs: Mailbox, folder: object) -> None:
    from tests.smime.mailroom import openssl_encrypt

    made = openssl_encrypt(ours_rsa.folder, ours_rsa, signed_entity(entity(), theirs.own, AT), "-des3")
    assert refusals(iter([mail(made)]), ours_rsa) == ONE_ANSWER


def test_the_words_name_no_cause() -> None:
    assert not re.search(r"padding|tag|recipient|malformed|signature (?:value|fail)", SENTENCES[UNDECRYPTABLE])


def test_a_mail_of_a_partner_that_has_not_agreed_is_not_even_decrypted(ours: Mailbox, sealed: dict[str, bytes]) -> None:
    assert refused(as_mail(sealed["gcm-ec"]), partner("none"), ours.own).code == "smime.not-agreed"
    assert refused(as_mail(b"noise"), partner("none"), ours.own).code == "smime.not-agreed"


def test_a_former_certificate_of_the_same_authority_is_not_taken_for_the_present_one(
    folder: object, ours: Mailbox, theirs: Mailbox
) -> None:
    former = mailbox(ours.folder / "former", name="SIRENE XA mail")
    made = authenticated(signed_entity(entity(), theirs.own, AT), former.certificate)
    assert refusals(iter([as_mail(made)]), ours) == ONE_ANSWER
    assert outcome(as_mail(made), ours, former) == "taken"
