"""The tables of this folder as typed rows. A row that does not fit is a fault of the house and refuses to load."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

FOLDER: Final = "schemas.sirene.alerts"
CONFIDENCE: Final = frozenset({"verified", "manual-2015", "secondary", "unverified", "proposal"})
ANSWERS: Final = {"Y": True, "n": False}
R = TypeVar("R", bound=Struct)


class Sourced(Struct, frozen=True, kw_only=True):
    """What every row ends with."""

    confidence: str
    citation: str


class Category(Sourced, frozen=True, kw_only=True):
    """One kind of alert. Months are empty where the kind has no such length."""

    code: str
    title: str
    article: str
    subjects: str
    action: str
    months: str
    months_long: str
    months_object: str
    flag: str
    deleted_when: str

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles it may rest on."""
        return _listed(self.article)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it may be about: `person`, `object`, `print`."""
        return _listed(self.subjects)

    @property
    def act(self) -> str:
        """The regulation: `1860`, `1861` or `1862`."""
        return self.article[:4]


class PersonData(Sourced, frozen=True, kw_only=True):
    """One category of data in an alert on a person, and where it stands in ours."""

    code: str
    letter: str
    title: str
    place: str
    minimum: str
    limit: str

    @property
    def acts(self) -> tuple[str, ...]:
        """The acts under which no alert may be entered without it."""
        return _listed(self.minimum)


class ObjectCategory(Sourced, frozen=True, kw_only=True):
    """One kind of object. `keys` are alternatives, each of one or more fields joined by a plus sign."""

    letter: str
    code: str
    title: str
    also_with: str
    may_say: str
    keys: str

    @property
    def identified_by(self) -> tuple[tuple[str, ...], ...]:
        """Alternatives, each the fields that together identify the object."""
        return tuple(tuple(each.split("+")) for each in self.keys.split("|"))


class ComparisonKeys(Sourced, frozen=True, kw_only=True):
    """What is compared for one kind of subject, and whether all keys or any must agree.

    A plus sign joins fields that make one key; a bar stands between names under which one number may be written.
    """

    subject: str
    kind: str
    """Kind of thing; empty for every kind without a row of its own."""
    keys: str
    beside: str
    """What identifies nothing by itself, and makes it unsure where it does not agree."""
    rule: str

    @property
    def compared(self) -> tuple[tuple[str, ...], ...]:
        """Each key as the fields it is made of."""
        return tuple(tuple(each.split("+")) for each in _listed(self.keys))

    @property
    def compared_beside(self) -> tuple[tuple[str, ...], ...]:
        """What is compared beside the keys, each as one field."""
        return tuple((each,) for each in _listed(self.beside))


class Priority(Sourced, frozen=True, kw_only=True):
    """The place of one kind of alert in the order of execution."""

    subject: str
    rank: str
    kind: str


class BiometricLimit(Sourced, frozen=True, kw_only=True):
    """How much of one kind of biometrics an alert may hold, and on which articles."""

    kind: str
    most: str
    articles: str


class MisuseData(Sourced, frozen=True, kw_only=True):
    """One category of data of a person whose identity is misused."""

    code: str
    title: str


class ReportItem(Sourced, frozen=True, kw_only=True):
    """One thing that a report of a hit says. Any of `elements` says it."""

    article: str
    occasion: str
    item: str
    field: str
    elements: str
    words: str


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _text(name: str) -> str:
    return (files(FOLDER) / name).read_text(encoding="utf-8")


def read_rows(text: str, kind: type[R], name: str) -> tuple[R, ...]:
    """The rows of a table; raises `ValueError` naming the row that does not fit."""
    reader = csv.DictReader(text.splitlines(), strict=True)
    wanted = {each.name for each in msgspec.structs.fields(kind)}
    if set(reader.fieldnames or ()) != wanted:
        raise ValueError(f"{name}: the columns are not {', '.join(sorted(wanted))}")
    rows = []
    for number, row in enumerate(reader, 2):
        if None in row or None in row.values():
            raise ValueError(f"{name}:{number}: the row has more or fewer cells than the head")
        if row["confidence"] not in CONFIDENCE or not row["citation"]:
            raise ValueError(f"{name}:{number}: a row says where it is from and how sure that is")
        rows.append(msgspec.convert(row, kind))
    if not rows:
        raise ValueError(f"{name}: the table is empty")
    return tuple(rows)


def read_square(text: str, name: str) -> dict[tuple[str, str], bool]:
    """A table of pairs, `Y` or `n` in each cell; raises `ValueError` unless it is whole and symmetric."""
    head, *rows = csv.reader(text.splitlines(), strict=True)
    kinds = head[1:]
    if [row[0] for row in rows] != kinds or any(len(row) != len(head) for row in rows):
        raise ValueError(f"{name}: rows and columns do not name the same kinds in the same order")
    found = {}
    for row in rows:
        for kind, cell in zip(kinds, row[1:], strict=True):
            if cell not in ANSWERS:
                raise ValueError(f"{name}: {row[0]} beside {kind} is neither Y nor n")
            found[row[0], kind] = ANSWERS[cell]
    if any(found[one, other] != answer for (other, one), answer in found.items()):
        raise ValueError(f"{name}: the table is not the same read both ways")
    return found


@cache
def categories() -> dict[str, Category]:
    """Every kind of alert by its code."""
    return {row.code: row for row in read_rows(_text("categories.csv"), Category, "categories.csv")}


@cache
def person_data() -> dict[str, PersonData]:
    """Every category of data of a person alert by its code."""
    return {row.code: row for row in read_rows(_text("person_data.csv"), PersonData, "person_data.csv")}


@cache
def object_categories() -> dict[str, ObjectCategory]:
    """Every kind of object by its code."""
    name = "object_categories.csv"
    return {row.code: row for row in read_rows(_text(name), ObjectCategory, name)}


@cache
def comparison_keys() -> dict[tuple[str, str], ComparisonKeys]:
    """What is compared, by subject and kind; the kind is empty for all that have no row of their own."""
    name = "comparison_keys.csv"
    return {(row.subject, row.kind): row for row in read_rows(_text(name), ComparisonKeys, name)}


@cache
def compatible() -> dict[str, dict[tuple[str, str], bool]]:
    """Which pairs may stand beside each other, for persons and for objects."""
    names = {"person": "compatible_persons.csv", "object": "compatible_objects.csv"}
    return {subject: read_square(_text(name), name) for subject, name in names.items()}


@cache
def ranks() -> dict[tuple[str, str], int]:
    """The place in the order of execution, by subject and kind."""
    rows = read_rows(_text("priority.csv"), Priority, "priority.csv")
    return {(row.subject, row.kind): int(row.rank) for row in rows}


@cache
def biometric_limits() -> dict[str, BiometricLimit]:
    """Limits of biometrics by kind."""
    return {row.kind: row for row in read_rows(_text("biometrics.csv"), BiometricLimit, "biometrics.csv")}


@cache
def misuse_data() -> dict[str, MisuseData]:
    """Categories of data of an innocent person."""
    name = "misused_identity.csv"
    return {row.code: row for row in read_rows(_text(name), MisuseData, name)}


@cache
def report_items() -> tuple[ReportItem, ...]:
    """What reports of hits say at least."""
    return read_rows(_text("hit_report.csv"), ReportItem, "hit_report.csv")
