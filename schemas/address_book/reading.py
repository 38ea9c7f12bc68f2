"""From a signed file to an issue of the address book.

The one idea: signature first, then schema, then sense, and all that is wrong is told at once. A lower issue than the one
in force is never taken: an old book that somebody kept could lead mail to addresses that no bureau reads any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from lxml import etree

from gateway import safexml
from gateway.addressbook.book import Alternative, Book, Bureau, Downtime, Mailbox, MailboxKind, Speciality
from gateway.clocks.calendar import legal_time
from gateway.errors import Misconfigured, Refused
from gateway.identity import digest
from gateway.partners import Partner
from gateway.ports import Verifier
from schemas.xsd import Schema, load

NAMESPACE: Final = "urn:x-spoc:address-book:1"
ROOT: Final = f"{{{NAMESPACE}}}AddressBook"
MAX_BOOK_OCTETS: Final = 2 * 1024 * 1024
CODE: Final = "address-book.invalid"


def schema() -> Schema:
    """The compiled schema."""
    return load("address_book", "address-book.xsd")


def read(document: bytes, publisher: Partner, verifier: Verifier, now: datetime) -> Book:
    """The issue that a file holds; raises `Refused` with everything that is wrong.

    `publisher` says whose signature is believed: its anchors and the names of its signers.
    """
    if len(document) > MAX_BOOK_OCTETS:
        raise Refused(CODE, f"The address book is larger than {MAX_BOOK_OCTETS} octets.")
    report = verifier.verify(document, publisher, now)
    root = safexml.parse(report.verified)
    problems = problems_of(root)
    if problems:
        raise Refused(CODE, "The address book cannot be used:\n" + "\n".join(f"  {each}" for each in problems))
    return Book(
        issue=int(root.get("issue", "0")),
        issued=_moment(root.get("issued", "")),
        valid_from=_moment(root.get("validFrom", "")),
        publisher=report.subject,
        digest=digest(document),
        bureaus=tuple(_bureau(each) for each in root),
    )


def problems_of(root: etree._Element) -> list[str]:
    """What is wrong with an unsigned book, in words; empty when it can be signed."""
    if root.tag != ROOT:
        return [f"the root element is not AddressBook of {NAMESPACE}"]
    found = [f"{each.field}: {each.text}" for each in schema().findings(root)]
    return found or [problem for each in root for problem in _senseless(each)] + _shared(root)


def _senseless(bureau: etree._Element) -> Iterable[str]:
    party = bureau.get("party", "")
    kinds = [each.get("kind", "") for each in _all(bureau, "Mailbox")]
    if MailboxKind.OPERATIONAL not in kinds:
        yield f"{party}: there is no operational mailbox, so nothing urgent could reach it"
    if len(set(kinds)) != len(kinds):
        yield f"{party}: two mailboxes are of one kind"
    for each in _all(bureau, "Downtime"):
        if _moment(each.get("from", "")) >= _moment(each.get("until", "")):
            yield f"{party}: a downtime ends before it begins"
    for each in _all(bureau, "Alternative"):
        if not any(each.get(name) for name in ("address", "host", "routingKey")):
            yield f"{party}: an alternative way names neither a mail address nor a host nor a queue"
    zone = _text(bureau, "Zone")
    if zone:
        try:
            legal_time(zone)
        except Misconfigured:
            yield f"{party}: nobody knows the time zone {zone}"


def _shared(root: etree._Element) -> list[str]:
    """One mailbox read by two offices would tell each what is meant for the other."""
    owners: dict[str, str] = {}
    problems = []
    for bureau in root:
        party = bureau.get("party", "")
        for each in _all(bureau, "Mailbox"):
            address = (each.text or "").casefold()
            if owners.setdefault(address, party) != party:
                problems.append(f"{party}: a mailbox belongs to {owners[address]} as well")
    return problems


def _bureau(element: etree._Element) -> Bureau:
    return Bureau(
        party=element.get("party", ""),
        state=element.get("state", ""),
        name=_text(element, "Name"),
        mailboxes=tuple(
            Mailbox(kind=MailboxKind(each.get("kind", "")), address=each.text or "")
            for each in _all(element, "Mailbox")
        ),
        telephone=_text(element, "Telephone"),
        zone=_text(element, "Zone"),
        languages=tuple(each.text or "" for each in _all(element, "Language")),
        alternatives=tuple(_alternative(each) for each in _all(element, "Alternative")),
        downtimes=tuple(
            Downtime(begins=_moment(each.get("from", "")), ends=_moment(each.get("until", "")), text=each.text or "")
            for each in _all(element, "Downtime")
        ),
        takes_no_part=tuple(
            Speciality(article=each.get("article", ""), citation=each.text or "", confidence=each.get("confidence", ""))
            for each in _all(element, "TakesNoPart")
        ),
    )


def _alternative(element: etree._Element) -> Alternative:
    return Alternative(
        channel=element.get("channel", ""),
        address=element.get("address", ""),
        host=element.get("host", ""),
        port=int(element.get("port", "25")),
        exchange=element.get("exchange", ""),
        routing_key=element.get("routingKey", ""),
    )


def _all(element: etree._Element, name: str) -> list[etree._Element]:
    return element.findall(f"{{{NAMESPACE}}}{name}")


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{{{NAMESPACE}}}{name}") or "").strip()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
