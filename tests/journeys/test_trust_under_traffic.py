"""Keys are exchanged, the signer dies, authorities fall silent, the clock jumps, and messages come all the time: nothing is lost.

What is about processes runs as processes, beside a partner that sends like a mail server and counts each answer once; what is about days
runs in virtual time. The exchange of a master key under traffic is told in `tests/vault/test_master_rollover.py`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from msgspec.structs import replace

from adapters.rest.public import PublicFetch
from benchmarks.endurance import account
from benchmarks.endurance.gateway import Mortal
from benchmarks.endurance.national import National
from benchmarks.endurance.partner import Partner as Sender
from benchmarks.endurance.run import Officer, _rest
from benchmarks.home import Surroundings
from benchmarks.office import Office
from gateway.envelope import Direction
from gateway.errors import Refused
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.publishing.proving import Prover
from gateway.journal.stamping.shelf import StampShelf
from gateway.journal.stamping.stamping import Stamping
from gateway.ledger import Query
from gateway.partners import Partner, SignaturePolicy
from gateway.signing.answer_shelf import AnswerShelf
from gateway.signing.hearing import Hearing
from gateway.signing.verify import StrictVerifier
from simulators.revocation import RevocationDesk
from tests.journal.stamping.authorities import Authority
from tests.journeys.worlds import World, world_on

US, PARTNERS = "ncb:XA", ("ncb:XB", "ncb:XC")
STALLED_SECONDS = 120.0
KILLS = 6
FORMS_EACH = 3
"""Two receipts and an answer for each query."""
MOST_UNDER_WAY = 18
TRIES = 100
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNKNOWN = "signature.revocation-unknown"


# --- as processes


class Careful(Sender):
    """A partner that keeps every form it gets, as it came."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.forms: list[bytes] = []

    def _take(self, mail: bytes) -> None:
        self.forms.append(base64.b64decode(mail.partition(b"\r\n\r\n")[2].rpartition(b"\r\n.\r\n")[0]))
        super()._take(mail)

    async def _feed(self) -> None:
        """Always something under way, and never a long queue: it would only measure this machine."""
        while self._open:
            if len(self.taken) * FORMS_EACH - len(self.forms) >= MOST_UNDER_WAY:
                await self._came()
                continue
            self._number += 1
            message_id, mail = await asyncio.to_thread(self._office.query, self._number)
            await self._deliver(mail)
            self.taken.append(message_id)

    async def _came(self) -> None:
        self.progress.clear()
        await asyncio.wait_for(self.progress.wait(), STALLED_SECONDS)

    async def more(self, count: int = 4) -> None:
        """So much more has come while the gateway was at whatever it was at."""
        wanted = len(self.forms) + count
        while len(self.forms) < wanted:
            await self._came()


class Traffic:
    """A gateway under load and what must hold at the end."""

    def __init__(self, front: Mortal, partner: Careful, national: National) -> None:
        self.front, self.partner, self._national = front, partner, national

    async def keys(self, *words: str) -> Any:
        return await self.front.ask("keys", *words)

    async def retired(self) -> None:
        """The old key goes, as soon as nothing that it signed is under way."""
        for _ in range(TRIES):
            try:
                await self.keys("retire", US)
            except RuntimeError as refused:
                if "not confirmed yet" not in str(refused):
                    raise
                await self.partner.more()
            else:
                return
        raise AssertionError("messages that the old key signed stay under way")

    async def accounted(self) -> None:
        """Everything that got its 250 was answered once, the books balance, the journal is whole."""
        await asyncio.wait_for(self.partner.finish(), STALLED_SECONDS)
        await _rest(self.front, self.partner, Officer(self.front), lambda _: None)
        proof = await self.front.ask("journal", "verify")
        assert account.faults(self.partner, self._national, proof) == []


@asynccontextmanager
async def traffic(folder: Path) -> AsyncIterator[Traffic]:
    """A gateway with two workers, its signer, and a partner that sends all the time."""
    office = Office(folder / "abroad")
    partner, national, front = Careful(office), National(), Mortal(folder / "home")
    ports = await partner.listen(), await national.start()
    around = Surroundings(mail_port=ports[0], national_port=ports[1], keys=office.keys, tls=False)
    try:
        await asyncio.to_thread(front.prepare, "full", 2, around)
        front.settle_down("")
        await asyncio.to_thread(front.start)
        partner.start(front.port, 2)
        await partner.more()
        yield Traffic(front, partner, national)
    finally:
        await partner.stop()
        await asyncio.to_thread(front.stop)
        await national.stop()


