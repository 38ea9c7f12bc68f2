"""From one version of a family to another: the differences are data, and this is the pure function that applies them.

A table lists what the newer version says that the older one cannot, or says otherwise. Going down, its rows are applied
in order; going up, in reverse. Whatever a row takes away or blurs gives a note, so `up(down(form))` differs from the
form in exactly what the report names, and `down(up(form))` is the form again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec import Struct

from gateway.errors import Refused
from gateway.form import Field, Form
from gateway.identity import FormatId
from gateway.versions import Change, Conversion, Note, in_version, major_of

MAX_WORDS: Final = 64_000
"""As `LongText` bounds a free text; what does not fit is lost and said to be."""
UNMAPPED: Final = "OtherField"
"""Element of a field number that a schema does not name: it goes through every conversion untouched."""

Fields = tuple[Field, ...]


class Difference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="change"):
    """One row. `field` is an element of the body, or a path to one in a container: `CheckReport/Removed`."""

    field: str
    text: str
    """What a person reads about it."""
    citation: str
    confidence: str
    number: str = ""
    forms: tuple[str, ...] = ()
    """Forms it is about; empty for all."""
    essential: bool = False
    """Whether an officer decides before a form goes out without it."""

    @property
    def path(self) -> tuple[str, ...]:
        """The steps from the body to the field."""
        return tuple(self.field.split("/"))

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        """From the newer to the older version."""
        raise NotImplementedError

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        """From the older to the newer version."""
        raise NotImplementedError

    def note(self, change: Change) -> Note:
        """What this row did."""
        return Note(
            change=change, field=self.field, number=self.number, text=self.text, essential=self.essential,
            citation=self.citation,
        )  # fmt: skip


class Drop(Difference, frozen=True, kw_only=True, tag="drop"):
    """The older version has no such field. With `words_in` it is kept as a line of that free-text field."""

    words_in: str = ""
    words: str = ""
    """What the line begins with."""

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        left, taken = _without(fields, self.path)
        return _as_words(left, taken, self)

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        return fields, []


class Values(Difference, frozen=True, kw_only=True, tag="values"):
    """The two versions have other codes for the same thing. `pairs` are (newer, older); a newer code with no pair of
    its own takes the pair of the code that it is a part of, up to a `(`. `unsayable` codes have none whatever they are
    part of. What has no code in the older version is taken away with the element `remove` and kept as words.
    """

    pairs: tuple[tuple[str, str], ...]
    unsayable: tuple[str, ...] = ()
    remove: str = ""
    words_in: str = ""
    words: str = ""
    type: str = ""
    """Name of the XSD type that lists the codes."""
    older_text: str = ""
    """What the schema of the older version says about the field."""

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        removed = tuple((self.remove or self.field).split("/"))
        below = self.path[len(removed) :]
        left, taken = _without(
            fields, removed, lambda field: any(self._older(x.value) is None for x in _at(field, below))
        )
        left, notes = _as_words(left, taken, self)
        exact = dict(self.pairs)

        def change(field: Field) -> Field:
            if field.value not in exact:
                # Said less exactly is still said: no officer has to decide about that.
                notes.append(msgspec.structs.replace(self.note(Change.NARROWED), essential=False))
            return msgspec.structs.replace(field, value=self._older(field.value) or field.value)

        return _changed(left, self.path, change), notes

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        back = {older: newer for newer, older in self.pairs}
        return _changed(
            fields, self.path, lambda field: msgspec.structs.replace(field, value=back.get(field.value, field.value))
        ), []

    def _older(self, value: str) -> str | None:
        known: dict[str, str | None] = {**dict(self.pairs), **dict.fromkeys(self.unsayable)}
        part = value
        while part not in known:
            part, bracket, _ = part.rpartition("(")
            if not bracket:
                return None
        return known[part]


class Rename(Difference, frozen=True, kw_only=True, tag="rename"):
    """The same field under another name, and another number where `older_number` says so."""

    older: str
    older_number: str = ""

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        return self._renamed(fields, self.path, self.older, self.older_number), []

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        return self._renamed(fields, (*self.path[:-1], self.older), self.path[-1], self.number), []

    def _renamed(self, fields: Fields, path: tuple[str, ...], name: str, number: str) -> Fields:
        def change(field: Field) -> Field:
            told = number if self.older_number else field.number
            return msgspec.structs.replace(field, name=name, number=told)

        return _changed(fields, path, change)


class Move(Difference, frozen=True, kw_only=True, tag="move"):
    """A field of the body that stands last in the container `older` of the older version. Where the body has no such
    container one is made, and going up an emptied one is taken away again.
    """

    older: str

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        left, taken = _without(fields, self.path)
        if not taken:
            return fields, []
        if all(field.name != self.older for field in left):
            left = (*left, Field(name=self.older))
        first = next(index for index, field in enumerate(left) if field.name == self.older)
        holder = msgspec.structs.replace(left[first], children=(*left[first].children, *taken))
        return (*left[:first], holder, *left[first + 1 :]), []

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        left, taken = _without(fields, (self.older, self.path[-1]))
        if not taken:
            return fields, []
        kept = tuple(field for field in left if field.name != self.older or field.children or field.attributes)
        return (*kept, *taken), []


class Join(Difference, frozen=True, kw_only=True, tag="join"):
    """Two fields of the newer version that are one in the older: `field`, the separator, and `second`."""

    second: str
    separator: str = " "
    older_base: str = ""
    """Name of the XSD type of the joined text."""

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        later = next((field for field in fields if field.name == self.second), None)
        if later is None:
            return fields, []
        if all(field.name != self.field for field in fields):
            # Going up, a text that starts with the separator has no first part.
            renamed = Field(name=self.field, number=self.number, value=self.separator + later.value)
            return tuple(renamed if field is later else field for field in fields), []
        left = tuple(field for field in fields if field is not later)
        joined = _changed(
            left, (self.field,), lambda field: msgspec.structs.replace(field, value=f"{field.value}{self.separator}{later.value}")
        )  # fmt: skip
        return joined, []

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        parted: list[Field] = []
        for field in fields:
            first, separator, second = field.value.partition(self.separator)
            if field.name != self.field or not separator:
                parted.append(field)
                continue
            if first:
                parted.append(msgspec.structs.replace(field, value=first))
            parted.append(Field(name=self.second, number=self.number, value=second))
        return tuple(parted), []


class Default(Difference, frozen=True, kw_only=True, tag="default"):
    """A field that the newer version asks for and the older does not have: going up it is filled in and said so."""

    value: str

    def down(self, fields: Fields) -> tuple[Fields, list[Note]]:
        left, taken = _without(fields, self.path)
        return left, [self.note(Change.LOST) for field in taken if field.value != self.value]

    def up(self, fields: Fields) -> tuple[Fields, list[Note]]:
        filled = Field(name=self.field, number=self.number, value=self.value)
        return (filled, *fields), [self.note(Change.FILLED)]


Row = Drop | Values | Rename | Move | Join | Default


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The differences of two neighbouring versions of a family. `forms` are those that the older version has."""

    family: str
    newer: int
    older: int
    forms: tuple[str, ...]
    difference: tuple[Row, ...]


