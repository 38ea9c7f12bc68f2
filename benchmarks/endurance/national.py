"""A register and a case system that keep what they were told: a case by its idempotency key, and how often each was asked for."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from aiohttp import web


class National:
    """Answers at once; the same key opens the same case."""

    def __init__(self) -> None:
        self.cases: dict[str, str] = {}
        """Journal number by idempotency key."""
        self.matters: Counter[str] = Counter()
        """How many different cases were opened for a matter, by the reference that the gateway gives."""
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Listen on a free port of the loopback interface; returns it."""
        app = web.Application()
        for path in ("/passports/searches", "/cases", "/cases/{number}/documents"):
            app.router.add_post(path, self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        told: dict[str, Any] = {
            "requestId": body["context"]["requestId"], "correlationId": body["context"]["correlationId"], "registerId": "NR-09",
            "asOf": datetime.now(UTC).isoformat(), "outcome": "NO_MATCH", "matches": [],
        }  # fmt: skip
        if request.path.startswith("/cases"):
            number = request.match_info.get("number") or self._case(request.headers.get("Idempotency-Key", ""), body)
            matches = [{"recordRef": "ca02-1"}]
            told |= {
                "registerId": "CA-02",
                "outcome": "MATCHES",
                "effect": "CREATED",
                "journalNumber": number,
                "matches": matches,
            }
        return web.json_response(told)

    def _case(self, key: str, body: dict[str, Any]) -> str:
        if key not in self.cases:
            self.cases[key] = f"9999-99999-{len(self.cases) % 100_000:05}-26"
            self.matters[str(body["context"]["correlationId"])] += 1
        return self.cases[key]
