"""What goes over the pipe between the front and a worker, and what happens when it cannot."""

from __future__ import annotations

import io
import struct
import sys

import pytest

from gateway import parcel
from gateway.envelope import Claim, Direction, Envelope, Payload
from gateway.pipeline import WorkerBroke
from gateway.ports import Judging
from gateway.verdict import Advance
from gateway.worker import serve
from gateway.workers import ENCODER, TRAILS, Job, WorkerPool, frame
from tests.gateway.rig import NOON

BABBLER = """
import sys
out = sys.stdout.buffer
for answer in (b"\\0\\0\\0\\5ready", b"\\0\\0\\0\\1x"):
    out.write(answer)
    out.flush()
    sys.stdin.buffer.read(4)
"""


def test_a_worker_lives_on_when_a_trail_cannot_be_written() -> None:
    class Odd:
        name, direction, needs, adds = "identify", Direction.INBOUND, frozenset[str](), frozenset[str]()

        def judge(self, envelope: Envelope, now: object) -> Advance:
            return Advance(envelope=envelope, details=(("half", "\ud800"),))

    stage: Judging = Odd()
    job = frame(ENCODER.encode(Job(envelope=an_envelope(), state="received", now=NOON)))
    sink = io.BytesIO()
    serve({(Direction.INBOUND, "identify"): stage}, io.BytesIO(job + job), sink)
    answers = frames(sink.getvalue())[1:]
    assert len(answers) == 2
    for answer in answers:
        crash = TRAILS.decode(answer).crash
        assert crash is not None
        assert crash.kind == "UnicodeEncodeError"


def frames(stream: bytes) -> list[bytes]:
    found, place = [], 0
    while place < len(stream):
        (length,) = struct.unpack_from(">I", stream, place)
        found.append(stream[place + 4 : place + 4 + length])
        place += 4 + length
    return found


async def test_a_trail_that_cannot_be_read_counts_as_a_broken_worker() -> None:
    pool = WorkerPool([sys.executable, "-c", BABBLER], 1)
    await pool.start()
    try:
        with pytest.raises(WorkerBroke):
            await pool.judge(an_envelope(), "received", NOON)
    finally:
        await pool.stop()


def an_envelope() -> Envelope:
    return Envelope(
        id="0193a5c0-7d10-7a01-8b3c-000000000001", direction=Direction.INBOUND, channel="wire", received_at=NOON,
        payload=Payload.of(b"<a/>", parcel.XML), claim=Claim(sender="oper@xb.sirene.example"),
    )  # fmt: skip
