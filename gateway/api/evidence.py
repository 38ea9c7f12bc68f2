"""Proof bundles: everything about an exchange or a message in one signed container that anybody can check offline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from gateway.api import shown
from gateway.api.callers import Allowed, Caller, Here, Standing
from gateway.api.exchanges import ExchangePath
from gateway.api.messages import MessagePath, Purpose
from gateway.api.problems import Problem
from gateway.evidence.desk import CHUNK, Bundle, EvidenceDesk
from gateway.journal.publishing.doubt import Doubt

router = APIRouter(prefix="/api/v1", tags=["evidence"])
ASIC_E: Final = "application/vnd.etsi.asic-e+zip"
EXPORT: Final = ("officer", "auditor", "operator")
MayExport = Annotated[Caller, Depends(Allowed(*EXPORT))]
_BUNDLE: Final[dict[str, Any]] = {
    "response_class": StreamingResponse,
    "responses": shown.files("The bundle.", (ASIC_E,), "PK…", 400, 404, 422),
}


@router.get("/exchanges/{exchange}/evidence", summary="The proof bundle of an exchange", **_BUNDLE)
async def of_exchange(
    exchange: ExchangePath, standing: Standing, caller: MayExport, purpose: Purpose
) -> StreamingResponse:
    """All its messages as received and sent, receipts, journal entries with proofs, certificates, and a page for people; signed by the
    office. Taking it out is journalled, with the digest of what was handed over, for every message inside.
    """
    desk = _desk(standing)
    try:
        return _sent(await desk.exchange(exchange, caller.person, purpose))
    except Doubt as doubt:
        raise _doubted(doubt) from doubt


@router.get("/messages/{envelope}/evidence", summary="The proof bundle of one message", **_BUNDLE)
async def of_message(
    envelope: MessagePath, standing: Standing, caller: MayExport, purpose: Purpose
) -> StreamingResponse:
    """One message, by our id or its message id, with its receipts and all that proves them."""
    desk = _desk(standing)
    try:
        return _sent(await desk.message(envelope, caller.person, purpose))
    except Doubt as doubt:
        raise _doubted(doubt) from doubt


def _desk(standing: Here) -> EvidenceDesk:
    if standing.gateway.evidence is None:
        raise Problem(503, "log.none", "This gateway keeps nothing that outlives it, so it can prove nothing either.")
    return standing.gateway.evidence


def _doubted(doubt: Doubt) -> Problem:
    return Problem(503, doubt.code, f"The published log is in doubt at {doubt.place}: {doubt.words}.")


def _sent(bundle: Bundle) -> StreamingResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{bundle.name}"', "Content-Length": str(bundle.octets), "ETag": f'"{bundle.digest}"',
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return StreamingResponse(_pieces(bundle), media_type=ASIC_E, headers=headers)


async def _pieces(bundle: Bundle) -> AsyncIterator[bytes]:
    with bundle.file as file:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
