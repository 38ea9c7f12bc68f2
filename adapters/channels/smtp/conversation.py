"""One SMTP conversation: aiosmtpd's, made strict.

aiosmtpd keeps the connection, the session, STARTTLS and the loop over commands. Replaced here are the reading of lines
(`StrictReader`), EHLO, MAIL, RCPT and DATA, whose rules are ours, and every answer (`replies`). There is one way out
for answers, `_answer`, so that none that turns a message away is missing from the journal.
"""
# ruff: noqa: N802  # aiosmtpd finds commands by the names of these methods

from __future__ import annotations

import asyncio
import collections
import logging
import re
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Session, TLSSetupException
from aiosmtpd.smtp import Envelope as MailInProgress

from adapters.channels.smtp import replies
from adapters.channels.smtp.addresses import client_name, plain_address, read_path
from adapters.channels.smtp.door import NULL_SENDER, Door
from adapters.channels.smtp.reading import COMMAND_OCTETS, PIECE_OCTETS, NotReadable, StrictReader
from adapters.channels.smtp.replies import Reply
from adapters.channels.smtp.tls import Peer
from gateway.envelope import Claim, Payload

REFUSALS: Final = 50
"""Refused commands after which a connection is ended."""
COMMAND_COUNTS: Final = {"MAIL": 10_000, "RCPT": 100_000, "DATA": 10_000, "RSET": 10_000, "NOOP": 1_000, "*": 20}
"""How often each command may come in one connection."""
CLOSE_SECONDS: Final = 5.0
"""How long a connection that we end may take to read our last answer."""
HEADER_OCTETS: Final = 65_536
"""How far into a mail its Message-ID is looked for."""
ADDRESS_CHARACTERS: Final = 320
"""How much of a refused sender is kept in the claim."""
MEDIA_TYPE: Final = "message/rfc822"
_MESSAGE_ID: Final = re.compile(
    rb"\r\nmessage-id:[ \t]*(?:\r\n[ \t]+)?(<[!-;=?-~]{1,250}>)[ \t]*(?=\r\n|$)", re.IGNORECASE
)
_log = logging.getLogger(__name__)


class SilentLog(logging.Filter):
    """aiosmtpd writes commands, addresses and content to the log `mail.log`; nothing of it passes here."""

    def filter(self, record: logging.LogRecord) -> bool:
        del record
        return False


