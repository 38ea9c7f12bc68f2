"""One connection to a partner's mail server, and handing over one mail on it.

What matters is what we know when something breaks. Until the final dot is written the other side cannot have the mail:
it may be sent again (`unavailable`). From the dot on, only an answer tells; without one the outcome is `ambiguous`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol

from adapters.channels.smtp.compose import Mail
from adapters.channels.smtp.settings import SmtpSettings, is_loopback
from gateway.partners import Partner

EVIDENCE_CHARACTERS: Final = 500
PIECE_OCTETS: Final = 65_536
CLOSING: Final = 421
"""RFC 5321: the server closes the connection; nothing is said about the mail."""
_BROKEN: Final = (SMTPException, OSError, TimeoutError)
"""What a broken connection raises; `ssl.SSLError` is an `OSError`."""


class NotTaken(Exception):
    """The mail was not taken, as far as we know."""

    def __init__(self, outcome: str, evidence: str, *, lost: bool = False) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        """`refused`, `unavailable` or `ambiguous`."""
        self.evidence = evidence
        self.lost = lost
        """Whether the connection broke before the content was sent, so that another one may be tried at once."""


class Line:
    """A connection that has said EHLO, over TLS unless it goes to this machine."""

    def __init__(self, client: SMTP, settings: SmtpSettings) -> None:
        self._client, self._settings = client, settings

    @classmethod
    async def open(
        cls, settings: SmtpSettings, partner: Partner, context: ssl.SSLContext | None,
        taken_back: Callable[[bytes], bool] = lambda _: False,
    ) -> Line:  # fmt: skip
        """Connect to the partner's server; raises `NotTaken`. `taken_back` says whether a certificate was revoked."""
        leg = partner.mail
        assert leg is not None
        if context is None and not is_loopback(leg.host):
            raise NotTaken("unavailable", "smtp.tls-required: mail without TLS goes to loopback addresses only")
        client = SMTP(
            hostname=leg.host, port=leg.port, local_hostname=settings.hostname, start_tls=False,
            timeout=settings.connect_seconds,
        )  # fmt: skip
        try:
            await _step("connect", client.connect())
            await _step("EHLO", client.ehlo())
            if context is not None:
                await _secure(client, context, settings.tls_names.get(partner.party, leg.host))
                _check_shown(client, taken_back)
        except BaseException:
            client.close()
            raise
        return cls(client, settings)

    @property
    def is_open(self) -> bool:
        """Whether it still looks usable."""
        return self._client.is_connected

    async def hand_over(self, mail: Mail) -> str:
        """Hand over one mail; returns the words in which it was taken, raises `NotTaken`."""
        options = self._options(mail)
        encoding = "utf-8"
        await self._ask("MAIL FROM", b"MAIL FROM:<" + mail.sender.encode(encoding) + b">", *options)
        await self._ask("RCPT TO", b"RCPT TO:<" + mail.recipient.encode(encoding) + b">")
        await self._ask("DATA", b"DATA", expected=354)
        return await self._pass_on(mail.content)

    def _options(self, mail: Mail) -> list[bytes]:
        offers = self._client.esmtp_extensions
        beyond_ascii = not (mail.sender + mail.recipient).isascii()
        if beyond_ascii and "smtputf8" not in offers:
            raise NotTaken("refused", "smtp.needs-smtputf8: the address has letters that the server cannot take")
        if not mail.is_ascii and "8bitmime" not in offers:
            raise NotTaken("refused", "smtp.needs-8bitmime: the content has octets that the server cannot take")
        limit = offers.get("size", "").strip()
        if limit.isdecimal() and 0 < int(limit) < len(mail.content):
            raise NotTaken("refused", f"smtp.size: {len(mail.content)} octets; the server takes {int(limit)}")
        options = [f"SIZE={len(mail.content)}".encode()] if "size" in offers else []
        options += [b"BODY=8BITMIME"] if not mail.is_ascii else []
        return options + ([b"SMTPUTF8"] if beyond_ascii else [])

    async def _ask(self, phase: str, *command: bytes, expected: int = 250) -> SMTPResponse:
        """Say a command; raises `NotTaken` for every answer but a good one."""
        try:
            answer = await self._client.execute_command(*command, timeout=self._settings.answer_seconds)
        except _BROKEN as error:
            self.close()
            raise NotTaken("unavailable", f"{phase}: {_words(error)}", lost=True) from error
        if answer.code // 100 != expected // 100:
            evidence = f"{phase}: {in_words(answer)}"
            raise NotTaken(_outcome(answer.code), evidence, lost=answer.code == CLOSING)
        return answer

    async def _pass_on(self, content: bytes) -> str:
        protocol = self._client.protocol
        if protocol is None or protocol.transport is None:
            raise NotTaken("unavailable", "content: connection lost", lost=True)
        answering = asyncio.create_task(protocol.read_response(timeout=None))
        answering.add_done_callback(_looked_at)
        try:
            try:
                async with asyncio.timeout(self._settings.content_seconds):
                    early = await _write(protocol, content, answering)
            except TimeoutError as error:
                raise NotTaken("unavailable", f"content: {_words(error)}") from error
            except _BROKEN:
                early = True  # servers that have had enough say why and close; their words may have arrived
            return await self._read_answer(protocol, answering, early)
        except BaseException:
            self.close()
            raise
        finally:
            await _forget(answering)

    async def _read_answer(self, protocol: SMTPProtocol, answering: asyncio.Task[SMTPResponse], early: bool) -> str:
        """Write the final dot and wait for the word that counts."""
        try:
            if not early:
                protocol.write(b".\r\n")
            answer = await asyncio.wait_for(asyncio.shield(answering), self._settings.final_answer_seconds)
        except _BROKEN as error:
            outcome = "unavailable" if early else "ambiguous"
            raise NotTaken(outcome, f"{'content' if early else 'final dot'}: {_words(error)}") from error
        evidence = in_words(answer)
        if early:
            # an answer before the dot is about content that it has not seen the end of
            outcome = _outcome(answer.code) if answer.code >= 400 else "unavailable"
            raise NotTaken(outcome, f"content: {evidence}")
        if answer.code // 100 == 2:
            return evidence
        outcome = _outcome(answer.code) if answer.code >= 400 else "ambiguous"
        raise NotTaken(outcome, f"final dot: {evidence}")

    async def reset(self) -> bool:
        """Make ready for another mail after a refusal; says whether that worked."""
        try:
            await self._ask("RSET", b"RSET")
        except NotTaken:
            self.close()
        return self.is_open

    async def check(self) -> None:
        """Show that the server answers, without sending a mail; raises `NotTaken`."""
        await self._ask("NOOP", b"NOOP")

    def quit(self) -> None:
        """Take leave without waiting for the answer."""
        protocol = self._client.protocol
        if protocol is not None and self._client.is_connected:
            protocol.write(b"QUIT\r\n")
        self.close()

    def close(self) -> None:
        """Close at once."""
        self._client.close()


