"""The inside of a worker process: read a job, judge, write the trail, until the front closes the pipe."""

from __future__ import annotations

import struct
from typing import BinaryIO

from gateway.judging import judge_run
from gateway.order import Table
from gateway.workers import JOBS, MAX_FRAME, READY, frame, told


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
        sink.write(frame(told(judge_run(table, job.envelope, job.state, job.now))))
        sink.flush()
