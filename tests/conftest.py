"""What every test may ask for. Fixtures live beside what they set up and are only named here."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadGroupScheduling

pytest_plugins = ["tests.contracts.store_fixtures", "tests.services.fixtures"]
# The same examples in every run, and a busy machine is no failure. `--hypothesis-profile=exploring` draws new ones.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("house")
_GROUP = re.compile(r'xdist_group\("([\w-]+)"\)')


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadGroupScheduling | None:
    """Files that name a group run in one process. xdist 3.8 writes the group into a field that pytest 9 does not read."""
    return Grouped(config, log) if config.getoption("dist") == "loadgroup" else None


class Grouped(LoadGroupScheduling):
    """One group for each name that a file gives; every other test by itself."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(self.config.rootpath / nodeid.partition("::")[0]) or str(super()._split_scope(nodeid))


@cache
def group_of(file: Path) -> str:
    """The group that a test file names, or nothing."""
    found = _GROUP.search(file.read_text("utf-8")) if file.is_file() else None
    return found.group(1) if found else ""
