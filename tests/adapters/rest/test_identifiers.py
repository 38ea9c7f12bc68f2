"""Formats of numbers, with the test vectors of the dossier (section 3.2). All numbers are fictitious: day + 60."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rest.identifiers import (
    company_number,
    full_date,
    normalised,
    passport_number,
    plate,
    read_cpr,
    substitute_number,
    vin,
)

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("number", "born", "remarks"),
    [
        ("710170-0008", date(1970, 1, 11), ()),
        ("710170-0000", date(1970, 1, 11), ("no-checksum",)),
        ("610165-0004", date(1965, 1, 1), ()),
        ("610165-0000", date(1965, 1, 1), ("no-checksum-expected",)),
        ("890436-4003", date(2036, 4, 29), ("born-in-future",)),
        ("890436-9005", date(2036, 4, 29), ("born-in-future",)),
        ("750237-4006", date(1937, 2, 15), ()),
        ("750237-5002", date(2037, 2, 15), ("born-in-future",)),
        ("911258-5009", date(1858, 12, 31), ("implausible-age",)),
        ("911258-4002", date(1958, 12, 31), ()),
    ],
)
def test_a_number_is_never_refused_for_its_check_digit(number: str, born: date, remarks: tuple[str, ...]) -> None:
    read = read_cpr(number, TODAY)
    assert read is not None
    assert (read.digits, read.born, read.remarks) == (number.replace("-", ""), born, remarks)


def test_a_number_is_not_shown_when_it_is_printed() -> None:
    assert "7101700008" not in f"{read_cpr('710170-0008', TODAY)!r}"


@pytest.mark.parametrize("text", ["922370-0000", "71017-0008", "", "710170-000A", "711370-0008", "٧١٠١٧٠٠٠٠٨"])
def test_another_format_is_no_number(text: str) -> None:
    assert read_cpr(text, TODAY) is None


@given(st.text(max_size=24))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (normalised, substitute_number, company_number, full_date, passport_number, plate, vin):
        found = read(text)
        assert found is None or found == read(found)  # what was read is read the same again


def test_substitute_numbers_may_have_impossible_dates() -> None:
    assert substitute_number("300200 aaaa") == "300200AAAA"
    assert substitute_number("3002000001") is None


def test_plates_and_vins_are_compared_without_spaces_and_case() -> None:
    assert plate(" qq 00-001 ") == "QQ00001"
    assert plate("prøve1") == "PRØVE1"
    assert plate("QQ00001?") is None
    assert vin("zzztest v1n0000001") == "ZZZTESTV1N0000001"
    assert vin("TEST0007") == "TEST0007"
    assert vin("X" * 18) is None


def test_partial_dates_are_no_key() -> None:
    assert (full_date("1970-01-11"), full_date("1970-01"), full_date("1970"), full_date("1970-13-01")) == (
        "1970-01-11", None, None, None,
    )  # fmt: skip
