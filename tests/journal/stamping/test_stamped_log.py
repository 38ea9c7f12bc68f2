"""The log and its time-stamp authorities: stamped as it grows; away, slow, wrong or lying, an authority holds nothing up but its own line."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from gateway.errors import Unavailable
from gateway.journal.stamping.shelf import StampShelf, check_kept
from gateway.journal.stamping.stamping import ALARM_AFTER, Stamping
from tests.gateway.rig import TurnedClock
from tests.journal.publishing.press import SECOND
from tests.journal.stamping.authorities import POLICY, Authority, StampedPress


async def test_a_checkpoint_is_stamped_and_kept_beside_the_tiles(stamped: StampedPress) -> None:
    checkpoint = await stamped.stamped()
    (kept,) = stamped.shelf.covering(1)
    assert (kept.authority, kept.size, kept.place) == ("first", 3, "stamp/first/000/000/000/003.tst")
    assert kept.note == stamped.press.folder.checkpoint(), "the very octets that were published"
    stamp = check_kept(kept, stamped.taken[0].trust)
    assert (stamp.at, stamp.policy, stamp.accuracy) == (stamped.press.clock.now(), POLICY, SECOND)
    assert stamp.signer == "CN=Simulated TSA,O=Simulator"
    assert (stamped.state.size, stamped.state.at, stamped.state.trouble) == (checkpoint.size, stamp.at, "")
    assert stamped.stamping.stamped() == 3
    assert await stamped.faults() == []
    assert await stamped.press.faults() == [], "tiles are tiles"


async def test_nothing_is_asked_where_nothing_is_new(stamped: StampedPress, authority: Authority) -> None:
    before = authority.asked()
    await stamped.stamping.quiet()
    assert authority.asked() == before, "nothing is published yet"
    await stamped.stamped()
    await stamped.stamping.quiet()
    await stamped.stamping.quiet()
    assert authority.asked() == before + 1


async def test_only_a_digest_leaves_the_house(stamped: StampedPress, authority: Authority) -> None:
    await stamped.stamped()
    (kept,) = stamped.shelf.covering(3)
    assert sha256(kept.note).hexdigest() in authority.process.recorded()
    assert "xa.spoc.example" not in authority.process.recorded()


async def test_what_was_stamped_is_taken_up_after_a_restart(stamped: StampedPress, authority: Authority) -> None:
    await stamped.stamped(700)
    await stamped.stamped(700)
    again, before = stamped.asked_anew(), authority.asked()
    await again.start()
    assert (again.states[0].size, again.states[0].at) == (1400, stamped.press.clock.now())
    await again.quiet()
    assert authority.asked() == before
    await again.stop()
    await again.stop()


async def test_a_last_stamp_that_was_damaged_is_asked_for_again(stamped: StampedPress) -> None:
    await stamped.stamped()
    (kept,) = stamped.shelf.covering(1)
    (stamped.press.folder.folder / kept.place).write_bytes(kept.token[:-1])
    again = stamped.asked_anew()
    await again.start()
    assert again.states[0].size == 0
    await again.quiet()
    assert (again.states[0].size, await stamped.faults()) == (3, [])
    await again.stop()


class Gone:
    """An authority that never answers."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ask(self, question: bytes) -> bytes:
        raise Unavailable("stamp.away", "It does not answer.")


