"""The log and a witness that is a stranger: countersigned as it grows, away, slow, wrong, accusing; and messages are never held up."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from adapters.witnesses.tlog.witness import HttpWitness, WitnessSettings
from gateway.errors import Misconfigured, Unavailable
from gateway.journal.publishing.keys import JOURNAL
from gateway.journal.publishing.witnessing import ALARM_AFTER, Witnessing
from gateway.journal.tree.checkpoints import Checkpoint, cosigned, read_checkpoint, signed
from gateway.journal.tree.notes import read_note
from gateway.journal.tree.proofs import consistency
from tests.journal.publishing.press import Press, behind_its_back
from tests.journal.tree.test_tree import LEAVES, grown, source
from tests.simulators.callers import Started, Starter, calls


class Watched:
    """A log, and a witness in another process that knows its key."""

    def __init__(self, press: Press, witness: Started, http: aiohttp.ClientSession) -> None:
        self.press, self.witness, self._http = press, witness, http
        self.wire = HttpWitness(WitnessSettings(url=witness.ready["url"], key=witness.ready["key"], seconds=2.0))
        self.asking = self.asked_anew()

    def asked_anew(self) -> Witnessing:
        """As after a restart of the gateway."""
        return Witnessing(
            [self.wire], self.press.prover, self.press.ledger, self.press.place / "witnessed", self.press.clock
        )

    async def grow(self, count: int = 3) -> Checkpoint:
        await self.press.write(count)
        return await self.press.publish()

    @property
    def trouble(self) -> str:
        return self.asking.states[0].trouble

    async def seen(self) -> dict[str, int]:
        async with self._http.get(f"{self.witness.ready['control']}/sim/seen") as answer:
            found: dict[str, int] = await answer.json()
            return found

    async def script(self, text: str) -> None:
        async with self._http.post(f"{self.witness.ready['control']}/sim/scenario", data=text) as answer:
            assert answer.status == 200, await answer.text()

    async def know(self, key: str) -> None:
        async with self._http.post(f"{self.witness.ready['control']}/sim/log", json={"key": key}) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture
async def watched(tmp_path: Path, start_simulator: Starter) -> AsyncIterator[Watched]:
    witness = start_simulator("log-witness")
    async with calls() as http, Press(tmp_path / "press") as press:
        made = Watched(press, witness, http)
        press.keys.made(JOURNAL)
        await made.know(press.key.text())
        await made.wire.start()
        yield made
        await made.wire.stop()


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> None:
    (tmp_path / "press").mkdir()


async def test_a_checkpoint_is_countersigned_and_the_line_holds(watched: Watched) -> None:
    checkpoint = await watched.grow()
    await watched.asking.quiet()
    note = read_note(watched.asking.witnessed())
    assert read_checkpoint(note.text) == checkpoint
    found = cosigned(note, watched.wire.key)
    assert found is not None
    assert found.name == "log-witness.example/w1"
    assert (watched.asking.states[0].size, watched.trouble) == (3, "")
    assert await watched.seen() == {checkpoint.origin: 3}


async def test_a_growing_log_is_countersigned_again_and_again_also_after_a_restart(watched: Watched) -> None:
    for size in (3, 300, 301, 900):
        await watched.grow(size - (await watched.press.ledger.head())[0])
        await watched.asking.quiet()
        assert (watched.asking.states[0].size, watched.trouble) == (size, "")
    watched.asking = watched.asked_anew()
    await watched.asking.start()
    await watched.grow(10)
    await watched.asking.quiet()
    assert watched.asking.states[0].size == 910
    await watched.asking.stop()


async def test_a_gateway_that_forgot_what_was_countersigned_is_told_where_to_go_on(watched: Watched) -> None:
    await watched.grow(400)
    await watched.asking.quiet()
    (kept,) = (watched.press.place / "witnessed").iterdir()
    kept.write_bytes(b"damaged")
    await watched.grow(50)
    watched.asking = watched.asked_anew()
    await watched.asking.quiet()
    assert (watched.asking.states[0].size, watched.trouble) == (450, "")


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        ('action = "refuse"\nstatus = 503\nproblem = "no"', "log.witness-away"), ('action = "drop"\nat = "before-work"', "log.witness-away"),
        ('action = "drop"\nat = "after-work"', "log.witness-away"), ('action = "silent"', "log.witness-away"),
        ('action = "delay"\nseconds = 4', "log.witness-away"), ('action = "corrupt"', "log.witness-false"),
        ('action = "corrupt"\nhow = "garbage"', "log.witness-false"), ('action = "wrong-key"', "log.witness-false"),
        ('action = "refuse"\nstatus = 404\nproblem = "no"', "log.witness-unknown"), ('action = "refuse"\nstatus = 403\nproblem = "no"', "log.witness-unknown"),
    ],
)  # fmt: skip
async def test_away_slow_or_wrong_it_holds_nothing_up_and_is_caught_up_with(
    watched: Watched, rule: str, trouble: str
) -> None:
    await watched.grow()
    await watched.asking.quiet()
    await watched.script(f"[[rule]]\ndo = {{ {rule.replace(chr(10), ', ')} }}\n")
    for _ in range(2):
        size = (await watched.grow(200)).size
        await watched.asking.quiet()
        assert watched.trouble == trouble
    assert (size, watched.asking.states[0].size) == (403, 3), "the log goes on, and what is not yet witnessed is seen"
    assert await watched.press.integrator.probe() is None
    assert await watched.press.events("log.unwitnessed") == [], "no alarm for a moment"
    watched.press.clock.turn(ALARM_AFTER + timedelta(seconds=1))
    await watched.asking.quiet()
    await watched.asking.quiet()
    assert await watched.press.events("log.unwitnessed") == [trouble], "one alarm"
    await watched.script("")
    await watched.asking.quiet()
    assert (watched.asking.states[0].size, watched.trouble) == (403, ""), "one proof over everything that it missed"
    assert len(await watched.press.events("log.witnessed")) == 1


async def test_a_witness_that_is_gone_is_no_trouble_for_the_log(watched: Watched) -> None:
    await watched.grow()
    watched.witness.end()
    await watched.asking.quiet()
    assert watched.trouble == "log.witness-away"
    assert (await watched.grow()).size == 6


async def test_a_fork_by_our_own_key_is_refused_and_we_are_told(watched: Watched) -> None:
    """The office shows the witness one history and signs another: somebody has rewritten the journal, tiles and all."""
    await watched.grow(5)
    await watched.asking.quiet()
    signer = watched.press.keys.signer(JOURNAL)
    assert signer is not None
    fork = [*LEAVES[:3], b"another", *LEAVES[4:9]]
    head = signed(Checkpoint(origin=signer.name, size=9, root=grown(fork).root), signer)
    lines = ["old 5", *(base64.b64encode(each).decode() for each in consistency(5, 9, source(fork))), ""]
    status, body = await watched.wire.ask("\n".join(lines).encode() + b"\n" + head.content())
    assert (status, body) == (422, b"the log does not continue\n")
    same = signed(Checkpoint(origin=signer.name, size=5, root=grown(fork[:5]).root), signer)
    status, body = await watched.wire.ask(b"old 5\n\n" + same.content())
    assert (status, body) == (409, b"5\n")
    assert await watched.seen() == {signer.name: 5}


async def test_a_journal_that_was_put_back_is_noticed_by_the_witness(watched: Watched, tmp_path: Path) -> None:
    await watched.grow(50)
    await watched.asking.quiet()
    # Somebody starts the office anew from nothing, with the same key: all that was signed is gone, here.
    press = watched.press
    await press.integrator.stop()
    await press.ledger.stop()
    for name in ("ledger.sqlite", "log/checkpoint"):
        (press.place / name).unlink()
    (press.place / "log").rename(tmp_path / "old-log")
    (press.place / "witnessed").rename(tmp_path / "old-witnessed")
    async with Press(press.place) as anew:
        watched.press = anew
        watched.asking = watched.asked_anew()
        await watched.grow(10)
        await watched.asking.quiet()
        assert watched.trouble == "log.accused"
        assert await anew.events("log.accused") == ["log.accused"], "at once"
        await watched.grow(100)
        await watched.asking.quiet()
        assert watched.trouble == "log.accused", "a longer fork is a fork, too"


async def test_what_the_witness_saw_survives_it(tmp_path: Path, start_simulator: Starter) -> None:
    first = start_simulator("log-witness")
    async with calls() as http, Press(tmp_path / "press") as press:
        press.keys.made(JOURNAL)
        watched = Watched(press, first, http)
        await watched.know(press.key.text())
        await watched.wire.start()
        await watched.grow(5)
        await watched.asking.quiet()
        await watched.wire.stop()
        first.end()
        again = start_simulator("log-witness", "--set", f"log-keys={press.key.text()}")
        assert again.ready["key"] == first.ready["key"]
        assert await Watched(press, again, http).seen() == {press.key.name: 5}


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://witness.example", "https"), ("ftp://127.0.0.1", "https"), ("", "https"), ("https://", "https")],
)
def test_an_address_that_is_not_safe_is_refused(url: str, words: str, start_simulator: Starter) -> None:
    key = start_simulator("log-witness").ready["key"]
    with pytest.raises(Misconfigured, match=words):
        HttpWitness(WitnessSettings(url=url, key=key))
    with pytest.raises(Misconfigured, match="key"):
        HttpWitness(WitnessSettings(url="https://witness.example", key=key[:-2]))


async def test_a_way_that_was_not_opened_says_so(watched: Watched) -> None:
    await watched.wire.stop()
    with pytest.raises(Unavailable):
        await watched.wire.ask(b"")
    behind_its_back(watched.press.place)
