"""The way in: listens, and answers 250 only when intake has the bytes."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Final

from aiosmtplib import SMTP, SMTPException

from adapters.channels.smtp import replies
from adapters.channels.smtp.conversation import Conversation, SilentLog
from adapters.channels.smtp.door import Door
from adapters.channels.smtp.settings import SmtpSettings, check_inbound
from adapters.channels.smtp.tls import ServerTls
from gateway.errors import Misconfigured, Unavailable
from gateway.partners import Directory
from gateway.ports import Clock, Intake

PROBE_SECONDS: Final = 5.0
STOP_SECONDS: Final = 5.0
"""How long what is being taken may go on when the door closes."""
_EVERYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to knock, not to listen


class SmtpInbound:
    """A mail door for foreign offices."""

    def __init__(self, name: str, settings: SmtpSettings, directory: Callable[[], Directory], clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._door = Door(name, settings, directory, clock)
        self._tls = ServerTls(settings, directory)
        self._server: asyncio.Server | None = None
        self._conversations: set[Conversation] = set()

    @property
    def port(self) -> int:
        """The port that is listened on; raises `Unavailable` while the door is closed."""
        if self._server is None or not self._server.sockets:
            raise Unavailable("smtp.closed", "The mail door is closed.")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self, intake: Intake) -> None:
        """Listen; raises `Misconfigured` for settings that cannot work and for a port that is taken."""
        if self._server is not None:
            return
        check_inbound(self._settings)
        self._tls.context()
        _silence()
        self._door.intake = intake
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._converse, self._settings.listen_host, self._settings.listen_port
            )
        except OSError as error:
            where = f"{self._settings.listen_host}:{self._settings.listen_port}"
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else "not possible"
            raise Misconfigured(
                "smtp.listen", "The mail door cannot be opened.",
                operator=f"The mail door cannot listen on {where}: {reason}. End what listens there, or change channels.{self.name}.listen_port.",
            ) from error  # fmt: skip

    def _converse(self) -> Conversation:
        return Conversation(self._door, self._tls.context(), self._conversations)

    async def stop(self) -> None:
        """Close the door. Who is being answered gets the answer; everyone else comes again."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        running = [conversation.part_soon(replies.CLOSING) for conversation in list(self._conversations)]
        if running:
            await asyncio.wait(running, timeout=STOP_SECONDS)
        for conversation in list(self._conversations):
            conversation.abort()
        await server.wait_closed()

    async def send_to_self(self, mail: bytes, reference: str) -> None:
        """Bring a test message of our own in through the door; raises `Unavailable` when it was not taken."""
        del reference  # it stands in the mail
        if not self._settings.domains:
            raise Unavailable("smtp.no-domain", "The mail door has no domain of its own.")
        host = _EVERYWHERE.get(self._settings.listen_host, self._settings.listen_host)
        client = SMTP(hostname=host, port=self.port, start_tls=False, timeout=PROBE_SECONDS)
        try:
            await client.connect()
            await client.ehlo()
            if client.supports_extension("starttls"):
                await client.starttls(validate_certs=False)  # our own port on this machine; what is sent is no secret
            await client.sendmail(self._door.own_sender, [f"postmaster@{self._settings.domains[0]}"], mail)
            await client.quit()
        except (SMTPException, OSError) as error:
            raise Unavailable("smtp.test-not-taken", "The mail door did not take a test message.") from error
        finally:
            client.close()

    async def probe(self) -> None:
        """Knock at the door and read the greeting; raises `Unavailable` when it does not open."""
        host = _EVERYWHERE.get(self._settings.listen_host, self._settings.listen_host)
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reader, writer = await asyncio.open_connection(host, self.port)
                try:
                    greeting = await reader.readline()
                    writer.write(b"QUIT\r\n")
                    await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            raise Unavailable("smtp.closed", "The mail door does not open.") from error
        if not greeting.startswith(b"220"):
            raise Unavailable("smtp.busy", "The mail door takes no connection now.")


def _silence() -> None:
    log = logging.getLogger("mail.log")
    if not any(isinstance(one, SilentLog) for one in log.filters):
        log.addFilter(SilentLog())