def _check_shown(client: SMTP, taken_back: Callable[[bytes], bool]) -> None:
    """A server whose certificate was revoked gets nothing: whoever has its key may be somebody else."""
    tls = client.get_transport_info("ssl_object")
    shown = tls.getpeercert(binary_form=True) if tls else None
    if shown and taken_back(shown):
        raise NotTaken("unavailable", "smtp.tls-revoked: the server's certificate was revoked by its authority")


async def _secure(client: SMTP, context: ssl.SSLContext, name: str) -> None:
    """Begin TLS and verify who answers; there is no way on without it."""
    if not client.supports_extension("starttls"):
        raise NotTaken("unavailable", "smtp.no-starttls: the server does not offer STARTTLS")
    await _step("smtp.tls-failed", client.starttls(tls_context=context, server_hostname=name))
    await _step("EHLO over TLS", client.ehlo())


async def _write(protocol: SMTPProtocol, content: bytes, answering: asyncio.Task[SMTPResponse]) -> bool:
    """Write the content without the final dot; True when the server answers, or leaves, before it is through."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    await asyncio.sleep(0)  # the reading of the answer has begun
    for start in range(0, len(stuffed), PIECE_OCTETS):
        if answering.done():
            return True
        protocol.write(stuffed[start : start + PIECE_OCTETS])
        await protocol._drain_helper()
    await asyncio.sleep(0)  # what has already broken is seen before the dot
    return answering.done()


async def _forget(answering: asyncio.Task[SMTPResponse]) -> None:
    answering.cancel()
    await asyncio.wait({answering})


def _looked_at(answering: asyncio.Task[SMTPResponse]) -> None:
    """Whoever waited may have been cancelled meanwhile, and asyncio complains of errors that nobody has seen."""
    if not answering.cancelled():
        answering.exception()


async def _step(phase: str, step: Awaitable[SMTPResponse]) -> None:
    """One step of opening. A refusal here is about the connection and not about the mail, so it is temporary."""
    try:
        await step
    except _BROKEN as error:
        raise NotTaken("unavailable", f"{phase}: {_words(error)}") from error


def _outcome(code: int) -> str:
    return "refused" if code // 100 == 5 else "unavailable"


def in_words(answer: SMTPResponse) -> str:
    """An answer as evidence: word for word, on one line."""
    return _clean(f"{answer.code} {answer.message}")


def _words(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return _clean(f"{error.code} {error.message}")
    if isinstance(error, ssl.SSLError):
        return _clean(getattr(error, "verify_message", "") or error.reason or "TLS failed")
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return _clean(str(error.__cause__ or error) or type(error).__name__)


def _clean(text: str) -> str:
    return re.sub(r"[^\x20-\x7e\u00a0-\ud7ff]+", " ", text).strip()[:EVIDENCE_CHARACTERS]
