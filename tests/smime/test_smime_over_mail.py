"""A partner whose only S/MIME program is openssl: cards are exchanged, mails go over SMTP both ways, signed and encrypted."""

from __future__ import annotations

import asyncio
import json
import smtplib
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from adapters.stores.memory.ledger import MemoryLedger
from config.load import load
from gateway import safexml
from gateway.assembly import assemble, briefing, directory_of, worker_table
from gateway.clock import SystemClock
from gateway.commands import partner_file
from gateway.commands.partner_card import Overrides, own_card, read_card
from gateway.gateway import Gateway
from gateway.journal import entry as entries
from gateway.ledger import Query
from gateway.setup import make_home
from gateway.signing.authority import set_up_authority, signer_name
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner
from gateway.workers import InlineCompute
from tests.journeys.worlds import hit
from tests.loop_time import PATIENCE_SECONDS
from tests.smime.mailroom import (
    ADDRESS,
    NAME,
    XB,
    Mailbox,
    entity,
    mail,
    mailbox,
    openssl,
    openssl_encrypt,
    openssl_sign,
    pem,
)

US = "sirene@xa.spoc.example"


@dataclass
class Inbox:
    """The partner's mail server."""

    mails: list[bytes] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.mails.append(envelope.content)
        self.came.set()
        return "250 taken"

    async def mail(self, number: int) -> bytes:
        """One mail, once it has come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.mails) <= number:
                self.came.clear()
                await self.came.wait()
        return self.mails[number]


@dataclass
class Neighbours:
    """The gateway, and XB with its openssl."""

    gateway: Gateway
    inbox: Inbox
    theirs: Mailbox
    ours: Mailbox
    """Our certificate as the card shows it; the key stays with us."""
    folder: Path
    signer: XadesSigner

    def form(self) -> bytes:
        return self.signer.sign(safexml.parse(hit(file=None)), "sirene:XB", datetime.now(UTC))

    def protected(self) -> bytes:
        """A form, signed and encrypted by openssl."""
        return openssl_encrypt(
            self.folder, self.ours, openssl_sign(self.folder, self.theirs, content=entity(self.form()))
        )

    async def send(self, made: bytes) -> None:
        door = self.gateway.inbound["smtp"]
        port = door.port  # type: ignore[attr-defined]

        def talk() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
                client.sendmail(ADDRESS, [US], mail(made).content)

        await asyncio.to_thread(talk)

    def read(self, content: bytes) -> bytes:
        """What openssl finds in one of our mails: decrypted, verified against our authority."""
        box = self.theirs
        inside = openssl(self.folder, "-decrypt", "-inkey", box.key_file, "-recip", box.certificate_file, given=content)
        trust = ("-CAfile", self.folder / "ours.pem", "-purpose", "smimesign")
        return openssl(self.folder, "-verify", *trust, given=inside)


@pytest.fixture
async def neighbours(tmp_path: Path) -> AsyncIterator[Neighbours]:
    now, inbox = datetime.now(UTC), Inbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(inbox, hostname="xb.example"), "127.0.0.1", 0)
    theirs, made = mailbox(tmp_path / "XB"), set_up_authority(tmp_path / "XB", ["sirene:XB"], (), now)
    card = {
        "party": "sirene:XB", "name": "SIRENE XB", "addresses": [ADDRESS],
        "smtp": {"host": "127.0.0.1", "port": server.sockets[0].getsockname()[1], "starttls": "never"},
        "signers": [signer_name("sirene:XB")],
        "anchors_pem": [made.authority.certificate.read_text(), pem(XB.certificate).decode()],
        "smime": "signed-encrypted", "smime_certificate_pem": theirs.certificate_file.read_text(), "smime_signers": [NAME],
    }  # fmt: skip
    folder = tmp_path / "home"
    make_home(folder, ["sirene:XA"], "xa.spoc.example", now)
    row = read_card(json.dumps(card).encode(), Overrides(), now).model_copy(update={"smime_inbound": "required"})
    partner_file.save(folder / "partners.toml", partner_file.put("", row, replace=False))
    settings = (folder / "spoc.toml").read_text()
    settings = settings.replace("listen_port = 2525", "listen_port = 0").replace('"required"', '"never"')
    (folder / "spoc.toml").write_text(settings + '\n[smime]\noffer = "signed-encrypted"\n')
    home = load(folder)
    table = worker_table(briefing(home, directory_of(home.partners)), now)
    clock = SystemClock()
    gateway = assemble(home, clock=clock, compute=InlineCompute(table), ledger=MemoryLedger(clock))
    await gateway.start()
    shown = own_card(home, "sirene:XA", {})
    assert (shown["smime"], shown["smime_signers"]) == ("signed-encrypted", ["SIRENE XA mail"])
    (tmp_path / "ours.pem").write_text(shown["anchors_pem"][0])
    (tmp_path / "card.pem").write_text(shown["smime_certificate_pem"])
    ours = Mailbox(tmp_path, theirs.key, theirs.certificate)
    ours.__dict__["certificate_file"] = tmp_path / "card.pem"
    signer = XadesSigner(KeyRing.load(made.signing, now))
    yield Neighbours(gateway, inbox, theirs, ours, tmp_path, signer)
    await gateway.stop()
    server.close()
    await server.wait_closed()


async def test_a_form_comes_and_its_receipt_goes_under_smime(neighbours: Neighbours) -> None:
    await neighbours.send(neighbours.protected())
    sent = await neighbours.inbox.mail(0)
    assert b"smime-type=authEnveloped-data" in sent
    assert b"Receipt" not in sent.partition(b"\r\n\r\n")[2]
    content = neighbours.read(sent)
    root = safexml.parse(b64decode(content.partition(b"\r\n\r\n")[2]))
    assert str(root.tag).endswith("}Receipt")
    assert root.findtext("{*}Body/{*}Stage") == "RECEIVED"
    (first,) = [each for each in await neighbours.gateway.ledger.find(Query(limit=50)) if each.direction == "inbound"]
    told = [entries.read(link.entry) for link in await neighbours.gateway.ledger.timeline(first.id)]
    details = dict(next(entry.details for entry in told if entry.event == "envelope.verified"))
    assert (details["smime"], details["smime_cipher"]) == ("encrypted+signed", "aes-256-cbc")


async def test_a_changed_mail_is_refused_in_one_sentence_that_only_the_partner_can_read(neighbours: Neighbours) -> None:
    made = neighbours.protected()
    middle = len(made) // 2
    other = b"A" if made[middle : middle + 1] != b"A" else b"B"
    await neighbours.send(made[:middle] + other + made[middle + 1 :])
    content = neighbours.read(await neighbours.inbox.mail(0))
    root = safexml.parse(b64decode(content.partition(b"\r\n\r\n")[2]))
    assert root.findtext("{*}Body/{*}Stage") == "INVALID"
    assert root.findtext("{*}Body/{*}Code") == "smime.undecryptable"


async def test_a_mail_without_smime_is_refused_as_it_was_agreed(neighbours: Neighbours) -> None:
    await neighbours.send(entity(neighbours.form()))
    content = neighbours.read(await neighbours.inbox.mail(0))
    root = safexml.parse(b64decode(content.partition(b"\r\n\r\n")[2]))
    assert root.findtext("{*}Body/{*}Code") == "smime.required"
