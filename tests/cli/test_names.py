"""`spoc names`: how a name is read, and which rule joins two."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Spoc


def test_a_name_is_shown_with_its_table_and_every_form(quick: Spoc) -> None:
    done = quick("names", "Щан Нободиен", "--language", "bg")

    assert done.code == 0
    for words in (
        "Cyrl",
        "SHTAN NOBODIEN",
        "cyrillic-bg 1",
        "unverified",
        "cyrillic-bg+last-part-first",
        "SHCHAN NOBODYEN",
    ):
        assert words in done.text


def test_words_without_quotes_are_one_name(quick: Spoc) -> None:
    assert quick("names", "Ann", "Möller", "--json").told["converted"] == "ANN MOELLER"


def test_a_program_gets_everything(quick: Spoc) -> None:
    told = quick("names", "Їван", "-l", "uk", "--json").told

    assert (told["text"], told["script"], told["language"], told["converted"]) == ("Їван", "Cyrl", "uk", "VAN")
    assert (told["complete"], told["lossy"], told["tables"], told["confidence"]) == (
        False,
        True,
        ["cyrillic-uk 1"],
        "unverified",
    )
    assert [remark["code"] for remark in told["remarks"]] == ["letter-without-conversion"]
    assert told["variants"][0] == {
        "form": "VAN", "rule": "cyrillic-uk", "rank": 0, "confidence": "unverified", "pattern": "?VAN",
    }  # fmt: skip
    assert told["variants_left_off"] == 0


def test_an_incomplete_form_is_shown_as_one(quick: Spoc) -> None:
    text = quick("names", "Їван", "-l", "uk").text
    assert "VAN (incomplete)" in text and "?VAN" in text and "not guessed" in text


@pytest.mark.parametrize(
    ("left", "right", "code", "rule"),
    [
        ("Ann Möller", "Moeller, Ann", 0, "parts-reordered (latin / ascii)"),
        ("Хан", "Han", 0, "variant (cyrillic-sr / ascii)"),
        ("Nobodysen", "Nobadysen", 1, "similar, 89 percent"),
        ("Ann", "Bert", 1, "No rule joins"),
    ],
)
def test_two_names_are_compared(quick: Spoc, left: str, right: str, code: int, rule: str) -> None:
    done = quick("names", "--compare", left, right)

    assert done.code == code
    assert rule in done.text


def test_a_program_learns_which_forms_met(quick: Spoc) -> None:
    told = quick("names", "--compare", "Хан", "Han", "--json").told
    assert told["match"] == {
        "rule": "variant", "rank": 4, "certain": True, "left": "cyrillic-sr", "right": "ascii", "left_form": "HAN",
        "right_form": "HAN", "percent": None,
    }  # fmt: skip
    assert quick("names", "--compare", "Ann", "Bert", "--json").told["match"] is None


@pytest.mark.parametrize(
    "arguments", [("--compare", "One"), ("--compare", "a", "b", "c"), ("Ann", "-l", "Bulgarian"), ()]
)
def test_what_cannot_be_asked_is_a_matter_of_usage(quick: Spoc, arguments: tuple[str, ...]) -> None:
    assert quick("names", *arguments).code == 2


def test_a_hostile_name_cannot_drive_the_terminal(quick: Spoc) -> None:
    done = quick("names", "No\x1b[31m\u202ebody" + "A" * 10_000)

    assert done.code == 0
    assert "\x1b" not in done.text and "\u202e" not in done.text
    assert "hidden-character" in done.text and "too-long" in done.text
