"""A whole gateway behind its real doors: TCP on a free port and a Unix socket, asked with an HTTP client that knows nothing of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from gateway.addressbook.shelf import Shelf
from gateway.api.door import ApiClient, ApiDoor, new_token_key
from gateway.api.server import ApiServer, Listening
from gateway.setup import ROLES, secret_hash
from tests.gateway.rig import Rig

SECRET = "fictitious-secret"
PURPOSE = {"X-SPOC-Purpose": "Case 9999-99999-00001-26"}
_HASH = secret_hash(SECRET, bytes(16))


@dataclass
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    json: Any


class Doors:
    """The doors of one rig."""

    def __init__(
        self, rig: Rig, server: ApiServer, door: ApiDoor, tcp: aiohttp.ClientSession, local: aiohttp.ClientSession
    ) -> None:
        self.rig, self.server, self.door, self._tcp, self._local = rig, server, door, tcp, local
        self._tokens: dict[str, str] = {}

    async def token(self, role: str) -> str:
        """An access token for the client of this role."""
        if role not in self._tokens:
            body = {"grant_type": "client_credentials", "client_id": role, "client_secret": SECRET}
            answer = await self.ask("POST", "/oauth2/token", data=body)
            assert answer.status == 200, answer.json
            self._tokens[role] = answer.json["access_token"]
        return self._tokens[role]

    async def ask(
        self, method: str, path: str, role: str = "", *, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> Answer:
        """One request over TCP, as the client of a role or as nobody."""
        sent = {**PURPOSE, **(headers or {})}
        if role:
            sent["Authorization"] = f"Bearer {await self.token(role)}"
        return await _ask(self._tcp, method, self.server.url + path, sent, rest)

    async def local(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **rest: Any) -> Answer:
        """One request over the Unix socket."""
        return await _ask(self._local, method, "http://local" + path, {**PURPOSE, **(headers or {})}, rest)

    async def events(self, event: str) -> list[tuple[str, str]]:
        """Actor and reason of every journal entry of this event."""
        answer = await self.local("GET", "/api/v1/journal?limit=1000")
        return [(entry["actor"], entry["reason"]) for entry in answer.json["entries"] if entry["event"] == event]


async def _ask(session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], rest: Any) -> Answer:
    async with session.request(
        method, url, headers={k: v for k, v in headers.items() if v}, allow_redirects=False, **rest
    ) as answer:
        content = await answer.read()
        kind = answer.headers.get("Content-Type", "")
        return Answer(
            answer.status,
            answer.headers,
            content,
            await answer.json(content_type=None) if "json" in kind and content else None,
        )


@asynccontextmanager
async def open_doors(folder: Path, rig: Rig | None = None, shelf: Shelf | None = None) -> AsyncIterator[Doors]:
    """A started rig with its doors open."""
    door = ApiDoor(
        token_key=new_token_key(), clients=tuple(ApiClient(id=role, roles=(role,), secret_hash=_HASH) for role in ROLES), office_name="SPOC XA",
        shelf=shelf,
    )  # fmt: skip
    socket_file = folder / "run" / "api.sock"
    async with rig or Rig(folder) as started:
        server = ApiServer(started.gateway, door, Listening(listen_port=0, socket_file=str(socket_file)))
        await server.start()
        try:
            async with (
                aiohttp.ClientSession() as tcp,
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=str(socket_file))) as local,
            ):
                yield Doors(started, server, door, tcp, local)
        finally:
            await server.stop()
