"""The loop: what goes out comes in again, and what became of it is said honestly."""

from __future__ import annotations

import asyncio

import pytest

from adapters.channels.loopback.channel import LoopbackChannel, LoopbackSettings
from gateway.errors import Refused, Unavailable
from tests.adapters.smtp.dialogue import ENVELOPE, MESSAGE, NOON, Kept, StillClock, outgoing, partner


@pytest.fixture
def intake() -> Kept:
    return Kept()


@pytest.fixture
async def channel(intake: Kept) -> LoopbackChannel:
    loop = LoopbackChannel("loopback", StillClock(), LoopbackSettings(message_octets=100, take_seconds=0.05))
    await loop.start()
    await loop.start(intake)
    return loop


async def test_what_goes_out_comes_in(channel: LoopbackChannel, intake: Kept) -> None:
    parcel = outgoing()
    attempt = await channel.send(parcel)
    assert (attempt.number, attempt.at, attempt.outcome) == (2, NOON, "taken")
    assert attempt.evidence == f"taken in as {ENVELOPE}"
    [(name, payload, claim)] = intake.taken
    assert (name, payload) == ("loopback", parcel.payload)
    assert (claim.sender, claim.reference) == ("sirene:XB", f"{MESSAGE}.2")


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (Unavailable("ledger.full", "Full."), "unavailable"),
        (Refused("content.never", "Never."), "refused"),
        (RuntimeError("secret"), "ambiguous"),
    ],
)
async def test_the_other_sides_trouble_is_an_outcome(
    channel: LoopbackChannel, intake: Kept, trouble: Exception, outcome: str
) -> None:
    intake.trouble = trouble
    attempt = await channel.send(outgoing())
    assert attempt.outcome == outcome
    assert "secret" not in attempt.evidence


async def test_no_answer_in_time_is_ambiguous(channel: LoopbackChannel, intake: Kept) -> None:
    intake.gate = asyncio.Event()
    assert (await channel.send(outgoing())).outcome == "ambiguous"


async def test_too_long_a_message_is_refused(channel: LoopbackChannel, intake: Kept) -> None:
    parcel = outgoing(payload=type(outgoing().payload).of(b"x" * 101, "application/xml"))
    assert (await channel.send(parcel)).outcome == "refused"
    assert intake.taken == []


async def test_a_stopped_loop_takes_nothing(channel: LoopbackChannel) -> None:
    await channel.stop()
    assert (await channel.send(outgoing())).outcome == "unavailable"


def test_a_message_is_addressed_to_the_partner() -> None:
    assert LoopbackChannel("loopback", StillClock()).address(partner(), urgent=True) == "sirene:XB"
