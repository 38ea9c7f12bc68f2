"""Bad letters over a real mail connection: what the door takes ends as it must, what it does not take is answered and journalled."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.journal import entry as entries
from gateway.ledger import Query
from tests.corpus.hostile.letters import ALL, OVER_SMTP, SENDER, b64, single
from tests.journeys.worlds import World, hit, world_on

RECIPIENT = "sirene@xa.spoc.example"
SETTINGS = SmtpSettings(
    listen_port=0, domains=("xa.spoc.example",), starttls="never", addresses={"sirene:XA": RECIPIENT}
)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[tuple[World, SmtpInbound]]:
    async with world_on("sqlite", tmp_path) as world:
        opened = SmtpInbound("smtp", SETTINGS, lambda: world.directory, world.clock)
        await opened.start(world.gateway.intake)
        try:
            yield world, opened
        finally:
            await opened.stop()
        await world.sound()


def post(port: int, content: bytes, sender: str = SENDER) -> tuple[int, bytes]:
    """Send one mail and give the last answer."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as server:
        server.ehlo("mail.xb.sirene.example")
        for code, words in (server.mail(sender), server.rcpt(RECIPIENT)):
            if code >= 400:
                return code, words
        return server.data(content)


async def test_a_sample_of_the_corpus_comes_by_mail_and_ends_the_same(door: tuple[World, SmtpInbound]) -> None:
    world, opened = door
    chosen = [hostile for hostile in ALL if hostile.name in OVER_SMTP]
    assert len(chosen) == len(OVER_SMTP) >= 15
    for hostile in chosen:
        letter = hostile.make(world)
        content = letter.content if letter.media_type == "message/rfc822" else as_mail(letter.content)
        code, words = await asyncio.to_thread(post, opened.port, content)
        assert code == 250, (hostile.name, words)
        await world.gateway.engine.quiet()
        newest = await world.ledger.find(Query(limit=200))
        (came,) = [each for each in newest if each.direction == "inbound"][:1]
        assert (came.state, came.reason_code.startswith(hostile.code)) == (hostile.state, True), (
            hostile.name,
            came.reason_code,
        )
        row = await world.row(came.id)
        assert row.envelope.payload.content.rstrip(b"\r\n") == content.rstrip(b"\r\n")


def as_mail(xml: bytes) -> bytes:
    return single(b64(xml), b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n")


async def test_a_hundred_megabytes_are_refused_before_they_are_sent(door: tuple[World, SmtpInbound]) -> None:
    world, opened = door

    def announce() -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", opened.port, timeout=20) as server:
            server.ehlo("mail.xb.sirene.example")
            return server.mail(SENDER, ["SIZE=100000000"])

    code, words = await asyncio.to_thread(announce)
    assert code == 552
    assert words.startswith(b"5.3.4")
    refused = [entries.read(link.entry) for link in await world.ledger.journal(0, 100)]
    assert [entry.event for entry in refused][-1] == "door.refused"
    assert await world.ledger.accepted() == 0


async def test_more_than_was_announced_is_refused_and_the_next_mail_is_taken(door: tuple[World, SmtpInbound]) -> None:
    world, opened = door
    big = single(b"x\r\n" * (SETTINGS.message_octets // 3 + 10))
    code, words = await asyncio.to_thread(post, opened.port, big)
    assert code == 552, words
    good = as_mail(world.bureaux["sirene:XB"].signed(hit(file=None)).content)
    code, _ = await asyncio.to_thread(post, opened.port, good)
    assert code == 250
    await world.gateway.engine.quiet()
    assert await world.ledger.counts() != {}
    assert "FormP" in world.told()


async def test_somebody_unknown_is_not_let_in(door: tuple[World, SmtpInbound]) -> None:
    world, opened = door
    code, words = await asyncio.to_thread(post, opened.port, b"Hello\r\n", "someone@elsewhere.example")
    assert code >= 500, words
    assert await world.ledger.accepted() == 0
