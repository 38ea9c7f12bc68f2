"""One central system for all stories about alerts, back at its seeds for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.alerts.alert_rig import AlertRig, central_system
from tests.contracts.rest_simulators import Simulated


@pytest.fixture(scope="session")
def central_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with central_system(tmp_path_factory.mktemp("nsis")) as simulated:
        yield simulated


@pytest.fixture
def central(central_process: Simulated) -> Simulated:
    central_process.reset()
    return central_process


@pytest.fixture
async def rig(tmp_path: Path, central: Simulated) -> AsyncIterator[AlertRig]:
    async with AlertRig(tmp_path, central.url) as started:
        yield started
