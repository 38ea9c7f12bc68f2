"""The address book of the bureaux: which issue is in force, and a newer one taken in while the gateway runs."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from gateway.addressbook.book import Book
from gateway.addressbook.shelf import Shelf, differences, stale
from gateway.api import shown
from gateway.api.bodies import body_of, media_type
from gateway.api.callers import OPERATE, READ, Allowed, Caller, Here, Standing
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.parcel import XML_TYPES
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1/address-book", tags=["catalogue"])
MAX_BOOK_OCTETS = 2 * 1024 * 1024


class BureauView(View):
    """One bureau."""

    party: str
    state: str
    name: str
    mailboxes: dict[str, str] = Field(description="Addresses by kind; urgent forms go to `oper` and to no other.")
    telephone: str
    zone: str
    languages: list[str]
    alternatives: list[str] = Field(
        description="Other ways in the order in which they are tried, as channel and address."
    )
    downtimes: list[dict[str, str]]
    takes_no_part: list[dict[str, str]] = Field(
        description="Articles about which it is never sent anything, with source."
    )
    partner: bool = Field(description="Whether a partner of this party is known; without one nothing can be sent.")


class BookView(View):
    """The issue in force."""

    issue: int
    issued: str
    valid_from: str
    publisher: str
    digest: str
    stale: bool = Field(description="Whether a newer issue should long have come.")
    bureaus: list[BureauView]


class TakenView(View):
    """What became of a new issue."""

    issue: int
    digest: str
    changes: list[str] = Field(description="What it changes, party by party; empty when it was in force already.")


def _shelf(standing: Here) -> Shelf:
    if standing.door.shelf is None:
        raise Problem(
            503, "address-book.none", "The settings name no publisher of an address book, so none can be believed."
        )
    return standing.door.shelf


@router.get("", summary="The address book in force", responses=shown.BOOK)
async def show(standing: Standing, caller: Annotated[Caller, Depends(Allowed(*READ))]) -> BookView:
    """It is for offices only: reading it is for officers, auditors and operators (SIRENE Manual 1.11)."""
    book = standing.gateway.directory.book
    if book is None:
        raise Problem(404, "address-book.unknown", "No address book has been taken in yet.")
    gateway, details = standing.gateway, (("issue", str(book.issue)),)
    await gateway.ledger.record([entry_by(caller.person, "address-book.read", gateway.clock.now(), details=details)])
    return _view(book, standing)


@router.post("", summary="Take in a newer issue", responses=shown.BOOK_TAKEN, openapi_extra=shown.BOOK_BODY)
async def take(
    request: Request, standing: Standing, caller: Annotated[Caller, Depends(Allowed(*OPERATE))]
) -> TakenView:
    """Takes a signed issue. Nothing changes when its signature, its schema or its sense is wrong, or when it is not newer
    than the one in force. What it changes is journalled before it takes effect.
    """
    shelf, gateway = _shelf(standing), standing.gateway
    if media_type(request) not in XML_TYPES:
        raise Problem(415, "request.media-type", "Send the signed address book as application/xml.")
    document = await body_of(request, MAX_BOOK_OCTETS)
    earlier = gateway.directory.book
    book = await asyncio.to_thread(shelf.examine, document, gateway.clock.now(), earlier)
    if earlier is not None and book.digest == earlier.digest:
        return TakenView(issue=book.issue, digest=book.digest, changes=[])
    changes = differences(earlier, book)
    details = (("issue", str(book.issue)), ("digest", book.digest), ("changes", "; ".join(changes)[:4000]))
    await gateway.ledger.record([entry_by(caller.person, "address-book.taken", gateway.clock.now(), details=details)])
    await asyncio.to_thread(shelf.keep, document)
    gateway.directory.book = book
    await gateway.renew_partners()
    return TakenView(issue=book.issue, digest=book.digest, changes=list(changes))


def _view(book: Book, standing: Here) -> BookView:
    directory = standing.gateway.directory
    bureaus = [
        BureauView(
            party=each.party, state=each.state, name=each.name, telephone=each.telephone, zone=each.zone,
            mailboxes={box.kind.value: box.address for box in each.mailboxes}, languages=list(each.languages),
            alternatives=[
                f"{way.channel} {way.address or way.host or way.routing_key}" for way in each.alternatives
            ],
            downtimes=[
                {"from": one.begins.isoformat(), "until": one.ends.isoformat(), "text": one.text} for one in each.downtimes
            ],
            takes_no_part=[
                {"article": one.article, "citation": one.citation, "confidence": one.confidence} for one in each.takes_no_part
            ],
            partner=directory.get(each.party) is not None,
        )
        for each in book.bureaus
    ]  # fmt: skip
    told: dict[str, Any] = {"issued": book.issued.isoformat(), "valid_from": book.valid_from.isoformat()}
    return BookView(
        issue=book.issue, publisher=book.publisher, digest=book.digest, bureaus=bureaus,
        stale=stale(book, standing.gateway.clock.now()), **told,
    )  # fmt: skip
