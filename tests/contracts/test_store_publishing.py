"""The published log over every store: the same tree, the same proofs, and an examination that finds nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.journal.publishing.examination import Examined, examine
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import LogKeys
from gateway.journal.publishing.proving import Prover
from gateway.journal.publishing.verification import verify_published
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.proofs import verify_consistency, verify_inclusion
from gateway.ledger import Ledger
from tests.contracts.store_examples import entry
from tests.gateway.rig import TurnedClock
from tests.journal.tree import naive


async def test_a_log_grows_and_is_proved_over_any_store(ledger: Ledger, tmp_path: Path) -> None:
    clock, folder, keys = (
        TurnedClock(),
        LogFolder(tmp_path / "log"),
        LogKeys(tmp_path / "keys", "xa.spoc.example", "XA"),
    )
    integrator, prover = Integrator(ledger, folder, keys, clock), Prover(ledger, folder)
    sizes, roots = [], []
    for count in (7, 300):
        await ledger.record([entry("messages.searched")] * count)
        clock.turn(timedelta(seconds=20))
        await integrator.quiet()
        checkpoint, _ = await prover.checkpoint()
        leaves = [link.entry for link in await ledger.journal(0, 1000)]
        assert (checkpoint.size, checkpoint.root) == (len(leaves), naive.root(leaves))
        sizes.append(checkpoint.size)
        roots.append(checkpoint.root)
    packet = await prover.inclusion(256)
    verify_inclusion(leaf_hash(packet.leaf), 255, sizes[1], packet.proof, roots[1])
    proof = (await prover.consistency(sizes[0])).proof
    verify_consistency(*sizes, proof, *roots)
    assert [each async for each in examine(ledger, folder, keys)] == [Examined(size=sizes[1], root=roots[1])]
    assert await verify_published(ledger, folder, keys) == (sizes[1], [])
    await integrator.stop()
