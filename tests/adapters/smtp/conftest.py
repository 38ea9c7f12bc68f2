"""A mail door for each test, and an intake behind it that remembers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.partners import MailLeg
from tests.adapters.smtp.dialogue import Client, Kept, Opened, StillClock, directory, partner

OPEN = {
    "listen_port": 0, "hostname": "mail.xa.spoc.example", "domains": ("xa.spoc.example",), "starttls": "never",
    "contact": "admin@xa.example",
}  # fmt: skip


@pytest.fixture
def intake() -> Kept:
    return Kept()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def opened(intake: Kept, clock: StillClock) -> AsyncIterator[Opened]:
    doors: list[SmtpInbound] = []

    async def open_door(leg: MailLeg | None = None, known: Any = None, **changes: Any) -> SmtpInbound:
        usual = directory(partner(mail=leg))
        door = SmtpInbound("smtp", SmtpSettings(**{**OPEN, **changes}), known or (lambda: usual), clock)
        doors.append(door)
        await door.start(intake)
        return door

    yield open_door
    await Client.close_all()
    for door in doors:
        await door.stop()


@pytest.fixture
async def client(opened: Opened) -> Client:
    return await Client.connect((await opened(recipients=3, message_octets=5000)).port)
