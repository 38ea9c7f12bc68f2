"""The inside of a worker process: read a job, judge, write the trail, until the front closes the pipe. An empty frame asks whether it answers."""

from __future__ import annotations

import struct
from typing import BinaryIO

from gateway.judging import judge_run
from gateway.order import Table
from gateway.workers import BRIEFINGS, JOBS, MAX_FRAME, READY, Briefing, frame, told


def briefed(source: BinaryIO) -> Briefing:
    """The first frame: what this worker is to know. Raises `EOFError` when the front has gone."""
    head = source.read(4)
    if len(head) < 4:
        raise EOFError("no briefing")
    (length,) = struct.unpack(">I", head)
    return BRIEFINGS.decode(source.read(min(length, MAX_FRAME)))


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
        if not length:  # a heartbeat
            sink.write(frame(READY))
            sink.flush()
            continue
        job = JOBS.decode(source.read(length))
        sink.write(frame(told(judge_run(table, job.envelope, job.state, job.now))))
        sink.flush()
