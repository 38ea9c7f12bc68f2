"""The guides as the tests see them: their fenced blocks and the commands that they show.

A block ```` ```console ```` runs as it stands, `console gateway` runs beside a gateway that the test starts, and `console shown` is only
looked at: it needs what a test has not.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)?(?: (\w+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    page: Path
    language: str
    kind: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines that are typed."""
        return [line.removeprefix("$ ") for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(page: Path, language: str = "") -> list[Block]:
    """The fenced blocks of a page."""
    found = [Block(page, *(part or "" for part in match)) for match in FENCE.findall(page.read_text("utf-8"))]
    return [block for block in found if language in ("", block.language)]


def commands() -> Iterator[tuple[Block, str]]:
    """Every command on every page."""
    for page in PAGES:
        for block in blocks(page, "console"):
            for command in block.commands:
                yield block, command


def programs(line: str) -> Iterator[list[str]]:
    """The single programs of a line, those within `$(…)` included."""
    for inner in re.findall(r"\$\(([^()]*)\)", line):
        yield from programs(inner)
    words = shlex.split(re.sub(r"\$\([^()]*\)", "WORD", line))
    program: list[str] = []
    for word in [*words, "|"]:
        if word in ("|", "&&"):
            yield program[: program.index(">")] if ">" in program else program
            program = []
        else:
            program.append(word)


def name_of(page: Path) -> str:
    """A page as a test id."""
    return str(page.relative_to(ROOT))
