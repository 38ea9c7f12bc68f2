"""Time-stamps judged by `openssl ts`, which made them and knows nothing of us: over the checkpoint's octets and no others."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.rig import NOON
from tests.journal.publishing.press import Press
from tests.journal.stamping.authorities import Authority, StampedPress
from tests.services.programs import require_program


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    started = Authority(tmp_path_factory.mktemp("authority"))
    yield started
    started.end()


@pytest.fixture
async def stamped(authority: Authority, tmp_path: Path) -> AsyncIterator[StampedPress]:
    authority.habits("")
    async with Press(tmp_path) as press, StampedPress(press, [authority], [authority.taken()]) as made:
        for _ in range(3):
            await made.stamped(100)
            made.turn(timedelta(minutes=1))
        yield made


def judged(token: Path, note: Path, authority: Authority) -> bool:
    command = [
        require_program("openssl"), "ts", "-verify", "-token_in", "-in", token, "-data", note,
        "-CAfile", authority.process.ready["anchors"], "-attime", str(int(NOON.timestamp())),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


async def test_openssl_accepts_every_kept_stamp_over_its_checkpoint_and_no_other(
    stamped: StampedPress, authority: Authority
) -> None:
    folder = stamped.press.folder.folder
    places = [folder / each.place for each in stamped.shelf.all("first")]
    assert len(places) == 3
    for token in places:
        for note in places:
            assert judged(token, note.with_suffix(".note"), authority) is (token == note)


async def test_openssl_refuses_what_we_refuse(stamped: StampedPress, authority: Authority, tmp_path: Path) -> None:
    token = stamped.press.folder.folder / next(iter(stamped.shelf.all("first"))).place
    content = bytearray(token.read_bytes())
    content[len(content) - 3] ^= 1
    damaged = tmp_path / "damaged.tst"
    damaged.write_bytes(content)
    assert not judged(damaged, token.with_suffix(".note"), authority)
    assert judged(token, token.with_suffix(".note"), authority)
