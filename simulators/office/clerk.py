"""The clerk of an office: makes a message of an order and sends it.

The one idea: a tester's order at the control port and an answer that the office gives by itself are the same act, so
whatever can be ordered can be a habit, too.
"""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from simulators.office import forms, tampering, templates
from simulators.office.office import Office
from simulators.office.outbox import Manner, Message, facts_of
from simulators.office.smtp_out import Sent
from simulators.office.templates import CannotFill, File, Filling
from simulators.scenario import ACCEPT, MAIL, Action, Incident

PHOTO = "photo.jpg"
LOST = Action(name="silent")
_ORDER_KEYS = frozenset({
    "form", "document", "values", "header", "attachments", "to", "urgency", "handling", "in_reply_to", "message_id",
    "our_reference", "attempt", "repeat", "tamper", "mail_from", "mailbox",
    "version",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clerk:
    """Writes and sends for one office."""

    office: Office

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send one message now; what is told is what the other side said. Raises `CannotFill` or `ValueError`."""
        tamper = str(order.get("tamper", ""))
        if order.get("repeat"):
            message, action = self._again(order), ACCEPT
        else:
            message, action = self._new(order, tamper)
            self.office.outbox.keep(message)
        manner = Manner(
            wire=tamper if tamper in tampering.WIRE else "",
            mail_from=str(order.get("mail_from", "")),
            mailbox=str(order.get("mailbox", "")),
            action=action,
        )
        results = await self.office.outbox.transmit(message, manner, self.office.station.now())
        self._remember(message, results)
        return told(message, results)

    async def answer(self, order: dict[str, Any], root: etree._Element) -> dict[str, Any]:
        """As an office does by itself: with this tree in place of a template, and again as long as it is told "later"."""
        message, action = self._new(order, "", root)
        self.office.outbox.keep(message)
        now = self.office.station.now()
        results = await self.office.outbox.transmit_until_taken(message, Manner(action=action), now)
        self._remember(message, results)
        return told(message, results)

    def _remember(self, message: Message, results: list[Sent]) -> None:
        self.office.record_sent("sent", message, results)
        self.office.outbox.keep(replace(message, attempt=message.attempt + max(len(results) - 1, 0)))

    def _again(self, order: dict[str, Any]) -> Message:
        kept = self.office.outbox.kept(str(order["repeat"]))
        if kept is None:
            raise CannotFill(f"no message {order['repeat']} was sent from here")
        return replace(kept, attempt=int(order.get("attempt") or kept.attempt + 1))

    def _new(self, order: dict[str, Any], tamper: str, written: etree._Element | None = None) -> tuple[Message, Action]:
        office = self.office
        root = _paper(order) if written is None else written
        if "version" in order:
            root = office.in_version(root, int(order["version"]))
        files = self._files(order, root)
        to = self._recipient(order)
        filling = self._filling(order, root, to, files)
        templates.fill(root, filling)
        number = office.books.number(root, to, office.station.now()) if office.counts else 0
        name = forms.name_of(root)
        our_reference, message_id = forms.header_text(root, "OurReference"), forms.header_text(root, "MessageId")
        incident = Incident(
            operation=forms.operation_of(name),
            phase="reply",
            text=etree.tostring(root, encoding="unicode"),
            keys=frozenset({message_id, our_reference, to}),
            can=MAIL.by_phase["reply"],
        )
        rule, action = office.decide(incident)
        if action is not ACCEPT:
            office.misbehaved(rule, action, "reply")
        key = "wrong-key" if action.name == "wrong-key" else tamper
        payload = office.sign(root, office.keys.wrong.get(key))
        if number:
            office.books.signed(to, number, payload)
            action = LOST if office.loses(number) else action
        message = Message(
            message_id=message_id,
            our_reference=our_reference,
            to=to,
            root=name,
            urgency=forms.header_text(root, "Urgency"),
            payload=tampering.PAYLOAD[tamper](payload) if tamper in tampering.PAYLOAD else payload,
            files=_tampered_files(files, tamper),
            attempt=int(order.get("attempt") or 1),
        )
        return message, action

    def _filling(self, order: dict[str, Any], root: etree._Element, to: str, files: list[File]) -> Filling:
        office = self.office
        code = office.identity.party.partition(":")[2]  # EUROPOL, or a state
        word = forms.name_of(root).removeprefix("Form")
        header: dict[str, Any] = {}
        if forms.header_text(root, "CaseReference"):
            header["CaseReference"] = office.new_reference("CASE")
        if order.get("in_reply_to"):
            header |= self._answering(str(order["in_reply_to"]))
        header |= {name: order[key] for key, name in (("urgency", "Urgency"), ("handling", "Handling")) if key in order}
        header |= _table(order, "header")
        values = _table(order, "values")
        if word.endswith("Query") and "QueryId" not in values:  # the same id always means the same query
            values = {"QueryId": office.new_reference("Q"), **values}
        return Filling(
            message_id=str(order.get("message_id") or office.new_id()),
            our_reference=str(order.get("our_reference") or office.new_reference(word)),
            sender=office.identity.party,
            to=[to],
            now=office.station.now(),
            files=files,
            header=header,
            values=values,
            home=code if "form" in order and len(code) == 2 else "",
            peer=_state_of(to) if "form" in order and code != "EUROPOL" else "",
        )

    def _answering(self, message_id: str) -> dict[str, Any]:
        """References of a message that came; one that never came is only named."""
        asked = self.office.mailbag.by_id(message_id)
        header: dict[str, Any] = {"InReplyTo": message_id}
        if asked is not None and asked["our_reference"]:
            header["YourReference"] = asked["our_reference"]
        if asked is not None and asked.get("case_reference"):
            header["CaseReference"] = asked["case_reference"]
        return header

    def _recipient(self, order: dict[str, Any]) -> str:
        if order.get("to"):
            party = str(order["to"])
            if self.office.cards.of(party) is None:
                raise CannotFill(f"no card of {party}; POST it to /sim/partner first")
            return party
        asked = self.office.mailbag.by_id(str(order.get("in_reply_to", "")))
        if asked is not None and self.office.cards.of(asked["from"]) is not None:
            return str(asked["from"])
        cards = self.office.cards.with_role(self.office.identity.partner_role)
        if len(cards) != 1:
            known = ", ".join(card.party for card in self.office.cards) or "none"
            raise CannotFill(f"'to' is needed; known partners: {known}")
        return cards[0].party

    def _files(self, order: dict[str, Any], root: etree._Element) -> list[File]:
        wanted = order.get("attachments", bool(forms.listed_attachments(root)))
        if wanted is True:
            photo = (templates.FOLDER / PHOTO).read_bytes()
            return [File(name="photo.jpg", media_type="image/jpeg", content=photo, role="PHOTO")]
        return [_file(each) for each in wanted or []]


def _state_of(party: str) -> str:
    code = party.partition(":")[2]
    return code if len(code) == 2 else ""


def read_order(content: bytes) -> dict[str, Any]:
    """Raises `CannotFill`, or `ValueError` for what is not JSON."""
    order = json.loads(content)
    if not isinstance(order, dict):
        raise CannotFill("the body must be an object")
    unknown = sorted(order.keys() - _ORDER_KEYS)
    if unknown:
        raise CannotFill(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(_ORDER_KEYS))}")
    if order.get("tamper") and order["tamper"] not in tampering.KINDS:
        raise CannotFill(f"tamper is one of {', '.join(tampering.KINDS)}")
    return order


def _paper(order: dict[str, Any]) -> etree._Element:
    if ("form" in order) == ("document" in order):
        raise CannotFill("one of form (a template), document (your own) or repeat (a message id) is needed")
    if "form" in order:
        return templates.read_template(str(order["form"]))
    return templates.read_document(str(order["document"]))


def _file(given: dict[str, Any]) -> File:
    """{"name", "media_type", "role", and "base64" or "text"}."""
    unknown = sorted(given.keys() - {"name", "media_type", "role", "base64", "text"})
    if unknown:
        raise CannotFill(f"an attachment has name, media_type, role, and base64 or text; not {', '.join(unknown)}")
    try:
        content = base64.b64decode(given.get("base64", ""), validate=True) or str(given.get("text", "")).encode()
    except binascii.Error as error:
        raise CannotFill(f"an attachment's base64 cannot be read: {error}") from error
    return File(
        name=str(given.get("name", "file.txt")),
        media_type=str(given.get("media_type", "text/plain")),
        role=str(given.get("role", "OTHER")),
        content=content,
    )


def _tampered_files(files: list[File], tamper: str) -> list[File]:
    if tamper not in tampering.FILES:
        return files
    if not files and tamper != "extra-attachment":
        raise CannotFill(f"tamper {tamper} needs an attachment")
    return tampering.FILES[tamper](files)


def _table(order: dict[str, Any], key: str) -> dict[str, Any]:
    table = order.get(key) or {}
    if not isinstance(table, dict):
        raise CannotFill(f"{key} must be an object")
    return table


def told(message: Message, results: list[Sent]) -> dict[str, Any]:
    last = results[-1].as_json() if results else None
    return {
        **facts_of(message),
        "attempt": message.attempt + max(len(results) - 1, 0),
        "accepted": bool(results) and results[-1].accepted,
        "result": last,
        "results": [each.as_json() for each in results],
    }
