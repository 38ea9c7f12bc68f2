"""Every format that was found: a module in `schemas/FAMILY/forms/` with a `FORM` is a format, and nothing else has to
be told about it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from gateway.errors import Refused
from gateway.families import MAIL, Family
from gateway.findings import Finding
from gateway.form import Form
from gateway.identity import FormatId, family_of
from gateway.numbers.sheets import Sheet
from gateway.reply import JournalPlace, ReceiptContent, ReplyContext, StatementContent
from gateway.versions import Conversion, Days, Version, in_version, major_of
from schemas import conversion
from schemas.conversion import Table
from schemas.form import FormSpec
from schemas.spoc import receipts, sheets, statements
from schemas.versions import versions_of


def _families() -> dict[str, Family]:
    """Every folder with a `family.py` is a family."""
    folder = Path(str(files("schemas")))
    names = sorted(file.parent.name for file in folder.glob("*/family.py"))
    found = (importlib.import_module(f"schemas.{name}.family").FAMILY for name in names)
    return {family.name: family for family in found}


class Catalogue:
    """All formats by id and by root element (`gateway.ports.Formats`). `agreed` are an office's own days of versions, by
    family and major version.
    """

    def __init__(
        self,
        formats: Iterable[FormSpec],
        families: Mapping[str, Family] | None = None,
        agreed: Mapping[str, Mapping[str, Days]] | None = None,
    ) -> None:
        self._families = {MAIL.name: MAIL, **(families or {})}
        self._current = {spec.id: spec for spec in sorted(formats, key=lambda spec: spec.id)}
        named = sorted({spec.family for spec in self._current.values()})
        self._tables: dict[str, tuple[Table, ...]] = {name: conversion.tables(name) for name in named}
        self._versions = {name: versions_of(name, (agreed or {}).get(name)) for name in named}
        self._by_id = {**self._current, **{spec.id: spec for spec in self._older()}}
        self._by_root = {spec.root: spec for spec in self._by_id.values()}

    def _older(self) -> Iterator[FormSpec]:
        """The formats of the versions before the current ones, as the tables of differences name them."""
        for tables in self._tables.values():
            for table in tables:
                for name in table.forms:
                    newest = max(each.newer for each in tables)
                    spec = self._current.get(f"{table.family}/{name}@{newest}")
                    if spec:
                        yield spec.in_version(table.older)

    def __iter__(self) -> Iterator[FormSpec]:
        """The formats that the gateway itself thinks in: the current version of each."""
        return iter(self._current.values())

    def __len__(self) -> int:
        return len(self._current)

    def versions(self, family: str) -> tuple[Version, ...]:
        """The versions of a family, the current one first; none for a family that nobody knows."""
        return self._versions.get(family, ())

    def version(self, format_id: FormatId) -> Version:
        """The version that a format is of; raises `Refused` for one that there is not."""
        for version in self.versions(family_of(format_id)):
            if version.major == major_of(format_id):
                return version
        raise Refused("format.version-unknown", f"There is no version of {format_id[:64]}. `spoc formats` lists all.")

    def majors(self, format_id: FormatId) -> list[int]:
        """The major versions in which this kind of message exists, the current one first."""
        known = self.versions(family_of(format_id))
        return [each.major for each in known if in_version(format_id, each.major) in self._by_id]

    def current(self, format_id: FormatId) -> FormatId:
        """The same kind of message in the version that the gateway thinks in."""
        versions = self.versions(family_of(format_id))
        return in_version(format_id, versions[0].major) if versions else format_id

    def convert(self, form: Form, target: FormatId) -> tuple[Form, Conversion]:
        """The form in another version, and what that changed; raises `Refused` when it does not exist there."""
        spec = self.get(target)
        converted, report = conversion.convert(form, spec.id, self._tables.get(spec.family, ()))
        return spec.tidied(converted), report

    def get(self, format_id: FormatId) -> FormSpec:
        """The format with this id; raises `Refused` for an unknown one."""
        found = self._by_id.get(format_id)
        if found is None:
            raise Refused("format.unknown", f"There is no format {format_id[:64]}. `spoc formats` lists all.")
        return found

    def recognise(self, root_name: str, version: str) -> FormSpec:
        """The format of a root element in Clark notation, for example `{urn:x-spoc:sirene:1}FormG`."""
        found = self._by_root.get(root_name)
        if found is None:
            raise self._unknown(root_name)
        if version.partition(".")[0] != found.version.partition(".")[0] or not version:
            raise Refused(
                "format.version-unknown",
                f"{found.element} is known in version {found.version}; the message does not say so. Send version {found.version}.",
            )
        return found

    def _unknown(self, root_name: str) -> Refused:
        namespace, _, local = root_name.lstrip("{").rpartition("}")
        family, _, major = namespace.removeprefix("urn:x-spoc:").rpartition(":")
        known = [spec for spec in self._current.values() if spec.family == family]
        if family in self._families and family != MAIL.name:
            withdrawn: Finding | None = getattr(importlib.import_module(f"schemas.{family}"), "WITHDRAWN", {}).get(
                local
            )
            if withdrawn:
                sentence = f"{withdrawn.text} {withdrawn.remedy} Source: {withdrawn.citation}."
                return Refused("format.withdrawn", sentence, findings=(withdrawn,))
        if known and all(spec.namespace != namespace for spec in self._by_id.values()):
            return Refused(
                "format.version-unknown",
                f"Version {major[:8]!r} of the family {family} is not known here. Send version {self.versions(family)[0].major}.",
            )
        if known:
            names = ", ".join(spec.element for spec in known)
            return Refused("format.unknown", f"The family {family} has no such form here. Known are: {names}.")
        return Refused(
            "format.unknown",
            f"The XML is of no known format. Known families: {', '.join(sorted(self._families.keys() - {MAIL.name}))}.",
        )

    def family(self, format_id: FormatId) -> Family:
        """The family of a format; for a family that nobody knows one that is told nothing and lets nothing out."""
        name = family_of(format_id)
        return self._families.get(name) or Family(name=name, handling_required=True)

    def receipt(self, form: Form | None, receipt: ReceiptContent, reply: ReplyContext) -> Form:
        """A technical receipt as an unsigned form."""
        return receipts.compose(form, receipt, reply)

    def statement(self, said: StatementContent, context: ReplyContext) -> Form:
        """A signed statement as an unsigned form."""
        return statements.compose(said, context)

    def linked(self, form: Form, place: JournalPlace) -> Form:
        """A receipt or statement with the place in our journal of what it speaks of."""
        return receipts.linked(form, place)

    def receipt_content(self, form: Form) -> ReceiptContent:
        """What a technical receipt that came in says."""
        return receipts.read(form)

    def sheet(self, sheet: Sheet, context: ReplyContext) -> Form:
        """A daily sheet as an unsigned form."""
        return sheets.compose(sheet, context)

    def sheet_content(self, form: Form) -> Sheet:
        """What a daily sheet says; raises `Refused` when a value cannot be read."""
        return sheets.read(form)


def discover(agreed: Mapping[str, Mapping[str, Days]] | None = None) -> Catalogue:
    """Import every form module of every family and collect its `FORM`. Raises `ValueError` for `agreed` days of versions
    that there are not.
    """
    families = _families()
    unknown = sorted((agreed or {}).keys() - families.keys())
    if unknown:
        raise ValueError(f"there is no family {unknown[0][:16]} to set days for")
    found: list[FormSpec] = []
    for family in families:
        folder = files("schemas") / family / "forms"
        for module in pkgutil.iter_modules([str(folder)]):
            spec = getattr(importlib.import_module(f"schemas.{family}.forms.{module.name}"), "FORM", None)
            if isinstance(spec, FormSpec):
                found.append(spec)
    return Catalogue(found, families, agreed)
