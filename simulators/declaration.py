"""What a simulator says about itself, and what it is given when it starts.

The one idea: a simulator is a module that exposes `SIMULATOR`, and nothing else has to be registered anywhere. The
module is found by its place (`discovery.py`), started as its own process (`process.py`), and handed a `Station`: its
folder, its recorder, its script and its clock. It answers with a `Running`: what to write into the ready file, and how
to stop and reset it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aiohttp import web

from simulators.clock import Clock
from simulators.recorder import Recorder
from simulators.scenario import ANYTHING, Abilities, Script

LOOPBACK = "127.0.0.1"
AT_ONCE_SECONDS = 0.05  # how long open calls may go on at the end; aiohttp takes 0 for "for ever"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """The place a simulator works at: everything it may touch."""

    name: str
    folder: Path  # keys, recordings and the ready file; the only place it writes to
    port: int  # 0: any free port
    token: str  # the bearer token a caller has to show, for those that speak HTTP
    tls: bool  # serve under a certificate of the simulator's own throw-away CA
    client_ca: Path | None  # with TLS: callers need a certificate of this CA
    extra: Mapping[str, str]  # `--set KEY=VALUE`: what only this simulator understands
    clock: Clock
    recorder: Recorder
    script: Script

    def now(self) -> datetime:
        return self.clock.now()


async def _nothing_to_stop() -> None:
    return None


def _nothing_to_reset() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started simulator."""

    ready: Mapping[str, object]  # goes into the ready file, for instance {"url": …} or {"smtp_port": …}
    stop: Callable[[], Awaitable[None]] = _nothing_to_stop
    reset: Callable[[], None] = _nothing_to_reset  # back to the seeded state, called by POST /sim/reset
    control_routes: Sequence[web.RouteDef] = ()  # added to the control port, for instance POST /sim/send


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """The declaration a simulator module exposes as `SIMULATOR`."""

    name: str  # equal to the module's name, with dashes for underscores
    kind: str  # register, case system, counterpart …
    summary: str  # one line for `--list`
    start: Callable[[Station], Awaitable[Running]]
    abilities: Abilities = ANYTHING  # what a scenario can ask of it; one that asks for more is refused
    settings: Mapping[str, str] = field(
        default_factory=dict
    )  # keys of `--set`, each with a sentence; others are refused

    def refuse_unknown(self, keys: Iterable[str]) -> None:
        """Raises `ValueError` for a key of `--set` that would say nothing to this simulator."""
        for key in keys:
            if key not in self.settings:
                known = ", ".join(self.settings) or "none"
                raise ValueError(f"--set {key}: {self.name} knows no such key; known are {known}")
