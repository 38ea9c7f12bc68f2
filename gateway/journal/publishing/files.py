"""One small file put in its place whole and durable."""

from __future__ import annotations

import os
from pathlib import Path

from gateway.errors import Unavailable


def put(place: Path, content: bytes) -> None:
    """Keep the content; raises `Unavailable`. Whoever reads meanwhile finds the old or the new one."""
    partial = place.with_name(f".{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        partial.replace(place)
        sync(place.parent)
    except OSError as error:
        raise Unavailable(
            "log.unwritable", "The journal cannot be published now.", operator=f"{place}: {error}."
        ) from error


def sync(folder: Path) -> None:
    """Make the names in a folder durable; raises `OSError`."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
