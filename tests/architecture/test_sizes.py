"""Files and functions stay short enough to be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.house import ROOT, tracked

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
# "path::function": "why it may be longer". The list only shrinks.
LONGER_FUNCTIONS: dict[str, str] = {}


def test_no_python_file_is_too_long() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in tracked("*.py")}
    assert lengths
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_too_long_without_a_reason() -> None:
    lengths = {f"{path}::{name}": lines for path in tracked("*.py") for name, lines in _functions(ROOT / path)}
    assert lengths
    too_long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION}
    assert {name: lines for name, lines in too_long.items() if name not in LONGER_FUNCTIONS} == {}
    assert set(LONGER_FUNCTIONS) <= set(too_long), "an exception that is no longer needed goes"


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
