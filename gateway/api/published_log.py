"""The journal as a published log: checkpoints, tiles, proofs, its examination, and our witness for the logs of others.

Checkpoints and hashes tell nothing of content and are for every proven caller; entries, and proofs that carry them, are for auditors. The
witness asks for no credentials: what it answers to is the signature of a log that it knows.
"""

from __future__ import annotations

import contextlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from gateway.api import log_shown
from gateway.api.bodies import body_of
from gateway.api.callers import AUDIT, Allowed, Caller, Here, Standing
from gateway.api.log_stamps import AuthorityView, authority_view
from gateway.api.models import View
from gateway.api.problems import Problem
from gateway.errors import Refused, Unavailable
from gateway.journal.entry import Entry
from gateway.journal.publishing.countersigning import MAX_REQUEST_OCTETS
from gateway.journal.publishing.doubt import Doubt
from gateway.journal.publishing.examination import LogFault, examine
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.keys import JOURNAL, LogKeys
from gateway.journal.publishing.log import PublishedLog
from gateway.journal.publishing.witnessing import WORDS
from gateway.journal.stamping.examination import examine_stamps
from gateway.journal.stamping.stamping import TimestampAuthority
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.packets import Packet
from gateway.journal.tree.tiles import ENTRIES, read_path
from gateway.ledger import Ledger
from gateway.persons import entry_by

router = APIRouter(prefix="/api/v1", tags=["journal"])
TEXT: Final = "text/plain; charset=utf-8"
OCTETS: Final = "application/octet-stream"
LONG: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
MAX_FAULTS_TOLD: Final = 100
MAX_PROOFS: Final = 1000
Anybody = Annotated[Caller, Depends(Allowed())]
Index = Annotated[str, Path(max_length=64, description="Its place in the level, with `.p/W` while it is partial.")]
Level = Annotated[str, Path(max_length=2, description="The level, 0 for the hashes of entries.")]
Auditor = Annotated[Caller, Depends(Allowed(*AUDIT))]


class WitnessView(View):
    """How it stands with one witness."""

    name: str
    size: int = Field(description="How many entries are under the last checkpoint that it countersigned.")
    countersigned_at: datetime | None
    trouble: str = Field(description="Why it does not countersign now; empty when it does.")
    words: str


class DoubtView(View):
    """Why the log is not continued."""

    code: str
    place: str
    words: str


class LogView(View):
    """How the published log stands."""

    origin: str
    key: str = Field(description="Public key as NAME+ID+KEY, for tools that check signed notes.")
    size: int = Field(description="Entries under the last checkpoint.")
    root: str = Field(description="Its root in base64.")
    unintegrated: int = Field(description="Entries that are under no checkpoint yet.")
    published_at: datetime | None = Field(description="When this process published last.")
    doubt: DoubtView | None
    witnesses: list[WitnessView]
    timestamps: list[AuthorityView]
    unstamped: int | None = Field(
        description="Entries that are under no time-stamp yet; empty where nobody is asked for one."
    )
    countersigns: dict[str, int] = Field(
        description="Logs of others that our witness countersigns, with the size it saw last."
    )


class InclusionView(View):
    """That one entry is in the log."""

    number: int
    size: int
    leaf_hash: str
    proof: list[str] = Field(description="Hashes in base64, from the leaf upwards.")
    tlog_proof: str = Field(
        description="The same with entry and checkpoint, as a text in the form c2sp.org/tlog-proof@v1."
    )


class ProofsView(View):
    """Proofs, and the key under which they hold."""

    key: str
    proofs: list[InclusionView]


class ConsistencyView(View):
    """That the log of `first` entries is the beginning of that of `second`."""

    first: int
    second: int
    first_root: str
    second_root: str
    proof: list[str]


class LogFaultView(View):
    """One thing that is not as it was published."""

    code: str
    place: str
    number: int
    fault: str


class ExaminedView(View):
    """Entries, tiles and checkpoints held against each other."""

    intact: bool
    size: int
    root: str
    faults: list[LogFaultView] = Field(description=f"At most {MAX_FAULTS_TOLD}.")


def _log(standing: Here) -> PublishedLog:
    log = standing.gateway.log
    if log is None:
        raise Problem(503, "log.none", "This gateway keeps nothing that outlives it, so it publishes nothing either.")
    return log


def _key(log: PublishedLog) -> str:
    key = log.keys.public(JOURNAL)
    return key.text() if key else ""


def _text(content: bytes) -> str:
    return b64encode(content).decode()


def _no_such(refused: Refused) -> Problem:
    return Problem(404, refused.code, refused.public)


