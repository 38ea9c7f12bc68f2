"""Technical logs: one JSON line each in the log folder, plain lines for a person at the terminal. No content, no
personal data, no secrets.

Modules log ids, codes and counts only. Loggers of libraries that would write content are capped here, whatever level
an operator asks for.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

from gateway.errors import Misconfigured

CAPPED: Final = {"signxml": logging.WARNING, "mail": logging.CRITICAL, "mail.log": logging.CRITICAL, "aiosmtplib": logging.WARNING,
                 "aio_pika": logging.WARNING, "aiormq": logging.WARNING, "uvicorn.access": logging.WARNING, "asyncio": logging.WARNING}  # fmt: skip
"""These write documents, dialogues or queries at lower levels."""


class OwnersFile(WatchedFileHandler):
    """A log file that only its owner may read, also when it was made anew after being moved away."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)  # one that an earlier version left open to others
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)


class JsonLines(logging.Formatter):
    """One line, one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message; for an exception its kind and place, without its text."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
            line["where"] = _where(record)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """For the terminal: exceptions by kind and place only."""

    def format(self, record: logging.LogRecord) -> str:
        """Level and message."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        trouble = (
            f" ({record.exc_info[0].__name__} at {_where(record)})" if record.exc_info and record.exc_info[0] else ""
        )
        return f"{at} {record.levelname.lower():7} {record.getMessage()}{trouble}"


def _where(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    frames = traceback.extract_tb(trace)[-4:] if trace else []
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


def set_up(folder: Path, name: str, *, verbose: bool = False) -> None:
    """Log to `folder/NAME.log` and, warnings and above (or all, when verbose), to the terminal; raises `Misconfigured`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = OwnersFile(folder / f"{name}.log", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            "log.unwritable", "The log folder cannot be written.",
            operator=f"The log folder {folder} cannot be written: {error.strerror}. Run the gateway as its owner, or set folders.log in spoc.toml.",
        ) from error  # fmt: skip
    file.setFormatter(JsonLines())
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(PlainLines())
    terminal.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    for logger, level in CAPPED.items():
        logging.getLogger(logger).setLevel(level)
