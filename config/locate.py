"""Where in a TOML file a setting stands. The standard parser tells values but not lines, and an error without a line
costs an hour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TABLE = re.compile(r"^\s*\[(\[)?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"^\s*(?P<name>(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_\-]+)(?:\s*\.\s*(?:\"[^\"]*\"|[A-Za-z0-9_\-]+))*)\s*="
)
_STEP = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_\-]+)")

Path = tuple[str | int, ...]


def lines_of(text: str) -> dict[Path, int]:
    """Line numbers (from 1) of every table and key, by the path to it; array tables count from 0."""
    found: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _TABLE.match(line):
            table = _steps(heading["name"])
            if heading[1]:
                index = counts.get(table, -1) + 1
                counts[table] = index
                table = (*table, index)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_steps(key["name"])), number)
    return found


def line_of(lines: dict[Path, int], path: Sequence[str | int]) -> int:
    """The line of a path, or of the nearest table around it; 1 when nothing is known."""
    steps = tuple(path)
    while steps:
        if steps in lines:
            return lines[steps]
        steps = steps[:-1]
    return 1


def _steps(name: str) -> Path:
    return tuple(next(group for group in match.groups() if group is not None) for match in _STEP.finditer(name))
