"""Partner cards: how two offices learn of each other.

The one idea: a card is all an office knows of another; without one it takes a message, finds that it cannot say who
signed it, and answers nothing, since it has no address it could trust.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

MAX_CARD_BYTES = 256 * 1024


class CardInvalid(Exception):
    """A card that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One partner, as far as a counterpart needs to know it."""

    party: str
    addresses: tuple[str, ...]
    urgent_address: str
    channel: str
    host: str
    port: int
    starttls: str
    exchange: str
    routing_key: str
    signers: frozenset[str]
    anchors: tuple[x509.Certificate, ...]
    tls_ca: str  # PEM
    plain_xmldsig: bool
    raw: Mapping[str, Any]

    def address(self, urgency: str) -> str:
        return self.urgent_address if self.urgent_address and urgency != "NORMAL" else self.addresses[0]

    def mailbox(self, name: str) -> str:
        """Another mailbox in the office's domain; empty without a name."""
        return f"{name}@{self.addresses[0].rpartition('@')[2]}" if name and self.addresses else ""


def read_card(content: bytes | str) -> Card:
    """The card in this JSON text; raises `CardInvalid`."""
    try:
        if len(content) > MAX_CARD_BYTES:
            raise CardInvalid(f"the card is larger than {MAX_CARD_BYTES} bytes")
        raw = json.loads(content)
        smtp, amqp = raw.get("smtp") or {}, raw.get("amqp") or {}
        card = Card(
            party=_text(raw, "party"),
            addresses=tuple(str(each) for each in raw.get("addresses", ())),
            urgent_address=str(raw.get("urgent_address", "")),
            channel=str(raw.get("channel", "smtp")),
            host=str(smtp.get("host", "")),
            port=int(smtp.get("port", 0)),
            starttls=str(smtp.get("starttls", "required")),
            exchange=str(amqp.get("exchange", "")),
            routing_key=str(amqp.get("routing_key", "")),
            signers=frozenset(str(each) for each in raw["signers"]),
            anchors=tuple(x509.load_pem_x509_certificate(str(pem).encode()) for pem in raw["anchors_pem"]),
            tls_ca="\n".join(str(pem) for pem in raw.get("tls_ca_pem", ())),
            plain_xmldsig=bool(raw.get("plain_xmldsig", False)),
            raw=raw,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CardInvalid(f"not a partner card: {type(error).__name__}: {error}") from error
    if card.channel == "smtp" and not (card.addresses and card.host and card.port):
        raise CardInvalid("a card with channel smtp needs addresses, smtp.host and smtp.port")
    if card.channel == "amqp" and not card.routing_key:
        raise CardInvalid("a card with channel amqp needs amqp.routing_key")
    return card


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw[key]
    if not isinstance(value, str) or not value:
        raise CardInvalid(f"{key} must be a text")
    return value


class CardBox:
    """The cards that were given to an office; a newer card of a party replaces the older one."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = tuple(files)
        self._cards: dict[str, Card] = {}
        self.reset()

    def reset(self) -> None:
        """Read the files of the start again; cards given later stay, as do the partners behind them."""
        for file in self._files:
            try:
                self.add(read_card(file.read_bytes()))
            except CardInvalid as error:
                raise CardInvalid(f"{file.name}: {error}") from error

    def add(self, card: Card) -> None:
        self._cards[card.party] = card

    def forget(self, party: str) -> bool:
        return self._cards.pop(party, None) is not None

    def of(self, party: str) -> Card | None:
        return self._cards.get(party)

    def __iter__(self) -> Iterator[Card]:
        return iter(tuple(self._cards.values()))

    def with_role(self, role: str) -> list[Card]:
        return [card for card in self if card.party.partition(":")[0] == role]

    @property
    def tls_ca(self) -> str:
        """All authorities that partners' TLS certificates come from, as PEM."""
        return "\n".join(card.tls_ca for card in self if card.tls_ca)
