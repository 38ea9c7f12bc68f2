"""More than two hundred damaged variants of one bundle, each refused for the right reason: the museum's pieces, a bit in every kind of member by
everybody who could have turned it, and a bit in every octet of the ZIP around them. What damages the log itself is in
`tests/journal/publishing/test_damaged_log.py` (more than a hundred pieces, found by `spoc journal fsck`).
"""

from __future__ import annotations

import csv
import struct
import warnings
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from gateway.evidence.standalone import cms
from gateway.evidence.standalone.certificates import path
from gateway.evidence.standalone.container import MANIFEST, SIGNATURE
from gateway.evidence.standalone.report import Report
from gateway.evidence.standalone.trust import read_trust
from tests.evidence.conftest import Made
from tests.evidence.damage import Piece, flip
from tests.evidence.office import judged
from tests.evidence.test_museum import ROWS as PIECES
from tests.gateway.rig import NOON
from tests.journal.publishing.test_damaged_log import PIECES as LOG_PIECES

RULES = list(csv.DictReader(Path("tests/corpus/evidence/variants.csv").read_text("utf-8").splitlines()))
MOST_PER_RULE = 12
"""Of each kind of member so many; the first and the last are always among them."""
LOCAL, CENTRAL, END = 30, 46, 22


def variants(made: Made, rule: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Members and places that a rule of the table names."""
    found = [name for name in Piece(made).members if fnmatchcase(name, rule["members"])]
    assert found, rule
    step = max(1, len(found) // MOST_PER_RULE)
    for name in dict.fromkeys((found[0], *found[::step], found[-1])):
        for place in rule["places"].split():
            yield name, place


@pytest.mark.parametrize("rule", RULES, ids=[f"{rule['by']} {rule['members']}" for rule in RULES])
def test_a_bit_that_was_turned_is_found_where_it_is(made: Made, rule: dict[str, str]) -> None:
    for name, place in variants(made, rule):
        piece = Piece(made)
        flip(piece, name, place)
        report = judged(piece.bundle(rule["by"]), made.trust)
        assert report.exit_code == 1, (name, place)
        first = report.failures[0]
        assert first.check in rule["check"].split("|"), (name, place, report.failures)
        if rule["by"] == "finder" and not name.startswith("META-INF"):
            assert first.place == name


def test_a_bit_anywhere_around_the_members_is_found(made: Made) -> None:
    """Headers, directory and end: every octet of one of each."""
    content = made.bundle
    (directory,) = struct.unpack_from("<I", content, len(content) - 6)
    places = [*range(LOCAL), *range(directory, directory + CENTRAL), *range(len(content) - END, len(content))]
    for place in places:
        for bit in (0, 7):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            report = judged(bytes(damaged), made.trust)
            assert [each.check for each in report.failures] == ["container.zip"], (place, bit, report.failures)


def test_every_bit_of_the_signature_and_of_the_stamp_counts(made: Made) -> None:
    """Also those that nobody signed: versions, names of algorithms."""
    piece, trust = Piece(made), read_trust([made.trust])
    token = piece.members[piece.name("stamp")]
    looked = (
        (piece.members[SIGNATURE], "data", piece.members[MANIFEST], trust.anchors_for("sirene:XA")),
        (token, "tst_info", None, trust.authorities),
    )
    for der, kind, beside, anchors in looked:
        assert cms.verified(der, kind, beside).signer, "as it is, it holds"
        for place in range(len(der) * 8):
            damaged = bytearray(der)
            damaged[place // 8] ^= 1 << place % 8
            report = Report()
            with report.checking("manifest.signature", ""), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # cryptography warns of numbers that a turned bit made negative
                signed = cms.verified(bytes(damaged), kind, beside)
                path(signed.signer, signed.others, anchors, NOON)
            assert report.failures, (kind, place)


@pytest.mark.parametrize(
    "how", ["before", "behind", "between", "cut", "empty", "nothing of it", "another mimetype", "twice"]
)
def test_a_zip_that_is_not_in_its_one_spelling_is_refused(made: Made, how: str) -> None:
    content = made.bundle
    damaged = {
        "before": b"#!/bin/sh\n" + content, "behind": content + b"\n", "between": content[:200] + b"x" + content[200:], "cut": content[:-30],
        "empty": content[-END:], "nothing of it": b"", "another mimetype": content.replace(b"asic-e", b"asic-s", 1), "twice": content + content,
    }[how]  # fmt: skip
    report = judged(damaged, made.trust)
    assert [each.check for each in report.failures] == ["container.zip"]


@pytest.mark.parametrize(
    "how", ["compressed", "twice", "a way out", "a folder", "another case", "a comment", "nobody's"]
)
def test_what_other_zip_programs_would_take_is_refused(made: Made, how: str, tmp_path: Path) -> None:
    """Written by a ZIP library of others: bombs, second members of the same name, names that lead out of a folder."""
    members, file = Piece(made).members, tmp_path / "odd.asice"
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as made_otherwise:
        warnings.simplefilter("ignore")  # of a name that is there twice
        made_otherwise.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        for name, content in members.items():
            packing = zipfile.ZIP_DEFLATED if how == "compressed" else zipfile.ZIP_STORED
            made_otherwise.writestr(name, content, packing)
        more = {
            "twice": "summary.json",
            "a way out": "../../etc/passwd",
            "a folder": "messages/",
            "another case": "SUMMARY.json",
        }
        if how in more:
            made_otherwise.writestr(more[how], b"" if how == "a folder" else b"more")
        if how == "compressed":
            made_otherwise.writestr("bomb.bin", bytes(50_000_000), zipfile.ZIP_DEFLATED)
        made_otherwise.comment = b"hidden" if how == "a comment" else b""
    report = judged(file.read_bytes(), made.trust)
    assert [each.check for each in report.failures] == ["container.zip"]


def test_there_are_more_than_two_hundred(made: Made) -> None:
    turned = sum(len(list(variants(made, rule))) for rule in RULES)
    around = 2 * (LOCAL + CENTRAL + END)
    assert turned + len(PIECES) > 200, "without the octets around the members, too"
    assert len(LOG_PIECES) > 100
    assert turned + len(PIECES) + around + len(LOG_PIECES) > 500
