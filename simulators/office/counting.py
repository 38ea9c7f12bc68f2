"""How an office counts: a running number on each message that it sends, and a book of the numbers that came.

The one idea: one book for each other office and each way, written when something happens, so that a sheet of a day is only
copied from it. Receipts and sheets are not counted.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from simulators.office import forms
from simulators.office.mail import digest
from simulators.office.signing import ds

UNCOUNTED = ("Receipt", "Sheet")
ELEMENT = f"{{{forms.HEADER}}}RunningNumber"


class CountsNothing:
    """What an office does about numbers that has no habit of counting."""

    @property
    def counts(self) -> bool:
        """Whether its messages have running numbers."""
        return False

    def loses(self, _number: int) -> bool:
        """Whether it only believes that it sent the message with this number."""
        return False

    def overlooks(self, _message: dict[str, Any]) -> bool:
        """Whether a message that it took is lost on its way to a desk."""
        return False

    async def read_sheet(self, message: dict[str, Any]) -> None:
        """What it does about a sheet of another office."""


@dataclass(slots=True, kw_only=True)
class Booked:
    """One number."""

    number: int
    at: datetime
    message_id: str = ""
    sha256: str = ""  # of the signed document without its signature, canonical


@dataclass(slots=True)
class Books:
    """What was sent to and came from each other office, by number."""

    own: str
    sent: dict[str, dict[int, Booked]] = field(default_factory=dict)
    came: dict[str, dict[int, Booked]] = field(default_factory=dict)
    told: dict[str, set[int]] = field(default_factory=dict)  # numbers that the other's sheets tell of

    def number(self, root: etree._Element, to: str, at: datetime) -> int:
        """Give the form its number; one that a tester wrote stays. 0 for what is not counted."""
        header = forms.header_of(root)
        if header is None or forms.name_of(root) in UNCOUNTED:
            return 0
        written = header.find(ELEMENT)
        book = self.sent.setdefault(to, {})
        if written is None:
            written = etree.SubElement(header, ELEMENT)
            written.set("to", to)
            written.text = str(max(book, default=0) + 1)
        number = int(written.text or 0)
        book[number] = Booked(number=number, at=at, message_id=forms.header_text(root, "MessageId"))
        return number

    def signed(self, to: str, number: int, payload: bytes) -> None:
        self.sent[to][number].sha256 = content_digest(payload)

    def take(self, message: dict[str, Any], at: datetime) -> None:
        """A message that came and is genuine."""
        number = number_in(message, self.own)
        if number:
            self.came.setdefault(message["from"], {}).setdefault(
                number,
                Booked(
                    number=number, at=at, message_id=message["message_id"], sha256=content_digest(message["xml"].encode())
                ),
            )  # fmt: skip

    def missing(self, party: str) -> list[int]:
        """Numbers of the other office with which nothing came: below the highest that came, or told by its sheet."""
        came = self.came.get(party, {})
        known = {*range(1, max(came, default=0)), *self.told.get(party, ())}
        return sorted(known - came.keys())

    @property
    def parties(self) -> list[str]:
        return sorted({*self.sent, *self.came})

    def as_json(self) -> dict[str, Any]:
        return {
            party: {
                "sent": sorted(self.sent.get(party, ())),
                "came": sorted(self.came.get(party, ())),
                "missing": self.missing(party),
            }
            for party in self.parties
        }


def number_in(message: dict[str, Any], own: str) -> int:
    """The running number of a message to this office; 0 for none."""
    if not message.get("xml") or message.get("root") in UNCOUNTED:
        return 0
    try:
        header = forms.header_of(forms.parse(message["xml"].encode()))
    except forms.NotAForm:
        return 0
    written = header.find(ELEMENT) if header is not None else None
    return int(written.text or 0) if written is not None and written.get("to") == own else 0


def content_digest(payload: bytes) -> str:
    """SHA-256 of the document without its signature, in canonical XML; of the bytes where a habit spoiled them."""
    try:
        root = forms.parse(payload)
    except forms.NotAForm:
        return digest(payload)
    for signature in root.findall(ds("Signature")):
        root.remove(signature)
    return digest(etree.tostring(root, method="c14n"))
