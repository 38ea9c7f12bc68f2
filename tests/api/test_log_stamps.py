"""Time-stamps over HTTP: how it stands with each authority, the stamps over an entry, figures; and readiness stays what it is."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.journal.stamping.stamping import ALARM_AFTER, Stamping
from gateway.journal.stamping.tokens import check_token
from tests.api.conftest import Doors, open_doors
from tests.api.test_published_log import LOG, log_in, published
from tests.gateway.rig import Rig, TurnedClock
from tests.journal.stamping.authorities import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    started = Authority(tmp_path / "authority")
    yield started
    started.end()


@pytest.fixture
async def stamping(tmp_path: Path, authority: Authority) -> AsyncIterator[Doors]:
    clock = TurnedClock()
    rig = Rig(tmp_path, SqliteLedger(tmp_path / "ledger.sqlite", clock), clock)
    log = log_in(tmp_path, rig)
    taken = authority.taken()
    log = replace(log, stamping=Stamping([taken], log.prover, rig.ledger, log.stamping.shelf, clock))
    rig.gateway = replace(rig.gateway, log=log)
    assert taken.wire is not None
    await taken.wire.start()
    async with open_doors(tmp_path, rig) as opened:
        yield opened
    await taken.wire.stop()


async def stamped(doors: Doors) -> None:
    log = await published(doors)
    await log.stamping.quiet()


async def test_the_stamps_over_an_entry_can_be_checked_elsewhere(stamping: Doors, authority: Authority) -> None:
    answer = await stamping.ask("GET", f"{LOG}/stamps?size=1", "auditor")
    assert (answer.status, answer.json["code"]) == (404, "log.unstamped")
    await stamped(stamping)
    number, _ = await stamping.rig.ledger.head()
    (found,) = (await stamping.ask("GET", f"{LOG}/stamps?size=1", "submitter")).json["stamps"]
    assert (found["authority"], found["trouble"], found["size"] <= number) == ("first", "", True)
    note = found["checkpoint"].encode()
    stamp = check_token(b64decode(found["token"]), sha256(note).digest(), authority.taken().trust)
    assert stamp.at.isoformat() == found["at"].replace("Z", "+00:00")
    assert note.split(b"\n")[1] == str(found["size"]).encode()


async def test_how_it_stands_is_shown_and_an_outage_makes_nothing_unready(
    stamping: Doors, authority: Authority
) -> None:
    await stamped(stamping)
    told = (await stamping.ask("GET", LOG, "reader")).json
    (first,) = told["timestamps"]
    assert (first["name"], first["trouble"], first["size"]) == ("first", "", told["size"])
    authority.script('[[rule]]\ndo = { action = "refuse", status = 503, problem = "no" }\n')
    for _ in range(3):
        await stamping.ask("GET", "/api/v1/journal", "auditor")
        await stamped(stamping)
        stamping.rig.clock.turn(ALARM_AFTER + timedelta(seconds=1))
    told = (await stamping.ask("GET", LOG, "reader")).json
    assert (told["timestamps"][0]["trouble"], told["timestamps"][0]["words"]) == ("stamp.away", "It does not answer.")
    assert told["unstamped"] >= 3
    assert [reason for _, reason in await stamping.events("log.unstamped")] == ["stamp.away"]
    ready = await stamping.ask("GET", "/readyz")
    assert [reason for reason in ready.json["reasons"] if "log" in reason] == []
    figures = (await stamping.ask("GET", "/metrics", "reader")).content.decode()
    for name in ("spoc_log_stamped", "spoc_log_stamp_age_seconds", "spoc_log_clock_difference_seconds"):
        assert f'{name}{{authority="first"}}' in figures
    found = re.search(r"^spoc_log_unstamped ([0-9.]+)$", figures, re.MULTILINE)
    assert found
    assert float(found[1]) >= told["unstamped"]


async def test_what_does_not_hold_any_more_is_told_with_its_reason(stamping: Doors) -> None:
    await stamped(stamping)
    log = stamping.rig.gateway.log
    assert log is not None
    (kept,) = log.stamping.shelf.covering(1)
    (log.folder.folder / kept.place).write_bytes(kept.token[:-1])
    (found,) = (await stamping.ask("GET", f"{LOG}/stamps?size=1", "reader")).json["stamps"]
    assert (found["trouble"], found["at"]) == ("stamp.malformed", None)
    faults = (await stamping.ask("GET", "/api/v1/journal/fsck", "auditor")).json["faults"]
    assert [(each["code"], each["place"], each["number"]) for each in faults] == [
        ("stamp.malformed", kept.place, kept.size)
    ]
    proof = (await stamping.ask("GET", "/api/v1/journal/verify", "auditor")).json
    assert proof["intact"] is False
    assert kept.place in proof["faults"][0]["fault"]
