"""A log, its time-stamps, and authorities that are processes; time is turned for all of them at once."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapters.timestamps.rfc3161.authority import AuthoritySettings, HttpAuthority
from gateway.journal.publishing.examination import LogFault
from gateway.journal.stamping.examination import examine_stamps
from gateway.journal.stamping.shelf import StampShelf
from gateway.journal.stamping.stamping import Stamping, StampState, StampWire, TimestampAuthority
from gateway.journal.stamping.tokens import Trust
from gateway.journal.tree.checkpoints import Checkpoint
from tests.gateway.rig import NOON
from tests.journal.publishing.press import Press
from tests.simulators.callers import Started, start

POLICY = "2.999.3161.1"


class Authority:
    """A simulated authority in a process of its own; its clock stands at noon until it is turned."""

    def __init__(self, folder: Path, name: str = "first", *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.folder = name, folder
        self.process: Started = start(folder, "timestamps", "--clock", NOON.isoformat(), *options)
        self.anchors = anchors_in(Path(self.process.ready["anchors"]))

    def wire(self, seconds: float = 2.0) -> HttpAuthority:
        return HttpAuthority(AuthoritySettings(url=self.process.ready["url"], seconds=seconds))

    def taken(self, wire: StampWire | None = None, **changes: Any) -> TimestampAuthority:
        """As the gateway is configured for it."""
        trust = changes.pop("trust", Trust(anchors=self.anchors, policy=POLICY))
        return TimestampAuthority(name=self.name, trust=trust, wire=wire or self.wire(), **changes)

    def habits(self, text: str) -> None:
        self._post("/sim/habits", text.encode())

    def script(self, text: str) -> None:
        self._post("/sim/scenario", text.encode())

    def live_at(self, moment: datetime) -> None:
        """Its clock stands there."""
        self._post("/sim/clock", json.dumps({"to": moment.isoformat()}).encode(), "application/json")

    def asked(self) -> int:
        """How often it was asked."""
        lines = map(json.loads, self.process.recorded().splitlines())
        return sum(line["event"] == "arrived" for line in lines)

    def end(self) -> None:
        self.process.end()

    def _post(self, path: str, body: bytes, kind: str = "text/plain") -> None:
        request = urllib.request.Request(self.process.ready["control"] + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


def anchors_in(file: Path) -> tuple[bytes, ...]:
    return tuple(each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(file.read_bytes()))


class StampedPress:
    """A log that is stamped."""

    def __init__(self, press: Press, authorities: Iterable[Authority], taken: Iterable[TimestampAuthority]) -> None:
        self.press, self.authorities, self.taken = press, list(authorities), list(taken)
        self.shelf = StampShelf(press.folder.folder)
        self.stamping = self.asked_anew()

    def asked_anew(self) -> Stamping:
        """As after a restart of the gateway."""
        return Stamping(self.taken, self.press.prover, self.press.ledger, self.shelf, self.press.clock)

    async def __aenter__(self) -> Self:
        for each in self.taken:
            assert each.wire is not None
            await each.wire.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for each in self.taken:
            assert each.wire is not None
            await each.wire.stop()

    async def grow(self, count: int = 3) -> Checkpoint:
        await self.press.write(count)
        return await self.press.publish()

    async def stamped(self, count: int = 3) -> Checkpoint:
        """New entries, published and stamped."""
        checkpoint = await self.grow(count)
        self.turn(timedelta())
        await self.stamping.quiet()
        return checkpoint

    def turn(self, by: timedelta) -> None:
        """Time passes, here and for them."""
        self.press.clock.turn(by)
        for each in self.authorities:
            each.live_at(self.press.clock.now())

    @property
    def state(self) -> StampState:
        return self.stamping.states[0]

    async def faults(self, taken: Iterable[TimestampAuthority] | None = None) -> list[LogFault]:
        known = self.taken if taken is None else taken
        return [each async for each in examine_stamps(self.press.ledger, self.press.folder, self.press.keys, known)]
