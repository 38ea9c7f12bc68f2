"""Who is at the other end of a connection, told to the application: uvicorn's protocol does not show certificates or the kernel's word.

`scope["extensions"]["tls"]` holds `sha256` of the client certificate (empty for none) and `encryption`; `scope["extensions"]["unix"]` holds
`uid` and `pid` of the process at the other end of a Unix socket.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
from typing import Any, Final, cast

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.api.door import HEAD_SECONDS

_CREDENTIALS: Final = struct.Struct("3i")


def end_of(transport: asyncio.BaseTransport) -> dict[str, dict[str, Any]]:
    """What is proven about the other end."""
    found: dict[str, dict[str, Any]] = {}
    tls = transport.get_extra_info("ssl_object")
    if tls is not None:
        certificate = tls.getpeercert(binary_form=True)
        cipher = tls.cipher()
        found["tls"] = {
            "sha256": hashlib.sha256(certificate).hexdigest() if certificate else "",
            "encryption": f"{tls.version()} {cipher[0]}" if cipher else "",
        }
    plug = transport.get_extra_info("socket")
    if plug is not None and plug.family == socket.AF_UNIX:
        packed = plug.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, _ = _CREDENTIALS.unpack(packed)
        found["unix"] = {"pid": pid, "uid": uid}
    return found


class PeerProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that tells who is at the other end and does not wait for ever for the head of a request, be it
    the first or a later one.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the class above
        super().connection_made(transport)
        self.app = cast("Any", self._told(cast("ASGIApp", self.app), end_of(transport)))
        self._head_due: asyncio.TimerHandle | None = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        begun = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if begun and self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_has_come()
        super().connection_lost(exc)

    def _head_has_come(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _told(self, app: ASGIApp, found: dict[str, dict[str, Any]]) -> ASGIApp:
        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            self._head_has_come()
            scope["extensions"] = {**scope.get("extensions", {}), **found}
            await app(scope, receive, send)

        return told
