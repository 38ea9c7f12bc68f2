"""Tiles and checkpoint as files below one folder, laid out as C2SP tlog-tiles serves them: any file server can publish it as it stands.

A file is written beside its place, synced, and put there in one step: there is never half a tile. A full tile is written once. A partial
one has its width in its name, and goes when the full one is there. Only one process writes: it holds a lock that the kernel frees.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from pathlib import Path
from typing import Final

from gateway.errors import Unavailable
from gateway.journal.publishing.doubt import TILE_DAMAGED, TILE_DIFFERS, TILE_MISSING, Doubt
from gateway.journal.publishing.files import sync
from gateway.journal.tree.hashing import HASH_OCTETS
from gateway.journal.tree.tiles import WIDTH, Tile

CHECKPOINT: Final = "checkpoint"
LOCK: Final = ".writer"
HOLDER: Final = ".holder"
MAX_FILE_OCTETS: Final = 64 * 1024
PUBLIC: Final = "The journal cannot be published now."


class LogFolder:
    """The files of one log. Reading needs nothing; writing needs `lock`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None
        self._unsettled: set[Path] = set()

    # --- reading

    def read(self, tile: Tile) -> bytes:
        """At least the hashes of this tile: a longer one begins with them. Raises `Doubt` for one that is missing or too short."""
        for path in self._candidates(tile):
            try:
                content = self.folder.joinpath(path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise _unavailable(error) from error
            if (
                len(content) < tile.width * HASH_OCTETS
                or len(content) % HASH_OCTETS
                or len(content) > WIDTH * HASH_OCTETS
            ):
                raise Doubt(TILE_DAMAGED, path, f"has {len(content)} octets, which are not {tile.width} hashes")
            return content
        raise Doubt(TILE_MISSING, tile.path, "is not there")

    def _candidates(self, tile: Tile) -> list[str]:
        """Where its hashes may stand: under its own name, in the full tile, in a longer partial one."""
        full = tile._replace(width=WIDTH)
        names = [tile.path, full.path]
        partials = self.folder.joinpath(full.path + ".p")
        try:
            widths = sorted(int(each.name) for each in partials.iterdir() if each.name.isdigit())
        except OSError:
            widths = []
        return [*names, *(tile._replace(width=width).path for width in widths if tile.width < width < WIDTH)]

    def checkpoint(self) -> bytes:
        """The published note; empty where there is none."""
        try:
            with self.folder.joinpath(CHECKPOINT).open("rb") as file:
                return file.read(MAX_FILE_OCTETS + 1)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise _unavailable(error) from error

    # --- writing

    def lock(self) -> bool:
        """Become the one process that writes here; whether it is."""
        if self._lock is not None:
            return True
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unavailable(error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._lock = file
        return True

    @property
    def holder(self) -> str:
        """The name of this folder's writer, the same in every life: the next one after a crash need not wait for a lease to end."""
        place = self.folder / HOLDER
        try:
            known = place.read_text("ascii").strip()
        except FileNotFoundError:
            known = ""
        except (OSError, UnicodeDecodeError) as error:
            raise _unavailable(error) from error
        if not known:
            known = secrets.token_hex(8)
            self._put(place, known.encode())
            self.settle()
        return known

    def unlock(self) -> None:
        """Let go; safe when it was never taken."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, tile: Tile, content: bytes) -> None:
        """Keep a tile. One that is there stays; raises `Doubt` when it is another one."""
        place = self.folder.joinpath(tile.path)
        try:
            there = place.read_bytes()
        except FileNotFoundError:
            self._put(place, content)
            return
        except OSError as error:
            raise _unavailable(error) from error
        if there != content:
            raise Doubt(TILE_DIFFERS, tile.path, "is there already, with other hashes than the journal gives")

    def settle(self) -> None:
        """Return when everything that was written is durable, the names of the files included."""
        try:
            while self._unsettled:
                sync(self._unsettled.pop())
        except OSError as error:
            raise _unavailable(error) from error

    def publish(self, note: bytes) -> None:
        """Put the note in the place of the one before. All that it speaks of must have been settled."""
        self._put(self.folder / CHECKPOINT, note)
        self.settle()

    def drop_partials(self, tile: Tile) -> None:
        """Remove the partial forms of a tile that is full now."""
        shutil.rmtree(self.folder.joinpath(tile._replace(width=WIDTH).path + ".p"), ignore_errors=True)

    def _put(self, place: Path, content: bytes) -> None:
        partial = place.with_name(f".{place.name}.new")
        try:
            self._make(place.parent)
            file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            partial.replace(place)
        except OSError as error:
            raise _unavailable(error) from error
        self._unsettled.add(place.parent)

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._unsettled.add(folder.parent)


def _unavailable(error: OSError | UnicodeDecodeError) -> Unavailable:
    return Unavailable("log.unwritable", PUBLIC, operator=f"The folder of the log: {error}.")
