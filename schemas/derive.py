"""The schemas of an older version, written from those of the newer one and the table of differences: `make schemas`.

What is written is committed, because partners read it; a test says when it is out of date. Nothing in `xsd/vN/` is edited
by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from lxml import etree

from schemas.conversion import Default, Drop, Join, Move, Rename, Row, Table, Values, tables

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_MARK: Final = " Written by `make schemas` from the schema of version {newer} and conversions/{newer}-to-{older}.toml; not edited by hand. "

Documents = dict[str, etree._ElementTree]


def folder(table: Table) -> Path:
    """Where the schemas of the older version lie."""
    return Path(str(files("schemas"))) / table.family / "xsd" / f"v{table.older}"


def derived(table: Table) -> dict[str, bytes]:
    """Every schema file of the older version by its name: those of its forms and what they include."""
    source = folder(table).parent
    top = table.newer == max((each.newer for each in tables(table.family)), default=table.newer)
    found = _read(source if top else source / f"v{table.newer}", table.forms)
    apply(table, found)
    return {name: _written(tree, table, top) for name, tree in found.items()}


def _read(place: Path, forms: Sequence[str]) -> Documents:
    """The schema of each form and what it includes, by file name, sorted so that the outcome is always the same."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    wanted = [name for form in forms for name in (f"form{form.lower()}.xsd", f"{form.lower()}.xsd")]
    found: Documents = {}
    while wanted:
        name = wanted.pop()
        if name in found or not (place / name).is_file():
            continue
        found[name] = etree.parse(str(place / name), parser)
        wanted += [str(one.get("schemaLocation")) for one in found[name].getroot().iterfind(f"{_XS}include")]
    return dict(sorted(found.items()))


def apply(table: Table, found: Documents) -> None:
    """Make the newer schemas say what the older version knows."""
    for row in table.difference:
        _apply(row, found)
    _prune(found)


def _apply(row: Row, found: Documents) -> None:
    match row:
        case Drop() | Default():
            _unlist(row.path, found)
        case Values():
            _limit_codes(row, found)
        case Rename():
            _rename(row, found)
        case Move():
            _unlist(row.path, found)
            for sequence in _inside(row.older, "sequence", found):
                etree.SubElement(sequence, f"{_XS}element", ref=row.path[-1], minOccurs="0", maxOccurs="99")
        case Join():
            _unlist((row.second,), found)
            for extension in _inside(row.field, "extension", found):
                extension.set("base", row.older_base or str(extension.get("base")))


def _rename(row: Rename, found: Documents) -> None:
    for element in _listed(row.path, found):
        element.set("ref", row.older)
    for element in _declared(row.path[-1], found):
        element.set("name", row.older)
        for number in element.iterfind(f".//{_XS}attribute[@name='no']"):
            number.set("fixed", row.older_number or str(number.get("fixed")))


def _inside(name: str, kind: str, found: Documents) -> list[etree._Element]:
    """Parts of the declaration of an element."""
    return [part for element in _declared(name, found) for part in element.iter(f"{_XS}{kind}")]


def _declared(name: str, found: Documents) -> list[etree._Element]:
    """The global declarations of an element."""
    return [one for tree in found.values() for one in tree.getroot().iterfind(f"{_XS}element[@name='{name}']")]


def _listed(path: tuple[str, ...], found: Documents) -> list[etree._Element]:
    """Where the element is referred to: in its container, or in the body of every form."""
    *above, name = path
    if above:
        holders = _declared(above[-1], found)
    else:
        bodies = ".//" + f"{_XS}element[@name='Body']"
        holders = [one for tree in found.values() for one in tree.getroot().iterfind(bodies)]
    return [one for holder in holders for one in holder.iter(f"{_XS}element") if one.get("ref") == name]


def _unlist(path: tuple[str, ...], found: Documents) -> None:
    for element in _listed(path, found):
        _cut(element)


def _limit_codes(row: Values, found: Documents) -> None:
    for tree in found.values():
        for kind in tree.getroot().iterfind(f"{_XS}simpleType[@name='{row.type}']"):
            restriction = kind.find(f"{_XS}restriction")
            if restriction is None:
                continue
            for facet in list(restriction):
                restriction.remove(facet)
            restriction.text = "\n      "
            codes = list(dict.fromkeys(older for _, older in row.pairs))
            for code in codes:
                facet = etree.SubElement(restriction, f"{_XS}enumeration", value=code)
                facet.tail = "\n    " if code == codes[-1] else "\n      "
            _describe(kind, row.older_text)
    for element in _declared(row.path[-1], found):
        _describe(element, row.older_text)


def _describe(element: etree._Element, text: str) -> None:
    """Replace the words of a declaration, where the table has others for the older version."""
    words = element.find(f"{_XS}annotation/{_XS}documentation")
    if words is not None and text:
        words.text = f" {text} "


def _prune(found: Documents) -> None:
    """Take away what nothing refers to any more."""
    while True:
        used = {str(one.get("ref")) for tree in found.values() for one in tree.getroot().iter(f"{_XS}element")}
        idle = [
            one
            for tree in found.values()
            for one in tree.getroot().iterfind(f"{_XS}element")
            if one.get("name") not in used and one.find(f".//{_XS}element[@name='Body']") is None
        ]
        if not idle:
            return
        for element in idle:
            _cut(element)


def _cut(element: etree._Element) -> None:
    """Remove an element with the line it stands in."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _written(tree: etree._ElementTree, table: Table, from_top: bool) -> bytes:
    root = tree.getroot()
    root.insert(0, etree.Comment(_MARK.format(newer=table.newer, older=table.older)))
    root[0].tail = root.text
    for pattern in root.iter(f"{_XS}pattern"):
        if pattern.get("value") == rf"{table.newer}\.[0-9]+":
            pattern.set("value", rf"{table.older}\.[0-9]+")
    for kind in root.iterfind(f"{_XS}simpleType[@name='Version']"):
        for words in kind.iter(f"{_XS}documentation"):
            words.text = (
                f" The version of the form; every {table.older}.x can be read by whoever reads {table.older}.0. "
            )
    if root.get("version"):
        root.set("version", f"{table.older}.0")
    text = etree.tostring(root, encoding="unicode")
    text = text.replace(f"urn:x-spoc:{table.family}:{table.newer}", f"urn:x-spoc:{table.family}:{table.older}")
    text = text.replace('schemaLocation="../', 'schemaLocation="../../') if from_top else text
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n").encode()


def main() -> int:
    """Write every derived schema of every family; files that no table gives any more are removed."""
    for family in sorted(one.name for one in Path(str(files("schemas"))).iterdir() if (one / "conversions").is_dir()):
        for table in tables(family):
            place, wanted = folder(table), derived(table)
            place.mkdir(exist_ok=True)
            for old in place.glob("*.xsd"):
                if old.name not in wanted:
                    old.unlink()
            for name, content in wanted.items():
                (place / name).write_bytes(content)
            sys.stdout.write(f"{family}: version {table.older}, {len(wanted)} schemas\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
