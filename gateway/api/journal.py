"""The journal for auditors: its entries, its head, its proof; and the balance of the books (promise 6)."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.api import shown, views
from gateway.api.callers import AUDIT, READ, Allowed, Caller, Standing
from gateway.api.models import EntryView, View
from gateway.books import books
from gateway.journal.chain import GENESIS, Broken, faults
from gateway.journal.publishing.verification import verify_published
from gateway.journal.rows import row_faults
from gateway.journal.stamping.examination import broken_stamps
from gateway.ledger import Ledger
from gateway.lifecycle import ACCOUNTS, account
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1", tags=["journal"])
PAGE: Final = 1000
MAX_FAULTS_TOLD: Final = 100
TAKEN_IN: Final = b'"event":"envelope.received"'
"""In the canonical bytes of the one entry with which every message begins; inside a text the quotes would be escaped."""
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
    """Where the journal is broken, or which message is not what it says, and how."""

    number: int
    fault: str


class ProofView(View):
    """What checking the whole chain gave."""

    intact: bool
    entries: int = Field(description="Entries that were checked.")
    head: HeadView
    published: int = Field(
        0, description="Entries under the last checkpoint of the published log, which was checked too."
    )
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
    personal: Annotated[bool, Query(description="Also what entries say of persons, as far as it is not destroyed.")] = False,
) -> JournalView:  # fmt: skip
    """Entries with their hashes and canonical bytes, so that the chain can be checked elsewhere. Taking them out is journalled.

    Canonical bytes hold commitments to what is personal; without `personal` nothing that names a person is taken out.
    """
    found = await standing.gateway.ledger.journal(after, limit)
    number, hash_ = await standing.gateway.ledger.head()
    details = (("after", str(after)), ("entries", str(len(found))))
    await standing.gateway.ledger.record(
        [entry_by(caller.person, "journal.exported", standing.gateway.clock.now(), details=details)]
    )
    last = found[-1].number if found else after
    return JournalView(
        entries=await views.entries(standing.gateway.ledger, found, personal=personal),
        next_after=last,
        head=HeadView(number=number, hash=hash_),
    )


@router.get("/journal/head", summary="The last link of the chain", responses=shown.HEAD)
async def get_head(standing: Standing, caller: Auditor) -> HeadView:
    """Kept elsewhere, it proves later that nothing before it was changed or removed."""
    number, hash_ = await standing.gateway.ledger.head()
    return HeadView(number=number, hash=hash_)


@router.get("/journal/verify", summary="Check the whole chain", responses=shown.PROOF)
async def verify(
    standing: Standing, caller: Auditor,
    rows: Annotated[bool, Query(description="Whether each message is held against its entries too; it takes longer.")] = True,
) -> ProofView:  # fmt: skip
    """Every entry against its hash and the one before it, up to the head that stood at the start of the check; then every
    message against its entries: it stands where the last one says, and its bytes are those that were taken in.
    """
    gateway = standing.gateway
    details = (("what", "journal and messages" if rows else "journal"),)
    await gateway.ledger.record([entry_by(caller.person, "journal.verified", gateway.clock.now(), details=details)])
    head, checked, found = await check_books(standing.gateway.ledger, rows=rows)
    log, published = standing.gateway.log, 0
    if log is not None:
        published, doubts = await verify_published(log.ledger, log.folder, log.keys)
        stamps = await broken_stamps(log.ledger, log.folder, log.keys, log.stamping.authorities, MAX_FAULTS_TOLD)
        found = [*found, *doubts, *stamps]
    told = [FaultView(number=each.number, fault=each.fault) for each in found]
    return ProofView(intact=not told, entries=checked, head=head, published=published, faults=told)


async def check_books(ledger: Ledger, *, rows: bool = True) -> tuple[HeadView, int, list[Broken]]:
    """The head, how many links up to it were checked, and what is wrong; also when more or fewer messages are counted than
    the journal says were taken in, or (with `rows`, in a chain that is whole) when a message is not what its entries say.
    """
    least = await ledger.accepted()  # before the head is read, since messages keep coming
    number, hash_ = await ledger.head()
    checked, found, received = await _walk(ledger, number, hash_)
    most = await ledger.accepted()
    if not found and not least <= received <= most:
        found = [Broken(number=number, fault=f"{received} messages were taken in up to here, and {most} are counted")]
    if rows and not found:
        async for fault in row_faults(ledger, number):
            found.append(fault)
            if len(found) == MAX_FAULTS_TOLD:
                break
    return HeadView(number=number, hash=hash_), checked, found


async def check_chain(ledger: Ledger, number: int, hash_: str) -> tuple[int, list[Broken]]:
    """How many links were checked and what is wrong with them."""
    return (await _walk(ledger, number, hash_))[:2]


async def _walk(ledger: Ledger, number: int, hash_: str) -> tuple[int, list[Broken], int]:
    reached, before, checked, received = 0, GENESIS, 0, 0
    found: list[Broken] = []
    while reached < number and len(found) < MAX_FAULTS_TOLD:
        links = [each for each in await ledger.journal(reached, min(PAGE, number - reached)) if each.number <= number]
        if not links:
            found.append(Broken(number=reached + 1, fault="the journal ends before its head"))
            break
        found += faults(links, reached, before)
        received += sum(TAKEN_IN in each.entry for each in links)
        reached, before, checked = links[-1].number, links[-1].hash, checked + len(links)
    if not found and before != hash_:
        found.append(Broken(number=number, fault="the head is not the hash of the last entry"))
    return checked, found[:MAX_FAULTS_TOLD], received


@router.get("/balance", summary="Whether the books balance", responses=shown.BALANCE)
async def balance(standing: Standing, caller: Annotated[Caller, Depends(Allowed(*READ))]) -> BalanceView:
    """Accepted messages against the accounts they stand in."""
    ledger = standing.gateway.ledger
    counts, accepted = await books(ledger)
    accounts = dict.fromkeys(ACCOUNTS, 0)
    for (direction, name), number in counts.items():
        if found := account(direction, name):
            accounts[found] += number
    states = {f"{direction}/{name}": number for (direction, name), number in sorted(counts.items())}
    return BalanceView(accepted=accepted, accounts=accounts, states=states, balanced=accepted == sum(accounts.values()))
