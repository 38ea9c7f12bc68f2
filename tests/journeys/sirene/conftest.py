"""A story between three states, told anew for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.sirene.story_words import Story, story_in


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """Bureaux that leave answering to their officers."""
    async with story_in(tmp_path) as told:
        yield told
