"""The worker process: `python -m gateway.worker_main`. Started, briefed and ended by the front; it writes trails to its
output and nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gateway import logs
from gateway.assembly import worker_table
from gateway.clock import SystemClock
from gateway.worker import briefed, serve


def main() -> None:
    """Judge until the front closes the pipe."""
    # The front decides when a worker ends; a Ctrl-C at the terminal reaches all processes at once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints must not get between the frames.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    brief = briefed(sys.stdin.buffer)
    logs.set_up(Path(brief.log), "worker")
    serve(worker_table(brief, SystemClock().now()), sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
