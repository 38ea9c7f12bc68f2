"""A whole foreign office: it takes messages, judges them with its own eyes, answers with receipts, and sends.

The one idea: what is taken is written down at once and answered for by a task of its own, as in any office: the 250
says "we have it", the receipts say what we think of it.
"""

import asyncio
import json
import ssl
import sys
import traceback
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import uuid6
from aiohttp import web
from lxml import etree

from simulators.declaration import LOOPBACK, Station
from simulators.office import forms, receipts
from simulators.office.amqp import Queue
from simulators.office.cards import Card, CardBox
from simulators.office.counting import UNCOUNTED, Books, CountsNothing
from simulators.office.identity import Identity, Setup
from simulators.office.keys import SigningPair, open_keys, server_side
from simulators.office.mail import Arrival, CannotOpen, Opened, digest
from simulators.office.mailbag import Mailbag
from simulators.office.outbox import Manner, Message, Outbox, facts_of
from simulators.office.signing import sign
from simulators.office.smtp_in import listen
from simulators.office.smtp_out import Sent
from simulators.office.templates import CannotFill
from simulators.office.verifying import judge
from simulators.recorder import payload_facts
from simulators.scenario import ACCEPT, MAIL, Action, Incident

STOP_ROUNDS, STOP_SECONDS = 3, 0.3


