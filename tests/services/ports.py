"""Port numbers for servers that are told their port before they start, or that must come back at the same one.

The kernel gives ports by itself from one range only, to outgoing connections and to whoever listens on port 0. A port below that range stays free
until somebody asks for it by its number, however much goes on beside.
"""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress
from pathlib import Path

RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000
TRIES = 1000


def free_port() -> int:
    """A free port of 127.0.0.1 that nobody gets by accident."""
    given_from = int(RANGE_FILE.read_text().split()[0])
    for _ in range(TRIES):
        port = LOWEST + secrets.randbelow(max(1, given_from - LOWEST))
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError(f"no port between {LOWEST} and {given_from} is free")
