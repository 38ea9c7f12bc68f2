"""What a scenario does to an answer of a REST simulator.

The one idea: misconduct of content changes what is said and is remembered with the call, so that the same request gets
the same wrong answer again; misconduct on the wire changes how it is said, and only this once.
"""

import asyncio
from dataclasses import replace
from datetime import datetime

from aiohttp import web

from simulators.rest.outcomes import Answer, made_stale
from simulators.scenario import Action

_POLL_SECONDS = 0.1


def change_answer(answer: Answer, action: Action, now: datetime) -> Answer:
    """The answer after misconduct of content; unchanged for every other action."""
    empty = Answer(outcome=answer.outcome)
    match action.name:
        case "stale":
            return made_stale(answer, action.hours, now)
        case "too-many":
            return replace(empty, outcome="TOO_MANY")
        case "not-disclosable":
            return replace(empty, outcome="NOT_DISCLOSABLE")
        case "withheld":
            return replace(empty, outcome="WITHHELD_OWNER_CONSENT")
        case "partial":
            return replace(answer, unavailable=(action.source,))
        case "duplicate":
            return replace(answer, matches=answer.matches * action.times)
    return answer


def change_bytes(payload: bytes, how: str) -> bytes:
    """A payload damaged in a way that is the same every time."""
    middle = len(payload) // 2
    match how:
        case "truncate":
            return payload[:middle]
        case "garbage":
            return b"<html>This is not what you expected.</html>"
    return payload[:middle] + bytes([payload[middle] ^ 0x80]) + payload[middle + 1 :] if payload else b"\x80"


async def send(
    request: web.Request, *, status: int, headers: dict[str, str], payload: bytes, action: Action
) -> web.StreamResponse:
    """Put an answer on the wire, in the way the action wants."""
    if action.name == "drop" and action.at == "after-work":
        return hang_up(request)
    if action.name == "corrupt":
        payload = change_bytes(payload, action.how)
    if action.name not in {"drop", "slow-drip"}:
        return web.Response(status=status, headers=headers, body=payload)
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(payload)
    await response.prepare(request)
    if action.name == "drop":
        await response.write(payload[: len(payload) // 2])
        return hang_up(request, response)
    for start in range(0, len(payload), action.chunk_bytes):
        await response.write(payload[start : start + action.chunk_bytes])
        await asyncio.sleep(action.pause_seconds)
    await response.write_eof()
    return response


def hang_up(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """End the connection at once, without an answer or in the middle of one."""
    if request.transport is not None:
        request.transport.abort()
    return response or web.Response(status=500)  # never reaches anybody


async def stay_silent(request: web.Request) -> web.StreamResponse:
    """Answer nothing until the caller gives up."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - nothing to wait for tells it
        await asyncio.sleep(_POLL_SECONDS)
    return hang_up(request)
