"""The same numbers for other readers: CSV for tables, SVG for a page. Neither holds more than the rows themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from lxml import etree

from gateway.statistics.figure import Figure
from gateway.statistics.tally import Row

MAX_BARS: Final = 40
"""More bars than this can be told apart by nobody; the rest is one bar, and the CSV has them all."""
_SVG: Final = "http://www.w3.org/2000/svg"
_WIDTH, _TOP, _LINE, _LABEL, _MARGIN = 960, 48, 24, 320, 20
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would compute a cell that begins so."""


def as_csv(figures: Sequence[tuple[Figure, Sequence[Row]]]) -> str:
    """One line for each number: figure, up to three facts with their names, the count; one with 0 where nothing was counted."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(["figure", "title", "by", "row", "count"])
    for figure, rows in figures:
        for row in rows or (Row(key=(), count=0),):
            lines.writerow(
                [figure.id, _cell(figure.title), " / ".join(figure.by), _cell(" / ".join(row.key)), row.count]
            )
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_svg(title: str, rows: Sequence[Row]) -> bytes:
    """A bar chart that loads nothing from anywhere and runs nothing; each number stands beside its bar.

    Drawn here, since the chart libraries at hand add scripts to what they draw or hooks to the interpreter.
    """
    shown = sorted(rows, key=lambda row: (-row.count, row.key))
    bars = [(" / ".join(row.key), row.count) for row in shown[:MAX_BARS]]
    rest = shown[MAX_BARS:]
    if rest:
        bars.append((f"{len(rest)} more rows", sum(row.count for row in rest)))
    height = _TOP + _LINE * max(1, len(bars)) + _MARGIN
    root = etree.Element(f"{{{_SVG}}}svg", nsmap={None: _SVG}, viewBox=f"0 0 {_WIDTH} {height}")
    root.set("font-family", "sans-serif")
    _put(root, "title", title)
    _put(root, "rect", width=_WIDTH, height=height, fill="#ffffff")
    _put(root, "text", title, x=_MARGIN, y=_MARGIN + 8, **{"font-size": 16, "font-weight": "bold"})
    most = max((count for _, count in bars), default=1)
    for number, (label, count) in enumerate(bars):
        y = _TOP + _LINE * number
        length = round((_WIDTH - _LABEL - 3 * _MARGIN) * count / most, 1)
        _put(root, "text", label, x=_LABEL - 8, y=y + 13, **{"font-size": 12, "text-anchor": "end"})
        _put(root, "rect", x=_LABEL, y=y, width=length, height=_LINE - 6, fill="#1f5a99")
        _put(root, "text", str(count), x=_LABEL + length + 6, y=y + 13, **{"font-size": 12})
    if not bars:
        _put(root, "text", "nothing counted", x=_MARGIN, y=_TOP + 13, **{"font-size": 12})
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _put(parent: etree._Element, name: str, text: str = "", **attributes: object) -> None:
    element = etree.SubElement(parent, f"{{{_SVG}}}{name}")
    for key, value in attributes.items():
        element.set(key, str(value))
    if text:
        element.text = _drawable(text)


def _drawable(text: str) -> str:
    """The text with what XML cannot hold made visible (XML 1.0 section 2.2)."""
    return "".join(letter if letter.isprintable() else f"<{ord(letter):04X}>" for letter in text)
