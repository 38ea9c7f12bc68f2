"""Mail addresses are compared without the case of ASCII letters, and with nothing else levelled."""

from __future__ import annotations

import pytest

from gateway.partners import Partner, SignaturePolicy, without_case

KELVIN = "\u212a"
POLICY = SignaturePolicy(anchors=(), signers=())
OFFICE = Partner(
    party="sirene:XB", name="XB", signature=POLICY, addresses=("desk@xb.example", "grün@xb.example"), domains=("kontor.example",),
)  # fmt: skip


@pytest.mark.parametrize("address", ["DESK@XB.Example", "anybody@KONTOR.example", "GRüN@xb.example"])
def test_ascii_letters_have_no_case(address: str) -> None:
    assert OFFICE.owns_address(address)


@pytest.mark.parametrize(
    "address", [f"des{KELVIN}@xb.example", f"anybody@{KELVIN}ontor.example", "GRÜN@xb.example", "desk@xb.example\u0307"]
)
def test_letters_that_only_look_alike_are_anothers(address: str) -> None:
    assert not OFFICE.owns_address(address)


def test_every_other_letter_stays_as_it_is() -> None:
    assert without_case(f"AZaz09{KELVIN}İſß") == f"azaz09{KELVIN}İſß"
