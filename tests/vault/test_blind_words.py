"""What stands in a searched column in the open has a shape that cannot hold a name; everything else is a token."""

from __future__ import annotations

import pytest

from gateway.vault.blind import Blinding, is_party, telling_nothing
from gateway.vault.port import Destruction
from tests.gateway.rig import NOON

HARMLESS = (
    "", "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001", "XB-G-2026-0000001", "XA-NCB-2026-1", "XA-RECEIPT-2026-0000001", "XA00000000000000018",
    "office", "0" * 64,
)  # fmt: skip
TELLING = (
    "Testine", "JOHN-DOE-2026-1", "LI-WU", "7101700008", "710170-0008", "officer Li", "XB-G-2026-0000001 Testine", "Testine/17",
    "~0000", "a@b.example", "XB-G-2026-0000001\n",
)  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_ids_and_references_of_known_shape_stay(text: str) -> None:
    assert telling_nothing(text)


@pytest.mark.parametrize("text", TELLING)
def test_free_text_and_numbers_of_persons_do_not(text: str) -> None:
    assert not telling_nothing(text)


def test_a_token_is_the_same_for_the_same_text_and_key_and_for_nothing_else() -> None:
    one, other = Blinding(b"1" * 32), Blinding(b"2" * 32)
    assert one.token("word", "Testine") == one.token("word", "Testine")
    assert (
        len(
            {
                one.token("word", "Testine"),
                one.token("word", "testine"),
                one.token("key", "Testine"),
                other.token("word", "Testine"),
            }
        )
        == 4
    )
    assert one.token("word", "") == ""
    assert not telling_nothing(one.token("word", "Testine")), "nobody can write a token that counts as one"


def test_offices_are_told_from_persons() -> None:
    assert is_party("sirene:XB")
    assert not is_party("testine@xb.example")


@pytest.mark.parametrize("rule", ["", "x" * 81])
def test_a_destruction_names_its_rule_shortly(rule: str) -> None:
    with pytest.raises(ValueError, match="octets"):
        Destruction(at=NOON, rule=rule)
