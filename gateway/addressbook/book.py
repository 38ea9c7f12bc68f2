"""One issue of the address book, in the gateway's words. Nothing here is personal but the duty telephone of an office."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gateway.identity import Digest, PartyId

EVERYBODY: Final = "ALL"
"""`sirene:ALL` stands for every bureau of the book."""


class MailboxKind(StrEnum):
    """What a mailbox is read for (SIRENE Manual 1.10.3; the glossary for `consult`)."""

    OPERATIONAL = "oper"
    """Forms; urgent messages only here."""
    FREE_TEXT = "message"
    TECHNICAL = "tech"
    DIRECTOR = "director"
    CONSULTATION = "consult"
    """Consultations before an alert exists."""


class Mailbox(Struct, frozen=True, kw_only=True):
    """One mailbox of a bureau."""

    kind: MailboxKind
    address: str


class Alternative(Struct, frozen=True, kw_only=True):
    """Another adequately secured way to the bureau when the usual one is down (Regulation (EU) 2018/1862 Art. 8(1))."""

    channel: str
    """Name of our channel that serves it: smtp, amqp."""
    address: str = ""
    host: str = ""
    port: int = 25
    exchange: str = ""
    routing_key: str = ""


class Downtime(Struct, frozen=True, kw_only=True):
    """A time that the bureau has announced, in which it cannot be reached by its usual way."""

    begins: datetime
    ends: datetime
    text: str = ""


class Speciality(Struct, frozen=True, kw_only=True):
    """Articles of alerts in which a state takes no part: it never gets anything about them."""

    article: str
    """`1861:24`; a whole act where no number stands behind it: `1860`."""
    citation: str
    confidence: str

    def covers(self, article: str) -> bool:
        """Whether an alert's article falls under it, paragraphs included: `1861:24` covers `1861:24(1)(a)`."""
        act, _, number = article.partition(":")
        own_act, _, own = self.article.partition(":")
        return act == own_act and (not own or number == own or number.startswith(f"{own}("))

    def touches(self, article: str) -> bool:
        """Whether it covers an alert's article or a part of it: `1862:32(1)(c)` touches `1862:32`, which may be any point of it."""
        return self.covers(article) or self.article.startswith(f"{article}(")


class Bureau(Struct, frozen=True, kw_only=True):
    """One office of the book."""

    party: PartyId
    state: str
    name: str
    mailboxes: tuple[Mailbox, ...]
    telephone: str = ""
    zone: str = ""
    """Legal time at its seat, as the IANA list names it."""
    languages: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    downtimes: tuple[Downtime, ...] = ()
    takes_no_part: tuple[Speciality, ...] = ()

    def mailbox(self, kind: MailboxKind) -> str:
        """The address of the mailbox of this kind, or an empty text."""
        return next((each.address for each in self.mailboxes if each.kind is kind), "")

    def down_at(self, now: datetime) -> Downtime | None:
        """The announced downtime that this moment lies in; of several the one that ends last."""
        found = [each for each in self.downtimes if each.begins <= now < each.ends]
        return max(found, key=lambda each: each.ends, default=None)


class Book(Struct, frozen=True, kw_only=True):
    """One issue."""

    issue: int
    issued: datetime
    valid_from: datetime
    publisher: str
    """Common name of the certificate that signed it."""
    digest: Digest
    """SHA-256 of the file as it was signed."""
    bureaus: tuple[Bureau, ...]

    def bureau(self, party: PartyId) -> Bureau | None:
        """The entry of a party."""
        return next((each for each in self.bureaus if each.party == party), None)

    def everybody(self, role: str, *, but: Iterable[PartyId] = ()) -> tuple[Bureau, ...]:
        """Every bureau of a role, such as `sirene`, without some."""
        left_out = frozenset(but)
        return tuple(
            each for each in self.bureaus if each.party.partition(":")[0] == role and each.party not in left_out
        )

    def mailbox_kind(self, party: PartyId, address: str) -> MailboxKind | None:
        """Which of a party's mailboxes an address is; None for one that the book does not list."""
        bureau = self.bureau(party)
        if bureau is None:
            return None
        levelled = address.casefold()
        return next((each.kind for each in bureau.mailboxes if each.address.casefold() == levelled), None)
