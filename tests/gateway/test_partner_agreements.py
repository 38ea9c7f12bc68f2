"""What was agreed with a partner is kept on the way out: size, language, exercises only."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from gateway.findings import Severity
from gateway.form import Form, Header
from gateway.partners import Partner, SignaturePolicy
from gateway.stages.check import partner_findings
from tests.gateway.rig import NOON

PARTNER = Partner(
    party="sirene:XB",
    name="XB",
    signature=SignaturePolicy(anchors=(), signers=()),
    languages=("en", "fr"),
    max_message_octets=1000,
)


def form(**header: object) -> Form:
    made = Header(
        message_id="0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", sent=NOON - timedelta(minutes=1), sender="sirene:XA",
        to=("sirene:XB",), our_reference="XA-1",
    )  # fmt: skip
    return Form(format="sirene/M@1", header=msgspec.structs.replace(made, **header))


@pytest.mark.parametrize(
    ("partner", "header", "octets", "expected"),
    [
        ({}, {}, 1000, []),
        ({}, {}, 1001, [("PTR-01", Severity.ERROR)]),
        ({}, {"language": "fr"}, 1, []),
        ({}, {"language": "da"}, 1, [("PTR-02", Severity.WARNING)]),
        ({"test_only": True}, {}, 1, [("PTR-03", Severity.HOLD)]),
        ({"test_only": True}, {"test": True}, 1, []),
    ],
)
def test_an_agreement_is_kept(
    partner: dict[str, object], header: dict[str, object], octets: int, expected: list[object]
) -> None:
    agreed = msgspec.structs.replace(PARTNER, **partner)
    assert [(each.rule, each.severity) for each in partner_findings(form(**header), agreed, octets)] == expected


def test_every_such_finding_says_what_to_do() -> None:
    found = partner_findings(form(language="da"), msgspec.structs.replace(PARTNER, test_only=True), 9999)
    assert len(found) == 3
    assert all(each.remedy and each.citation for each in found)
