"""Address books for stories: made in words, written as XML, signed by a publisher of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import safexml
from gateway.addressbook.book import Alternative, Book, Bureau, Downtime, Mailbox, MailboxKind, Speciality
from gateway.partners import Partner, SignaturePolicy
from gateway.signing.authority import set_up_authority, signer_name
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PUBLISHER = "book:EU"
OPER = '<Mailbox kind="oper">oper@{state}.sirene.example</Mailbox>'


def bureau_xml(state: str, *parts: str, name: str = "", mailbox: str = "") -> str:
    """One bureau with an operational mailbox and whatever else."""
    box = mailbox or OPER.format(state=state.lower())
    return f'<Bureau party="sirene:{state}" state="{state}"><Name>{name or f"SIRENE {state}"}</Name>{box}{"".join(parts)}</Bureau>'


def book_xml(*bureaus: str, issue: int = 1, valid_from: datetime = NOW - timedelta(days=1)) -> bytes:
    """An unsigned book."""
    moment = valid_from.isoformat().replace("+00:00", "Z")
    return (
        f'<AddressBook xmlns="urn:x-spoc:address-book:1" version="1.0" issue="{issue}" issued="{moment}" '
        f'validFrom="{moment}">{"".join(bureaus)}</AddressBook>'
    ).encode()


class Publisher:
    """Who publishes the book: a key, and what others need to believe it."""

    def __init__(self, folder: Path) -> None:
        made = set_up_authority(folder, [PUBLISHER], (), NOW - timedelta(days=30))
        self._signer = XadesSigner(KeyRing.load(made.signing, NOW))
        self.anchors_pem = made.authority.certificate.read_text("ascii")
        anchor = x509.load_pem_x509_certificate(self.anchors_pem.encode()).public_bytes(Encoding.DER)
        self.signer = signer_name(PUBLISHER)
        self.partner = Partner(
            party=PUBLISHER, name="Publisher", signature=SignaturePolicy(anchors=(anchor,), signers=(self.signer,))
        )

    def signed(self, document: bytes, at: datetime = NOW) -> bytes:
        """The book with the publisher's signature."""
        return self._signer.sign(safexml.parse(document), PUBLISHER, at)


def bureau(
    state: str,
    *,
    alternatives: tuple[Alternative, ...] = (),
    downtimes: tuple[Downtime, ...] = (),
    takes_no_part: tuple[Speciality, ...] = (),
    telephone: str = "+999 555 0100",
) -> Bureau:
    """One bureau in words."""
    boxes = tuple(
        Mailbox(kind=kind, address=f"{kind}@{state.lower()}.book.example")
        for kind in (MailboxKind.OPERATIONAL, MailboxKind.FREE_TEXT)
    )
    return Bureau(
        party=f"sirene:{state}", state=state, name=f"SIRENE {state}", mailboxes=boxes, telephone=telephone,
        alternatives=alternatives, downtimes=downtimes, takes_no_part=takes_no_part,
    )  # fmt: skip


def book(*bureaus: Bureau, issue: int = 1) -> Book:
    """A book in words."""
    return Book(issue=issue, issued=NOW, valid_from=NOW, publisher="Publisher", digest="0" * 64, bureaus=bureaus)
