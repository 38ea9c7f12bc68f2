"""Damage to what was stamped, and stamps that lie: each is found by the examination, with its name and its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.journal.publishing.keys import JOURNAL
from gateway.journal.stamping.examination import broken_stamps
from gateway.journal.stamping.question import question_for
from gateway.journal.stamping.tokens import Trust
from gateway.journal.tree.checkpoints import Checkpoint, signed
from gateway.journal.tree.hashing import leaf_hash
from tests.journal.stamping.authorities import Authority, StampedPress

SIZES = (3, 303, 603)
PLACE = "stamp/first/000/000/000/303.tst"
NOTE = "stamp/first/000/000/000/303.note"


@pytest.fixture
async def thrice(stamped: StampedPress) -> StampedPress:
    """A log that was stamped three times."""
    for count in (3, 300, 300):
        await stamped.stamped(count)
        stamped.turn(timedelta(minutes=10))
    assert [each.size for each in stamped.shelf.all("first")] == list(SIZES)
    assert await stamped.faults() == []
    return stamped


def told(faults: list[object]) -> list[tuple[str, str, int]]:
    return [(each.code, each.place, each.number) for each in faults]  # type: ignore[attr-defined]  # a fault


Damage = Callable[[Path], None]


def flipped(name: str, at: float) -> Damage:
    def damage(log: Path) -> None:
        content = bytearray((log / name).read_bytes())
        content[int(len(content) * at)] ^= 4
        (log / name).write_bytes(content)

    return damage


def cut(name: str) -> Damage:
    return lambda log: (log / name).write_bytes((log / name).read_bytes()[:-1]) and None


def emptied(name: str) -> Damage:
    return lambda log: (log / name).write_bytes(b"") and None


def gone(name: str) -> Damage:
    return lambda log: (log / name).unlink()


def exchanged(log: Path) -> None:
    """The stamp of a smaller log in the place of that of a larger one: token and checkpoint."""
    for end in (".tst", ".note"):
        shutil.copy(log / f"stamp/first/000/000/000/003{end}", log / f"stamp/first/000/000/000/303{end}")


def token_exchanged(log: Path) -> None:
    shutil.copy(log / "stamp/first/000/000/000/003.tst", log / PLACE)


@pytest.mark.parametrize(
    ("damage", "codes"),
    [
        *((flipped(PLACE, at), None) for at in (0.0, 0.01, 0.1, 0.14, 0.2, 0.5, 0.9, 0.99)),
        *((flipped(NOTE, at), {"stamp.imprint"}) for at in (0.0, 0.3, 0.6, 0.9)),
        (cut(PLACE), {"stamp.malformed"}), (emptied(PLACE), {"stamp.malformed"}), (cut(NOTE), {"stamp.imprint"}), (emptied(NOTE), {"stamp.missing"}),
        (gone(NOTE), {"stamp.missing"}), (exchanged, {"stamp.checkpoint"}), (token_exchanged, {"stamp.imprint"}),
    ],
)  # fmt: skip
async def test_a_damaged_stamp_is_found_named_and_located(
    thrice: StampedPress, damage: Damage, codes: set[str] | None
) -> None:
    damage(thrice.press.folder.folder)
    (fault,) = await thrice.faults()
    assert (fault.place, fault.number) == (PLACE, 303)
    assert fault.code.startswith("stamp.")
    assert codes is None or fault.code in codes
    (broken,) = await broken_stamps(thrice.press.ledger, thrice.press.folder, thrice.press.keys, thrice.taken, 10)
    assert (broken.number, broken.fault.startswith(f"{PLACE}: "), fault.code in broken.fault) == (303, True, True)


async def forged(stamped: StampedPress, checkpoint: Checkpoint, authority: Authority) -> None:
    """Somebody who has our key, and a stamp of the authority, puts it on the shelf."""
    signer = stamped.press.keys.signer(JOURNAL)
    assert signer is not None
    note = signed(checkpoint, signer).content()
    question = question_for(note)
    wire = authority.wire()
    await wire.start()
    reply = await wire.ask(question.content)
    await wire.stop()
    from gateway.journal.stamping.tokens import read_reply

    stamp = read_reply(reply, question, authority.taken().trust)
    stamped.shelf.put("first", checkpoint.size, note, stamp.token)


async def test_a_back_dated_stamp_is_found_by_the_time_of_the_entries_under_it(
    stamped: StampedPress, authority: Authority
) -> None:
    """A lying authority sets its clock back: but what was stamped had not been written then."""
    checkpoint = await stamped.grow()
    authority.live_at(stamped.press.clock.now() - timedelta(minutes=30))
    await forged(stamped, checkpoint, authority)
    (fault,) = await stamped.faults()
    assert (fault.code, fault.place, fault.number) == ("stamp.back-dated", "stamp/first/000/000/000/003.tst", 3)


async def test_stamps_out_of_order_are_found(thrice: StampedPress, authority: Authority) -> None:
    """Entries of the test are all of noon, so that only the order of the stamps tells."""
    checkpoint = await thrice.grow()
    authority.live_at(thrice.press.clock.now() - timedelta(minutes=25))
    await forged(thrice, checkpoint, authority)
    (fault,) = await thrice.faults()
    assert (fault.code, fault.number) == ("stamp.back-dated", checkpoint.size)


async def test_a_stamped_fork_is_found(thrice: StampedPress, authority: Authority) -> None:
    """The office signed another history, and had it stamped."""
    fork = Checkpoint(origin=thrice.press.key.name, size=400, root=leaf_hash(b"another history"))
    await forged(thrice, fork, authority)
    faults = await thrice.faults()
    assert ("stamp.forked", "stamp/first/000/000/000/400.tst", 400) in told([*faults])


async def test_a_log_that_was_put_back_is_shorter_than_what_was_stamped(
    thrice: StampedPress, authority: Authority
) -> None:
    ahead = Checkpoint(origin=thrice.press.key.name, size=5000, root=leaf_hash(b"of a later day"))
    authority.live_at(thrice.press.clock.now())
    await forged(thrice, ahead, authority)
    assert told([*await thrice.faults()]) == [("log.checkpoint-ahead", "stamp/first/000/000/005/000.tst", 5000)]


async def test_the_stamp_of_a_stranger_is_found(thrice: StampedPress) -> None:
    known = replace(thrice.taken[0], trust=Trust(anchors=()))
    assert {each.code for each in await thrice.faults([known])} == {"stamp.untrusted"}


async def test_stamps_of_an_authority_that_is_not_in_the_settings_are_told_once(thrice: StampedPress) -> None:
    assert told([*await thrice.faults([])]) == [("stamp.unknown-authority", "stamp/first", 0)]


async def test_an_authority_that_is_no_longer_asked_is_still_checked(thrice: StampedPress) -> None:
    retired = replace(thrice.taken[0], wire=None)
    assert await thrice.faults([retired]) == []


async def test_stamps_stay_good_after_the_certificate_has_ended(thrice: StampedPress) -> None:
    """What counts is the time that the stamp tells; what it cannot say after that is in the guide for auditors."""
    thrice.press.clock.turn(timedelta(days=4000))
    assert await thrice.faults() == []
