"""When the pipeline itself fails over an envelope, it is set aside with its bytes instead of being tried for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.stores.memory.ledger import MemoryLedger
from gateway.ledger import Committed, Move, Query
from tests.gateway.rig import Rig, TurnedClock
from tests.gateway.test_exchange_story import PHOTO, hit


class Choking(MemoryLedger):
    """A store that cannot write what leads to one state."""

    def __init__(self, clock: TurnedClock, state: str) -> None:
        super().__init__(clock)
        self.state = state

    async def commit(self, moves: Any) -> Committed:
        if any(isinstance(move, Move) and move.after == self.state for move in moves):
            raise ValueError("this cannot be written")
        return await super().commit(moves)


async def test_what_the_pipeline_cannot_write_twice_is_quarantined(tmp_path: Path) -> None:
    clock = TurnedClock()
    async with Rig(tmp_path, Choking(clock, "routed"), clock=clock) as rig:
        payload = rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
        envelope = await rig.arrives(payload)
        assert (await rig.row(envelope)).state == "correlated"
        await rig.later(timedelta(minutes=1))
        row = await rig.row(envelope)
        assert row.state == "quarantined"
        assert row.envelope.payload == payload
        assert row.reason is not None
        assert "ValueError" in row.reason.operator


async def test_a_stranger_cannot_make_us_write_to_a_partner(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        forged = rig.bureaux["ncb:XB"].signed(hit(), (PHOTO,))
        envelope = await rig.arrives(forged, sender="stranger@nowhere.example")
        row = await rig.row(envelope)
        assert row.state == "rejected"
        assert row.envelope.identification.partner == "sirene:XB"
        assert await rig.ledger.find(Query(cause=envelope)) == []
        assert rig.wire.sent == []
