"""A signer whose certificate was taken back, and an authority that is not heard, as messages meet them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec.structs import replace

from gateway.signing.authority_answers import read_crl
from simulators.revocation import RevocationDesk
from tests.gateway.rig import Rig
from tests.gateway.test_tolerated import form, receipt

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with Rig(tmp_path) as made:
        yield made


@pytest.fixture
def authority(rig: Rig, tmp_path: Path) -> RevocationDesk:
    folder = tmp_path / "sirene-XB"
    certificate = x509.load_pem_x509_certificate((folder / "authority.cert.pem").read_bytes())
    key = load_pem_private_key((folder / "authority.key.pem").read_bytes(), None)
    return RevocationDesk(certificate, key, rig.clock.now)  # type: ignore[arg-type]  # the test authority's keys are EC


def demand(rig: Rig, how: str) -> None:
    partners = [
        replace(one, signature=replace(one.signature, revocation=how)) if one.party == "sirene:XB" else one
        for one in rig.directory
    ]
    rig.directory.replace(partners)


def hear(rig: Rig, authority: RevocationDesk) -> None:
    now = rig.clock.now()
    rig.directory.revocation.take(read_crl(authority.crl(), [authority.certificate], "list", now))


async def last(rig: Rig, envelope: str, event: str) -> dict[str, str]:
    read = [json.loads(link.entry) for link in await rig.ledger.timeline(envelope)]
    return next(entry["details"] for entry in reversed(read) if entry["event"] == event)


async def arrives(rig: Rig) -> str:
    return await rig.arrives(rig.bureaux["sirene:XB"].signed(form()))


async def test_a_revoked_signer_is_refused_with_words_for_its_office(
    rig: Rig, authority: RevocationDesk, tmp_path: Path
) -> None:
    file = tmp_path / "sirene-XB" / "signing" / "sirene-XB.cert.pem"
    authority.revoke(x509.load_pem_x509_certificate(file.read_bytes()).serial_number)
    hear(rig, authority)
    row = await rig.row(await arrives(rig))

    assert row.state == "rejected"
    assert receipt(rig)[0] == "INVALID"
    assert row.reason is not None and row.reason.code == "signature.revoked"


async def test_soft_goes_on_without_an_answer_and_the_journal_says_so(rig: Rig) -> None:
    demand(rig, "soft")
    envelope = await arrives(rig)

    told = await last(rig, envelope, "envelope.verified")
    assert told["revocation"] == "unknown: no answer"
    assert receipt(rig)[0] == "INVALID"  # it went on to the rules


async def test_hard_waits_and_goes_on_by_itself_once_the_authority_is_heard(
    rig: Rig, authority: RevocationDesk
) -> None:
    demand(rig, "hard")
    envelope = await arrives(rig)
    assert (await rig.row(envelope)).state == "identified"
    told = await last(rig, envelope, "envelope.retry")
    assert told["serial"] and told["issuer"]

    hear(rig, authority)
    await rig.later(MINUTE)
    report = (await rig.row(envelope)).envelope.signature
    assert [(one.status, one.source) for one in report.revocation] == [("good", "list")]
    told = await last(rig, envelope, "envelope.verified")
    assert told["revocation"] == "good" and told["revocation_answer"] == report.revocation[0].digest


async def test_hard_is_given_to_an_officer_after_an_hour_who_may_let_it_go_on(rig: Rig) -> None:
    demand(rig, "hard")
    envelope = await arrives(rig)
    for _ in range(61):
        await rig.later(MINUTE)
    row = await rig.row(envelope)
    assert row.state == "held"
    assert row.reason is not None and row.reason.code == "signature.revocation-unknown"

    await rig.gateway.desk.release(envelope, "user:officer", "The authority's hot line says it is good.")
    await rig.gateway.quiet()
    assert (await rig.row(envelope)).envelope.signature.revocation[0].status == "unknown"
    assert receipt(rig)[0] == "INVALID"
