"""Whatever happens to messages, each stands where its last entry says: no story of a gateway gives the proof a fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.handover import Outgoing
from gateway.journal.chain import Broken
from gateway.journal.rows import row_faults
from gateway.ledger import Query
from tests.gateway.rig import Rig

REQUEST = Path("schemas/europol/samples/Request.xml").read_bytes()
SENDER = "europol@xb.police.example"


async def faults_of(rig: Rig) -> list[Broken]:
    number, _ = await rig.ledger.head()
    return [fault async for fault in row_faults(rig.ledger, number)]


async def held_by(rig: Rig, cause: str) -> str:
    (held,) = await rig.ledger.find(Query(cause=cause, states=("held",)))
    return held.id


@pytest.mark.parametrize("act", ["release", "reject", "replay"])
async def test_what_an_officer_decides_stands_in_both(tmp_path: Path, act: str) -> None:
    async with Rig(tmp_path) as rig:
        reply = await held_by(rig, await rig.arrives(rig.bureaux["enu:XB"].signed(REQUEST), SENDER))
        assert await faults_of(rig) == []
        await getattr(rig.gateway.desk, act)(reply, "user:officer", "The provider agreed.")
        assert await faults_of(rig) == []
        await rig.gateway.engine.quiet()
        assert await faults_of(rig) == []


async def test_a_receipt_that_goes_out_again_starts_signed_in_both(tmp_path: Path) -> None:
    looked: list[list[Broken]] = []
    async with Rig(tmp_path) as rig:
        payload = rig.bureaux["enu:XB"].signed(REQUEST)
        await rig.arrives(payload, SENDER)
        sent = len(rig.wire.sent)

        async def look(out: Outgoing) -> None:
            looked.append(await faults_of(rig))

        rig.wire.meanwhile = look
        await rig.arrives(payload, SENDER)
        assert len(rig.wire.sent) > sent, "the first receipt went out again"
        assert any(looked) is False
        assert looked
        assert await faults_of(rig) == []
