"""A person takes a bundle out: for a stated purpose, journalled with who, what, why and the digest of what was handed over."""

from __future__ import annotations

import asyncio
import hashlib
from typing import BinaryIO, Final

from msgspec import Struct

from gateway.errors import Refused
from gateway.evidence.binding import Binder
from gateway.evidence.collecting import Collector, Matter
from gateway.ledger import Ledger
from gateway.office import Office
from gateway.persons import Who, entry_by
from gateway.ports import Clock

MAX_REASON_CHARACTERS: Final = 1000
CHUNK: Final = 1 << 20


class Bundle(Struct, frozen=True, kw_only=True):
    """A bundle that is ready. Whoever gets it closes the file."""

    file: BinaryIO
    name: str
    octets: int
    digest: str
    messages: int
    entries: int


class EvidenceDesk:
    """The act of taking evidence out."""

    def __init__(self, ledger: Ledger, office: Office, clock: Clock, collector: Collector, binder: Binder) -> None:
        self._ledger, self._office, self._clock = ledger, office, clock
        self._collector, self._binder = collector, binder

    async def exchange(self, exchange: str, person: Who, purpose: str) -> Bundle:
        """The bundle of an exchange; raises `Refused` with `evidence.unknown`."""
        _stated(purpose)
        return await self._made(await self._collector.exchange(exchange), person, purpose)

    async def message(self, id: str, person: Who, purpose: str) -> Bundle:
        """The bundle of one message with its receipts; raises `Refused` with `evidence.unknown`."""
        _stated(purpose)
        return await self._made(await self._collector.message(id), person, purpose)

    async def _made(self, matter: Matter, person: Who, purpose: str) -> Bundle:
        await self._collector.under_a_checkpoint(matter)
        counterparts = [each.counterpart for each in matter.messages if each.counterpart]
        made_by = self._office.facing(counterparts[0]) if counterparts else self._office.parties[0]
        file = await self._binder.bound(matter, made_by, self._clock.now())
        octets, digest = await asyncio.to_thread(_measured, file)
        try:
            await self._journal(matter, person, purpose, digest)
        except BaseException:
            file.close()  # what is not journalled is not handed over
            raise
        return Bundle(
            file=file, name=f"evidence-{matter.id}.asice", octets=octets, digest=digest, messages=len(matter.messages),
            entries=len(matter.entries),
        )  # fmt: skip

    async def _journal(self, matter: Matter, person: Who, purpose: str, digest: str) -> None:
        now, said = self._clock.now(), (("bundle", digest), ("purpose", purpose))
        counts = (("messages", str(len(matter.messages))), ("entries", str(len(matter.entries))))
        whole = entry_by(person, "evidence.exported", now, details=((matter.kind, matter.id), *counts, *said))
        each = [entry_by(person, "envelope.exported", now, envelope=one.id, details=said) for one in matter.messages]
        await self._ledger.record([whole, *each])


def _measured(file: BinaryIO) -> tuple[int, str]:
    sum_ = hashlib.sha256()
    while piece := file.read(CHUNK):
        sum_.update(piece)
    octets = file.tell()
    file.seek(0)
    return octets, sum_.hexdigest()


def _stated(purpose: str) -> None:
    if not purpose.strip() or len(purpose) > MAX_REASON_CHARACTERS:
        raise Refused(
            "purpose.missing", f"State a purpose in at most {MAX_REASON_CHARACTERS} characters; it is journalled."
        )
