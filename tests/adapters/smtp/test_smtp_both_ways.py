"""Our way out against our own door, with certificates on both sides; and the door's count of connections."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.outbound import SmtpOutbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.envelope import Payload
from gateway.identity import digest
from gateway.parcel import File, open_parcel, pack
from gateway.partners import MailLeg
from tests.adapters.smtp.dialogue import MESSAGE, Authority, Client, Kept, StillClock, directory, outgoing, partner

OURS, PARTNERS, STRANGERS = Authority("XA test"), Authority("XB test"), Authority("nobody we know")


@pytest.fixture
async def door(tmp_path: Path, intake: Kept) -> AsyncIterator[SmtpInbound]:
    certificate, key, _ = OURS.issue(tmp_path, "mail.xa.spoc.example")
    settings = SmtpSettings(
        listen_port=0,
        hostname="mail.xa.spoc.example",
        domains=("xa.spoc.example",),
        tls_certificate=certificate,
        tls_key=key,
        connections_per_remote=1,
    )
    known = directory(partner(mail=MailLeg(host="h", ca=(PARTNERS.der,), client_certificate="required")))
    opened = SmtpInbound("smtp", settings, lambda: known, StillClock())
    await opened.start(intake)
    yield opened
    await Client.close_all()
    await opened.stop()


async def test_a_form_with_a_photo_goes_from_one_gateway_to_another(
    door: SmtpInbound, intake: Kept, tmp_path: Path
) -> None:
    certificate, key, shown = PARTNERS.issue(tmp_path, "mail.xb.example")
    settings = SmtpSettings(
        hostname="mail.xb.example",
        addresses={"sirene:XB": "oper@xb.sirene.example"},
        client_certificate=certificate,
        client_key=key,
        tls_names={"sirene:XA": "mail.xa.spoc.example"},
    )
    leg = MailLeg(host="127.0.0.1", port=door.port, ca=(OURS.der,))
    us = partner("sirene:XA", "sirene@xa.spoc.example", leg)
    out = SmtpOutbound("smtp", settings, StillClock())
    await out.start()
    photo = File(file_name="photo.jpg", media_type="image/jpeg", content=bytes(range(256)) * 4000)
    payload = pack("<Førm/>".encode(), [photo])
    for _ in range(2):
        attempt = await out.send(outgoing(to=us, payload=payload))
        assert attempt.outcome == "taken", attempt
    await out.stop()
    _, taken, claim = intake.taken[0]
    opened = open_parcel(Payload.of(taken.content, taken.media_type))
    assert (opened.form, opened.files) == ("<Førm/>".encode(), (photo,))
    assert opened.from_address == claim.sender == "oper@xb.sirene.example"
    assert (claim.certificate, claim.reference) == (digest(shown), f"<{MESSAGE}.2@xb.sirene.example>")


async def test_connections_that_ended_are_not_counted_any_more(door: SmtpInbound, tmp_path: Path) -> None:
    for _ in range(2):
        client = await Client.connect(door.port)
        await client.expect("250", "EHLO mail.xb.example")
        await client.start_tls(OURS.client_context(PARTNERS.issue(tmp_path, "mail.xb.example")))
        await client.expect("221", "QUIT")
        assert await client.ended()
        await client.close()
    for _ in range(2):
        client = await Client.connect(door.port)
        await client.expect("250", "EHLO mail.xb.example")
        stranger = OURS.client_context(STRANGERS.issue(tmp_path, "mail.elsewhere.example"))
        stranger.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await client.start_tls(stranger)
        await client.close()


async def test_closing_ends_encrypted_connections_too(door: SmtpInbound) -> None:
    client = await Client.connect(door.port)
    await client.expect("250", "EHLO mail.xb.example")
    await client.start_tls(OURS.client_context())
    await door.stop()
    assert (await client.answer()).startswith("421 4.3.2")
