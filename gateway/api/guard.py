"""Around every request: headers that browsers heed, the access log without query strings, counting, and the last net for our own faults."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, MutableMapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.door import MAX_HEAD_OCTETS
from gateway.api.problems import answer

access = logging.getLogger("gateway.api.access")
log = logging.getLogger(__name__)
UNMATCHED: Final = "unmatched"
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
Counted = Callable[[str, str, int, float], None]


class Guard:
    """ASGI middleware; `counted` is told method, route, status and seconds of every request."""

    def __init__(self, app: ASGIApp, counted: Counted, now: Callable[[], datetime]) -> None:
        self.app, self._counted, self._now = app, counted, now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(MutableHeaders(scope=message))
            await send(message)

        try:
            if _head_octets(scope) > MAX_HEAD_OCTETS:
                words = f"The request line and headers are longer than {MAX_HEAD_OCTETS} octets."
                await answer(431, "request.head-too-large", words, {"Connection": "close"})(scope, receive, told)
            else:
                await self.app(scope, receive, told)
        except Exception as error:  # noqa: BLE001  the last net: whatever it is, the caller gets an answer
            log.error("fault of our own: %s at %s", type(error).__name__, _where(error))  # noqa: TRY400  a trace may show content
            if not status:
                await answer(500, "gateway.fault", "The gateway failed over this request; its operators see why.")(
                    scope, receive, told
                )
        self._note(scope, status, time.perf_counter() - started)
        return None

    def _complete(self, headers: MutableHeaders) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Date", format_datetime(self._now(), usegmt=True))

    def _note(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNMATCHED)
        actor = scope.get("state", {}).get("actor", "-")
        self._counted(scope["method"], route, status, seconds)
        access.info("%s %s %s %.1f ms caller=%s", scope["method"], route, status, seconds * 1000, actor)


def _head_octets(scope: Scope) -> int:
    return (
        len(scope.get("raw_path") or b"")
        + len(scope["query_string"])
        + sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    )


def _where(error: BaseException) -> str:
    """File and line of the innermost frame: enough to find it, and no content."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
