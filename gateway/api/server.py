"""Listening: TCP for clients (with TLS beyond this machine) and a Unix socket for the command line, inside an event loop that runs already.

uvicorn's protocol is used, not its server: the front has its own signals, and both listeners start and stop with the gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from gateway.api.app import create_app
from gateway.api.door import HEAD_SECONDS, MAX_HEAD_OCTETS, ApiDoor
from gateway.api.peer import PeerProtocol
from gateway.errors import Misconfigured
from gateway.gateway import Gateway

MAX_CONNECTIONS: Final = 512
KEEP_ALIVE_SECONDS: Final = 15
GRACE_SECONDS: Final = 5
BACKLOG: Final = 256
MAX_SOCKET_PATH: Final = 107
"""What fits into sockaddr_un on Linux."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen. `socket_file` empty for no local door; `listen_host` empty for no TCP."""

    listen_host: str = "127.0.0.1"
    listen_port: int = 8480
    tls_certificate: str = ""
    tls_key: str = ""
    client_ca: str = ""
    socket_file: str = ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def tls_context(listening: Listening) -> ssl.SSLContext | None:
    """The TLS context, or None for plain HTTP on loopback; raises `Misconfigured`."""
    if not listening.tls_certificate:
        if not is_loopback(listening.listen_host):
            raise Misconfigured(
                "api.tls-missing",
                f"The API may listen on {listening.listen_host} only with TLS: set tls_certificate and tls_key, or listen on 127.0.0.1.",
            )
        if listening.client_ca:
            raise Misconfigured("api.tls-missing", "client_ca needs tls_certificate and tls_key.")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(listening.tls_certificate, listening.tls_key or None)
        if listening.client_ca:
            context.load_verify_locations(listening.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            "api.tls-unreadable", "The TLS certificate, key or client_ca of the API cannot be read."
        ) from error
    return context


class Listener:
    """One application on one socket."""

    def __init__(self, app: FastAPI) -> None:
        self._config = uvicorn.Config(
            app, lifespan="off", ws="none", interface="asgi3", log_config=None, access_log=False, proxy_headers=False,
            server_header=False, date_header=False, limit_concurrency=MAX_CONNECTIONS, timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=MAX_HEAD_OCTETS,
        )  # fmt: skip
        self._config.load()
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    def _protocol(self) -> PeerProtocol:
        return PeerProtocol(self._config, self._state, {}, asyncio.get_running_loop())

    async def open_tcp(self, host: str, port: int, tls: ssl.SSLContext | None) -> int:
        """Listen and return the real port; raises `OSError`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, host, port, ssl=tls, backlog=BACKLOG, ssl_handshake_timeout=HEAD_SECONDS if tls else None
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def open_unix(self, plug: socket.socket) -> None:
        """Listen on a bound Unix socket."""
        self._server = await asyncio.get_running_loop().create_unix_server(self._protocol, sock=plug, backlog=BACKLOG)

    async def close(self) -> None:
        """Take nothing new, let what runs finish within the grace, end the rest."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for connection in list(self._state.connections):
            connection.shutdown()
        running = list(self._state.tasks)
        if running:
            _, late = await asyncio.wait(running, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(self._state.connections):
            transport = connection.transport
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)


def bind_private(file: Path) -> socket.socket:
    """A Unix socket that only our own user can reach from its first moment on; raises `Misconfigured` for a path that is too long."""
    if len(os.fsencode(file)) > MAX_SOCKET_PATH:
        raise Misconfigured(
            "api.socket-path",
            f"The path of the local door is longer than {MAX_SOCKET_PATH} octets. Use a shorter data folder.",
        )
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
    plug = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.fchmod(plug.fileno(), 0o600)  # the file takes its mode from the socket when it is bound
    plug.bind(str(file))
    file.chmod(0o600)
    plug.setblocking(False)
    return plug


class ApiServer:
    """The HTTP doors of one gateway. `start` opens them, `stop` is safe unstarted and twice."""

    def __init__(self, gateway: Gateway, door: ApiDoor, listening: Listening) -> None:
        self._gateway, self._door, self._listening = gateway, door, listening
        self._listeners: list[Listener] = []
        self._bound: Path | None = None
        self.port = 0
        """The real TCP port once it listens."""
        self.url = ""
        """Address of the TCP listener."""

    async def start(self) -> None:
        """Open TCP and the local door; raises `Misconfigured`, with nothing left open."""
        try:
            if self._listening.listen_host:
                await self._open_tcp()
            if self._listening.socket_file:
                local = Listener(create_app(self._gateway, self._door, local=True))
                self._listeners.append(local)
                await local.open_unix(self._bind())
        except BaseException:
            await self.stop()
            raise

    def _bind(self) -> socket.socket:
        file = Path(self._listening.socket_file)
        plug = bind_private(file)
        self._bound = file
        return plug

    async def _open_tcp(self) -> None:
        host, port = self._listening.listen_host, self._listening.listen_port
        tls = tls_context(self._listening)
        door = replace(self._door, docs_open=self._door.docs_open or is_loopback(host))
        listener = Listener(create_app(self._gateway, door))
        try:
            self.port = await listener.open_tcp(host, port, tls)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else "not possible"
            raise Misconfigured(
                "api.port-taken", "The API cannot listen.",
                operator=f"The API cannot listen on {host}:{port}: {reason}. End what listens there, or change api.listen_port.",
            ) from error  # fmt: skip
        self._listeners.append(listener)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.port}"

    async def stop(self) -> None:
        """Close all doors."""
        while self._listeners:
            await self._listeners.pop().close()
        self._unbind()

    def _unbind(self) -> None:
        """Take away the socket's file if it is ours: another gateway's stays."""
        if self._bound is not None:
            with contextlib.suppress(OSError):
                self._bound.unlink()
            self._bound = None
