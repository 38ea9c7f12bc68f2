"""The mail door of an office: aiosmtpd, with a scenario asked at every step.

The one idea: each step asks the script first and does the usual thing only when it is not told otherwise. A mail is
written down before it is answered, so the ledger is true when the answer is lost on purpose.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any, AnyStr, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

from simulators.declaration import LOOPBACK
from simulators.office.mail import Arrival
from simulators.scenario import ACCEPT, MAIL, Action, Incident

POINTS = ("connect", "ehlo", "starttls", "mail", "rcpt", "data", "mid-content", "after-content")


class Host(Protocol):
    """What the door needs of the office behind it."""

    @property
    def starttls(self) -> str: ...

    @property
    def max_octets(self) -> int: ...

    def decide(self, incident: Incident) -> tuple[str, Action]: ...

    def misbehaved(self, rule: str, action: Action, phase: str) -> None: ...

    def contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Our own, and a stranger's."""

    def judge_sender(self, address: str, certificate: bytes) -> str: ...

    def judge_recipient(self, sender: str, address: str) -> str: ...

    def incident_of(self, arrival: Arrival) -> Incident: ...

    def take(self, arrival: Arrival, *, lose: bool) -> None: ...


class Conversation(SMTP):
    """One connection."""

    def __init__(self, host: Host, **how: Any) -> None:
        super().__init__(Manners(), **how)
        self.host = host
        self.drop_at = ""

    async def step(self, incident: Incident) -> Action | None:
        """Asks the script; None when this step is done already, since the answer was given or the line is dead."""
        if incident.phase == self.drop_at:
            self.hang_up()
            return None
        rule, action = self.host.decide(incident)
        if action is not ACCEPT:
            self.host.misbehaved(rule, action, incident.phase)
        await asyncio.sleep(action.wait_seconds)
        if action.name == "refuse":
            await self.push(f"{action.smtp_code} {action.enhanced} {action.text}")
            return None
        if action.name == "silent" and incident.phase != "content":
            await asyncio.Event().wait()  # until the other side is tired of it
        if action.name == "drop":
            self.drop_at = action.at
            here = "mid-content" if incident.phase == "content" else incident.phase
            if POINTS.index(action.at) <= POINTS.index(here):
                self.hang_up()
                return None
        if action.name == "wrong-key":
            self.tls_context = self.host.contexts()[1]
        return action

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]  # typed there as a BaseTransport

    async def _asked(self, phase: str, *keys: str) -> bool:
        incident = Incident(
            operation="smtp", phase=phase, keys=frozenset(keys) - {""}, can=MAIL.by_phase[phase], text=" ".join(keys)
        )
        return await self.step(incident) is not None

    def certificate(self) -> bytes:
        tls = self.transport.get_extra_info("ssl_object") if self.transport is not None else None
        return (tls.getpeercert(binary_form=True) if tls else None) or b""

    def encryption(self) -> str:
        tls = self.transport.get_extra_info("ssl_object") if self.transport is not None else None
        return str(tls.version()) if tls else ""

    async def push(self, status: AnyStr) -> None:
        """aiosmtpd answers through this; an empty answer means that the line is dead."""
        if status:
            await super().push(status)

    # --- the steps, by the names that aiosmtpd finds them under

    async def _handle_client(self) -> None:
        if await self._asked("connect"):
            await super()._handle_client()
        else:
            self._writer.close()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        if await self._asked("ehlo", hostname or ""):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if await self._asked("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if await self._asked("mail", _address(arg)):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        if await self._asked("rcpt", _address(arg)):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not await self._asked("data"):
            return
        if self.drop_at == "mid-content":
            await self.push("354 Go on")
            await self._reader.readuntil(b"\n")
            self.hang_up()
            return
        await super().smtp_DATA(arg)


class Manners:
    """What aiosmtpd asks: whether sender and recipient are welcome, and what to do with the mail."""

    async def handle_MAIL(  # noqa: N802
        self, server: Conversation, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = server.host.judge_sender(address, server.certificate())
        if not refusal:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refusal or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Conversation, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = server.host.judge_recipient(str(envelope.mail_from or ""), address)
        if not refusal:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return refusal or "250 2.1.5 OK"

    async def handle_DATA(self, server: Conversation, session: Session, envelope: Envelope) -> str:  # noqa: N802
        sender = str(envelope.mail_from or "")
        facts = {
            "channel": "smtp",
            "mail_from": sender,
            "recipients": list(envelope.rcpt_tos),
            "mailbox": str(envelope.rcpt_tos[0]).partition("@")[0].lower() if envelope.rcpt_tos else "",
            "helo": str(session.host_name or ""),
            "tls": server.encryption(),
        }
        arrival = Arrival(content=bytes(envelope.original_content or b""), sender=sender, facts=facts)
        action = await server.step(server.host.incident_of(arrival))
        if action is None:
            return ""
        server.host.take(arrival, lose=action.name == "silent")
        if server.drop_at == "after-content":
            server.hang_up()
            return ""
        return "250 2.0.0 Taken"


def _address(arg: str | None) -> str:
    """The address in `FROM:<a@b> SIZE=1`."""
    start, end = (arg or "").find("<"), (arg or "").find(">")
    return (arg or "")[start + 1 : end] if 0 <= start < end else ""


async def listen(host: Host, port: int) -> asyncio.Server:
    """Open the door on loopback."""

    def converse() -> Conversation:
        return Conversation(
            host,
            hostname="mail.bureau.example",
            ident="foreign office",
            data_size_limit=host.max_octets,
            tls_context=None if host.starttls == "never" else host.contexts()[0],
            require_starttls=host.starttls == "required",
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
        )

    logging.getLogger("mail.log").addHandler(logging.NullHandler())  # what happens stands in the ledger
    make: Callable[[], asyncio.BaseProtocol] = converse
    return await asyncio.get_running_loop().create_server(make, LOOPBACK, port)
