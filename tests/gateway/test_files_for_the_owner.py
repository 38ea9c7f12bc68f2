"""What the gateway writes beside the ledger is for its owner's eyes, whatever the umask says."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest

from gateway.front import PROCESS_FILE, READY_FILE, DataFolder
from gateway.logs import JsonLines, OwnersFile


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    """The most careless umask."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return S_IMODE(file.stat().st_mode)


def test_run_time_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.run.mkdir()
    (folder.run / f".{READY_FILE}.new").write_text("left by a gateway that was killed")
    for name in (READY_FILE, PROCESS_FILE, PROCESS_FILE):
        folder.write(name, {"pid": 1})
    assert {each.name: mode(each) for each in folder.run.iterdir()} == {READY_FILE: 0o600, PROCESS_FILE: 0o600}


def test_a_log_file_is_readable_by_its_owner_only_also_after_it_was_moved_away(tmp_path: Path) -> None:
    file = tmp_path / "gateway.log"
    file.write_text("from an earlier version\n")
    log = OwnersFile(file, encoding="utf-8")
    log.setFormatter(JsonLines())
    try:
        record = logging.LogRecord("gateway", logging.INFO, "x.py", 1, "started", (), None)
        log.emit(record)
        assert mode(file) == 0o600
        file.rename(tmp_path / "gateway.log.1")
        log.emit(record)
    finally:
        log.close()
    assert [mode(each) for each in tmp_path.iterdir()] == [0o600, 0o600]
    assert file.read_text().count("started") == 1
