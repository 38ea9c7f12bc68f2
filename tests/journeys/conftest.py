"""Worlds in which journeys are played."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.worlds import World, world_on


@pytest.fixture(params=["memory", "sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A started gateway in virtual time; whatever a story did, its journal is whole and its books balance."""
    async with world_on(request.param, tmp_path) as made:
        yield made
        await made.sound()
