"""Rules for the files beside a form, by what their own headers say: prints and photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.attachments.positions import hand_of
from gateway.attachments.recognised import Kind, Position, Print, Recognised
from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form, ManifestEntry

PRINT_ROLES: Final = ("FINGERPRINTS", "PALM_PRINTS")
PHOTO: Final = "PHOTO"
RESOLUTIONS: Final = {"WSQ": 500, "JP2": 1000}
"""Pixels per inch by how the image is compressed."""
RESOLUTION_TOLERANCE: Final = 0.01
"""As ANSI/NIST-ITL 1 allows for 500 pixels per inch: five more or fewer."""
GREY_BITS: Final = 8
MAX_ROLLED: Final = 10
MAX_FLAT: Final = 10
MAX_PALMS: Final = 2
DNA_RECORD: Final = 18
"""Type of the records of a NIST container that hold DNA profiles."""
MIN_WIDTH, MIN_HEIGHT, COLOUR_BITS = 480, 600, 24
RATIOS: Final = ((3, 4), (4, 5))
RATIO_TOLERANCE: Final = 0.01
"""Ours: pictures are cropped to whole pixels."""


def with_role(form: Form, occasion: Occasion, *roles: str) -> Iterator[tuple[str, ManifestEntry, Recognised]]:
    """Files that came and that the form gives one of these roles; all that came where no role is named."""
    came = {file.sha256: file for file in occasion.attachments}
    for number, entry in enumerate(form.header.attachments, 1):
        file = came.get(entry.sha256)
        if file is not None and (not roles or entry.role in roles):
            yield f"Header/Attachment[{number}]", entry, file


def _prints(form: Form, occasion: Occasion) -> Iterable[Problem]:
    for place, entry, file in with_role(form, occasion):
        if file.kind is Kind.NIST:
            if file.trouble:
                yield place, f"The NIST file is not as the standard demands. {file.trouble}"
            for problem in _images(file.prints):
                yield place, problem
            if entry.role in PRINT_ROLES and not file.prints and not file.trouble:
                yield place, "The NIST file holds no print."
        elif entry.role in PRINT_ROLES:
            yield place, "The prints are not in a NIST file."


def _images(prints: tuple[Print, ...]) -> Iterable[str]:
    for one in prints:
        demanded = RESOLUTIONS.get(one.compression)
        if demanded is None:
            yield f"The image in record {one.record} is neither WSQ nor JPEG 2000."
        elif abs(one.ppi - demanded) > demanded * RESOLUTION_TOLERANCE:
            said = f"has {one.ppi}" if one.ppi else "does not say how many"
            yield f"The image in record {one.record} {said} pixels per inch; as {one.compression} it needs {demanded}."
        if one.picture is not None and one.picture.bits != GREY_BITS:
            yield f"The image in record {one.record} does not have 256 grey levels."
    yield from _too_many(prints)


def _too_many(prints: tuple[Print, ...]) -> Iterable[str]:
    rolled = sum(one.fingers for one in prints if one.position is Position.ROLLED)
    flat = sum(one.fingers for one in prints if one.position is Position.FLAT)
    for number, most, word in ((rolled, MAX_ROLLED, "rolled"), (flat, MAX_FLAT, "flat")):
        if number > most:
            yield f"The file holds {number} {word} prints; {most} are allowed."
    palms = _palms(prints)
    if palms > MAX_PALMS:
        yield f"The file holds {palms} palm prints; {MAX_PALMS} are allowed."


def _palms(prints: tuple[Print, ...]) -> int:
    """Parts of one palm (upper, lower, writer's) count once; the same part of one hand twice counts twice."""
    parts = Counter((hand_of(one.finger), one.finger) for one in prints if one.position is Position.PALM)
    hands: dict[str, int] = {}
    for (hand, _), number in parts.items():
        hands[hand] = max(hands.get(hand, 0), number)
    return sum(hands.values())


def _photos(form: Form, occasion: Occasion) -> Iterable[Problem]:
    for place, _, file in with_role(form, occasion, PHOTO):
        picture = file.picture
        if file.kind not in (Kind.JPEG, Kind.JP2) or picture is None:
            yield place, "The photo is no picture whose header can be read."
            continue
        if picture.width < MIN_WIDTH or picture.height < MIN_HEIGHT:
            yield (
                place,
                f"The photo has {picture.width} x {picture.height} pixels; at least {MIN_WIDTH} x {MIN_HEIGHT} are asked for.",
            )
        elif not _proportioned(picture.width, picture.height):
            yield place, "The photo is neither 3:4 nor 4:5."
        if picture.bits != COLOUR_BITS:
            yield place, f"The photo has {picture.bits} bits for each pixel; {COLOUR_BITS} are asked for."


def _proportioned(width: int, height: int) -> bool:
    return any(abs(width * high / (height * wide) - 1) <= RATIO_TOLERANCE for wide, high in RATIOS)


def brings_dna(occasion: Occasion) -> bool:
    """Whether a NIST file beside the form holds a DNA profile, whatever the form calls it."""
    return any(DNA_RECORD in file.record_types for file in occasion.attachments)


ATTACHMENT_RULES: Final = (
    Rule(
        id="R34", severity=Severity.ERROR, check=_prints, field="Header/Attachment",
        text="Prints come in a NIST file, 500 ppi WSQ or 1000 ppi JPEG 2000, at most 10 rolled, 10 flat and 2 palms.",
        citation="Regulation (EU) 2018/1862 Art 42(2); Decision (EU) 2020/2165 annex 1.3.1, 1.3.2", confidence="secondary",
        remedy="Send one NIST file (traditional encoding) with images of 500 ppi in WSQ or 1000 ppi in JPEG 2000.",
    ),
    Rule(
        id="R35", severity=Severity.WARNING, check=_photos, field="Header/Attachment",
        text="Photos are at least 480 x 600 pixels, 24 bit, 3:4 or 4:5.",
        citation="SIRENE Manual (2015 text) 2.13.4", confidence="manual-2015",
        remedy="Send a JPEG of at least 480 x 600 pixels in 24 bit colour, cropped to 3:4 or 4:5.",
    ),
)  # fmt: skip
