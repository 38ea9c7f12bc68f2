"""Authorities that serve several tests, each behaving again before the next one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.rig import NOON
from tests.journal.publishing.press import Press
from tests.journal.stamping.authorities import Authority, StampedPress


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Authority]]:
    """One process for each name."""
    started: dict[str, Authority] = {}

    def get(name: str) -> Authority:
        if name not in started:
            started[name] = Authority(tmp_path_factory.mktemp(name), name)
        return started[name]

    yield get
    for each in started.values():
        each.end()


@pytest.fixture
def authority(authorities: Callable[[str], Authority]) -> Authority:
    return behaving(authorities("first"))


@pytest.fixture
def second(authorities: Callable[[str], Authority]) -> Authority:
    return behaving(authorities("second"))


def behaving(authority: Authority) -> Authority:
    authority.habits("")
    authority.script("")
    authority.live_at(NOON)
    return authority


@pytest.fixture
async def stamped(authority: Authority, tmp_path: Path) -> AsyncIterator[StampedPress]:
    """A log with one authority."""
    async with Press(tmp_path) as press, StampedPress(press, [authority], [authority.taken()]) as made:
        yield made


@pytest.fixture
async def twice(authority: Authority, second: Authority, tmp_path: Path) -> AsyncIterator[StampedPress]:
    """A log with two."""
    both = [authority, second]
    async with Press(tmp_path) as press, StampedPress(press, both, [each.taken() for each in both]) as made:
        yield made
