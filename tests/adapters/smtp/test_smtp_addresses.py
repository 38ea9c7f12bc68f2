"""Addresses and arguments that can be read in one way only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.smtp.addresses import plain_address, read_path
from adapters.channels.smtp.replies import one_line, refused


@pytest.mark.parametrize(
    "address",
    [
        "oper@xb.sirene.example",
        "first.last+tag@x-b.example",
        "a@b",
        "SRS0=hash=tt=x.example=u@relay.example",
        "ø@blåbær.example",
    ],
)
def test_plain_addresses(address: str) -> None:
    assert plain_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "a@",
        "@b",
        ".a@b",
        "a.@b",
        "a..b@c",
        "a@b..c",
        "a@-b",
        "a@b-",
        "a@.b",
        "a@b.",
        "a b@c",
        "a@b c",
        "a@b@c",
        "a%c@b",
        "a!c@b",
        '"a"@b',
        "a|b@c",
        "a`b@c",
        "a,b@c",
        "a(b)@c",
        "a@[1.2.3.4]",
        "a@b_c",
        "a\x7f@b",
        "a\u2028@b",
        "a\udcff@b",
        "a@" + "b." * 127 + "bc",
    ],
)
def test_odd_addresses(address: str) -> None:
    assert not plain_address(address)


@given(st.text(max_size=80))
def test_nothing_that_is_plain_can_break_out_of_a_line_or_a_bracket(text: str) -> None:
    if plain_address(text):
        assert text.count("@") == 1
        assert text.isprintable()
        assert not set(text) & set('<>"\\%!|`,;:()[] \r\n\t\x00')
        path = read_path("FROM", f"FROM:<{text}> SIZE=1")
        assert path is not None
        assert (path.address, path.parameters) == (text, {"SIZE": "1"})


@given(st.text(max_size=200), st.sampled_from(["FROM", "TO"]))
def test_no_argument_raises(text: str, word: str) -> None:
    path = read_path(word, text)
    assert path is None or ">" not in path.address


@given(st.text(max_size=600))
def test_an_answer_is_one_line(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(refused("code", text).line) < 512
