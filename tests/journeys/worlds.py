"""What journeys in virtual time share: a rig on a chosen store, letters of partners, and the proof that nothing is missing."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from adapters.stores.sqlite.ledger import SqliteLedger
from adapters.vaults.files.vault import FileVault
from gateway.envelope import Claim, Direction
from gateway.journal import chain
from gateway.journal import entry as entries
from gateway.ledger import Ledger, Query, Summary
from gateway.lifecycle import ACCOUNTS, state
from gateway.parcel import File
from gateway.receipts import document
from gateway.safexml import parse
from gateway.vault.keyring import Keyring
from gateway.vault.masters import MasterFolder
from tests.gateway.rig import NOON, Rig, TurnedClock

SCHEMAS = Path("schemas")
PHOTO = File(file_name="vehicle-front.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff\xe0 a photograph \xff\xd9")
HIT_ID = "0193a5c0-7d10-7a01-8b3c-5e0f9a1c0001"
ADDRESS = {
    "sirene:XB": "oper@xb.sirene.example",
    "ncb:XB": "ncb@xb.interpol.example",
    "enu:XB": "europol@xb.police.example",
}


def message_id(number: int) -> str:
    """One of many message ids."""
    return f"0193a5c0-7d10-7a01-8b3c-{number:012x}"


def sample(kind: str, **changes: str) -> bytes:
    """A sample, `family/Name`, with texts replaced."""
    family, _, name = kind.partition("/")
    text = (SCHEMAS / family / "samples" / f"{name}.xml").read_text("utf-8")
    for old, new in changes.items():
        assert old in text, f"{kind} does not hold {old}"
        text = text.replace(old, new)
    return text.encode()


def hit(id: str = HIT_ID, reference: str = "XB-G-2026-0000001", file: File | None = PHOTO, urgency: str = "") -> bytes:
    """The sample G form with our photo, or none, in its manifest."""
    text = sample("sirene/FormG").decode().replace(HIT_ID, id).replace("XB-G-2026-0000001", reference)
    if urgency:
        text = text.replace("<h:Urgency>URGENT<", f"<h:Urgency>{urgency}<")
        text = re.sub("<ImportantNotice.*?</ImportantNotice>", "", text, flags=re.DOTALL)
    if file is None:
        before, _, rest = text.partition("<h:Attachment>")
        return (before + rest.partition("</h:Attachment>")[2]).encode()
    text = text.replace("<h:Size>182044</h:Size>", f"<h:Size>{len(file.content)}</h:Size>")
    old = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return text.replace(old, sha256(file.content).hexdigest()).encode()


def other_hit(number: int) -> bytes:
    """Another check of the vehicle, an hour or more later, under another message id and reference."""
    form = hit(message_id(number), f"XB-G-2026-{number:07}").decode()
    return form.replace("2026-11-21T08:40:00Z", f"2026-11-21T{9 + number % 3:02}:{number % 60:02}:00Z").encode()


def changed(xml: bytes, *pairs: tuple[str, str]) -> bytes:
    """The document with texts replaced; each must be there."""
    text = xml.decode()
    for old, new in pairs:
        assert old in text, f"the document does not hold {old}"
        text = text.replace(old, new)
    return text.encode()


def receipt_about(of: str, stage: str, number: int, sender: str = "sirene:XB", to: str = "sirene:XA") -> bytes:
    """A technical receipt of a partner about one of our messages; an empty `of` names none."""
    root = parse(sample("spoc/Receipt"))
    header, body = root[0], root[1]
    names = {"MessageId": message_id(0xEEE000 + number), "From": sender, "To": to, "InReplyTo": of, "YourReference": ""}
    for element in list(header):
        name = str(element.tag).rpartition("}")[2]
        if name in names:
            element.text = names[name]
            if not names[name]:
                header.remove(element)
    for element in list(body):
        name = str(element.tag).rpartition("}")[2]
        if name == "Stage":
            element.text = stage
        elif name == "OfMessageId":
            element.text = of
            if not of:
                body.remove(element)
        elif name == "OfReference" or (stage != "INVALID" and name in ("Code", "Text", "Finding")):
            body.remove(element)
    return document(root)


class World(Rig):
    """A rig with questions that stories ask of it."""

    async def hit_arrives(self, id: str = HIT_ID, urgency: str = "") -> str:
        """The G form of the first story comes in."""
        return await self.arrives(self.bureaux["sirene:XB"].signed(hit(id, urgency=urgency), (PHOTO,)))

    async def other_hit_arrives(self, number: int) -> str:
        """The G form of another hit comes in."""
        return await self.arrives(self.bureaux["sirene:XB"].signed(other_hit(number), (PHOTO,)))

    async def letter(self, party: str, xml: bytes, *files: File) -> str:
        """A signed form of a partner comes in from its own mailbox."""
        return await self.arrives(self.bureaux[party].signed(xml, files, self.clock.now()), sender=ADDRESS[party])

    @staticmethod
    def claim(party: str) -> Claim:
        """What a channel would say of a mail from this partner."""
        return Claim(sender=ADDRESS[party], recipients=("sirene@xa.spoc.example",))

    async def told_about(self, of: str, stage: str, number: int = 1) -> str:
        """The bureau's receipt about a message of ours comes in."""
        return await self.letter("sirene:XB", receipt_about(of, stage, number))

    async def children(self, cause: str, kind: str) -> list[Summary]:
        """What an envelope brought about, oldest first."""
        found = await self.ledger.find(Query(cause=cause, limit=200))
        return [each for each in reversed(found) if each.kind == kind]

    async def reply_to(self, cause: str) -> Summary:
        """The one reply that an envelope brought about."""
        (reply,) = await self.children(cause, "reply")
        return reply

    async def stands(self, envelope: str) -> tuple[str, str]:
        """State and reason code."""
        row = await self.row(envelope)
        return row.state, row.reason.code if row.reason else ""

    async def events(self, envelope: str) -> list[str]:
        """The journal of one envelope as names of events."""
        return [entries.read(link.entry).event for link in await self.ledger.timeline(envelope)]

    def sent_times(self, root: str) -> int:
        """How often a form with this root was handed to the wire."""
        return sum(name.partition(" ")[0] == root for name in self.told())

    async def sound(self) -> None:
        """The journal is whole and the books balance."""
        await prove(self.ledger)


