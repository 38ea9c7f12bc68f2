"""The test authority: everything a first start needs, made once and never overwritten."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID
from lxml import etree

from gateway.errors import Misconfigured, Refused
from gateway.partners import Partner, SignaturePolicy
from gateway.signing.authority import Pair, SetUp, set_up_authority, signer_name
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.trust import check_certificates
from gateway.signing.verify import StrictVerifier
from tests.signing.forge import AT, FORM

PARTIES = ("sirene:XA", "ncb:XA", "enu:XA")


def made(folder: Path) -> SetUp:
    return set_up_authority(folder, PARTIES, ("mail.xa.spoc.example", "::1"), AT)


def certificate(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_party_can_sign_and_is_believed(tmp_path: Path) -> None:
    set_up = made(tmp_path)
    signer, verifier = XadesSigner(KeyRing.load(set_up.signing, AT)), StrictVerifier()
    anchor = certificate(set_up.authority).public_bytes(Encoding.DER)

    for party in PARTIES:
        policy = SignaturePolicy(anchors=(anchor,), signers=(signer_name(party),))
        document = signer.sign(etree.fromstring(FORM), party, AT)
        report = verifier.verify(document, Partner(party=party, name="we", signature=policy), AT)
        assert report.subject == f"CN={party.partition(':')[0].upper()} XA signing"


def test_only_the_owner_reads_what_was_made(tmp_path: Path) -> None:
    made(tmp_path / "keys")
    files = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]

    assert len(files) == 2 * (1 + len(PARTIES) + 2)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    first = made(tmp_path)
    before = contents(tmp_path)
    assert set_up_authority(tmp_path, PARTIES, ("other.example",), AT + timedelta(days=9)) == first
    assert contents(tmp_path) == before


def test_a_run_that_was_killed_half_way_is_completed(tmp_path: Path) -> None:
    set_up = made(tmp_path)
    set_up.signing[1].certificates.unlink()
    (tmp_path / "signing" / "ncb-XA.cert.pem.draft").write_text("half")
    before = contents(tmp_path)

    made(tmp_path)

    after = contents(tmp_path)
    assert after["signing/ncb-XA.key.pem"] == before["signing/ncb-XA.key.pem"]
    assert "signing/ncb-XA.cert.pem.draft" not in after
    assert len(KeyRing.load(set_up.signing, AT)) == 3


def test_a_new_party_is_added_under_the_same_authority(tmp_path: Path) -> None:
    set_up_authority(tmp_path, PARTIES[:1], (), AT)
    authority = (tmp_path / "authority.cert.pem").read_bytes()
    assert len(KeyRing.load(made(tmp_path).signing, AT)) == 3
    assert (tmp_path / "authority.cert.pem").read_bytes() == authority


def test_a_certificate_without_its_key_is_not_replaced(tmp_path: Path) -> None:
    made(tmp_path).authority.key.unlink()
    with pytest.raises(Misconfigured, match=r"authority\.key\.pem is not"):
        made(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file in the way")
    with pytest.raises(Misconfigured, match=str(tmp_path)):
        made(tmp_path / "keys")


def test_the_tls_certificates_stand_up_to_tls_rules(tmp_path: Path) -> None:
    set_up = made(tmp_path)
    builder = verification.PolicyBuilder().store(verification.Store([certificate(set_up.authority)])).time(AT)

    builder.build_server_verifier(x509.DNSName("mail.xa.spoc.example")).verify(certificate(set_up.tls_server), [])
    builder.build_server_verifier(x509.DNSName("localhost")).verify(certificate(set_up.tls_server), [])
    client = builder.build_client_verifier().verify(certificate(set_up.tls_client), [])
    assert client.chain[0] == certificate(set_up.tls_client)


def test_the_tls_certificates_cannot_sign_messages(tmp_path: Path) -> None:
    set_up = made(tmp_path)
    anchor = certificate(set_up.authority).public_bytes(Encoding.DER)
    for pair in (set_up.tls_server, set_up.tls_client):
        name = str(certificate(pair).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        policy = SignaturePolicy(anchors=(anchor,), signers=(name,))
        with pytest.raises(Refused, match=r"signature\.tls-only"):
            check_certificates([certificate(pair).public_bytes(Encoding.DER)], policy, AT)
