"""Reading what callers send: bounded in size and time, and JSON without two readings.

Duplicate keys, numbers that are none, lone surrogates and deep nesting are refused, because two programs read them differently.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from fastapi import Request
from starlette.requests import ClientDisconnect

from gateway.api.door import BODY_SECONDS, MAX_SMALL_OCTETS
from gateway.api.problems import Problem

LINGER_SECONDS: Final = 5
LINGER_OCTETS: Final = 128 * 1024 * 1024
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 100_000


async def body_of(request: Request, limit: int) -> bytes:
    """The whole body; raises `Problem` 413 when it is longer than the limit, 408 when it takes too long."""
    too_large = Problem(413, "request.too-large", f"The body is larger than {limit} octets.", {"Connection": "close"})
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        await _let_pass(request)
        raise too_large
    pieces, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    break
                pieces.append(piece)
    except TimeoutError as error:
        words = f"The body did not come within {BODY_SECONDS} seconds."
        raise Problem(408, "request.too-slow", words, {"Connection": "close"}) from error
    except ClientDisconnect as error:
        raise Problem(400, "request.broken-off", "The connection ended before the body did.") from error
    if size > limit:
        await _let_pass(request)
        raise too_large
    return b"".join(pieces)


async def _let_pass(request: Request) -> None:
    """Throw away for a while what still comes: a connection that is closed over unread octets is reset, and the answer with it."""
    if "expect" in request.headers:
        return  # it waits for our word before it sends anything
    passed = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while passed < LINGER_OCTETS:
                message = await request.receive()
                passed += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return


def media_type(request: Request) -> str:
    """The media type of the body without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _unreadable(text: str) -> Problem:
    return Problem(422, "json.unreadable", f"The JSON cannot be read: {text}.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _unreadable("a key stands twice in one object")
    return made


def _no_number(_: str) -> NoReturn:
    raise _unreadable("NaN and Infinity are no JSON numbers")


def strict_json(body: bytes) -> dict[str, Any]:
    """The object in the body; raises `Problem` 422 for everything that is not plain JSON with one meaning."""
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise _unreadable("it is not UTF-8") from error
    except RecursionError as error:
        raise _unreadable(f"it is nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:
        raise _unreadable("it is not well-formed") from error
    if not isinstance(found, dict):
        raise _unreadable("it is not an object")
    _bounded(found)
    return found


def _bounded(found: dict[str, Any]) -> None:
    level: list[Any] = [found]
    values = 0
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _carried(value)
            elif isinstance(value, dict):
                for key in value:
                    _carried(key)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        values += len(below)
        if values > MAX_VALUES:
            raise _unreadable(f"it holds more than {MAX_VALUES} values")
        if not below:
            return
        level = below
    raise _unreadable(f"it is nested deeper than {MAX_DEPTH} levels")


def _carried(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise _unreadable("a text holds half a character") from error


async def small_json(request: Request, names: Iterable[str]) -> dict[str, Any]:
    """A small JSON object with these members only, all of them texts; raises `Problem`."""
    if media_type(request) != "application/json":
        raise Problem(415, "request.media-type", "Send application/json.")
    found = strict_json(await body_of(request, MAX_SMALL_OCTETS))
    for name, value in found.items():
        if name not in names:
            raise _unreadable(f"there is no member {name[:40]!r} here")
        if not isinstance(value, str):
            raise _unreadable(f"{name} is not a text")
    return found
