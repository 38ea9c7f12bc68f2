"""One run: load, kills at moments drawn from a seed, an officer for what nobody can know, and rest at the end."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from benchmarks.endurance import account
from benchmarks.endurance.gateway import Mortal, last_words
from benchmarks.endurance.national import National
from benchmarks.endurance.partner import Partner
from benchmarks.home import Surroundings
from benchmarks.office import Office
from gateway import lifecycle
from gateway.envelope import Direction

ROLES: Final = ("front", "worker", "worker", "signer")
"""Who is killed, by lot."""
BETWEEN_SECONDS: Final = 0.6
"""At most so long after something came the next one dies."""
STALLED_SECONDS: Final = 120.0
"""Nothing coming for so long ends the run with what is missing."""
REST_SECONDS: Final = 600.0
LEFT_TO_A_PERSON: Final = ("ambiguous", "quarantined")
LOOK_SECONDS: Final = 1.0
CONNECTIONS: Final = 3


class Wanted(Struct, frozen=True, kw_only=True):
    """The options of a run."""

    kills: int = 20
    workers: int = 2
    seed: int = 1
    postgres: str = ""
    """URL of a fresh database; empty for SQLite."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a run found."""

    engine: str
    seed: int
    kills: dict[str, int]
    lives: int
    messages: int
    attempts: int
    mails: dict[str, int]
    settled_by_officer: int
    seconds: float
    balance: dict[str, Any]
    entries: int
    faults: list[str]
    trouble: str = ""


async def endure(folder: Path, wanted: Wanted, say: Callable[[str], None]) -> Outcome:
    """Run it below a new folder; `say` is told how far it is."""
    started = time.monotonic()
    office = Office(folder / "abroad")
    partner, national, front = Partner(office), National(), Mortal(folder / "home")
    ports = await partner.listen(), await national.start()
    around = Surroundings(mail_port=ports[0], national_port=ports[1], keys=office.keys, tls=False)
    killed, officer, trouble, proof = Counter[str](), Officer(front), "", None
    try:
        await asyncio.to_thread(front.prepare, "full", wanted.workers, around)
        front.settle_down(wanted.postgres)
        await asyncio.to_thread(front.start)
        partner.start(front.port, CONNECTIONS)
        try:
            await _kill(front, partner, wanted, killed, say)
            await asyncio.wait_for(partner.finish(), REST_SECONDS)
            await _rest(front, partner, officer, say)
            proof = await front.ask("journal", "verify")
        except (TimeoutError, RuntimeError, OSError) as error:
            trouble = f"{type(error).__name__}: {error}\n{last_words(front.folder)}"
    finally:
        await partner.stop()
        await asyncio.to_thread(front.stop)
        await national.stop()
    nothing: dict[str, Any] = {
        "intact": False,
        "faults": [],
        "entries": 0,
        "balance": {"accepted": 0, "accounts": {}, "states": {}},
    }
    proof = proof or nothing
    return Outcome(
        engine="postgres" if wanted.postgres else "sqlite", seed=wanted.seed, kills=dict(killed), lives=front.lives,
        messages=len(partner.taken), attempts=partner.attempts, mails=dict(partner.mails), settled_by_officer=officer.decided,
        seconds=time.monotonic() - started, balance=proof["balance"], entries=proof["entries"], trouble=trouble,
        faults=[trouble.partition("\n")[0]] if trouble else account.faults(partner, national, proof),
    )  # fmt: skip


async def _kill(
    front: Mortal, partner: Partner, wanted: Wanted, killed: Counter[str], say: Callable[[str], None]
) -> None:
    draw = random.Random(wanted.seed)  # repeatable, no secret
    while killed.total() < wanted.kills:
        partner.progress.clear()
        await asyncio.wait_for(partner.progress.wait(), STALLED_SECONDS)
        await asyncio.sleep(draw.random() * BETWEEN_SECONDS)
        role = draw.choice(ROLES)
        if await front.kill(role, draw.randrange(1 << 16)):
            killed[role] += 1
            say(f"{killed.total()} of {wanted.kills} kills; {len(partner.taken)} messages taken")


class Officer:
    """Decides what the gateway leaves to a person: what may have gone out, and what two workers died over."""

    def __init__(self, front: Mortal) -> None:
        self._front = front
        self.decided = 0

    async def look(self) -> None:
        """Hand over again what is in doubt, for the partner knows it by its id if it has it; send again through the stages what was set aside."""
        for each in await self._front.standing("ambiguous"):
            await self._decide("release", each["id"], "the partner knows repetitions by their id")
        for each in await self._front.standing("quarantined"):
            await self._decide("replay", each["id"], "its workers were killed, it did not kill them")

    async def _decide(self, what: str, message: str, why: str) -> None:
        await self._front.ask("messages", what, message, "--reason", why)
        self.decided += 1


async def _rest(front: Mortal, partner: Partner, officer: Officer, say: Callable[[str], None]) -> None:
    """Return when nothing is on the way any more."""
    until = time.monotonic() + REST_SECONDS
    while True:
        found = (await front.ask("journal", "verify", "--no-rows"))["balance"]["states"]
        moving = {name: count for name, count in found.items() if count and _moves(name)}
        left = sum(count for name, count in found.items() if name.rpartition("/")[2] in LEFT_TO_A_PERSON)
        if not moving and not left and not partner.unreturned:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"the gateway does not come to rest: {moving or found}")
        say(f"coming to rest: {sum(moving.values())} on the way, {left} left to a person")
        if not moving:
            await officer.look()
        await asyncio.sleep(LOOK_SECONDS)


def _moves(name: str) -> bool:
    direction, _, state = name.partition("/")
    return bool(lifecycle.state(Direction(direction), state).next_stage) or name == "outbound/transmitted"
