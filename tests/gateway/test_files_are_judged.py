"""Files beside a signed form are judged by their own headers, in the worker, before anybody acts on the form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from gateway import parcel, safexml
from gateway.parcel import File
from tests.gateway.files_made import jpeg, pdf
from tests.gateway.rig import Rig

CORPUS = Path("tests/corpus/sirene/FormL")
TYPES = {".jpg": "image/jpeg", ".nist": "application/x-nist", ".wsq": "image/x-wsq", ".pdf": "application/pdf"}


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


def with_files(name: str) -> tuple[bytes, tuple[File, ...]]:
    form = CORPUS / f"{name}.xml"
    files = [
        File(file_name=file.name, media_type=TYPES[file.suffix], content=file.read_bytes())
        for file in sorted(form.with_suffix("").glob("*"))
    ]
    return form.read_bytes(), tuple(files)


async def judged(rig: Rig, form: bytes, files: tuple[File, ...]) -> tuple[str, list[tuple[str, str]]]:
    """Where the message stands, and the rules and fields that its receipt names."""
    row = await rig.row(await rig.arrives(rig.bureaux["sirene:XB"].signed(form, files)))
    roots = [safexml.parse(parcel.open_parcel(out.payload).form) for out in rig.wire.sent]
    receipt = [root for root in roots if root.findtext("{*}Body/{*}Stage") in ("VALID", "INVALID")][-1]
    return row.state, [(one.get("rule", ""), one.get("field", "")) for one in receipt.iter("{*}Finding")]


async def test_prints_and_photo_as_the_law_allows_them_go_on(rig: Rig) -> None:
    state, found = await judged(rig, *with_files("passes/ten-prints-two-palms-and-a-photo"))

    assert state not in ("rejected", "quarantined")
    assert found == []


@pytest.mark.parametrize(
    ("name", "rule", "field"),
    [
        ("R34--prints-in-300-ppi", "R34", "Header/Attachment[2] Attached file"),
        ("R34--eleven-rolled-fingers", "R34", "Header/Attachment[2] Attached file"),
        ("R34--a-picture-of-a-print", "R34", "Header/Attachment[2] Attached file"),
        ("R36--a-profile-within-the-prints", "R36", "090"),
    ],
)
async def test_what_the_law_does_not_allow_is_refused_with_its_place(
    rig: Rig, name: str, rule: str, field: str
) -> None:
    state, found = await judged(rig, *with_files(f"fails/{name}"))

    assert state == "rejected"
    assert (rule, field.partition(" ")[0]) in [(each, place.partition(" ")[0]) for each, place in found]


async def test_a_file_of_another_kind_than_announced_is_refused(rig: Rig) -> None:
    form, files = with_files("passes/ten-prints-two-palms-and-a-photo")
    photo = files[0]
    text = form.replace(sha256(photo.content).hexdigest().encode(), sha256(pdf()).hexdigest().encode())
    text = text.replace(b"<h:Size>%d</h:Size>" % len(photo.content), b"<h:Size>%d</h:Size>" % len(pdf()))
    disguised = File(file_name=photo.file_name, media_type=photo.media_type, content=pdf())

    state, found = await judged(rig, text, (disguised, *files[1:]))

    assert state == "rejected"
    assert "ATT-05" in [rule for rule, _ in found]


async def test_a_photo_that_breaks_off_is_told_and_the_form_goes_on(rig: Rig) -> None:
    form, files = with_files("passes/ten-prints-two-palms-and-a-photo")
    photo, broken = files[0], jpeg()[:-2] + b"xx"
    text = form.replace(sha256(photo.content).hexdigest().encode(), sha256(broken).hexdigest().encode())

    state, found = await judged(
        rig, text, (File(file_name="face.jpg", media_type="image/jpeg", content=broken), *files[1:])
    )

    assert state not in ("rejected", "quarantined")
    assert {rule for rule, _ in found} == {"ATT-06", "R35"}
