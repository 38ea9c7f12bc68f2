"""The page that partners read says what the code does: its template works, its list of refusals is whole."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from gateway.safexml import canonical, parse
from gateway.signing.reasons import SENTENCES
from gateway.signing.verify import StrictVerifier
from tests.signing.forge import AT, FORM, SIGNER, partner
from tests.signing.other_programs import by_xmlsec1

PAGE = (Path(__file__).parents[2] / "docs" / "signature-profile.md").read_text(encoding="utf-8")


def test_the_template_of_the_page_makes_a_signature_that_is_accepted(tmp_path: Path) -> None:
    template = re.search(r"```xml\n(.*?)```", PAGE, re.DOTALL)
    assert template
    fingerprint = base64.b64encode(SIGNER.certificate.fingerprint(hashes.SHA256())).decode()
    filled = template[1].replace("SHA-256-OF-THE-CERTIFICATE", fingerprint)
    filled = filled.replace("2026-01-31T12:00:00Z", f"{AT:%Y-%m-%dT%H:%M:%SZ}")

    report = StrictVerifier().verify(by_xmlsec1(tmp_path, filled, SIGNER), partner(), AT)

    assert report.profile == "xades-b"
    assert report.verified == canonical(parse(FORM))


def test_the_page_lists_every_refusal_in_its_words() -> None:
    listed = dict(re.findall(r"^\| `(signature\.[a-z0-9-]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert listed == dict(SENTENCES)
