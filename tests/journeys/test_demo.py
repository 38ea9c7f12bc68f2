"""`spoc demo` as a newcomer runs it: every story reaches its expected end, nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket has no more than 107 octets."""
    with tempfile.TemporaryDirectory(prefix="d") as folder:
        yield Path(folder)


async def demo(folder: Path, *options: str) -> tuple[int, dict[str, object], str]:
    """Exit code, report and what was told of one run."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "--json", "demo", "--exit", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    out, err = await process.communicate()
    told = err.decode()
    assert out, told
    return process.returncode or 0, json.loads(out), told


async def test_every_story_ends_as_expected_with_nothing_prepared(short: Path) -> None:
    code, report, told = await demo(short)
    missing = [
        point["what"]
        for story in report["stories"]
        for point in story["points"]
        if not point["came"]  # type: ignore[attr-defined]
    ]
    assert missing == [], told
    assert code == 0
    assert report["well"]
    assert report["journal"]["intact"]  # type: ignore[index]
    assert report["balance"]["balanced"]  # type: ignore[index]
    assert not any(os.scandir(short)), "the demonstration leaves no files behind"


async def test_with_a_broker_the_europol_story_comes_over_a_queue(short: Path, amqp_url: str) -> None:
    code, _, told = await demo(short, "--amqp-url", amqp_url)
    assert code == 0, told
    assert "channel=amqp" in told
