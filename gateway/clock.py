"""Real time and real ids; tests pass in others."""

import asyncio
from datetime import UTC, datetime

from uuid6 import uuid7

from gateway.identity import EnvelopeId


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)

    async def wait_until(self, moment: datetime) -> None:
        """Return when the moment has come."""
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds()))


class Uuid7Source:
    """UUIDv7 (RFC 9562 section 5.7): ids that grow with time keep the ledger's indexes dense."""

    def new(self) -> EnvelopeId:
        """A new id."""
        return str(uuid7())
