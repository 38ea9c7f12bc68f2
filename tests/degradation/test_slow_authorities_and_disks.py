"""What is slow holds up its own line and nothing else: revocation answers, the folder of the published log, the vault."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from adapters.stores.sqlite.ledger import SqliteLedger
from adapters.vaults.files.vault import FileVault
from gateway.errors import Unavailable
from gateway.journal.entry import Entry
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.ledger import Query
from gateway.signing.answer_shelf import AnswerShelf
from gateway.signing.authority_answers import fingerprint
from gateway.signing.hearing import Hearing
from gateway.vault.keyring import Keyring
from gateway.vault.masters import MasterFolder
from gateway.vault.port import Slot
from simulators.revocation import RevocationDesk
from tests.gateway.rig import NOON, Rig, TurnedClock
from tests.gateway.test_tolerated import form, receipt

SLOW, GOOD, ASKED = "https://slow.example/xb.crl", "https://good.example/xb.crl", "https://slow.example/ocsp"


class Fetching:
    """The addresses of one authority: some answer at once, the slow one when the test says so."""

    def __init__(self, desk: RevocationDesk) -> None:
        self.desk, self.asked, self.release = desk, list[str](), asyncio.Event()

    async def __call__(self, source: str, body: bytes = b"", *, most: int) -> bytes:
        self.asked.append(source)
        if source.startswith("https://slow"):
            await self.release.wait()
            raise Unavailable(
                "revocation.too-slow", "The authority does not answer.", operator=f"{source} is too slow."
            )
        return self.desk.crl()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


@pytest.fixture
def desk(rig: Rig, tmp_path: Path) -> RevocationDesk:
    folder = tmp_path / "sirene-XB"
    certificate = x509.load_pem_x509_certificate((folder / "authority.cert.pem").read_bytes())
    key = load_pem_private_key((folder / "authority.key.pem").read_bytes(), None)
    return RevocationDesk(certificate, key, rig.clock.now)  # type: ignore[arg-type]  # the test authority's keys are EC


async def _turns(seen: Callable[[], object]) -> None:
    """Give others their turn until something is seen."""
    for _ in range(100_000):
        if seen():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come")


def hearing(rig: Rig, folder: Path, fetch: Fetching, **policy: Any) -> Hearing:
    rig.directory.replace(
        replace(one, signature=replace(one.signature, revocation="soft", **policy)) if one.party == "sirene:XB" else one
        for one in rig.directory
    )
    return Hearing(
        rig.directory, AnswerShelf(folder / "revocation"), fetch, rig.ledger, rig.clock, rig.gateway.renew_partners
    )


async def test_a_slow_list_holds_up_neither_messages_nor_another_list(
    rig: Rig, desk: RevocationDesk, tmp_path: Path
) -> None:
    fetch = Fetching(desk)
    watch = hearing(rig, tmp_path, fetch, crl=(SLOW, GOOD))
    looking = asyncio.create_task(watch.look())
    await _turns(lambda: list(rig.directory.revocation))

    assert not looking.done()  # the slow one is still being asked
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(form()))
    report = (await rig.row(envelope)).envelope.signature
    assert [(one.status, one.source) for one in report.revocation] == [("good", GOOD)]
    assert receipt(rig)[0] == "INVALID"  # it came to the rules
    fetch.release.set()
    assert await looking
    assert watch.trouble == [(SLOW, "revocation.too-slow")]


async def test_a_slow_responder_is_asked_once_and_told_once_however_many_certificates_are_asked_about(
    rig: Rig, desk: RevocationDesk, tmp_path: Path
) -> None:
    fetch = Fetching(desk)
    watch = hearing(rig, tmp_path, fetch, ocsp=ASKED)
    issuer = fingerprint(desk.certificate)
    await rig.ledger.record([
        Entry(event="envelope.verified", at=NOON, details=(("issuer", issuer), ("serial", f"{serial:x}")))
        for serial in range(1, 41)
    ])  # fmt: skip
    looking = asyncio.create_task(watch.look())
    await _turns(lambda: fetch.asked)
    envelope = await rig.arrives(rig.bureaux["sirene:XB"].signed(form()))
    assert receipt(rig)[0] == "INVALID"
    assert {one.status for one in (await rig.row(envelope)).envelope.signature.revocation} == {"unknown"}

    fetch.release.set()
    await looking
    assert (fetch.asked, watch.trouble) == ([ASKED], [(ASKED, "revocation.too-slow")])
    entries = [link.entry for link in await rig.ledger.journal(0, 500)]
    assert sum(b'"revocation.trouble"' in entry for entry in entries) == 1


async def test_a_slow_folder_of_the_log_holds_no_message_up(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, keys = LogFolder(tmp_path / "log"), LogKeys(tmp_path / "log-keys", "xa.spoc.example", "XA")
    keys.made(JOURNAL)
    integrator = Integrator(rig.ledger, folder, keys, rig.clock)
    release, begun, real = threading.Event(), threading.Event(), LogFolder.publish

    def slow(self: LogFolder, note: bytes) -> None:
        begun.set()
        release.wait(20)
        real(self, note)

    monkeypatch.setattr(LogFolder, "publish", slow)
    rig.clock.turn(timedelta(seconds=1))
    publishing = asyncio.create_task(integrator.quiet())
    await asyncio.to_thread(begun.wait, 20)
    await rig.arrives(rig.bureaux["sirene:XB"].signed(form()))
    assert receipt(rig)[0] == "INVALID" and not publishing.done()
    release.set()
    await publishing
    assert folder.checkpoint()
    await integrator.stop()


class SlowVault(FileVault):
    """A vault on a disk that takes its time to keep anything."""

    slow = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.release = asyncio.Event()

    async def keep(self, slots: Sequence[Slot]) -> None:
        if self.slow:
            await self.release.wait()
        await super().keep(slots)


async def test_a_slow_vault_makes_senders_wait_and_nothing_is_acknowledged_before_it_is_kept(tmp_path: Path) -> None:
    clock = TurnedClock()
    masters = MasterFolder(tmp_path / "masters")
    masters.make(clock.now())
    vault = SlowVault(tmp_path / "vault")
    ledger = SqliteLedger(tmp_path / "ledger.sqlite", clock, keyring=Keyring(vault, masters))
    async with Rig(tmp_path, ledger, clock=clock) as rig:
        vault.slow = True
        ledger.keyring._ready.clear()  # type: ignore[union-attr]  # those made ahead would hide the slowness
        coming = asyncio.create_task(rig.arrives(rig.bureaux["sirene:XB"].signed(form())))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not coming.done() and await ledger.find(Query()) == []  # no 250, no row
        vault.release.set()
        assert (await rig.row(await coming)).state == "rejected"
        assert receipt(rig)[0] == "INVALID"