class TellingClock(TurnedClock):
    """Tells until when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.until: asyncio.Queue[datetime] = asyncio.Queue()

    async def wait_until(self, moment: datetime) -> None:
        self.until.put_nowait(moment)
        await super().wait_until(moment)


AWAY = [
    'action = "refuse", status = 503, problem = "no"', 'action = "refuse", status = 404, problem = "no"', 'action = "drop", at = "before-work"',
    'action = "drop", at = "after-work"', 'action = "drop", at = "mid-answer"', 'action = "silent"', 'action = "delay", seconds = 4',
    'action = "slow-drip", chunk_bytes = 100, pause_seconds = 0.5',
]  # fmt: skip
WRONG = [
    ("wrong-nonce", "stamp.nonce"), ("no-nonce", "stamp.nonce"), ("wrong-imprint", "stamp.imprint"), ("other-policy", "stamp.policy"),
    ("no-accuracy", "stamp.accuracy"), ("rough:30", "stamp.accuracy"), ("rejects", "stamp.rejected"), ("expired", "stamp.expired"),
    ("foreign", "stamp.untrusted"), ("many-purposes", "stamp.purpose"), ("no-purpose", "stamp.purpose"), ("weak", "stamp.algorithm"),
    ("other-certificate", "stamp.certificate"), ("bad-value", "stamp.signature"), ("wrong-type", "stamp.media-type"), ("huge", "stamp.too-long"),
    ("huge:1", "stamp.malformed"), ("back-dated:3600", "stamp.back-dated"), ("back-dated:70", "stamp.back-dated"), ("future:3600", "stamp.future"),
]  # fmt: skip


@pytest.mark.parametrize("rule", AWAY)
async def test_away_or_slow_it_holds_nothing_up_and_is_caught_up_with(
    stamped: StampedPress, authority: Authority, rule: str
) -> None:
    await stamped.stamped()
    authority.script(f"[[rule]]\ndo = {{ {rule} }}\n")
    await one_outage(stamped, "stamp.away")
    authority.script("")
    await over(stamped)


@pytest.mark.parametrize(("habit", "code"), WRONG)
async def test_an_answer_that_does_not_hold_is_refused_with_its_reason(
    stamped: StampedPress, authority: Authority, habit: str, code: str
) -> None:
    await stamped.stamped()
    authority.habits(habit)
    await one_outage(stamped, code)
    authority.habits("")
    await over(stamped)


@pytest.mark.parametrize("how", ["flip", "truncate", "garbage"])
async def test_damage_on_the_way_is_noticed(stamped: StampedPress, authority: Authority, how: str) -> None:
    authority.script(f'[[rule]]\ndo = {{ action = "corrupt", how = "{how}" }}\n')
    await stamped.stamped()
    assert stamped.state.trouble.startswith("stamp.")
    assert stamped.state.trouble != "stamp.away"
    assert stamped.shelf.covering(1) == []


async def one_outage(stamped: StampedPress, code: str) -> None:
    """The log goes on unstamped; one alarm, after a minute."""
    press = stamped.press
    for _ in range(2):
        size = (await stamped.stamped(200)).size
        assert stamped.state.trouble == code
    assert stamped.state.size == 3
    assert size >= 403, "the log goes on, and what is not yet stamped is seen"
    assert await press.integrator.probe() is None
    assert await press.events("log.unstamped") == [], "no alarm for a moment"
    stamped.turn(ALARM_AFTER + SECOND)
    for _ in range(3):
        await stamped.stamping.quiet()
    assert await press.events("log.unstamped") == [code], "one alarm"
    kept = list(stamped.shelf.all("first"))
    assert [each.size for each in kept] == [3], "nothing that does not hold is kept"
    assert await press.events("log.stamped") == []


async def over(stamped: StampedPress) -> None:
    """One stamp over all that was missed."""
    size = (await stamped.press.publish()).size
    await stamped.stamping.quiet()
    assert (stamped.state.size, stamped.state.trouble, stamped.state.since) == (size, "", None)
    assert [each.size for each in stamped.shelf.all("first")] == [3, size], "and none in between"
    assert len(await stamped.press.events("log.stamped")) == 1
    assert [each.size for each in stamped.shelf.covering(100)] == [size]
    assert await stamped.faults() == []


async def test_an_outage_that_changes_its_face_is_told_once_for_each_kind(
    stamped: StampedPress, authority: Authority
) -> None:
    faces = ("wrong-nonce", "", "bad-value", "", "expired", "")
    await stamped.grow()
    for habit in faces:
        authority.habits(habit)
        authority.script("" if habit else '[[rule]]\ndo = { action = "drop", at = "before-work" }\n')
        await stamped.stamping.quiet()
        stamped.turn(ALARM_AFTER + SECOND)
    assert await stamped.press.events("log.unstamped") == ["stamp.away", "stamp.signature"]


async def test_a_disk_that_is_full_is_not_the_authoritys_fault(stamped: StampedPress) -> None:
    await stamped.grow()
    (stamped.press.folder.folder / "stamp").write_bytes(b"in the way")
    await stamped.stamped()
    assert (stamped.state.trouble, stamped.state.size) == ("log.unwritable", 0)
    (stamped.press.folder.folder / "stamp").unlink()
    await stamped.stamping.quiet()
    assert (stamped.state.trouble, stamped.state.size) == ("", 6)


async def test_a_ledger_that_is_away_is_not_the_authoritys_fault(stamped: StampedPress, authority: Authority) -> None:
    await stamped.grow()
    await stamped.press.ledger.stop()
    before = authority.asked()
    await stamped.stamping.quiet()
    assert (stamped.state.trouble, authority.asked()) == ("", before)
    await stamped.press.ledger.start()


async def test_one_of_two_is_away_and_the_other_stamps(
    twice: StampedPress, authority: Authority, second: Authority
) -> None:
    await twice.stamped()
    assert [(each.authority, each.size) for each in twice.shelf.covering(2)] == [("first", 3), ("second", 3)]
    authority.script('[[rule]]\ndo = { action = "refuse", status = 503, problem = "no" }\n')
    await twice.stamped(100)
    twice.turn(ALARM_AFTER + SECOND)
    await twice.stamping.quiet()
    first, other = twice.stamping.states
    assert (first.trouble, first.size, other.trouble, other.size) == ("stamp.away", 3, "", 103)
    assert twice.stamping.stamped() == 103, "under the stamp of one of them"
    assert [(each.authority, each.size) for each in twice.shelf.covering(50)] == [("second", 103)]
    authority.script("")
    await twice.stamped(100)
    assert [(each.authority, each.size) for each in twice.shelf.covering(50)] == [
        ("first", first.size),
        ("second", 103),
    ]
    assert twice.shelf.covering(10_000) == []
    assert await twice.faults() == []


# --- clocks


@pytest.mark.parametrize(
    ("jump", "code"), [(timedelta(hours=-1), "stamp.future"), (timedelta(hours=1), "stamp.back-dated")]
)
async def test_a_jump_of_our_clock_is_told_once_and_nothing_is_stamped_until_it_is_right(
    stamped: StampedPress, authority: Authority, jump: timedelta, code: str
) -> None:
    await stamped.stamped()
    right = stamped.press.clock.now()
    await stamped.grow()
    stamped.press.clock._now = right + jump
    for _ in range(3):
        await stamped.stamping.quiet()
        assert (stamped.state.trouble, stamped.state.size) == (code, 3)
    assert stamped.state.difference == -jump
    assert await stamped.press.events("log.clock-differs") == [code]
    stamped.press.clock._now = right + SECOND
    await stamped.stamping.quiet()
    assert (stamped.state.trouble, stamped.state.differs) == ("", False)
    assert stamped.state.difference == -SECOND, "shown also when it is small"


async def test_a_clock_that_is_put_back_while_an_authority_is_asked_makes_nobody_wait(
    stamped: StampedPress, authority: Authority
) -> None:
    clock = TellingClock()

    class PutsBack(Gone):
        async def ask(self, question: bytes) -> bytes:
            clock._now -= timedelta(hours=3)
            return await super().ask(question)

    stamping = Stamping([authority.taken(PutsBack())], stamped.press.prover, stamped.press.ledger, stamped.shelf, clock)
    await stamped.grow()
    await stamping.start()
    async with asyncio.timeout(20):
        assert await clock.until.get() - clock.now() == timedelta(seconds=10)
    await stamping.stop()


async def test_an_authority_whose_time_runs_backwards_is_refused(stamped: StampedPress, authority: Authority) -> None:
    """Each stamp alone may be near enough to our clock; a larger log cannot have been stamped before a smaller one."""
    authority.habits("future:50")
    await stamped.stamped()
    authority.habits("back-dated:50")
    await stamped.stamped()
    assert stamped.state.trouble == "stamp.back-dated"
    assert stamped.state.size == 3
    await stamped.taken[0].wire.stop()  # type: ignore[union-attr]


# --- the rhythm, by the clock


class TellingShelf(StampShelf):
    """Tells the size of each stamp that is put there."""

    def __init__(self, shelf: StampShelf) -> None:
        super().__init__(shelf.folder)
        self.sizes: asyncio.Queue[int] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def put(self, authority: str, size: int, note: bytes, token: bytes) -> None:
        super().put(authority, size, note, token)
        self._loop.call_soon_threadsafe(self.sizes.put_nowait, size)


async def test_the_newest_checkpoint_is_stamped_every_thirty_seconds_and_no_oftener(
    stamped: StampedPress, authority: Authority
) -> None:
    stamped.shelf = shelf = TellingShelf(stamped.shelf)
    stamping, before = stamped.asked_anew(), authority.asked()
    await stamped.grow(1)
    await stamping.start()
    async with asyncio.timeout(20):
        assert await shelf.sizes.get() == 1, "at once"
    for second in range(1, 121):
        await stamped.press.write(1)
        await stamped.press.integrator.quiet()
        checkpoint = stamped.press.checkpoint
        stamped.turn(SECOND)
        if second % 30 == 0:
            async with asyncio.timeout(20):
                assert await shelf.sizes.get() == checkpoint.size
        else:
            assert shelf.sizes.empty()
    await stamping.stop()
    assert authority.asked() - before == 5


async def test_the_first_checkpoint_after_a_quiet_time_is_stamped_at_once(
    stamped: StampedPress, authority: Authority
) -> None:
    clock = TellingClock()
    stamping = Stamping([authority.taken()], stamped.press.prover, stamped.press.ledger, stamped.shelf, clock)
    assert stamping.authorities[0].wire is not None
    await stamping.start()

    async def pause() -> timedelta:
        async with asyncio.timeout(20):
            waiting = await clock.until.get() - clock.now()
        clock.turn(waiting)
        authority.live_at(clock.now())
        return waiting

    assert [await pause() for _ in range(3)] == [SECOND] * 3, "there is nothing to stamp yet"
    async with asyncio.timeout(20):
        quiet_until = await clock.until.get()
    await stamped.press.write(1)
    await stamped.press.integrator.quiet()
    clock.turn(quiet_until - clock.now())
    assert await pause() == timedelta(seconds=30)
    assert stamping.states[0].size == 1
    await stamping.stop()


async def test_in_trouble_it_is_asked_less_and_less_often(stamped: StampedPress, authority: Authority) -> None:
    clock = TellingClock()
    stamping = Stamping([authority.taken(Gone())], stamped.press.prover, stamped.press.ledger, stamped.shelf, clock)
    await stamped.grow()
    await stamping.start()
    pauses = []
    for _ in range(8):
        async with asyncio.timeout(20):
            moment = await clock.until.get()
        pauses.append((moment - clock.now()).total_seconds())
        clock.turn(moment - clock.now())
    await stamping.stop()
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]
    assert await stamped.press.events("log.unstamped") == ["stamp.away"]
