"""`spoc serve` where it cannot start: the ending names what is in the way, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Spoc


@pytest.mark.parametrize("folder", ["data", "log"])
def test_a_folder_that_cannot_be_written_is_named_with_its_setting(spoc: Spoc, home: Path, folder: str) -> None:
    elsewhere = home / "in-the-way"
    elsewhere.write_text("a file where a folder should be")
    done = spoc("--home", home, "serve", **{f"SPOC_SET_folders__{folder}": "in-the-way"})

    assert done.code == 78
    assert f"{elsewhere} cannot be written" in done.err
    assert f"folders.{folder}" in done.err
    assert "our own fault" not in done.err
