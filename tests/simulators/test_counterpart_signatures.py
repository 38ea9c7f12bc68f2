"""What a foreign office signs is accepted by programs nobody here wrote; what it tampers with is refused."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.errors import Refused
from gateway.partners import Partner, SignaturePolicy
from gateway.signing.verify import StrictVerifier
from tests.services.programs import require_program
from tests.simulators.bureaux import Bureau
from tests.simulators.callers import ROOT

Two = tuple[Bureau, Bureau]
SIGNED_PROPERTIES = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"


async def payload(sender: Bureau, receiver: Bureau, form: str, **order: object) -> bytes:
    sent = await sender.send(form, **order)
    (found,) = await receiver.got(message_id=sent["message_id"])
    return str(found["xml"]).encode()


def accepted_by_xmlsec1(folder: Path, document: bytes, authority: str) -> bool:
    file = folder / "signed.xml"
    file.write_bytes(document)
    command = [require_program("xmlsec1"), "--verify", "--enabled-key-data", "x509", "--trusted-pem", authority]
    done = subprocess.run(
        [*command, "--id-attr:Id", SIGNED_PROPERTIES, str(file)], capture_output=True, check=False, timeout=60
    )
    return done.returncode == 0


def complaints_of_xmllint(folder: Path, document: bytes, schema: str) -> str:
    """What it says against the document, or an empty text."""
    file = folder / "signed.xml"
    file.write_bytes(document)
    command = [require_program("xmllint"), "--noout", "--nonet", "--schema", str(ROOT / "schemas" / schema), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("form", ["G", "A", "M", "P"])
async def test_xmlsec1_accepts_and_xmllint_finds_the_form_valid(bureaux: Two, tmp_path: Path, form: str) -> None:
    xb, xc = bureaux
    document = await payload(xb, xc, form)
    assert accepted_by_xmlsec1(tmp_path, document, xb.simulator.ready["ca"])
    assert not accepted_by_xmlsec1(tmp_path, document, xc.simulator.ready["ca"])
    assert complaints_of_xmllint(tmp_path, document, f"sirene/xsd/form{form.lower()}.xsd") == ""


async def test_receipts_are_valid_for_both_programs(bureaux: Two, tmp_path: Path) -> None:
    xb, xc = bureaux
    await xb.send("M", values={"SchengenId": "?"})
    for receipt in await xb.got(2, root="Receipt"):
        document = receipt["xml"].encode()
        assert accepted_by_xmlsec1(tmp_path, document, xc.simulator.ready["ca"])
        assert complaints_of_xmllint(tmp_path, document, "spoc/xsd/receipt.xsd") == ""


@pytest.mark.parametrize("kind", ["p384", "p521", "rsa3072"])
@pytest.mark.parametrize("plain", ["no", "yes"])
async def test_other_keys_and_the_plain_profile(
    open_bureau: Callable[..., Bureau], bureaux: Two, tmp_path: Path, kind: str, plain: str
) -> None:
    _, xc = bureaux
    xd = open_bureau(
        "sirene-bureau", "--set", "state=XD", "--set", f"signing-key={kind}", "--set", f"plain-xmldsig={plain}"
    )
    await xd.meet(xc)
    document = await payload(xd, xc, "M")
    assert accepted_by_xmlsec1(tmp_path, document, xd.simulator.ready["ca"])
    (found,) = await xc.has(root="FormM")
    assert found["verification"]["xades"] == (plain == "no")
    assert found["valid"], found["findings"]
    assert verified_by_the_gateway(document, xd, plain=plain == "yes") == ""


def verified_by_the_gateway(document: bytes, sender: Bureau, *, plain: bool = False) -> str:
    """The gateway's code of refusal, or an empty text."""
    anchor = x509.load_pem_x509_certificate(Path(sender.simulator.ready["ca"]).read_bytes())
    signer = f"{sender.party.replace(':', ' ').replace('sirene', 'SIRENE')} signing"
    policy = SignaturePolicy(anchors=(anchor.public_bytes(Encoding.DER),), signers=(signer,), plain_xmldsig=plain)
    partner = Partner(party=sender.party, name="a bureau", signature=policy)
    try:
        StrictVerifier().verify(document, partner, datetime.now(UTC))
    except Refused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("tamper", "codes", "gateway"),
    [
        ("content", ["signature.invalid"], "signature.digest"),
        ("signature", ["signature.invalid"], "signature.value"),
        ("wrong-key", ["signature.untrusted"], "signature."),
        ("expired", ["signature.expired", "signature.invalid"], "signature.expired"),
        ("other-signer", ["signature.signer"], "signature.signer"),
        ("tls-key", ["signature.key-usage", "signature.signer"], "signature.tls-only"),
        ("unsigned", ["signature.missing"], "signature.missing"),
        ("signed-twice", ["signature.place"], "signature."),
        ("doctype", ["form.unreadable"], "xml."),
        ("truncated", ["form.unreadable"], "xml."),
    ],
)
async def test_each_way_to_tamper_with_a_form_is_found(
    bureaux: Two, tamper: str, codes: list[str], gateway: str
) -> None:
    xb, xc = bureaux
    sent = await xb.send("G", tamper=tamper)
    assert sent["accepted"]
    (found,) = await xc.got(valid="no")
    assert [each["code"] for each in found["findings"]] == codes
    assert verified_by_the_gateway(found["xml"].encode(), xb).startswith(gateway)
    (receipt,) = await xb.got(stage="INVALID")
    assert receipt["receipt"]["code"] == codes[0]
    assert receipt["receipt"]["of_digest"] == sent["sha256"]


@pytest.mark.parametrize(
    ("tamper", "codes"),
    [
        ("attachment", ["attachment.missing", "attachment.unlisted"]),
        ("missing-attachment", ["attachment.missing"]),
        ("extra-attachment", ["attachment.unlisted"]),
    ],
)
async def test_each_way_to_tamper_with_the_files_is_found(bureaux: Two, tamper: str, codes: list[str]) -> None:
    xb, xc = bureaux
    await xb.send("G", tamper=tamper)
    (found,) = await xc.got(root="FormG")
    assert [each["code"] for each in found["findings"]] == codes
    assert found["verification"]["valid"]


async def test_a_wrong_connection_brings_nothing_in(bureaux: Two) -> None:
    xb, xc = bureaux
    sent = await xb.send("M", tamper="no-tls")
    assert (sent["accepted"], sent["result"]["phase"], sent["result"]["code"]) == (False, "mail", 530)
    sent = await xb.send("M", tamper="tls-certificate")
    assert not sent["accepted"]
    assert sent["result"]["error"]
    assert await xc.has() == []


async def test_a_form_in_the_name_of_another_office_is_found(bureaux: Two) -> None:
    xb, xc = bureaux
    await xb.send("M", values={"Header/From": "sirene:XZ"})
    (found,) = await xc.got(root="FormM")
    assert [each["code"] for each in found["findings"]] == ["partner.unknown"]
