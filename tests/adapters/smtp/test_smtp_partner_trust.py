"""A partner that is added while the gateway runs can show its client certificate at once."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.channels.smtp.settings import SmtpSettings
from adapters.channels.smtp.tls import ServerTls
from gateway.partners import Directory, MailLeg, Partner, SignaturePolicy
from gateway.signing.authority import set_up_authority


def test_the_authorities_of_replaced_partners_are_seen(tmp_path: Path) -> None:
    made = set_up_authority(tmp_path, ("sirene:XB",), (), datetime.now(UTC))
    settings = SmtpSettings(
        domains=("xa.spoc.example",), tls_certificate=str(made.tls_server.certificate), tls_key=str(made.tls_server.key)
    )
    directory = Directory()
    tls = ServerTls(settings, lambda: directory)
    before = tls.context()
    authority = x509.load_pem_x509_certificate(made.authority.certificate.read_bytes()).public_bytes(Encoding.DER)
    policy = SignaturePolicy(anchors=(authority,), signers=("SIRENE XB signing",))
    partner = Partner(party="sirene:XB", name="XB", signature=policy, mail=MailLeg(host="xb.example", ca=(authority,)))

    directory.replace([partner])
    after = tls.context()

    assert before is not None and before.verify_mode == ssl.CERT_NONE
    assert after is not None and after.verify_mode == ssl.CERT_OPTIONAL
    assert tls.context() is after