def tables(family: str) -> tuple[Table, ...]:
    """Every table of a family, read strictly; a fault in shipped data raises."""
    folder = files("schemas") / family / "conversions"
    if not folder.is_dir():
        return ()
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(
        msgspec.convert({"family": family, **tomllib.loads(one.read_text("utf-8"))}, Table) for one in found
    )  # fmt: skip


def convert(form: Form, target: FormatId, known: Sequence[Table]) -> tuple[Form, Conversion]:
    """The form in another version of its family, and the report. Subjects stay as they are. Raises `Refused` when the
    form does not exist there.
    """
    source, fields, notes = form.format, form.fields, list[Note]()
    at, goal = major_of(source), major_of(target)
    name = source.partition("/")[2].partition("@")[0]
    while at != goal:
        table, step = _step(known, at, goal)
        if table is None or name not in table.forms:
            raise Refused(
                "format.version-unknown",
                f"There is no {in_version(source, goal)}: the form {name} does not exist in that version.",
            )
        rows = [row for row in table.difference if not row.forms or name in row.forms]
        for row in rows if step == table.older else reversed(rows):
            fields, told = row.down(fields) if step == table.older else row.up(fields)
            notes += told
        at = step
    unmapped = tuple(field.number for field in form.fields if field.name == UNMAPPED)
    report = Conversion(source=source, target=target, notes=tuple(notes), unmapped=unmapped)
    return msgspec.structs.replace(form, format=target, fields=fields), report


def _step(known: Sequence[Table], at: int, goal: int) -> tuple[Table | None, int]:
    """The table that leads one version nearer to the goal, and that version."""
    for table in known:
        if goal < at == table.newer and table.older >= goal:
            return table, table.older
        if goal > at == table.older and table.newer <= goal:
            return table, table.newer
    return None, at


# --- trees of fields


def _changed(fields: Fields, path: tuple[str, ...], change: Callable[[Field], Field]) -> Fields:
    """The fields with those at the path changed."""
    return tuple(
        field
        if field.name != path[0]
        else change(field)
        if len(path) == 1
        else msgspec.structs.replace(field, children=_changed(field.children, path[1:], change))
        for field in fields
    )


def _without(
    fields: Fields, path: tuple[str, ...], goes: Callable[[Field], bool] | None = None
) -> tuple[Fields, list[Field]]:
    """The fields without those at the path that are to go, and those."""
    left: list[Field] = []
    taken: list[Field] = []
    for field in fields:
        if field.name != path[0]:
            left.append(field)
        elif len(path) > 1:
            children, found = _without(field.children, path[1:], goes)
            taken += found
            left.append(msgspec.structs.replace(field, children=children))
        elif goes is None or goes(field):
            taken.append(field)
        else:
            left.append(field)
    return tuple(left), taken


def _at(field: Field, path: tuple[str, ...]) -> list[Field]:
    found = [field]
    for step in path:
        found = [child for one in found for child in one.children if child.name == step]
    return found


def _as_words(fields: Fields, taken: Sequence[Field], row: Drop | Values) -> tuple[Fields, list[Note]]:
    """What was taken away, as lines of the free text where the row wants that and they fit."""
    notes = []
    for field in taken:
        line = f"{row.words or row.field}: {_spoken(field)}"
        text = next((one.value for one in fields if one.name == row.words_in), "")
        if not row.words_in or len(text) + 1 + len(line) > MAX_WORDS:
            notes.append(row.note(Change.LOST))
            continue
        notes.append(row.note(Change.AS_WORDS))
        longer = f"{text}\n{line}" if text else line
        kept = tuple(one for one in fields if one.name != row.words_in)
        number = next((one.number for one in fields if one.name == row.words_in), "")
        fields = (*kept, Field(name=row.words_in, value=longer, number=number))
    return fields, notes


def _spoken(field: Field) -> str:
    """A field with all that stands in it, in one line."""
    told: list[Any] = [f"{key} {value}" for key, value in field.attributes]
    told += [f"{child.name} {_spoken(child)}" for child in field.children]
    if field.value:
        told.append(" ".join(field.value.split()))
    return "; ".join(told)
