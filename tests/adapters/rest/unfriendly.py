"""A server that answers exactly what a test tells it to, for manners that no simulator has."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

Said = tuple[int, Any]


def answer_to(request: dict[str, Any], register_id: str, **changes: Any) -> dict[str, Any]:
    """A well-formed answer to a call."""
    return {
        "requestId": request["requestId"], "correlationId": request["correlationId"], "registerId": register_id,
        "asOf": "2026-03-01T11:15:00+01:00", "outcome": "MATCHES", "matches": [], **changes,
    }  # fmt: skip


@contextlib.asynccontextmanager
async def answering(say: Callable[[dict[str, Any]], Said], headers: dict[str, str] | None = None) -> AsyncIterator[str]:
    """Its address. `say` gets the context of a call and gives status and content: bytes as they are, else JSON."""

    async def serve(request: web.Request) -> web.Response:
        body = await request.read()
        text = body or request.headers.get("X-Request-Context", "{}").encode()
        document = json.loads(text)
        status, content = say(document.get("context", document))
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        return web.Response(
            status=status, body=payload, headers={"Content-Type": "application/json", **(headers or {})}
        )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
