"""Simulators as real processes, and callers of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.callers import Caller, Calling, CallingOwn, Started, Starter, start


@pytest.fixture
def start_simulator(tmp_path: Path) -> Iterator[Starter]:
    """Start a simulator of the test's own, with options."""
    started: list[Started] = []

    def starter(name: str, *options: str) -> Started:
        started.append(start(tmp_path, name, *options))
        return started[-1]

    yield starter
    for each in started:
        each.end()


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Started]]:
    """One process per simulator for all tests that need no options."""
    started: dict[str, Started] = {}

    def get(name: str) -> Started:
        if name not in started:
            started[name] = start(tmp_path_factory.mktemp(name), name)
        return started[name]

    yield get
    codes = {name: each.end() for name, each in started.items()}
    assert set(codes.values()) <= {0}, codes


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    # every call on a connection of its own: a dropped one must not be retried behind our back
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session
    await asyncio.sleep(0)  # let the transports close


@pytest.fixture
def calling(pool: Callable[[str], Started], http: aiohttp.ClientSession) -> Calling:
    """`await calling(NAME)`: a caller of that simulator, back at its seeds."""

    async def caller(name: str) -> Caller:
        found = Caller(pool(name), http)
        await found.reset()
        return found

    return caller


@pytest.fixture
def calling_own(start_simulator: Starter, http: aiohttp.ClientSession) -> CallingOwn:
    """A caller of a simulator that was started with options."""
    return lambda name, *options: Caller(start_simulator(name, *options), http)