def _doubted(doubt: Doubt) -> Problem:
    return Problem(503, doubt.code, f"The published log is in doubt at {doubt.place}: {doubt.words}.")


@router.get("/log", summary="How the published log stands", responses=log_shown.LOG)
async def show(standing: Standing, caller: Anybody) -> LogView:
    """Size, root, key, what is not published or not stamped yet, and who countersigns."""
    log = _log(standing)
    figures, doubt = await log.figures(), log.integrator.doubt
    try:
        checkpoint = (await log.prover.checkpoint())[0]
    except (Refused, Doubt):
        checkpoint = None
    witnesses = [
        WitnessView(
            name=state.name, size=state.size, countersigned_at=state.at, trouble=state.trouble, words=WORDS.get(state.trouble, "")
        )
        for state in log.witnessing.states
    ]  # fmt: skip
    return LogView(
        origin=checkpoint.origin if checkpoint else "", key=_key(log), size=figures.size, root=_text(checkpoint.root) if checkpoint else "",
        unintegrated=figures.unintegrated, published_at=figures.published_at, witnesses=witnesses,
        timestamps=[authority_view(state) for state in log.stamping.states], unstamped=figures.unstamped, countersigns=log.countersigner.seen(),
        doubt=DoubtView(code=doubt.code, place=doubt.place, words=doubt.words) if doubt else None,
    )  # fmt: skip


@router.get("/log/checkpoint", summary="The last checkpoint", response_class=Response, responses=log_shown.CHECKPOINT)
async def checkpoint(
    standing: Standing, caller: Anybody,
    witnessed: Annotated[bool, Query(description="The last one that a witness has countersigned, with its lines.")] = False,
) -> Response:  # fmt: skip
    """A signed note (C2SP tlog-checkpoint) over everything that is published."""
    log = _log(standing)
    try:
        note = log.witnessing.witnessed() if witnessed else (await log.prover.checkpoint())[1]
    except Refused as refused:
        raise _no_such(refused) from refused
    except Doubt as doubt:
        raise _doubted(doubt) from doubt
    if not note:
        raise Problem(404, "log.unwitnessed", "No witness has countersigned a checkpoint yet.")
    return Response(note, media_type=TEXT)


@router.get(
    "/log/tile/entries/{index:path}", summary="A bundle of entries", response_class=Response, responses=log_shown.BUNDLE
)
async def entries(index: Index, standing: Standing, caller: Auditor) -> Response:
    """Up to 256 entries as they are hashed (C2SP tlog-tiles). Taking them out is journalled."""
    response = await _tile(standing, f"tile/entries/{index}")
    details = (("path", f"tile/entries/{index}"),)
    gateway = standing.gateway
    await gateway.ledger.record([entry_by(caller.person, "journal.exported", gateway.clock.now(), details=details)])
    return response


@router.get(
    "/log/tile/{level}/{index:path}", summary="A tile of hashes", response_class=Response, responses=log_shown.TILE
)
async def tile(level: Level, index: Index, standing: Standing, caller: Anybody) -> Response:
    """Up to 256 hashes of one level of the tree (C2SP tlog-tiles), such as `tile/0/x001/234` or `tile/0/000.p/17`."""
    return await _tile(standing, f"tile/{level}/{index}")


async def _tile(standing: Here, path: str) -> Response:
    found = read_path(path)
    if found is None:
        raise Problem(404, "log.no-tile", "No tile has such a name.")
    try:
        content = await _log(standing).prover.tile(found)
    except Refused as refused:
        raise _no_such(refused) from refused
    except Doubt as doubt:
        raise _doubted(doubt) from doubt
    return Response(content, media_type=OCTETS, headers=LONG if found.level != ENTRIES else None)


@router.get("/journal/proof/inclusion", summary="Proof that entries are in the log", responses=log_shown.PROOFS)
async def inclusion(
    standing: Standing, caller: Auditor,
    number: Annotated[int, Query(ge=0, description="The entry; or name a message instead.")] = 0,
    envelope: Annotated[str, Query(max_length=64, description="Every entry of this message that is published.")] = "",
    witnessed: Annotated[bool, Query(description="Under the last countersigned checkpoint where it reaches that far.")] = True,
) -> ProofsView:  # fmt: skip
    """Each proof carries its entry and a signed checkpoint, so that it can be checked offline. Taking it out is journalled."""
    log, gateway = _log(standing), standing.gateway
    numbers = [number] if number else [link.number for link in await gateway.ledger.timeline(envelope)][:MAX_PROOFS]
    if not numbers:
        raise Problem(404, "log.no-entry", "Name an entry, or a message that has entries.")
    note = log.witnessing.witnessed() if witnessed else b""
    size = (await log.figures()).size
    try:
        packets = [await log.prover.inclusion(each, note) for each in numbers if number or each <= size]
    except Refused as refused:
        raise _no_such(refused) from refused
    except Doubt as doubt:
        raise _doubted(doubt) from doubt
    details = (("envelope", envelope), ("proofs", " ".join(map(str, numbers))))
    await gateway.ledger.record([entry_by(caller.person, "journal.exported", gateway.clock.now(), details=details)])
    return ProofsView(key=_key(log), proofs=[shown_proof(packet) for packet in packets])


