"""A folder of blocks. Keys are overwritten in their place; a whole block is only ever replaced by its next version at once.

Several processes may have it open (a gateway, a command beside it): whoever writes holds the lock of the folder meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from adapters.vaults.files import block
from adapters.vaults.files.block import NoBlock
from gateway.errors import Misconfigured, Unavailable
from gateway.vault.port import Destruction, KeyNumber, Rewrap, Slot

ENDING: Final = ".block"
LOCK: Final = "lock"
TRIES: Final = 3
T = TypeVar("T")


class FileVault:
    """Wrapped keys in `FOLDER/NUMBER.block`."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started = False

    async def start(self) -> None:
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as error:
            words = f"The vault {self.folder} cannot be opened: {error}."
            raise Misconfigured("vault.unusable", "The gateway cannot keep anything now.", operator=words) from error
        self._started = True

    async def stop(self) -> None:
        self._started = False

    async def probe(self) -> None:
        def look() -> None:
            if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(f"{self.folder} cannot be written")

        await self._do(look)

    async def keep(self, slots: Sequence[Slot]) -> None:
        (number,) = {block.block_of(slot.number) for slot in slots}
        (master,) = {slot.master for slot in slots}
        content = block.write(master, {slot.number: slot for slot in slots})

        def write() -> None:
            with self._locked():
                if self._file(number).exists():
                    raise ValueError(f"the block {number:x} is there already")
                self._replace(number, content)

        await self._do(write)

    async def find(self, numbers: Sequence[KeyNumber]) -> Mapping[KeyNumber, Slot | Destruction]:
        return await self._do(lambda: {number: held for number in numbers if (held := self._find(number)) is not None})

    async def destroy(self, numbers: Sequence[KeyNumber], destruction: Destruction) -> None:
        await self._do(lambda: self._destroy(numbers, destruction))

    async def rewrap(self, before: str, after: str, rewrap: Rewrap, limit: int) -> int:
        return await self._do(lambda: self._rewrap(before, after, rewrap, limit))

    async def masters(self) -> Mapping[str, int]:
        return await self._do(self._masters)

    async def _do(self, work: Callable[[], T]) -> T:
        if not self._started:
            raise _unavailable("The vault is not started.", "vault.stopped")
        try:
            return await asyncio.to_thread(work)
        except (OSError, NoBlock) as error:
            raise _unavailable(f"The vault {self.folder}: {error}") from error

    # --- in a thread

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            for left in self.folder.glob(".*.new"):  # of a process that was killed: it never counted
                _overwrite(left)

    def _find(self, number: KeyNumber) -> Slot | Destruction | None:
        """What a key has come to. A block that is replaced while it is read is read again."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(NoBlock):
                return self._look(number)
        return self._look(number)

    def _look(self, number: KeyNumber) -> Slot | Destruction | None:
        """Head and place come from one version of the file: a new version is another file."""
        try:
            file = os.open(self._file(block.block_of(number)), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            master = block.master_of(os.pread(file, block.PLACE_OCTETS, 0))
            octets = os.pread(file, block.PLACE_OCTETS, block.offset_of(number))
        finally:
            os.close(file)
        if len(octets) != block.PLACE_OCTETS:
            raise NoBlock(f"the block {block.block_of(number):x} is cut short")
        return block.place(number, master, octets)

    def _destroy(self, numbers: Sequence[KeyNumber], destruction: Destruction) -> None:
        record = block.destroyed(destruction)
        by_block: dict[int, list[KeyNumber]] = {}
        for number in numbers:
            by_block.setdefault(block.block_of(number), []).append(number)
        with self._locked():
            for one, own in by_block.items():
                there = [number for number in own if isinstance(self._find(number), Slot)]
                if there:
                    self._write_over(self._file(one), there, record)

    @staticmethod
    def _write_over(path: Path, numbers: Sequence[KeyNumber], record: bytes) -> None:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            for number in numbers:
                os.pwrite(file, record, block.offset_of(number))
            os.fsync(file)
        finally:
            os.close(file)

    def _rewrap(self, before: str, after: str, rewrap: Rewrap, limit: int) -> int:
        """Block by block; each is read and replaced under the lock, so that no destruction falls between."""
        count = 0
        for path in self._blocks():
            if count >= limit:
                break
            with self._locked():
                content = path.read_bytes()
                if block.master_of(content[: block.PLACE_OCTETS]) != before:
                    continue
                number = int(path.stem, 16)
                _, places = block.read(number, content)
                made = {
                    key: Slot(number=key, master=after, wrapped=rewrap(held)) if isinstance(held, Slot) else held
                    for key, held in places.items()
                }
                self._replace(number, block.write(after, made))
                # What was all destroyed counts as one: there may be more blocks after it.
                count += max(sum(isinstance(held, Slot) for held in made.values()), 1)
        return count

    def _masters(self) -> dict[str, int]:
        """A block counts with the keys that it holds; one whose keys were all destroyed needs no master."""
        counts: Counter[str] = Counter()
        for path in self._blocks():
            master, places = block.read(int(path.stem, 16), path.read_bytes())
            counts[master] += sum(isinstance(held, Slot) for held in places.values())
        return {master: count for master, count in counts.items() if count}

    def _blocks(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{ENDING}"))

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:014x}{ENDING}"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _replace(self, number: int, content: bytes) -> None:
        """The new version in place of the old one; the old bytes are overwritten once the new ones are durable."""
        path, partial = self._file(number), self.folder / f".{number:014x}.new"
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        old = _kept_open(path)
        partial.replace(path)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        if old is not None:  # the old version has no name any more; its bytes go too
            try:
                os.pwrite(old, bytes(block.OCTETS), 0)
                os.fsync(old)
            finally:
                os.close(old)


def _kept_open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _overwrite(path: Path) -> None:
    with path.open("r+b") as opened:
        opened.write(bytes(path.stat().st_size))
        opened.flush()
        os.fsync(opened.fileno())
    path.unlink()


def _unavailable(operator: str, code: str = "vault.unavailable") -> Unavailable:
    return Unavailable(code, "The gateway cannot keep anything now.", operator=operator)
