"""The signer process: `python -m gateway.signer_main`. Started, briefed and ended by the front; it alone holds signing keys."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from gateway import logs
from gateway.signer import briefed, key_files, serve, signatory_of
from gateway.workers import READY, frame


def main() -> None:
    """Sign until the front closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    brief = briefed(sys.stdin.buffer)
    logs.set_up(Path(brief.log), "signer")
    keys, old, smime = key_files(brief.keys), key_files(brief.old), key_files(brief.smime)
    signatory = signatory_of(keys, old, smime)
    listening = socket.socket(fileno=brief.socket)
    listening.setblocking(False)
    sink.write(frame(READY))
    sink.flush()
    asyncio.run(serve(signatory, listening, sys.stdin.buffer))


if __name__ == "__main__":
    main()
