"""One bundle for all tests of this room: a vehicle hit with its receipts and answer, witnessed and stamped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.office import OFFICER, PURPOSE, Archive
from tests.evidence.plays import vehicle_hit
from tests.gateway.rig import Rig


@dataclass(frozen=True)
class Made:
    """A bundle, what is needed to check it, and the office with its keys."""

    bundle: bytes
    trust: Path
    archive: Archive


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return asyncio.run(bundle_of(tmp_path_factory.mktemp("archive"), vehicle_hit))


async def bundle_of(folder: Path, play: Callable[[Archive], Awaitable[str]], **how: Any) -> Made:
    """The bundle of what was played."""
    async with Rig(folder) as rig:
        archive = Archive(folder, rig)
        about = await play(archive)
        await archive.publish(**how)
        bundle = await archive.desk.exchange(about, OFFICER, PURPOSE)
        content = bundle.file.read()
        bundle.file.close()
        return Made(content, archive.pinned(folder / "trust"), archive)
