"""The verifier of bundles reads XML signatures with code of its own: whatever the gateway refuses about shape, value or signer, it refuses too."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509

from gateway.evidence.standalone import forms
from gateway.evidence.standalone.certificates import common_name, may_sign, path
from gateway.evidence.standalone.report import Bad, Report
from gateway.partners import Partner
from tests.signing.bad_inputs import ALL
from tests.signing.bad_shapes import Bad as BadForm
from tests.signing.forge import AT, XB, partner, rsa_key, sign


def judged(document: bytes, of: Partner | None = None, at: datetime = AT) -> Report:
    """What it says about a form of XB."""
    policy = (of or partner()).signature
    anchors = [x509.load_der_x509_certificate(each) for each in policy.anchors]
    report = Report()
    with report.checking("form.signature", ""):
        form = forms.shaped(document)
        forms.check_signature(form)
        may_sign(path(form.signer, [each for each in form.certificates if each != form.signer], anchors, at))
        forms.check_time(form, at)
        if common_name(form.signer) not in policy.signers:
            raise Bad("another name")
    return report


@pytest.mark.parametrize("plain", [False, True])
def test_a_form_as_agreed_holds(plain: bool) -> None:
    assert judged(sign(plain=plain)).failures == []
    assert judged(sign(XB.issue("SIRENE XB signing", rsa_key(3072)), plain=plain)).failures == []


LAXER = {
    "signature.plain": "whether XAdES was agreed with this partner is no question of evidence",
    "signature.key-size": "RSA with 2048 bits may have been tolerated for a partner until a day; the journal tells that it was",
    "signature.no-anchors": "without an authority nobody vouches, which is another answer than refused",
}
"""What the gateway asks of partners and the verifier does not: code and why."""


@pytest.mark.parametrize("bad", [each for each in ALL if each.code not in LAXER], ids=str)
def test_what_the_gateway_refuses_the_verifier_refuses(bad: BadForm) -> None:
    assert judged(bad.document(), bad.partner()).failures