async def prove(ledger: Ledger) -> None:
    """The chain has no fault and reaches the head; accepted equals the sum of all accounts; every envelope has its entry."""
    links, found = [], await ledger.journal(0, 1000)
    while found:
        links += found
        found = await ledger.journal(links[-1].number, 1000)
    assert list(chain.faults(links)) == []
    assert await ledger.head() == (links[-1].number, links[-1].hash)
    accounts = dict.fromkeys(ACCOUNTS, 0)
    for (direction, name), number in (await ledger.counts()).items():
        accounts[state(Direction(direction), name).account] += number
    assert sum(accounts.values()) == await ledger.accepted(), accounts
    told = {entries.read(link.entry).envelope for link in links} - {""}
    assert len(told) == await ledger.accepted()


def opened(store: str, folder: Path, clock: TurnedClock) -> Ledger | None:
    """The store of this name, not yet started; None for the one that a rig has by itself."""
    return SqliteLedger(folder / "ledger.sqlite", clock, keyring=keyring(folder)) if store == "sqlite" else None


def keyring(folder: Path) -> Keyring:
    """The keys of the ledger in this folder, with a master that is made where there is none."""
    masters = MasterFolder(folder / "masters")
    if not masters.exists():
        masters.make(NOON)
    return Keyring(FileVault(folder / "vault"), masters)


def world_on(store: str, folder: Path, routes: str = "", now: datetime | None = None) -> World:
    """A world on a store."""
    clock = TurnedClock(now) if now else TurnedClock()
    return World(folder, opened(store, folder, clock), clock, routes)