def judged(card: dict[str, Any], forms: list[bytes]) -> dict[str, int]:
    """How many forms each certificate of ours signed, as whoever has taken in this card judges them; raises `Refused`."""
    anchors = tuple(
        one.public_bytes(Encoding.DER)
        for pem in card["anchors_pem"]
        for one in x509.load_pem_x509_certificates(pem.encode())
    )
    us = Partner(party=US, name="we", signature=SignaturePolicy(anchors=anchors, signers=tuple(card["signers"])))
    verifier, found = StrictVerifier(), dict[str, int]()
    for form in forms:
        certificate = verifier.verify(form, us, datetime.now(UTC)).certificate
        found[certificate] = found.get(certificate, 0) + 1
    return found


async def test_a_key_is_exchanged_under_traffic_and_no_partner_refuses_anything(tmp_path: Path) -> None:
    async with traffic(tmp_path) as running:
        before = await running.front.ask("partners", "card", US)
        await running.keys("next", US)
        await running.keys("publish", US)
        card = await running.front.ask("partners", "card", US)
        await running.partner.more()
        for partner in PARTNERS:
            await running.keys("confirm", US, partner, "--how", "its answer of today")
        first = len(running.partner.forms)
        assert len(judged(before, running.partner.forms[:first])) == 1  # who has the old card only refuses nothing yet

        await running.keys("switch", US)
        await running.partner.more(12)
        await running.retired()
        switched = len(running.partner.forms)
        await running.partner.more(12)
        await running.accounted()

        assert len(judged(card, running.partner.forms)) == 2  # all good for whoever has the card with both
        after = await running.front.ask("partners", "card", US)
        last = running.partner.forms[switched + 4 :]
        assert len(judged(after, last)) == 1
        old, new = judged(card, running.partner.forms[:first]), judged(after, last)
        assert not old.keys() & new.keys()
        if set(before["signers"]) != set(after["signers"]):
            with pytest.raises(Refused, match=r"signature\."):
                judged(before, last)


async def test_a_signer_that_is_killed_again_and_again_costs_no_message(tmp_path: Path) -> None:
    async with traffic(tmp_path) as running:
        for number in range(KILLS):
            while not await running.front.kill("signer", number):
                await running.partner.more(1)
            await running.partner.more()
        await running.accounted()
        card = await running.front.ask("partners", "card", US)
        assert len(judged(card, running.partner.forms)) == 1


# --- in virtual time


class Counted(World):
    """A world whose clock can be put elsewhere, while a count of seconds goes on as it must."""

    counted = 0.0

    async def later(self, by: timedelta) -> None:
        self.counted += by.total_seconds()
        await super().later(by)
        if self.gateway.steady:
            await self.gateway.steady.look()

    async def put(self, by: timedelta) -> None:
        """Somebody sets the clock: no time has passed."""
        self.clock.turn(by)
        await self.gateway.quiet()
        assert self.gateway.steady is not None
        await self.gateway.steady.look()
        await self.gateway.quiet()


async def ended(world: World) -> dict[str, int]:
    """How many messages that came stand in which state."""
    found = await world.ledger.find(Query(direction=Direction.INBOUND, limit=500))
    return {state: sum(each.state == state for each in found) for state in {each.state for each in found}}


async def test_the_clock_jumps_both_ways_under_traffic(tmp_path: Path) -> None:
    world = Counted(tmp_path)
    world.seconds = lambda: world.counted
    world.gateway = world.joined()
    number = 0

    async def comes(count: int = 3) -> list[str]:
        nonlocal number
        came = []
        for _ in range(count):
            number += 1
            came.append(await world.other_hit_arrives(number))
            await world.later(timedelta(seconds=10))
        return came

    async with world:
        right = await comes()
        normal = {(await world.stands(each))[0] for each in right}
        await world.put(-2 * HOUR)
        back = await comes()
        assert {await world.stands(each) for each in back} == {("identified", "time.in-doubt")}
        await world.put(2 * HOUR)
        await world.later(2 * timedelta(minutes=1))
        await world.put(3650 * DAY)
        ahead = await comes()
        assert {(await world.stands(each))[1] for each in ahead} == {"time.in-doubt"}
        await world.put(-3650 * DAY)
        await world.later(2 * timedelta(minutes=1))
        again = await comes()
        for each in (*back, *ahead, *again):
            assert (await world.stands(each))[0] in normal, await world.stands(each)
        assert "rejected" not in await ended(world)
        assert not any("clock of this machine" in each for each in await world.gateway.not_ready())
        told = [json.loads(link.entry)["event"] for link in await world.ledger.journal(0, 1000)]
        assert [each for each in told if each in ("time.jumped", "time.settled")] == ["time.jumped", "time.settled"] * 2
        await world.sound()


