"""The inside of a worker process: read a job, judge, write the trail, until the front closes the pipe."""

from __future__ import annotations

import struct
from typing import BinaryIO

from gateway.judging import Crash, Trail, judge_run
from gateway.order import Table
from gateway.workers import ENCODER, JOBS, MAX_FRAME, READY, frame


def serve(table: Table, source: BinaryIO, sink: BinaryIO) -> None:
    """Judge jobs until the source ends."""
    sink.write(frame(READY))
    sink.flush()
    while True:
        head = source.read(4)
        if len(head) < 4:
            return
        (length,) = struct.unpack(">I", head)
        if length > MAX_FRAME:
            return
        job = JOBS.decode(source.read(length))
        sink.write(frame(_told(judge_run(table, job.envelope, job.state, job.now))))
        sink.flush()


def _told(trail: Trail) -> bytes:
    """The trail as bytes. One that cannot be written is a fault of ours like any other, and no reason to die."""
    try:
        return ENCODER.encode(trail)
    except (ValueError, TypeError, OverflowError) as error:
        stage = trail.judged[-1].stage if trail.judged else "worker"
        return ENCODER.encode(Trail(crash=Crash(stage=stage, kind=type(error).__name__, where="worker.py: the trail")))
