"""Twenty random kills of front, workers and signer under load: nothing is lost, doubled or changed, on either engine.

`make endurance` does the same with a thousand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.endurance.run import Outcome, Wanted, endure

KILLS = 20


async def _endured(folder: Path, postgres: str = "") -> Outcome:
    return await endure(folder, Wanted(kills=KILLS, seed=20, postgres=postgres), lambda _: None)


def _stood(outcome: Outcome) -> None:
    assert not outcome.faults, (outcome.faults, outcome.trouble)
    assert sum(outcome.kills.values()) == KILLS
    assert set(outcome.kills) == {"front", "worker", "signer"}
    assert outcome.lives == outcome.kills["front"] + 1
    assert outcome.messages > 0


async def test_nothing_is_lost_under_twenty_kills_on_sqlite(tmp_path: Path) -> None:
    _stood(await _endured(tmp_path))


async def test_nothing_is_lost_under_twenty_kills_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    _stood(await _endured(tmp_path, postgres=postgres_url))


@pytest.fixture(autouse=True)
def short_folder(tmp_path: Path) -> None:
    """The path of a Unix socket has no more than 107 octets."""
    assert len(str(tmp_path)) < 90
