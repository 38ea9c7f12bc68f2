"""A text that is too long is split into numbered parts, and the parts give the text again, letter for letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sequence import MIN_CHARACTERS, Part, part_of, split_text, together

LETTERS = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=3000)


@given(text=LETTERS, limit=st.integers(MIN_CHARACTERS, 400))
def test_nothing_is_lost_and_no_part_is_too_long(text: str, limit: int) -> None:
    parts = split_text(text, limit)

    assert all(len(part) <= limit for part in parts)
    if len(parts) == 1:
        assert parts == (text,)
        return
    read = [part for one in parts if (part := part_of(one))]
    assert together(reversed(read)) == (text, ())


@given(text=st.text(max_size=400))
def test_any_text_can_be_asked_which_part_it_is(text: str) -> None:
    part = part_of(text)
    assert part is None or part.number <= part.total


def test_parts_end_at_words_and_carry_their_number() -> None:
    text = "The van was seen near the harbour of Examplestad. " * 5
    first, second, third = split_text(text, 108)

    assert first.endswith(" (1/3)") and third.endswith(" (3/3)")
    assert "Examplestad. The" in first
    assert part_of(second) == Part(number=2, total=3, text=second.removesuffix(" (2/3)"))
    assert all(part_of(part).text.endswith(" ") for part in (first, second))  # type: ignore[union-attr]


def test_a_letter_is_not_parted_from_its_accent() -> None:
    text = "e\u0301" * 200
    for part in split_text(text, 111):
        assert not part.startswith("\u0301")


@pytest.mark.parametrize(
    ("text", "number", "total"),
    [
        ("…and so on (2/3)", 2, 3),
        ("2/3: and so on", 2, 3),
        ("(1/2): what came first", 1, 2),
        ("the last of it. End of Message", 0, 0),
        ("END OF MESSAGE.", 0, 0),
    ],
)
def test_numbers_of_others_are_read(text: str, number: int, total: int) -> None:
    part = part_of(text)
    assert part is not None
    assert (part.number, part.total) == (number, total)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1/1: only",
        "3/12 the van was seen",
        "seen on 3/12",
        "(4/3)",
        "chapter 1/2 of the file",
        "the end of the road",
    ],
)
def test_other_texts_are_whole(text: str) -> None:
    assert part_of(text) is None


def test_what_is_missing_is_said() -> None:
    parts = [
        Part(number=3, total=3, text="c"),
        Part(number=1, total=3, text="a"),
        Part(number=1, total=3, text="again"),
    ]
    assert together(parts) == ("ac", (2,))


@pytest.mark.parametrize(("text", "limit"), [("x" * 200, 40), ("x" * 20_000, 100)])
def test_a_limit_that_leaves_no_room_is_refused(text: str, limit: int) -> None:
    with pytest.raises(ValueError, match="characters"):
        split_text(text, limit)