class Conversation(SMTP):
    """One connection of the mail door."""

    # aiosmtpd sets these when the connection is made, and calls nothing of ours before
    session: Session
    envelope: MailInProgress
    data_size_limit: int
    transport: Any
    _reader: StrictReader  # type: ignore[assignment]  # put before the stream in _cb_client_connected
    _handler_coroutine: asyncio.Task[None]
    _timeout_handle: asyncio.TimerHandle

    line_length_limit = PIECE_OCTETS  # aiosmtpd gives it to the stream as the size of its buffer

    def __init__(self, door: Door, tls_context: Any, conversations: set[Conversation]) -> None:
        # an own mapping: aiosmtpd 1.4.6 shares one among all connections and lets it grow at every EHLO
        self.command_size_limits = collections.defaultdict(lambda: COMMAND_OCTETS)
        super().__init__(
            None,
            data_size_limit=door.settings.message_octets,
            enable_SMTPUTF8=True,
            hostname=door.settings.hostname,
            ident="ESMTP",
            tls_context=tls_context,
            timeout=door.settings.command_seconds,
            command_call_limit=dict(COMMAND_COUNTS),
            loop=asyncio.get_running_loop(),
        )
        self._smtp_methods.pop("AUTH")
        self._door = door
        self._conversations = conversations
        self._admitted = False
        self._host = ""
        self._refusals = 0
        self._busy = False
        self._parting: Reply | None = None

    # --- the connection

    def connection_made(self, transport: Any) -> None:
        if self._original_transport is None:
            host = Peer.of(transport).host
            refusal = self._door.admit(host)
            if refusal:
                _log.warning("a connection from %s was turned away: %s", host, refusal.text)
                transport.write(refusal.line.encode() + b"\r\n")
                transport.close()
                return
            self._admitted, self._host = True, host
            self._conversations.add(self)
            super().connection_made(transport)
            self._handler_coroutine.add_done_callback(_ended)
        else:
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._admitted:
            return
        if self in self._conversations:  # TLS that fails reports the loss twice
            self._conversations.discard(self)
            self._door.leave(self._host)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._admitted:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self._admitted else False

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._reader = StrictReader(reader)

    def _timeout_cb(self) -> None:
        self.part(replies.TOO_SLOW)

    def part(self, reply: Reply) -> None:
        """Say one last thing and end the connection, whether the other side reads or not."""
        transport = self.transport
        if transport is None:
            return
        if not transport.is_closing():
            transport.write(reply.line.encode() + b"\r\n")
        self._hang_up()

    def part_soon(self, reply: Reply) -> asyncio.Task[None]:
        """Part, but only after the answer to a message that is being taken; returns what then ends."""
        if self._busy:
            self._parting = reply
        else:
            self.part(reply)
        return self._handler_coroutine

    def abort(self) -> None:
        """End the connection at once."""
        transport: Any = self._original_transport or self.transport
        if transport is not None:
            transport.abort()

    def _hang_up(self) -> None:
        transport = self.transport
        self._reader.close()
        if transport is not None:
            transport.close()
            self.loop.call_later(CLOSE_SECONDS, self.abort)

    # --- answers

    async def push(self, status: str | bytes) -> None:
        """An answer that aiosmtpd worded, in our words."""
        text = status.decode("ascii", "replace") if isinstance(status, bytes) else status
        await self._say(text if text.startswith(("220", "354")) else replies.in_our_words(text))

    async def _say(self, text: str) -> None:
        await super().push(text)

    async def _answer(self, reply: Reply, sender: str | None = None) -> None:
        if reply.reason:
            await self._door.turned_away(self._host, self._claim(sender=sender), reply)
        await self._say(reply.line)
        self._refusals += reply.code >= 400
        if self._refusals > REFUSALS and not reply.closes:
            self.part(replies.TOO_MANY_REFUSALS)
        elif reply.closes:
            self._hang_up()

    async def handle_exception(self, error: Exception) -> str:
        """What is said when a command fails; never the text of the error."""
        if isinstance(error, NotReadable):
            reply = error.reply
        elif isinstance(error, TLSSetupException):
            _log.warning("TLS failed with %s: %s", Peer.of(self._original_transport).host, _tls_reason(error))
            reply = replies.TLS_FAILED
        else:
            _log.error("a command failed: %s", type(error).__name__)
            reply = replies.CANNOT_KEEP
        await self._door.turned_away(self._host, self._claim(), reply)
        self._forget_mail()
        if reply.closes:
            self._reader.close()  # aiosmtpd sends the answer and comes back to read: that ends the conversation
        return reply.line

    def _forget_mail(self) -> None:
        self.envelope = self._create_envelope()

    def _claim(self, sender: str | None = None, reference: str = "") -> Claim:
        peer = Peer.of(self.transport or self._original_transport)
        return Claim(
            sender=_visible(self.envelope.mail_from or "" if sender is None else sender),
            recipients=tuple(self.envelope.rcpt_tos),
            remote=peer.remote,
            encryption=peer.encryption,
            certificate=peer.fingerprint,
            reference=reference,
        )

    # --- commands

    async def smtp_HELO(self, hostname: str | None) -> None:
        await self._greet(hostname, extended=False)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        await self._greet(hostname, extended=True)

    async def _greet(self, name: str | None, *, extended: bool) -> None:
        if not name or not client_name(name):
            await self._answer(replies.SYNTAX_NAME)
            return
        self._forget_mail()
        self.session.extended_smtp = extended
        self.session.host_name = name
        offers = [self.hostname]
        if extended:
            offers += ["PIPELINING", f"SIZE {self.data_size_limit}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
            offers += ["STARTTLS"] if self.tls_context and not self._tls_protocol else []
        await self._say("\r\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"]))

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        if self._tls_protocol or not self.tls_context:
            await self._answer(replies.TLS_TWICE if self._tls_protocol else replies.TLS_NOT_HERE)
        elif not arg and self._reader.waiting:
            # what came before TLS must not be taken for what came under it (RFC 3207 section 5)
            await self._answer(replies.TLS_NOT_ALONE)
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not self.session.host_name or self.envelope.mail_from:
            await self._answer(replies.ORDER)
            return
        path = read_path("FROM", arg or "")
        if path is None or (path.parameters and not self.session.extended_smtp):
            await self._answer(replies.SYNTAX_MAIL)
            return
        sender = path.address or NULL_SENDER
        refusal = self._judge_parameters(path.parameters)
        refusal = refusal or self._judge_address(path.address, "SMTPUTF8" in path.parameters, replies.SENDER_ADDRESS)
        refusal = refusal or self._door.judge_sender(sender, Peer.of(self.transport))
        if refusal is None:
            self.envelope.mail_from = sender
            self.envelope.smtp_utf8 = "SMTPUTF8" in path.parameters
        await self._answer(refusal or replies.SENDER_TAKEN, sender)

    def _judge_parameters(self, parameters: dict[str, str]) -> Reply | None:
        size, body = parameters.get("SIZE", "0"), parameters.get("BODY", "7BIT")
        if not parameters.keys() <= {"SIZE", "BODY", "SMTPUTF8"}:
            return replies.PARAMETER
        if not re.fullmatch(r"[0-9]{1,20}", size) or body not in ("7BIT", "8BITMIME") or parameters.get("SMTPUTF8"):
            return replies.SYNTAX_MAIL
        return replies.too_large(self.data_size_limit) if int(size) > self.data_size_limit else None

    def _judge_address(self, address: str, smtputf8: bool, odd: Reply) -> Reply | None:
        if address and not plain_address(address):
            return odd
        return None if smtputf8 or address.isascii() else replies.NEEDS_SMTPUTF8

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not self.envelope.mail_from:
            await self._answer(replies.ORDER)
            return
        path = read_path("TO", arg or "")
        if path is None:
            await self._answer(replies.SYNTAX_RCPT)
            return
        address = path.address
        if address.lower() == "postmaster" and self._door.settings.domains:  # RFC 5321 section 4.5.1
            address = f"{address}@{self._door.settings.domains[0]}"
        refusal = replies.PARAMETER if path.parameters else None
        refusal = refusal or (None if address else replies.ADDRESS)
        refusal = refusal or self._judge_address(address, self.envelope.smtp_utf8, replies.ADDRESS)
        refusal = refusal or self._door.judge_recipient(address)
        if refusal is None and len(self.envelope.rcpt_tos) >= self._door.settings.recipients:
            refusal = replies.TOO_MANY_RECIPIENTS
        if refusal is None:
            self.envelope.rcpt_tos.append(address)
        await self._answer(refusal or replies.RECIPIENT_TAKEN)

    async def smtp_DATA(self, arg: str | None) -> None:
        if self._reader.waiting:
            # were DATA refused now, the content behind it would be read as commands
            await self._answer(replies.DATA_NOT_ALONE)
            return
        if arg or not self.envelope.rcpt_tos:
            await self._answer(replies.SYNTAX_DATA if arg else replies.ORDER)
            return
        await self._say("354 Send the content; end it with CRLF . CRLF")
        self._reset_timeout(self._door.settings.data_seconds)
        held = 0

        def has_room(octets: int) -> bool:
            nonlocal held
            taken = self._door.room.take(octets)
            held += octets if taken else 0
            return taken

        try:
            reply = await self._take(await self._reader.read_content(self.data_size_limit, has_room))
        except NotReadable as error:
            reply = error.reply
        finally:
            self._door.room.give_back(held)
        self._reset_timeout()
        await self._answer(reply)
        self._forget_mail()
        if self._parting:
            self.part(self._parting)

    async def _take(self, content: bytes) -> Reply:
        """250 only after intake has returned: then the bytes are durable."""
        self._timeout_handle.cancel()  # the time that intake takes is not the sender's
        peer = Peer.of(self.transport)
        refusal = self._door.judge_rate(self.envelope.mail_from or NULL_SENDER, peer)
        if refusal:
            return refusal
        self._busy = True
        try:
            claim = self._claim(reference=message_id(content))
            return await self._door.take(Payload.of(content, MEDIA_TYPE), claim, peer)
        finally:
            self._busy = False

    async def smtp_VRFY(self, arg: str | None) -> None:
        del arg
        await self._answer(replies.VERIFY_NOTHING)

    async def smtp_EXPN(self, arg: str | None) -> None:
        del arg
        await self._answer(replies.NOT_HERE)

    async def smtp_HELP(self, arg: str | None) -> None:
        del arg
        await self._answer(replies.HELP)


def message_id(content: bytes) -> str:
    """The Message-ID of a mail, empty when it has none, several or an odd one. Found without parsing the mail."""
    head = (b"\r\n" + content[:HEADER_OCTETS]).partition(b"\r\n\r\n")[0]
    found = _MESSAGE_ID.findall(head)
    return found[0].decode("ascii") if len(found) == 1 else ""


def _visible(address: str) -> str:
    """An address as it may be kept, however odd it is."""
    return "".join(letter if letter.isprintable() else " " for letter in address[:ADDRESS_CHARACTERS])


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and isinstance(error := task.exception(), Exception):
        _log.info("a conversation ended: %s", type(error).__name__)


def _tls_reason(error: BaseException) -> str:
    cause = error.__cause__
    return str(getattr(cause, "reason", "") or type(cause).__name__)
