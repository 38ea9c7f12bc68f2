"""The doors of one gateway, opened for each story."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.desk_side import Doors, open_doors


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    async with open_doors(tmp_path) as opened:
        yield opened
