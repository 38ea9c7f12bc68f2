"""An account of a run finds what was lost, doubled or changed, and names it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.endurance.account import KINDS, faults


def told() -> SimpleNamespace:
    """What a partner, national systems and the books say after a run of one query in which all went well."""
    states = {"inbound/acknowledged": 1, "inbound/settled": 1, "outbound/confirmed": 3}
    return SimpleNamespace(
        partner=SimpleNamespace(
            taken=["q"], came={f"{kind} q": {f"m{number}"} for number, kind in enumerate(KINDS)},
            bytes_of={f"m{number}": {"digest"} for number in range(3)},
        ),
        national=SimpleNamespace(cases={"key": "9999"}, matters={"q": 1}),
        proof={"intact": True, "faults": [], "balance": {"accepted": 5, "accounts": {"delivered": 5}, "states": states}},
    )  # fmt: skip


def found(all_: SimpleNamespace) -> str:
    return "; ".join(faults(all_.partner, all_.national, all_.proof))


def test_a_run_in_which_all_went_well_has_no_faults() -> None:
    assert found(told()) == ""


def _lost(all_: Any) -> None:
    del all_.partner.came["TravelDocumentAnswer q"]


def _two_ids(all_: Any) -> None:
    all_.partner.came["Receipt VALID q"].add("m9")


def _other_bytes(all_: Any) -> None:
    all_.partner.bytes_of["m2"].add("another")


def _two_cases(all_: Any) -> None:
    all_.national.matters["q"], all_.national.cases["other"] = 2, "9998"


def _stranger(all_: Any) -> None:
    all_.partner.came["Receipt VALID nobody"] = {"m8"}


def _broken_journal(all_: Any) -> None:
    all_.proof |= {"intact": False, "faults": [{"number": 4, "fault": "content does not match its hash"}]}


def _unbalanced(all_: Any) -> None:
    all_.proof["balance"]["accepted"] = 6


def _stuck(all_: Any) -> None:
    all_.proof["balance"]["states"]["outbound/ambiguous"] = 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_lost, "TravelDocumentAnswer: never came for 1, such as q"),
        (_two_ids, "Receipt VALID: came under two message ids for 1"),
        (_other_bytes, "came twice with other bytes: 1, such as m2"),
        (_two_cases, "has more than one case: 1, such as q"),
        (_stranger, "came about messages that nobody sent: 1, such as nobody"),
        (_broken_journal, "the journal is not whole"),
        (_unbalanced, "the books do not balance: 6 accepted"),
        (_stuck, "1 messages stand as outbound/ambiguous"),
    ],
)
def test_what_went_wrong_is_named(spoil: Any, words: str) -> None:
    all_ = told()
    spoil(all_)
    assert words in found(all_)
