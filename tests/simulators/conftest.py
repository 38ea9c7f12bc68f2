"""Simulators as real processes, and callers of them."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.simulators.bureaux import Bureau, start_in
from tests.simulators.callers import Caller, Calling, CallingOwn, Started, Starter, calls, start


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
    async with calls() as session:
        yield session


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


@pytest.fixture(scope="session")
def bureau_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Started, Started]]:
    """The SIRENE bureaux of XB and XC for all tests that need no options."""
    folder = tmp_path_factory.mktemp("bureaux")
    started = [start_in(folder / state, "sirene-bureau", "--set", f"state={state}") for state in ("XB", "XC")]
    yield started[0], started[1]
    codes = [each.end() for each in started]
    assert codes == [0, 0]
    assert "".join((folder / state / "sirene-bureau.stderr").read_text() for state in ("XB", "XC")) == ""


@pytest.fixture
async def bureaux(
    bureau_processes: tuple[Started, Started], http: aiohttp.ClientSession
) -> tuple[Bureau, Bureau]:  # fmt: skip
    """Two bureaux that know each other, with empty trays."""
    first, second = (Bureau(each, http) for each in bureau_processes)
    for each in (first, second) * 2:  # the second time, nothing of the last test is under way any more
        await each.reset()
    await first.meet(second)
    await first.know_only(second)
    await second.know_only(first)
    return first, second


@pytest.fixture
def open_bureau(tmp_path: Path, http: aiohttp.ClientSession) -> Iterator[Callable[..., Bureau]]:
    """Start an office of the test's own: `open_bureau(NAME, OPTIONS…, room="b")`."""
    started: list[Started] = []

    def opener(name: str, *options: str, room: str = "") -> Bureau:
        started.append(start_in(tmp_path / (room or f"room{len(started)}"), name, *options))
        return Bureau(started[-1], http)

    yield opener
    for each in started:
        each.end()
