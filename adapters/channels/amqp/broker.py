"""Connecting to the broker, and saying in our words what goes wrong there.

aio-pika and aiormq raise many things, and mark a future with `CancelledError` when a connection ends although nobody
cancelled the task that waits for it. `lost_to` tells that apart from a true cancellation. Their logs repeat frames,
contents included, and are silenced.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import SplitResult

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.exceptions import (
    AuthenticationError,
    ChannelAccessRefused,
    ChannelClosed,
    ChannelLockedResource,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    InvalidFrameError,
    ProbableAuthenticationError,
)

from adapters.channels.amqp.settings import AmqpSettings, broker_url
from gateway.errors import Misconfigured, Unavailable

CLOSE_SECONDS: Final = 3.0
WORDS: Final = 200
"""Characters kept of what a broker says."""
TROUBLE: Final = (*CONNECTION_EXCEPTIONS, TimeoutError, EOFError, ValueError, KeyError)
DEFINITE: Final = (ChannelAccessRefused, ChannelLockedResource, ChannelNotFoundEntity, ChannelPreconditionFailed)
"""The broker closed the channel because of what was asked last, and did not do it."""


@contextmanager
def lost_to() -> Iterator[None]:
    """A `CancelledError` that the library made, and not whoever holds this task, becomes `ConnectionError`."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    except asyncio.CancelledError as error:
        if task is None or task.cancelling() > before:
            raise
        raise ConnectionError("the connection ended") from error


async def connect(settings: AmqpSettings, purpose: str) -> AbstractConnection:
    """A connection that is logged in; raises `Misconfigured` or `Unavailable`."""
    silence()
    url = broker_url(settings)
    try:
        with lost_to():
            async with asyncio.timeout(settings.connect_seconds):
                return await aio_pika.connect(
                    url.geturl(),
                    ssl_context=_tls(settings) if url.scheme == "amqps" else None,
                    client_properties={"connection_name": f"spoc {purpose}"},
                    heartbeat=settings.heartbeat_seconds,
                )
    except (ProbableAuthenticationError, AuthenticationError) as error:
        raise Misconfigured(
            "amqp.login", "The broker does not know us.", operator=f"the broker refuses the login: {words_of(error)}"
        ) from error
    except InvalidFrameError as error:
        # aiormq keeps the broker's words to itself when it says no to the virtual host
        why = f"no connection to {_where(url)}: the virtual host may be missing, or closed to this user"
        raise Unavailable("amqp.not-let-in", "The broker does not let us in.", operator=why) from error
    except TROUBLE as error:
        why = f"no connection to {_where(url)}: {words_of(error)}"
        raise Unavailable("amqp.unreachable", "The broker cannot be reached.", operator=why) from error


async def close(connection: AbstractConnection | None) -> None:
    """Take leave; whatever goes wrong there, the connection is gone."""
    if connection is None:
        return
    with suppress(Exception), lost_to():
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close()


def words_of(error: BaseException) -> str:
    """What the broker or the system said, cut and without control characters; contents are never in it."""
    known = error.args if isinstance(error, ChannelClosed | OSError) else ()
    text = " ".join(str(part) for part in known if isinstance(part, str | int))
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"{type(error).__name__} {clean}".strip()[:WORDS]


def silence() -> None:
    """The libraries write frames and contents to their logs; nothing of it passes."""
    for name in ("aiormq", "aio_pika", "pamqp"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _where(url: SplitResult) -> str:
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def _tls(settings: AmqpSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=settings.ca_file)
        if settings.client_certificate:
            # a password prompt would stop the start
            context.load_cert_chain(settings.client_certificate, settings.client_key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "amqp.certificate", "The AMQP channel is not configured.",
            operator=f"ca_file, client_certificate or client_key do not load: {type(error).__name__}",
        ) from error  # fmt: skip
    return context
