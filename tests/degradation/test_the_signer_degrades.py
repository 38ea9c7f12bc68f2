"""The signer or its token is away, slow or wrong: messages wait for their signature, none goes out with a wrong one, and what comes is taken in."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from gateway.envelope import Direction
from gateway.ledger import Query
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.keys import OwnKey, load_key
from gateway.signing.remote import SignerLine, ring_over
from gateway.signing.sign import XadesSigner
from gateway.signing.signatory import Held, Signatory, SignsDigests, SoftwareKey, held
from tests.gateway.rig import NOON, Rig
from tests.gateway.test_tolerated import form, receipt

MINUTE = timedelta(minutes=1)
PATIENCE = 0.2
Answer = Callable[[bytes], bytes | None]
OURS = Query(direction=Direction.OUTBOUND)


class Served:
    """A signer in a thread: it answers as the test says, or never."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.answer = answer
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen(8)
        self._lines: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self._lines.append(line)
            threading.Thread(target=self._converse, args=(line,), daemon=True).start()

    def _converse(self, line: socket.socket) -> None:
        try:
            while head := line.recv(4, socket.MSG_WAITALL):
                told = self.answer(line.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL))
                if told is not None:
                    line.sendall(struct.pack(">I", len(told)) + told)
        except (OSError, struct.error):
            return

    def end(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for each in (self._listening, *self._lines):
            each.close()


class Office:
    """A rig whose signatures come over the socket."""

    def __init__(self, folder: Path) -> None:
        self.rig, self.path = Rig(folder), folder / "k.sock"
        self.line = SignerLine(str(self.path), PATIENCE)
        ring = ring_over(self.line, self.rig.signing, NOON, EVERYTHING)
        self.rig.knowledge = replace(self.rig.knowledge, signer=XadesSigner(ring))
        self.rig.gateway = self.rig.joined()
        self.served: list[Served] = []

    def keys(self, key: SignsDigests | None = None) -> Signatory:
        own = [held(one) for one in _loaded(self.rig)]
        return Signatory([each if key is None else _with(each, key) for each in own])

    def serve(self, answer: Answer) -> Served:
        self.path.unlink(missing_ok=True)
        self.served.append(Served(self.path, answer))
        return self.served[-1]

    async def comes(self) -> str:
        """A message comes; how it stands, and what went out for it."""
        return (await self.rig.row(await self.rig.arrives(self.rig.bureaux["sirene:XB"].signed(form())))).state

    async def waits_with(self, code: str) -> None:
        """Nothing has gone out, and every message of ours waits to be signed."""
        assert self.rig.wire.sent == []
        rows = [await self.rig.row(each.id) for each in await self.rig.ledger.find(OURS)]
        assert rows and {(row.state, row.reason and row.reason.code) for row in rows} == {("encoded", code)}

    async def goes_on(self) -> None:
        await self.rig.later(10 * MINUTE)
        assert receipt(self.rig)[0] == "INVALID"
        rows = await self.rig.ledger.find(OURS)
        assert {each.state for each in rows} <= {"transmitted", "confirmed"}


def _loaded(rig: Rig) -> list[OwnKey]:
    return [load_key(one, NOON) for one in rig.signing]


def _with(one: Held, key: SignsDigests) -> Held:
    return replace(one, key=key)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.line.close()
    for each in made.served:
        each.end()


async def test_while_the_signer_is_away_messages_come_in_and_ours_wait_for_their_signature(office: Office) -> None:
    async with office.rig:
        assert await office.comes() == "rejected"  # taken in and judged as ever
        await office.waits_with("signing.signer-away")
        office.serve(office.keys().answer)
        await office.goes_on()


async def test_a_signer_that_hangs_costs_its_limit_and_loses_nothing(office: Office) -> None:
    hanging = office.serve(lambda _: None)
    async with office.rig:
        assert await office.comes() == "rejected"
        await office.waits_with("signing.signer-away")
        hanging.answer = office.keys().answer
        await office.goes_on()


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 64, b"\x81\xa9signature\xc4\x02hi"], ids=["empty", "noise", "no-signature"]
)
async def test_nothing_goes_out_with_what_is_no_signature_of_ours(office: Office, content: bytes) -> None:
    wrong = office.serve(lambda _: content)
    async with office.rig:
        await office.comes()
        assert office.rig.wire.sent == []
        wrong.answer = office.keys().answer
        await office.goes_on()


async def test_a_token_with_another_key_signs_nothing_that_goes_out(office: Office) -> None:
    other = SoftwareKey(ec.generate_private_key(ec.SECP256R1()))
    wrong = office.serve(office.keys(other).answer)
    async with office.rig:
        await office.comes()
        await office.waits_with("signing.wrong-signature")
        wrong.answer = office.keys().answer
        await office.goes_on()


class Gone:
    """A token that was pulled out."""

    def sign_digest(self, digest: bytes, hash: str) -> bytes:
        raise RuntimeError("CKR_DEVICE_REMOVED")


async def test_while_the_token_is_pulled_out_messages_wait_and_go_on_when_it_is_back(office: Office) -> None:
    pulled = office.serve(office.keys(Gone()).answer)
    async with office.rig:
        await office.comes()
        await office.waits_with("signing.key-failed")
        pulled.answer = office.keys().answer
        await office.goes_on()


async def test_a_slow_token_holds_its_own_messages_up_and_nothing_that_comes(office: Office) -> None:
    release = threading.Event()
    answer = office.keys().answer

    def slow(ask: bytes) -> bytes:
        release.wait(20)
        return answer(ask)

    office.serve(slow)
    async with office.rig:
        assert await office.comes() == "rejected"
        await office.waits_with("signing.signer-away")
        release.set()
        await office.goes_on()
