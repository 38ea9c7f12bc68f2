"""Connections that are kept for the next mail: a few per partner, none for longer than the idle time.

A kept connection may have died unseen. That shows at the next MAIL, before any content is sent, and the mail is then
handed over on a new connection; so nothing needs to be asked before each use.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.channels.smtp.compose import Mail
from adapters.channels.smtp.delivery import Line, NotTaken
from adapters.channels.smtp.settings import SmtpSettings
from adapters.channels.smtp.tls import client_context, was_revoked
from gateway.partners import MailLeg, Partner
from gateway.ports import Clock
from gateway.signing.revocation import RevocationBook


class Way:
    """The way to one partner as agreed: its TLS context, how many connections at once, the idle ones."""

    def __init__(self, settings: SmtpSettings, leg: MailLeg) -> None:
        self.context: ssl.SSLContext | None = None if leg.starttls == "never" else client_context(settings, leg)
        self.turns = asyncio.Semaphore(max(1, leg.max_connections))
        self.idle: deque[tuple[datetime, Line]] = deque()
        self.is_open = True


class Pool:
    """All ways to all partners."""

    def __init__(
        self, settings: SmtpSettings, clock: Clock, revocation: Callable[[], RevocationBook] = RevocationBook
    ) -> None:
        self._settings, self._clock, self._revocation = settings, clock, revocation
        self._ways: dict[str, tuple[MailLeg, Way]] = {}

    def way(self, partner: Partner) -> Way:
        """The way to a partner, a new one when the agreement has changed; raises `Misconfigured`."""
        assert partner.mail is not None
        leg, way = self._ways.get(partner.party, (None, None))
        if way is None or leg != partner.mail:
            if way is not None:
                _quit_all(way)
            way = Way(self._settings, partner.mail)
            self._ways[partner.party] = partner.mail, way
        return way

    async def hand_over(self, partner: Partner, mail: Mail) -> str:
        """Hand over on a kept connection or a new one; returns the words in which it was taken, raises `NotTaken`."""
        way = self.way(partner)
        async with way.turns:
            self._leave_idle_ones()
            while line := _kept(way):
                try:
                    return await self._use(way, line, mail)
                except NotTaken as trouble:
                    if not trouble.lost:
                        raise
            return await self._use(way, await self.line(partner), mail)

    async def line(self, partner: Partner) -> Line:
        """A new connection; raises `NotTaken`, `Misconfigured`."""
        leg = partner.mail
        assert leg is not None
        book, now = self._revocation(), self._clock.now()
        return await Line.open(
            self._settings, partner, self.way(partner).context, lambda shown: was_revoked(shown, leg, book, now)
        )

    async def _use(self, way: Way, line: Line, mail: Mail) -> str:
        keep = False
        try:
            said = await line.hand_over(mail)
        except NotTaken:
            keep = line.is_open and await line.reset()
            raise
        else:
            keep = True
            return said
        finally:
            if keep and way.is_open and self._settings.idle_seconds > 0:
                way.idle.append((self._clock.now(), line))
            else:
                line.quit()

    def _leave_idle_ones(self) -> None:
        oldest = self._clock.now() - timedelta(seconds=self._settings.idle_seconds)
        for _, way in self._ways.values():
            while way.idle and way.idle[0][0] <= oldest:
                way.idle.popleft()[1].quit()

    def close(self) -> None:
        """Take leave on every idle connection."""
        for _, way in self._ways.values():
            _quit_all(way)
        self._ways.clear()


def _kept(way: Way) -> Line | None:
    while way.idle:
        _, line = way.idle.pop()  # the one used last is the likeliest to live
        if line.is_open:
            return line
        line.close()
    return None


def _quit_all(way: Way) -> None:
    way.is_open = False
    while way.idle:
        way.idle.pop()[1].quit()
