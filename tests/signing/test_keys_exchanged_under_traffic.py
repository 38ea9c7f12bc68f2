"""A signing key is exchanged while messages are signed without a pause: every signature is one that partners accept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from msgspec.structs import replace

from config.load import Home, survey
from gateway.assembly.judges import signer_briefing
from gateway.assembly.keys import key_files, new_pair, pair_of
from gateway.clock import SystemClock
from gateway.errors import Misconfigured
from gateway.partners import Partner, SignaturePolicy
from gateway.setup import make_home
from gateway.signers import SignerProcess
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.remote import SignerLine, ring_over
from gateway.signing.rollover import RolloverFile, confirmed, published, retired, switched, with_next
from gateway.signing.sign import XadesSigner
from gateway.signing.verify import StrictVerifier
from tests.signing.forge import FORM

US = "sirene:XA"


def worker(home: Home, line: SignerLine, now: datetime) -> XadesSigner:
    """What a worker holds that starts now."""
    return XadesSigner(ring_over(line, key_files(home), now, EVERYTHING))


def accepting(home: Home) -> Partner:
    """Whoever has pinned our authority."""
    anchor = x509.load_pem_x509_certificate((home.keys / "authority.cert.pem").read_bytes()).public_bytes(Encoding.DER)
    policy = SignaturePolicy(anchors=(anchor,), signers=("SIRENE XA signing",))
    return Partner(party=US, name="we", signature=policy)


async def test_no_signature_is_refused_or_lost_while_the_key_is_exchanged(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    make_home(tmp_path, [US], "xa.spoc.example", now)
    home, state = survey(tmp_path, {}), RolloverFile(tmp_path / "keys")
    process = SignerProcess(tmp_path / "k.sock", partial(signer_briefing, home), SystemClock())
    await process.start()
    lines = [SignerLine(str(process.path), 30) for _ in range(2)]
    old_worker, made, going_on = worker(home, lines[0], now), [], asyncio.Event()

    async def traffic() -> None:
        while not going_on.is_set():
            made.append(await asyncio.to_thread(old_worker.sign, etree.fromstring(FORM), US, datetime.now(UTC)))

    flowing = asyncio.create_task(traffic())
    try:
        state.write(US, with_next(state.of(US), new_pair(home, US, now, dry=False)))
        state.write(US, published(state.of(US), now))
        state.write(US, confirmed(state.of(US), "sirene:XB", "mail"))
        await process.reload()
        state.write(US, switched(state.of(US), pair_of(home, US), ["sirene:XB"], now))
        await process.reload()
        new_worker = worker(home, lines[1], now)
        made.append(await asyncio.to_thread(new_worker.sign, etree.fromstring(FORM), US, datetime.now(UTC)))
        # The worker that is not renewed yet goes on with the old key.
        made.append(await asyncio.to_thread(old_worker.sign, etree.fromstring(FORM), US, datetime.now(UTC)))
        going_on.set()
        await flowing

        verifier, partner = StrictVerifier(), accepting(home)
        used = {verifier.verify(one, partner, datetime.now(UTC)).certificate for one in made}
        assert len(used) == 2

        state.write(US, retired(state.of(US), 0))
        await process.reload()
        refused = await asyncio.to_thread(_trouble, old_worker)
        assert refused == "signing.no-key"
        await asyncio.to_thread(new_worker.sign, etree.fromstring(FORM), US, datetime.now(UTC))
    finally:
        going_on.set()
        for line in lines:
            line.close()
        await process.stop()


def _trouble(signer: XadesSigner) -> str:
    try:
        signer.sign(etree.fromstring(FORM), US, datetime.now(UTC))
    except Misconfigured as error:
        return error.code
    return ""


def test_an_old_key_with_messages_under_way_is_not_retired() -> None:
    import pytest

    from gateway.signing.rollover import Pair, Rollover

    state = replace(Rollover(), previous=Pair(key="a", certificate="b"))
    with pytest.raises(Misconfigured, match="3 messages"):
        retired(state, 3)