class Office(CountsNothing):
    """One counterpart at work. The mail door and the queue call it; the control port reads and commands it."""

    def __init__(self, station: Station, identity: Identity) -> None:
        self.station, self.identity = station, identity
        self.setup = Setup.read(station.extra)
        self.cards = CardBox(self.setup.partner_card)
        self.keys = open_keys(station.folder, station.name, identity.signer, self.setup.signing_key, station.now())
        self.mailbag = Mailbag()
        self.outbox = Outbox(identity, self.keys, self.cards)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers: dict[str, int] = {}
        self.books = Books(identity.party)
        self._trusted = ""
        self._contexts: tuple[ssl.SSLContext, ssl.SSLContext] | None = None

    # --- life

    async def start(self) -> None:
        self._server = await listen(self, self.station.port)
        self.port = self._server.sockets[0].getsockname()[1]
        if self.setup.amqp_url:
            self.outbox.queue = Queue(self.setup.amqp_url, self.queue_name)
            await self.outbox.queue.open(self)
        self.card_file.write_text(json.dumps(self.card(), indent=2) + "\n")

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for _ in range(STOP_ROUNDS):  # a task may be told in the one moment in which asyncio does not hear it
            for task in tuple(self._tasks):
                task.cancel()
            if self._tasks:
                await asyncio.wait(tuple(self._tasks), timeout=STOP_SECONDS)
        if self.outbox.queue is not None:
            await self.outbox.queue.close()

    def reset(self) -> None:
        """Empty trays; partners, keys and running numbers stay."""
        for task in tuple(self._tasks):
            task.cancel()
        self.mailbag.reset()
        self.outbox.reset()
        self.cards.reset()

    @property
    def card_file(self) -> Path:
        """With its name, since `all` puts several offices into one folder."""
        return self.station.folder / f"{self.station.name}.card.json"

    @property
    def queue_name(self) -> str:
        return self.setup.amqp_queue or self.identity.party.replace(":", ".")

    def card(self) -> dict[str, Any]:
        """The own partner card."""
        pem = self.keys.authority.read_text()
        return {
            "party": self.identity.party,
            "name": self.identity.name,
            "addresses": [self.identity.address],
            "urgent_address": "",
            "domains": [self.identity.domain],
            "channel": self.setup.channel,
            "smtp": {
                "host": LOOPBACK,
                "port": self.port,
                "starttls": "never" if self.setup.starttls == "never" else "required",
                "client_certificate": self.setup.client_certificate,
            },
            "amqp": {"exchange": "", "routing_key": self.queue_name if self.setup.amqp_url else ""},
            "signers": [self.identity.signer],
            "anchors_pem": [pem],
            "tls_ca_pem": [pem],
            "plain_xmldsig": self.setup.plain_xmldsig,
            "languages": ["en"],
        }

    # --- what the mail door asks

    @property
    def starttls(self) -> str:
        return self.setup.starttls

    @property
    def max_octets(self) -> int:
        return self.setup.max_octets

    def decide(self, incident: Incident) -> tuple[str, Action]:
        return self.station.script.decide(incident)

    def misbehaved(self, rule: str, action: Action, phase: str) -> None:
        self.station.recorder.record("scenario-applied", {"rule": rule, "action": action.name, "phase": phase})

    async def ask(self, incident: Incident) -> Action:
        """The script's word, after its wait, and written down when it is not the usual one."""
        rule, action = self.decide(incident)
        if action is not ACCEPT:
            self.misbehaved(rule, action, incident.phase)
        await asyncio.sleep(action.wait_seconds)
        return action

    def contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Asked for at each connection, as cards may have come meanwhile; made when they have."""
        trusted = self.cards.tls_ca
        if self._contexts is None or self._trusted != trusted:
            stranger = server_side(self.keys.stranger_server, trusted)
            self._trusted, self._contexts = trusted, (server_side(self.keys.tls_server, trusted), stranger)
        return self._contexts

    def judge_sender(self, _address: str, certificate: bytes) -> str:
        if self.setup.client_certificate == "required" and not certificate:
            return "530 5.7.0 A client certificate of an agreed authority is required"
        return ""

    def judge_recipient(self, _sender: str, address: str) -> str:
        mailbox, _, domain = address.lower().rpartition("@")
        is_ours = domain == self.identity.domain and mailbox in self.mailboxes
        return "" if is_ours else "550 5.1.1 No such mailbox"

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """What stands before the @ of the addresses that are read here."""
        return (self.identity.address.rpartition("@")[0], "postmaster")

    # --- what one kind of office does otherwise

    def control_routes(self) -> list[web.RouteDef]:
        return []

    @property
    def gives_receipts(self) -> bool:
        return self.setup.receipts

    def receipts_after(self) -> timedelta:
        """How long it takes until it gets round to them."""
        return timedelta(0)

    async def rest(self) -> None:
        """Wait until somebody is at work."""

    def further_stages(self, _verdict: str) -> tuple[str, ...]:
        """What it says of a message after its verdict."""
        return ()

    def free_text_of(self, _arrival: Arrival) -> str | None:
        """The text of a mail that need not hold a form."""
        return None

    def objections(self, _root: etree._Element, _message: dict[str, Any]) -> list[dict[str, str]]:
        """What this office has against a message, beside what everybody would."""
        return []

    def in_version(self, root: etree._Element, version: int) -> etree._Element:
        """The form in another version; raises `CannotFill`."""
        if version != forms.version_of(root):
            raise CannotFill(f"it is written here in version {forms.version_of(root)} only")
        return root

    def remarks(self, _message: dict[str, Any]) -> list[dict[str, str]]:
        """What it notes about a message, and does not refuse it for."""
        return []

    async def follow_up(self, message: dict[str, Any]) -> None:
        """What it does of itself about a message that it has taken."""

    def incident_of(self, arrival: Arrival) -> Incident:
        """What a scenario sees of a message that has arrived."""
        keys = {arrival.sender}
        try:
            payload = arrival.open().payload
            root = forms.parse(payload)
        except (CannotOpen, forms.NotAForm):
            payload, operation = arrival.content, "unreadable"
        else:
            operation = forms.operation_of(forms.name_of(root))
            keys |= {forms.header_text(root, name) for name in ("MessageId", "OurReference", "From", "InReplyTo")}
        return Incident(
            operation=operation,
            phase="content",
            text=payload.decode("utf-8", "replace"),
            keys=frozenset(keys) - {""},
            can=MAIL.by_phase["content"],
        )

    def take(self, arrival: Arrival, *, lose: bool) -> None:
        """Writes it down and lets a task work on it; one that is to be lost is only written down."""
        self.station.recorder.record("lost" if lose else "arrived", {**arrival.facts, **payload_facts(arrival.content)})
        if not lose:
            self.background(self._work_on(arrival))

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._watched(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # one that was cancelled before it began

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001  # a stand-in that stumbles says so and goes on
            sys.stderr.write(f"{self.station.name}: {traceback.format_exc()}")

    # --- what it thinks of a message

    async def _work_on(self, arrival: Arrival) -> None:
        await self.rest()
        message, card = self._understand(arrival)
        if self.overlooks(message):
            self.station.recorder.record("overlooked", {"message_id": message["message_id"]})
            return
        if (message["verification"] or {}).get("valid"):
            self.books.take(message, self.station.now())
        kept = await self.mailbag.add(message)
        told = {key: value for key, value in kept.items() if key != "xml"}
        self.station.recorder.record("understood", told)
        if kept.get("root") == "Sheet" and kept["valid"]:
            await self.read_sheet(kept)
        if kept.get("root") in UNCOUNTED or card is None:
            return
        if self.gives_receipts:
            await self._give_receipts(kept, card, arrival)
        if kept["valid"] and kept["duplicate_of"] is None and kept["conflicts_with"] is None:
            await self.follow_up(kept)

    async def _give_receipts(self, kept: dict[str, Any], card: Card, arrival: Arrival) -> None:
        await self.station.clock.wait_until(self.station.now() + self.receipts_after())
        about = receipts.About(
            stage="RECEIVED", digest=kept["sha256"], message_id=kept["message_id"], reference=kept["our_reference"]
        )
        if kept["conflicts_with"] is not None:
            code = "message-id.conflict"
            about = replace(about, stage="INVALID", code=code, text="This message id was used for other content.")
            await self._send_receipt(about, card.party, arrival)
            return
        await self._send_receipt(about, card.party, arrival)
        findings = [(each["code"], each["text"]) for each in kept["findings"]]
        verdict = "INVALID" if findings else "VALID"
        text = "The message cannot be taken." if findings else ""
        about = replace(about, stage=verdict, code=findings[0][0] if findings else "", text=text, findings=findings)
        await self._send_receipt(about, card.party, arrival)
        for stage in self.further_stages(verdict):
            await self._send_receipt(receipts.afterwards(about, stage), card.party, arrival)

    def _understand(self, arrival: Arrival) -> tuple[dict[str, Any], Card | None]:
        """Everything that was found, and the card of the office to answer."""
        message: dict[str, Any] = {
            "at": self.station.now().isoformat(), "message_id": "", "our_reference": "", "root": "",
            "sha256": digest(arrival.content), "bytes": len(arrival.content), "findings": [], "xml": "",
            **arrival.facts,
        }  # fmt: skip
        card = next((each for each in self.cards if arrival.sender and arrival.sender in each.addresses), None)
        try:
            opened = arrival.open()
            message |= _cover_facts(opened, message)
            root = forms.parse(opened.payload)
        except (CannotOpen, forms.NotAForm) as unreadable:
            text = self.free_text_of(arrival)
            if text is not None:
                return message | {"root": "FreeText", "valid": True, "verification": None, "free_text": text}, None
            message |= {"valid": False, "verification": None, "findings": [finding("form.unreadable", unreadable)]}
            return message, card
        message |= forms.facts(root)
        card = self.cards.of(message["from"]) or card
        judgement = judge(root, opened.payload, self.cards.of(message["from"]), self.station.now())
        findings = [
            *judgement.findings,
            *_schema_findings(root),
            *_file_findings(root, opened),
            *self.objections(root, message),
        ]
        if self.identity.party not in message["to"] + forms.header_texts(root, "Info"):
            findings.append(finding("form.not-for-us", f"the form is not addressed to {self.identity.party}"))
        message |= {"verification": judgement.as_json(), "findings": findings, "valid": not findings}
        message["remarks"] = self.remarks(message)
        return message, card

    # --- what it sends

    def new_reference(self, word: str) -> str:
        """XB-G-2026-0000001: counted by word."""
        number = self._numbers[word] = self._numbers.get(word, 0) + 1
        return f"{self.identity.reference}-{word}-{self.station.now():%Y}-{number:07d}"

    def new_id(self) -> str:
        return str(uuid6.uuid7())

    def sign(self, root: etree._Element, pair: SigningPair | None = None) -> bytes:
        return sign(root, pair or self.keys.signing, self.station.now(), plain=self.setup.plain_xmldsig)

    def record_sent(self, event: str, message: Message, results: list[Sent]) -> None:
        for number, each in enumerate(results):
            facts = facts_of(replace(message, attempt=message.attempt + number))
            self.station.recorder.record(event, {**facts, **each.as_json()})
        if not results:
            self.station.recorder.record("not-sent", facts_of(message))

    async def _send_receipt(self, about: receipts.About, to: str, arrival: Arrival) -> None:
        incident = self.incident_of(arrival)
        keys = incident.keys | {about.stage, about.message_id, about.reference, to}
        rule, action = self.decide(
            replace(incident, phase="receipt", keys=keys - {""}, can=MAIL.by_phase["receipt"])
        )  # fmt: skip
        if action is not ACCEPT:
            self.misbehaved(rule, action, "receipt")
        head = receipts.Letterhead(
            message_id=self.new_id(),
            our_reference=self.new_reference("RECEIPT"),
            sender=self.identity.party,
            to=to,
            now=self.station.now(),
        )
        pair = self.keys.wrong["wrong-key"] if action.name == "wrong-key" else None
        message = Message(
            message_id=head.message_id, our_reference=head.our_reference, to=to, root="Receipt", urgency="NORMAL",
            payload=self.sign(receipts.build(head, about), pair),
        )  # fmt: skip
        self.outbox.keep(message)
        results = await self.outbox.transmit_until_taken(message, Manner(action=action), head.now)
        self.record_sent(f"receipt-{about.stage.lower()}", message, results)


def finding(code: str, text: object) -> dict[str, str]:
    return {"code": code, "text": str(text)}


def _schema_findings(root: etree._Element) -> list[dict[str, str]]:
    if not forms.has_schema(root) and forms.version_of(root) != 1:
        return [finding("format.version-unknown", f"{forms.format_of(root)} is a version that is not spoken here")]
    return [finding("XSD", text) for text in forms.xsd_findings(root)]


def _cover_facts(opened: Opened, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "sha256": digest(opened.payload),
        "bytes": len(opened.payload),
        "xml": opened.payload.decode("utf-8", "backslashreplace"),
        "mail_subject": opened.subject,
        "mail_id": opened.mail_id,
        "attempt": opened.attempt or message.get("attempt", 0),
        "files": [
            {"file_name": each.name, "media_type": each.media_type, "size": len(each.content), "sha256": each.sha256}
            for each in opened.files
        ],
    }


def _file_findings(root: etree._Element, opened: Opened) -> list[dict[str, str]]:
    listed = {each["sha256"] for each in forms.listed_attachments(root)}
    came = {each.sha256 for each in opened.files}
    missing = [finding("attachment.missing", f"no file has the digest {each}") for each in sorted(listed - came)]
    return missing + [
        finding("attachment.unlisted", f"{each.name} is not in the manifest")
        for each in opened.files
        if each.sha256 not in listed
    ]
