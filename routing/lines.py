"""Line numbers for a TOML text, which the standard parser does not keep.

The one idea: a small scan is enough. It looks for `[[route]]`, for the tables below a row and for keys at the beginning
of a line, and when it finds nothing it answers with the first line of the row.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*\[\[\s*route\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*(?:route\s*\.\s*)?([A-Za-z_.\s]+?)\s*\]")
_KEY = re.compile(r"^\s*\"?([A-Za-z0-9_-]+)\"?((?:\s*\.\s*\"?[A-Za-z0-9_-]+\"?)*)\s*=")
_QUOTES = re.compile(r'"""|' + "'''")


class Lines:
    """Where each key of each row stands."""

    def __init__(self, text: str) -> None:
        self._rows: list[dict[str, int]] = []
        self._top: dict[str, int] = {}
        table, quoted = "", ""
        for number, line in enumerate(text.splitlines(), 1):
            if not quoted:
                table = self._note(line, number, table)
            for quote in _QUOTES.findall(line):
                quoted = "" if quote == quoted else quoted or quote

    def _note(self, line: str, number: int, table: str) -> str:
        if _HEADER.match(line):
            self._rows.append({"": number})
            return ""
        if found := _TABLE.match(line):
            table = re.sub(r"\s", "", found[1])
            self._place().setdefault(table, number)
            return table
        if found := _KEY.match(line):
            key = found[1] + re.sub(r"[\s\"]", "", found[2])
            self._place().setdefault(f"{table}.{key}" if table else key, number)
        return table

    def _place(self) -> dict[str, int]:
        return self._rows[-1] if self._rows else self._top

    def top(self, key: str) -> int:
        """The line of a key outside all rows; it may also stand below one, as a table of its own."""
        return next((place[key] for place in (self._top, *self._rows) if key in place), 1)

    def of(self, row: int, key: str) -> int:
        """The line of a key (`do.ask`) in a row, or the nearest line that is known: its table, the row."""
        known = self._rows[row] if row < len(self._rows) else {"": 1}
        while key and key not in known:
            below = [line for other, line in known.items() if other.startswith(f"{key}.")]
            if below:
                return min(below)
            key = key.rpartition(".")[0]
        return known.get(key, known[""])
