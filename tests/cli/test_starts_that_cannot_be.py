"""`spoc serve` where it cannot start: the ending names what is in the way, and what to do about it."""

from __future__ import annotations

import socket
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


@pytest.mark.parametrize(
    ("setting", "other"), [("channels.smtp.listen_port", "api"), ("api.listen_port", "channels__smtp")]
)
def test_a_port_that_is_taken_is_named_with_its_setting(spoc: Spoc, home: Path, setting: str, other: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {f"SPOC_SET_{setting.replace('.', '__')}": str(port), f"SPOC_SET_{other}__listen_port": "0"}
        done = spoc("--home", home, "serve", SPOC_SET_workers__count="1", **ports)

    assert done.code == 78, done.err
    assert f"127.0.0.1:{port}: Address already in use" in done.err
    assert setting in done.err