@pytest.fixture
def stamps(tmp_path: Path) -> Any:
    authority = Authority(tmp_path / "stamps")
    yield authority
    authority.end()


class Trusting:
    """A world whose partner is believed only while its authority is heard, and whose log is stamped."""

    def __init__(self, folder: Path, stamps: Authority) -> None:
        self.world, self.stamps, self.came = world_on("sqlite", folder), stamps, list[str]()
        certificate = x509.load_pem_x509_certificate((folder / "sirene-XB" / "authority.cert.pem").read_bytes())
        key = load_pem_private_key((folder / "sirene-XB" / "authority.key.pem").read_bytes(), None)
        self.desk = RevocationDesk(certificate, key, self.world.clock.now)  # type: ignore[arg-type]  # its keys are EC
        log, keys = LogFolder(folder / "log"), LogKeys(folder / "log-keys", "xa.spoc.example", "XA")
        keys.made(JOURNAL)
        ledger, clock = self.world.ledger, self.world.clock
        self.integrator = Integrator(ledger, log, keys, clock)
        self.taken = stamps.taken()
        self.stamping = Stamping([self.taken], Prover(ledger, log), ledger, StampShelf(log.folder), clock)
        shelf, fetch = AnswerShelf(folder / "revocation"), PublicFetch(folder)
        self.hearing = Hearing(self.world.directory, shelf, fetch, ledger, clock, self.world.gateway.renew_partners)

    async def __aenter__(self) -> Self:
        await self.desk.start()
        sources = {"revocation": "hard", "crl": (f"{self.desk.url}/authority.crl",), "ocsp": f"{self.desk.url}/ocsp"}
        self.world.directory.replace(
            replace(one, signature=replace(one.signature, **sources)) if one.party == "sirene:XB" else one
            for one in self.world.directory
        )
        assert self.taken.wire is not None
        await self.taken.wire.start()
        await self.world.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.world.__aexit__(*exc)
        await self.integrator.stop()
        assert self.taken.wire is not None
        await self.taken.wire.stop()
        await self.desk.stop()

    def away(self, *, gone: bool) -> None:
        """All authorities at once: lists, responder and time-stamps."""
        self.desk.knobs.away = gone
        self.stamps.script('[[rule]]\ndo = { action = "drop", at = "before-work" }\n' if gone else "")

    async def quarter_days(self, count: int) -> None:
        """Each six hours a message comes, and the watches look."""
        for _ in range(count):
            await self.hearing.look()
            self.came.append(await self.world.other_hit_arrives(len(self.came) + 1))
            self.stamps.live_at(self.world.clock.now())
            await self.integrator.quiet()
            await self.stamping.quiet()
            await self.world.later(6 * HOUR)

    async def stand(self) -> list[tuple[str, str]]:
        return [await self.world.stands(each) for each in self.came]


async def test_all_authorities_away_under_traffic_and_back(tmp_path: Path, stamps: Authority) -> None:
    async with Trusting(tmp_path, stamps) as office:
        world, stamped = office.world, office.stamping.states[0]
        await office.quarter_days(2)
        assert stamped.trouble == ""
        normal = {state for state, _ in await office.stand()}

        office.away(gone=True)
        await office.quarter_days(12)
        states = await office.stand()
        assert {each for each, _ in states[:8]} == normal  # the list of before vouches for two days
        assert set(states[-3:]) <= {("held", UNKNOWN), ("identified", UNKNOWN)}
        assert stamped.trouble == "stamp.away" and stamped.size < (await world.ledger.head())[0]
        assert {code for _, code in office.hearing.trouble} == {"revocation.away"}

        office.away(gone=False)
        await office.quarter_days(2)
        for each in office.came:
            if await world.stands(each) == ("held", UNKNOWN):
                await world.gateway.desk.release(each, "user:officer", "The authority is back.")
        await world.later(HOUR)
        assert {state for state, _ in await office.stand()} == normal
        assert (stamped.trouble, office.hearing.trouble) == ("", [])
        await world.sound()