def shown_proof(packet: Packet) -> InclusionView:
    """A proof as it is told."""
    size = int(packet.checkpoint.split(b"\n")[1])
    return InclusionView(
        number=packet.index + 1, size=size, leaf_hash=_text(leaf_hash(packet.leaf)), proof=[_text(hash_) for hash_ in packet.proof],
        tlog_proof=packet.text(),
    )  # fmt: skip


@router.get("/journal/proof/consistency", summary="Proof that the log only grew", responses=log_shown.CONSISTENT)
async def consistency(
    standing: Standing, caller: Anybody,
    first: Annotated[int, Query(ge=0, alias="from", description="Size of the earlier checkpoint.")],
    second: Annotated[int, Query(ge=0, alias="to", description="Size of the later one; 0 for the last.")] = 0,
) -> ConsistencyView:  # fmt: skip
    """Between any two sizes, also ones for which no checkpoint was made (RFC 9162 section 2.1.4)."""
    try:
        found = await _log(standing).prover.consistency(first, second)
    except Refused as refused:
        raise _no_such(refused) from refused
    except Doubt as doubt:
        raise _doubted(doubt) from doubt
    return ConsistencyView(
        first=found.first, second=found.second, first_root=_text(found.first_root), second_root=_text(found.second_root),
        proof=[_text(hash_) for hash_ in found.proof],
    )  # fmt: skip


@router.get("/journal/fsck", summary="Examine the published log", responses=log_shown.EXAMINED)
async def fsck(standing: Standing, caller: Auditor) -> ExaminedView:
    """Every entry, every tile and the checkpoints against each other; each fault with its place. It reads the whole journal."""
    log, gateway = _log(standing), standing.gateway
    details = (("what", "published log"),)
    await gateway.ledger.record([entry_by(caller.person, "journal.verified", gateway.clock.now(), details=details)])
    return await examined(log.ledger, log.folder, log.keys, log.stamping.authorities)


async def examined(
    ledger: Ledger, folder: LogFolder, keys: LogKeys, authorities: Sequence[TimestampAuthority]
) -> ExaminedView:
    """What the examinations of the log and of its time-stamps find."""
    size, root, faults = 0, "", []
    for examination in (examine(ledger, folder, keys), examine_stamps(ledger, folder, keys, authorities)):
        async for each in examination:
            if isinstance(each, LogFault):
                faults.append(LogFaultView(code=each.code, place=each.place, number=each.number, fault=each.fault))
                if len(faults) == MAX_FAULTS_TOLD:
                    break
            else:
                size, root = each.size, _text(each.root)
    faults = faults[:MAX_FAULTS_TOLD]
    return ExaminedView(intact=not faults, size=size, root=root, faults=faults)


@router.post(
    "/log/witness/add-checkpoint", summary="Have a checkpoint of another log countersigned", response_class=Response,
    responses=log_shown.COUNTERSIGNED, openapi_extra=log_shown.REQUEST,
)  # fmt: skip
async def add_checkpoint(request: Request, standing: Standing) -> Response:
    """Our witness (C2SP tlog-witness): countersigns a checkpoint of a log that the settings name, when it continues the last one that was
    countersigned. It asks for no credentials but the signature of the log.
    """
    log, gateway = _log(standing), standing.gateway
    address = request.client.host if request.client else "unix:"
    if not standing.requests.take(f"witness {address}", gateway.clock.now()):
        raise Problem(429, "caller.too-often", "Too many requests in a minute.", {"Retry-After": "10"})
    answer = await log.countersigner.add_checkpoint(await body_of(request, MAX_REQUEST_OCTETS))
    if answer.accused and standing.refusals.take(f"witness {address}", gateway.clock.now()):
        details = (("log", answer.accused), ("answer", answer.body.strip()))
        entry = Entry(event="log.not-countersigned", at=gateway.clock.now(), actor="channel:api", details=details)
        with contextlib.suppress(Unavailable):  # the refusal stands; that the ledger is away is seen by /readyz
            await gateway.ledger.record([entry])
    return Response(answer.body, answer.status, media_type=answer.media_type)
