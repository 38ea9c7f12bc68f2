"""What a good signature proves, and that nothing else is taken for one."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.verifier import VerifyResult

from gateway.errors import Refused
from gateway.partners import Partner
from gateway.safexml import canonical
from gateway.signing.reasons import SENTENCES
from gateway.signing.verify import StrictVerifier, TrustKept, covered
from tests.signing import bad_inputs
from tests.signing.bad_shapes import Bad
from tests.signing.bad_values import NAMESAKE, WEAK
from tests.signing.forge import (
    AT,
    FORM,
    MORE,
    SHA256,
    SIGNER,
    XB,
    Office,
    Signer,
    partner,
    rsa_key,
    sign,
)

CONTENT = canonical(etree.fromstring(FORM))


def refusal_of(document: bytes, of: Partner, at: datetime = AT) -> Refused:
    with pytest.raises(Refused) as caught:
        StrictVerifier().verify(document, of, at)
    return caught.value


def test_a_good_signature_proves_who_signed_what_and_when() -> None:
    report = StrictVerifier().verify(sign(), partner(), AT)

    assert report.party == "sirene:XB"
    assert report.profile == "xades-b"
    assert report.algorithm == "ecdsa-sha256"
    assert report.subject == "CN=SIRENE XB signing"
    assert report.serial == format(SIGNER.certificate.serial_number, "x")
    assert report.certificate == hashlib.sha256(SIGNER.certificate.public_bytes(Encoding.DER)).hexdigest()
    assert report.signed_at == AT
    assert report.verified == CONTENT


def test_what_goes_on_is_what_was_signed_and_holds_no_signature() -> None:
    verified = StrictVerifier().verify(sign(), partner(), AT).verified

    assert b"Signature" not in verified
    assert "Hit on a vehicle, Ærø &amp; αθήνα".encode() in verified
    assert canonical(etree.fromstring(verified)) == verified


@pytest.mark.parametrize("bad", bad_inputs.ALL, ids=str)
def test_a_bad_signature_is_refused_with_its_own_code(bad: Bad) -> None:
    refusal = refusal_of(bad.document(), bad.partner())

    assert refusal.code == bad.code, refusal.operator
    assert refusal.temporary is False
    if bad.code.startswith("signature."):
        assert refusal.public == SENTENCES[bad.code]


def test_every_bad_input_has_a_name_of_its_own() -> None:
    names = [bad.name for bad in bad_inputs.ALL]
    assert len(names) == len(set(names))


def test_every_code_is_shown_by_a_bad_input() -> None:
    shown = {bad.code for bad in bad_inputs.ALL}
    # What stands behind other checks and cannot be reached from outside as long as those hold.
    unreachable = {"signature.coverage", "signature.unverifiable"}
    by_table = {"signature.algorithm-ended", "signature.key-ended"}  # in test_algorithm_table
    by_authority = {"signature.revoked"}  # in test_revoked_certificates
    assert set(SENTENCES) - shown == unreachable | by_table | by_authority


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_refusal_tells_the_sender_what_to_do(code: str) -> None:
    assert code.startswith("signature.")
    problem, remedy = SENTENCES[code].split(". ", 1) if ". " in SENTENCES[code] else ("", SENTENCES[code])
    assert remedy.endswith(".")
    assert problem or "must" in remedy


# --- what is agreed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_ecdsa_on_every_agreed_curve_is_accepted(curve: ec.EllipticCurve, digest: str) -> None:
    signer = XB.issue("SIRENE XB signing", ec.generate_private_key(curve))
    report = StrictVerifier().verify(sign(signer, algorithm=f"{MORE}ecdsa-{digest}"), partner(), AT)
    assert report.algorithm == f"ecdsa-{digest}"


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("name", ["rsa-{}", "rsa-pss-{}"])
def test_rsa_with_3072_bits_is_accepted(name: str, digest: str) -> None:
    uri = f"http://www.w3.org/2007/05/xmldsig-more#{digest}-rsa-MGF1" if "pss" in name else f"{MORE}rsa-{digest}"
    signer = XB.issue("SIRENE XB signing", rsa_key(3072))
    report = StrictVerifier().verify(sign(signer, algorithm=uri), partner(), AT)
    assert report.algorithm == name.format(digest)


@pytest.mark.parametrize("digest", [f"{MORE}sha384", "http://www.w3.org/2001/04/xmlenc#sha512"])
def test_longer_digests_are_accepted(digest: str) -> None:
    document = sign(edit=lambda text: text.replace(SHA256, digest, 2))
    assert StrictVerifier().verify(document, partner(), AT).verified == CONTENT


def test_plain_xmldsig_is_accepted_where_it_is_agreed() -> None:
    report = StrictVerifier().verify(sign(plain=True), partner(plain_xmldsig=True), AT)
    assert report.profile == "xmldsig"
    assert report.signed_at is None
    assert report.verified == CONTENT


def test_rsa_2048_is_tolerated_to_the_end_of_the_agreed_day() -> None:
    document, until = sign(XB.issue("SIRENE XB signing", rsa_key(2048))), AT.date() + timedelta(days=1)
    verifier, tolerant = StrictVerifier(), partner(weak_rsa_until=until)

    verifier.verify(document, tolerant, AT)
    verifier.verify(document, tolerant, AT.replace(day=22, hour=23, minute=59))
    with pytest.raises(Refused, match=r"signature\.key-size"):
        verifier.verify(document, tolerant, AT.replace(day=23, hour=0))


def test_a_chain_through_an_enclosed_intermediate_is_followed_in_any_order() -> None:
    middle = XB.issue("XB issuing authority", authority=True)
    leaf = Office("XB issuing authority", middle.key).issue("SIRENE XB signing")
    chain = (middle.certificate, XB.certificate)

    for enclosed in (chain, chain[:1], chain[::-1]):
        report = StrictVerifier().verify(sign(Signer(leaf.key, leaf.certificate, enclosed)), partner(), AT)
        assert report.subject == "CN=SIRENE XB signing"
    with pytest.raises(Refused, match=r"signature\.untrusted"):
        StrictVerifier().verify(sign(leaf), partner(), AT)


def test_a_reference_to_key_info_is_accepted_beside_the_others() -> None:
    reference = f"""<ds:Reference URI="#key"><ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>"""
    document = sign(
        edit=lambda text: text.replace("<ds:KeyInfo>", '<ds:KeyInfo Id="key">').replace(
            "</ds:SignedInfo>", f"{reference}</ds:SignedInfo>"
        )
    )
    assert StrictVerifier().verify(document, partner(), AT).verified == CONTENT


def test_white_space_around_the_signature_belongs_to_the_form() -> None:
    document = sign(form=FORM).replace(b"</ds:Signature>", b"</ds:Signature>\n")
    with pytest.raises(Refused, match=r"signature\.digest"):
        StrictVerifier().verify(document, partner(), AT)


def test_a_clock_five_minutes_ahead_is_forgiven() -> None:
    ahead = AT + timedelta(minutes=5)
    assert StrictVerifier().verify(sign(time=f"{ahead:%Y-%m-%dT%H:%M:%S}Z"), partner(), AT).signed_at == ahead


@pytest.mark.parametrize(
    "time", ["2026-11-21T13:00:00+01:00", "2026-11-21T12:00:00.000Z", "2026-11-21T12:00:00.000000000Z"]
)
def test_signing_times_in_other_spellings_are_read(time: str) -> None:
    assert StrictVerifier().verify(sign(time=time), partner(), AT).signed_at == AT


def test_a_certificate_for_mail_may_sign_too() -> None:
    signer = XB.issue("SIRENE XB signing", purposes=("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"))
    assert StrictVerifier().verify(sign(signer), partner(), AT).verified == CONTENT


def test_the_callers_clock_counts_for_authorities_too() -> None:
    bygone = Office("XB bygone authority", lasting=(-900, -800))
    then = AT - timedelta(days=850)
    signer = bygone.issue("SIRENE XB signing", days=(-870, -830))
    document = sign(signer, time=f"{then:%Y-%m-%dT%H:%M:%S}Z")

    assert StrictVerifier().verify(document, partner(anchors=(bygone.der,)), then).signed_at == then


def test_a_weak_authority_is_tolerated_as_a_weak_signer_is() -> None:
    tolerant = partner(anchors=(WEAK.der,), weak_rsa_until=AT.date())
    assert StrictVerifier().verify(sign(WEAK.issue("SIRENE XB signing")), tolerant, AT).verified == CONTENT


@pytest.mark.parametrize(
    "signed", [b"<FormG/>", FORM.replace(b"sirene:XA", b"sirene:XD"), b"no xml"], ids=["other", "bent", "none"]
)
def test_what_signxml_returns_must_be_the_whole_document(signed: bytes) -> None:
    # No document reaches this with another outcome as long as the shape holds; the last lock is tried by itself.
    root = etree.fromstring(sign())
    tree = None if signed == b"no xml" else etree.fromstring(signed)
    with pytest.raises(Refused, match=r"signature\.coverage"):
        covered(root, root[-1], VerifyResult(signed, tree, root[-1], b""))


def test_no_content_reaches_the_log_even_when_it_tells_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    StrictVerifier().verify(sign(), partner(), AT)
    assert "XX 00 000" not in caplog.text


# --- trust that is kept ----------------------------------------------------------------------------------------------


def test_trust_is_kept_but_never_beyond_the_certificate() -> None:
    verifier, document = StrictVerifier(), sign(XB.issue("SIRENE XB signing", days=(-1, 1)))
    verifier.verify(document, partner(), AT)
    verifier.verify(document, partner(), AT)
    assert len(verifier.kept) == 1

    with pytest.raises(Refused, match=r"signature\.expired"):
        verifier.verify(document, partner(), AT + timedelta(days=2))


def test_trust_that_is_kept_ends_with_the_policy_it_was_found_under() -> None:
    verifier, document = StrictVerifier(), sign()
    verifier.verify(document, partner(), AT)

    with pytest.raises(Refused, match=r"signature\.signer"):
        verifier.verify(document, partner(signers=("SIRENE XB new signing",)), AT)
    with pytest.raises(Refused, match=r"signature\.forged-issuer"):
        verifier.verify(document, partner(anchors=(NAMESAKE.der,)), AT)


def test_the_memory_for_trust_is_bounded_and_can_be_emptied() -> None:
    kept = TrustKept(size=2)
    for _ in range(3):
        certificate = XB.issue("SIRENE XB signing").certificate
        kept.trust((certificate.public_bytes(Encoding.DER),), partner().signature, AT)
    assert len(kept) == 2
    kept.forget()
    assert len(kept) == 0
