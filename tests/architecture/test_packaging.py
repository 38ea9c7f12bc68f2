"""What is shipped is complete, and what is installed is pinned without naming where it comes from."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SHIPPED, tracked

LOCK = ROOT / "requirements.lock"
TRAVELS_WITH_THE_CODE = {".xsd", ".toml", ".html", ".js", ".css"}


def _folders_with_code() -> list[Path]:
    files = tracked("*.py", below=SHIPPED)
    return sorted({parent for path in files for parent in path.parents if parent != Path()})


@pytest.mark.parametrize("folder", _folders_with_code(), ids=str)
def test_a_package_opens_with_a_docstring(folder: Path) -> None:
    opening = ROOT / folder / "__init__.py"
    assert opening.is_file(), "without it the package is no package, and import-linter does not see it"
    assert ast.get_docstring(ast.parse(opening.read_text()))


def test_every_pin_is_exact_and_has_digests() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.read_text().partition("\n\n")[2] or LOCK.read_text())
    pins = [entry for entry in entries if not entry.startswith("#") and entry.strip()]
    assert len(pins) > 50
    assert [pin for pin in pins if not re.match(r"[a-z0-9.\-]+==\S+", pin) or "--hash=sha256:" not in pin] == []


def test_the_lock_names_no_host_and_no_option_of_an_index() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    assert re.findall(r"^\s*--(?!hash=)\S+|^-\S+", text, flags=re.MULTILINE) == []


def test_a_wheel_holds_the_house_and_no_tests(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    expected = {str(path) for path in tracked(below=SHIPPED) if path.suffix in {".py", *TRAVELS_WITH_THE_CODE}}
    assert expected <= held
    assert {name.split("/")[0] for name in held if ".dist-info" not in name} == set(SHIPPED)
