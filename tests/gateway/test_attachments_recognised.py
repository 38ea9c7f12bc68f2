"""What a file is, is read from its own header; a stranger's bytes break nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.attachments.recognise import recognise
from gateway.attachments.recognised import Kind, Picture, Position
from tests.gateway.files_made import finger, jp2, jpeg, nist, old_finger, pdf, tagged, ten_prints, wsq

MADE = {
    "jpeg": jpeg(), "jp2": jp2(), "wsq": wsq(), "pdf": pdf(), "nist": nist(finger(1), old_finger(2)), "tenprint": ten_prints(),
}  # fmt: skip


def test_a_jpeg_tells_size_depth_and_resolution() -> None:
    found = recognise(jpeg(480, 600, ppi=300))
    assert (found.kind, found.trouble) == (Kind.JPEG, "")
    assert found.picture == Picture(width=480, height=600, bits=24, ppi=300)


def test_a_jpeg_2000_tells_size_depth_and_resolution() -> None:
    found = recognise(jp2(800, 750, ppi=1000))
    assert (found.kind, found.trouble) == (Kind.JP2, "")
    assert found.picture is not None
    assert (found.picture.width, found.picture.height, found.picture.bits) == (800, 750, 8)
    assert found.picture.ppi == 1000


def test_a_wsq_tells_size_and_where_its_comment_says_so_resolution() -> None:
    assert recognise(wsq(400, 375)).picture == Picture(width=400, height=375, bits=8, ppi=500)
    assert recognise(wsq(400, 375, ppi=0)).picture == Picture(width=400, height=375, bits=8, ppi=0)


def test_a_pdf_is_known_by_both_its_ends() -> None:
    assert recognise(pdf()).trouble == ""
    assert recognise(pdf()[:-10]).trouble != ""
    assert recognise(b"%PDF-x" + pdf()[6:]).trouble != ""


def test_a_print_file_tells_every_print_in_it() -> None:
    found = recognise(ten_prints())
    assert (found.kind, found.trouble) == (Kind.NIST, "")
    assert [one.position for one in found.prints] == [Position.ROLLED] * 10 + [Position.FLAT] * 4 + [Position.PALM] * 2
    assert sum(one.fingers for one in found.prints if one.position is Position.FLAT) == 10
    assert {(one.ppi, one.compression) for one in found.prints} == {(500, "WSQ")}
    assert found.record_types == (1, 2, *[14] * 14, 15, 15)


def test_an_old_finger_record_says_by_one_digit_how_it_was_scanned() -> None:
    low, native = recognise(nist(old_finger(1), old_finger(2, resolution=1), native="39.37")).prints
    assert (low.ppi, native.ppi) == (500, 1000)
    assert (low.position, low.finger, low.picture) == (
        Position.ROLLED,
        1,
        Picture(width=400, height=375, bits=8, ppi=500),
    )


def test_a_resolution_in_pixels_per_centimetre_is_understood() -> None:
    fields = {2: "01", 3: "1", 6: "400", 7: "375", 8: "2", 9: "197", 10: "197", 11: "WSQ20", 12: "8", 13: "1"}
    (found,) = recognise(nist((14, tagged(14, fields, wsq())))).prints
    assert found.ppi == 500


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (nist((14, finger(1)[1][:-1] + b"x")), "length"),
        (nist(finger(1))[:-40], "before its header"),
        (nist(finger(1)) + b"more", "goes on"),
        (nist(finger(1)).replace(b"1.003:1\x1f2", b"1.003:1\x1f3"), "count"),
        (nist(finger(1, size=(400, 376), image=wsq())), "another size"),
        (nist(finger(1, image=jpeg())), "not compressed"),
        (nist(finger(1)).replace(b"1.004:CPS", b"1.014:CPS"), "transaction"),
        (jpeg().replace(b"\xff\xd9", b""), "breaks off"),
        (jpeg(height=0), "how large"),
        (wsq(width=0), "how large"),
        (jp2().replace(b"jp2c", b"free"), "no picture"),
    ],
)
def test_what_is_wrong_with_a_header_is_said(content: bytes, words: str) -> None:
    found = recognise(content)
    assert found.kind is not Kind.UNKNOWN
    assert words in found.trouble


def test_other_bytes_are_of_no_kind() -> None:
    for content in (b"", b"MZ\x90\x00", b"<html>", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8"):
        assert recognise(content).kind is Kind.UNKNOWN


@pytest.mark.parametrize("kind", MADE)
def test_a_file_that_breaks_off_anywhere_is_told_and_breaks_nothing(kind: str) -> None:
    whole = MADE[kind]
    step = max(1, len(whole) // 1500)
    for before, after in pairwise(range(0, len(whole) + 1, step)):
        recognise(whole[:before])
        recognise(whole[after:])
    assert recognise(whole).trouble == ""


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(MADE)), data=st.data())
def test_a_file_with_bent_bytes_breaks_nothing(kind: str, data: st.DataObject) -> None:
    content = bytearray(MADE[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
        content = content or bytearray(b"x")
    found = recognise(bytes(content))
    assert found.kind in Kind


@settings(max_examples=300, deadline=None)
@given(start=st.sampled_from([content[:12] for content in MADE.values()]), rest=st.binary(max_size=400))
@example(start=b"\xff\xd8\xff", rest=b"\xff" * 400)
@example(start=b"1.001:", rest=b"9" * 400)
@example(start=b"1.001:", rest=b"\xb2\x1d1.002:0500\x1c")
def test_noise_behind_a_true_mark_breaks_nothing(start: bytes, rest: bytes) -> None:
    assert recognise(start + rest).trouble or recognise(start + rest).kind in Kind
