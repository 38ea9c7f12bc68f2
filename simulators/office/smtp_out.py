"""Sending one mail, step by step, so that it can also be done wrongly: dropped at any point, or dripped.

The one idea: each answer of the other side is kept as it came; what follows from it is the caller's business. A
connection that breaks is an answer, too.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from typing import Any

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.response import SMTPResponse

SECONDS = 60.0  # for one command
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})\b ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a mail goes, and how."""

    host: str
    port: int
    mail_from: str
    recipient: str
    helo: str
    tls: ssl.SSLContext | None  # None: without
    drop_at: str = ""  # hang up there
    chunk_bytes: int = 0  # drip the content in such pieces
    pause_seconds: float = 0.0


@dataclass(slots=True)
class Sent:
    """What became of it. `accepted` is true after the 250 to the content, and only then."""

    channel: str = "smtp"
    accepted: bool = False
    phase: str = "connect"  # how far it came
    code: int = 0
    enhanced: str = ""
    text: str = ""
    error: str = ""  # a connection that broke
    tls: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)

    def note(self, phase: str, response: SMTPResponse) -> None:
        self.phase, self.code = phase, response.code
        match = _ENHANCED.match(response.message)
        self.enhanced = match[1] if match else ""
        self.text = response.message[match.end() :] if match else response.message
        self.lines.append({"phase": phase, "code": response.code, "text": response.message})

    @property
    def temporary(self) -> bool:
        """Whether it makes sense to try again."""
        return not self.accepted and (self.code < 500 or bool(self.error))

    def as_json(self) -> dict[str, Any]:
        return {
            "channel": self.channel, "accepted": self.accepted, "phase": self.phase, "code": self.code,
            "enhanced": self.enhanced, "text": self.text, "error": self.error, "tls": self.tls, "lines": self.lines,
        }  # fmt: skip


class _HungUp(Exception):
    """We dropped the connection, as asked."""


async def send_mail(route: Route, content: bytes) -> Sent:
    """Never raises; what went wrong stands in the answer."""
    sent = Sent()
    client = aiosmtplib.SMTP(
        hostname=route.host, port=route.port, local_hostname=route.helo, start_tls=False, timeout=SECONDS
    )
    try:
        await _converse(client, route, content, sent)
    except SMTPResponseException as refusal:
        sent.note(sent.phase, SMTPResponse(refusal.code, str(refusal.message)))
    except _HungUp as dropped:
        sent.error = str(dropped)
    except (SMTPException, OSError, TimeoutError, EOFError) as error:
        sent.error = f"{type(error).__name__}: {error}"
    finally:
        client.close()
    return sent


async def _converse(client: aiosmtplib.SMTP, route: Route, content: bytes, sent: Sent) -> None:
    def reached(phase: str) -> None:
        sent.phase = phase
        if route.drop_at == phase:
            client.close()
            raise _HungUp(f"we hung up at {phase}")

    sent.note("connect", await client.connect())
    reached("connect")
    sent.phase = "ehlo"
    sent.note("ehlo", await client.ehlo())
    reached("ehlo")
    if route.tls is not None:
        sent.phase = "starttls"
        sent.note("starttls", await client.starttls(tls_context=route.tls))
        cipher = client.get_transport_info("cipher")
        sent.tls = f"{cipher[1]} {cipher[0]}" if cipher else ""
        await client.ehlo()
        reached("starttls")
    sent.phase = "mail"
    needs_eight_bits = not content.isascii() and client.supports_extension("8bitmime")
    options = ["BODY=8BITMIME"] if needs_eight_bits else None
    sent.note("mail", await client.mail(route.mail_from, options=options))
    reached("mail")
    sent.phase = "rcpt"
    sent.note("rcpt", await client.rcpt(route.recipient))
    reached("rcpt")
    sent.phase = "data"
    await _content(client, route, content, sent)
    sent.accepted = sent.code == 250
    try:
        await client.quit()
    except (SMTPException, OSError):
        return  # the answer has been given


async def _content(client: aiosmtplib.SMTP, route: Route, content: bytes, sent: Sent) -> None:
    answer = await client.execute_command(b"DATA")
    sent.note("data", answer)
    if answer.code != 354:
        raise SMTPResponseException(answer.code, answer.message)
    if route.drop_at == "data":
        raise _HungUp("we hung up at data")
    sent.phase = "content"
    wire = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", content))
    wire += b".\r\n" if wire.endswith(b"\r\n") else b"\r\n.\r\n"
    transport = client.transport
    assert isinstance(transport, asyncio.WriteTransport)
    if route.drop_at == "mid-content":
        transport.write(wire[: len(wire) // 2])
        raise _HungUp("we hung up in the middle of the content")
    assert client.protocol is not None
    # Read from the start on: the other side may lose patience in the middle.
    reading = asyncio.create_task(client.protocol.read_response(timeout=None))
    reading.add_done_callback(_looked_at)
    try:
        await asyncio.sleep(0)
        step = route.chunk_bytes or len(wire)
        for start in range(0, len(wire), step):
            transport.write(wire[start : start + step])
            if route.chunk_bytes:
                await asyncio.wait((reading,), timeout=route.pause_seconds)
            if reading.done():
                break
        answer = await asyncio.wait_for(reading, SECONDS)
    finally:
        reading.cancel()
    if route.drop_at == "after-content":  # the answer is on the wire, and nobody looks at it
        raise _HungUp("we hung up before the answer to the content")
    sent.note("content", answer)


def _looked_at(reading: asyncio.Task[SMTPResponse]) -> None:
    """Nobody may be waiting any more when the connection breaks; asyncio then complains of an error that nobody has seen."""
    if not reading.cancelled():
        reading.exception()
