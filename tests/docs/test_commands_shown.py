"""Every command that a page shows exists; those that need nothing special are run as they stand, page by page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway import cli
from tests.docs.pages import PAGES, ROOT, Block, blocks, commands, name_of, programs
from tests.docs.shell import API, gateway, run, short_folder

SHOWN = [(block, line) for block, line in commands()]
EVERYWHERE = {"--home", "--json", "-v", "--verbose"}
WITH_A_VALUE = {"--home", "--case"}
PROGRAMS = {"spoc", ".venv/bin/spoc", "make", "python", "curl", "cat", "sqlite3", "tar", "openssl", "xmlsec1"}


@pytest.mark.parametrize(("block", "line"), SHOWN, ids=[line[:70] for _, line in SHOWN])
def test_a_command_that_is_shown_exists(block: Block, line: str) -> None:
    for program, *words in programs(line):
        assert program in PROGRAMS
        if program.endswith("spoc"):
            assert unknown_to_spoc(words) == []
        elif program == "make":
            assert f"\n{words[0]}:" in (ROOT / "Makefile").read_text("utf-8")
        elif program == "python":
            assert words[0] in ("-c", "spoc-verify.pyz") or words[:2] == ["-m", "simulators"]


def test_commands_in_running_text_exist() -> None:
    wrong = []
    for page in PAGES:
        for words in re.findall(r"`spoc ([a-z][^`\n]*)`", page.read_text("utf-8")):
            unknown = unknown_to_spoc(words.split())
            wrong += [f"{page.name}: spoc {words}: {one}" for one in unknown]
    assert wrong == []


def unknown_to_spoc(words: list[str]) -> list[str]:
    """Commands and options that `spoc` does not have."""
    command: Any = typer.main.get_command(cli.app)
    unknown, waiting = [], [word for word in words if word not in EVERYWHERE - WITH_A_VALUE]
    while waiting:
        word = waiting.pop(0)
        if word in WITH_A_VALUE:
            waiting[:1] = []
        elif word.startswith("-") and word != "-":
            options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            unknown += [] if word.partition("=")[0] in options | {"--help"} else [word]
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return [*unknown, word]
            command = command.commands[word]
    return unknown


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page, "console") if block.kind != "shown"]


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=name_of)
def test_what_a_page_shows_works_from_top_to_bottom(page: Path) -> None:
    todo = runnable(page)
    lines = [line for block in todo for line in block.commands]
    if any(line.startswith("curl") for line in lines) and not shutil.which("curl"):
        pytest.skip("curl is not installed")
    before = [line for block in todo if block.kind == "" for line in block.commands]
    beside = [line for block in todo if block.kind == "gateway" for line in block.commands]

    with short_folder() as folder:
        for line in before:
            run(line, folder)
        if beside:
            with gateway(folder) as url:
                for line in beside:
                    run(line.replace(API, url), folder)
