"""The journal for auditors: its entries, its head, its proof; and the balance of the books (promise 6)."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.api import shown, views
from gateway.api.callers import AUDIT, READ, Allowed, Caller, Standing
from gateway.api.models import EntryView, View
from gateway.envelope import Direction
from gateway.journal.chain import GENESIS, Broken, faults
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.lifecycle import ACCOUNTS, state

router = APIRouter(prefix="/api/v1", tags=["journal"])
PAGE: Final = 1000
MAX_FAULTS_TOLD: Final = 100
Auditor = Annotated[Caller, Depends(Allowed(*AUDIT))]


class HeadView(View):
    """The last link of the chain."""

    number: int = Field(description="How many entries there are.")
    hash: str


class JournalView(View):
    """A run of entries, oldest first."""

    entries: list[EntryView]
    next_after: int = Field(description="Ask for entries after this number next.")
    head: HeadView


class FaultView(View):
    """Where the chain is broken and how."""

    number: int
    fault: str


class ProofView(View):
    """What checking the whole chain gave."""

    intact: bool
    entries: int = Field(description="Entries that were checked.")
    head: HeadView
    faults: list[FaultView] = Field(description=f"At most {MAX_FAULTS_TOLD}.")


class BalanceView(View):
    """accepted = delivered + rejected + held + waiting + quarantined, at every moment."""

    accepted: int
    accounts: dict[str, int]
    states: dict[str, int] = Field(description="By direction and state, for example `inbound/held`.")
    balanced: bool


@router.get("/journal", summary="Entries of the journal", responses=shown.JOURNAL)
async def get_journal(
    standing: Standing, caller: Auditor,
    after: Annotated[int, Query(ge=0, description="Only entries after this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
) -> JournalView:  # fmt: skip
    """Entries with their hashes and canonical bytes, so that the chain can be checked elsewhere. Taking them out is journalled."""
    found = await standing.gateway.ledger.journal(after, limit)
    number, hash_ = await standing.gateway.ledger.head()
    details = (("after", str(after)), ("entries", str(len(found))))
    await standing.gateway.ledger.record(
        [Entry(event="journal.exported", at=standing.gateway.clock.now(), actor=caller.actor, details=details)]
    )
    last = found[-1].number if found else after
    return JournalView(
        entries=[views.entry(each) for each in found], next_after=last, head=HeadView(number=number, hash=hash_)
    )


@router.get("/journal/head", summary="The last link of the chain", responses=shown.HEAD)
async def get_head(standing: Standing, caller: Auditor) -> HeadView:
    """Kept elsewhere, it proves later that nothing before it was changed or removed."""
    number, hash_ = await standing.gateway.ledger.head()
    return HeadView(number=number, hash=hash_)


@router.get("/journal/verify", summary="Check the whole chain", responses=shown.PROOF)
async def verify(standing: Standing, caller: Auditor) -> ProofView:
    """Every entry against its hash and the one before it, up to the head that stood at the start of the check."""
    number, hash_ = await standing.gateway.ledger.head()
    checked, found = await check_chain(standing.gateway.ledger, number, hash_)
    told = [FaultView(number=each.number, fault=each.fault) for each in found]
    return ProofView(intact=not told, entries=checked, head=HeadView(number=number, hash=hash_), faults=told)


async def check_chain(ledger: Ledger, number: int, hash_: str) -> tuple[int, list[Broken]]:
    """How many links were checked and what is wrong with them."""
    reached, before, checked = 0, GENESIS, 0
    found: list[Broken] = []
    while reached < number and len(found) < MAX_FAULTS_TOLD:
        links = [each for each in await ledger.journal(reached, min(PAGE, number - reached)) if each.number <= number]
        if not links:
            found.append(Broken(number=reached + 1, fault="the journal ends before its head"))
            break
        found += faults(links, reached, before)
        reached, before, checked = links[-1].number, links[-1].hash, checked + len(links)
    if not found and before != hash_:
        found.append(Broken(number=number, fault="the head is not the hash of the last entry"))
    return checked, found[:MAX_FAULTS_TOLD]


@router.get("/balance", summary="Whether the books balance", responses=shown.BALANCE)
async def balance(standing: Standing, caller: Annotated[Caller, Depends(Allowed(*READ))]) -> BalanceView:
    """Accepted messages against the accounts they stand in."""
    ledger = standing.gateway.ledger
    counts, accepted = await ledger.counts(), await ledger.accepted()
    accounts = dict.fromkeys(ACCOUNTS, 0)
    for (direction, name), number in counts.items():
        accounts[state(Direction(direction), name).account] += number
    states = {f"{direction}/{name}": number for (direction, name), number in sorted(counts.items())}
    return BalanceView(accepted=accepted, accounts=accounts, states=states, balanced=accepted == sum(accounts.values()))
