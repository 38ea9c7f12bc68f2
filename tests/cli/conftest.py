"""Homes and the command itself, as a user has them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.setup import make_home

SPOC = str(Path(sys.executable).with_name("spoc"))
COLUMNS = "160"
"""Tables are as wide as the terminal; tests must not depend on one."""
PARTIES = ("sirene:XA", "ncb:XA", "enu:XA")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")

    @property
    def told(self) -> Any:
        """The answer as a program reads it."""
        assert self.out, self.err
        return json.loads(self.out)

    @property
    def trouble(self) -> dict[str, Any]:
        """The error as a program reads it."""
        found: dict[str, Any] = json.loads(self.err)["error"]
        return found


Spoc = Callable[..., Done]


def environment(**more: str) -> dict[str, str]:
    """The caller's environment without anything that would reach a home folder of the caller."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPOC_")}
    return {**clean, "COLUMNS": COLUMNS, **more}


@pytest.fixture(scope="session")
def spoc(tmp_path_factory: pytest.TempPathFactory) -> Spoc:
    """Run the installed command, in a folder of its own."""
    place = tmp_path_factory.mktemp("working-folder")

    def run(*arguments: object, given: bytes = b"", module: bool = False, **more: str) -> Done:
        start = [sys.executable, "-m", "gateway"] if module else [SPOC]
        done = subprocess.run(
            [*start, *map(str, arguments)],
            input=given,
            capture_output=True,
            cwd=place,
            env=environment(**more),
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))

    return run


@pytest.fixture
def quick(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Spoc:
    """The same command within this process: for the many cases in which only the answer matters."""

    def run(*arguments: object, given: bytes = b"", **more: str) -> Done:
        with monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("SPOC_")]:
                patch.delenv(name)
            patch.setenv("COLUMNS", COLUMNS)
            for name, value in more.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
            with pytest.raises(SystemExit) as ended:
                main([str(each) for each in arguments])
        caught = capsysbinary.readouterr()
        return Done(int(ended.value.code or 0), caught.out, caught.err.decode("utf-8"))

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder as `spoc init` makes it."""
    folder = tmp_path / "home"
    make_home(folder, PARTIES, "xa.spoc.example", datetime.now(UTC))
    return folder


@pytest.fixture
def their_card(tmp_path: Path, spoc: Spoc) -> dict[str, Any]:
    """The card of another office."""
    folder = tmp_path / "theirs"
    make_home(folder, ("sirene:XB",), "xb.sirene.example", datetime.now(UTC))
    found: dict[str, Any] = spoc("--home", folder, "partners", "card", "sirene:XB").told
    return found
