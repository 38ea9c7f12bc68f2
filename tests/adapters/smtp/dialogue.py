"""What the mail tests share: a client that speaks raw SMTP, an intake that remembers, a still clock, certificates."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from adapters.channels.smtp.inbound import SmtpInbound
from gateway.envelope import Claim, Leg, Payload
from gateway.handover import Accepted, Outgoing
from gateway.identity import PartyId
from gateway.partners import Directory, MailLeg, Partner, SignaturePolicy
from tests.loop_time import PATIENCE_SECONDS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAIL = b"From: oper@xb.sirene.example\r\nMessage-ID: <one@xb.sirene.example>\r\n\r\nhello\r\n"
MESSAGE = "01890a5d-ac96-774b-bcce-0000000000aa"
ENVELOPE = "01890a5d-ac96-774b-bcce-b302099a8057"

Opened = Callable[..., Awaitable[SmtpInbound]]
"""Opens a mail door with changed settings, and perhaps a changed agreement with the partner."""


class StillClock:
    """Time moves only when a test says so."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment

    async def wait_until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)


@dataclass
class Kept:
    """An intake that keeps everything in memory; `trouble` is raised instead, `gate` holds it up."""

    taken: list[tuple[str, Payload, Claim]] = field(default_factory=list)
    away: list[tuple[Claim, str, str]] = field(default_factory=list)
    trouble: Exception | None = None
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, channel: str, payload: Payload, claim: Claim) -> Accepted:
        self.entered.set()
        if self.gate:
            await self.gate.wait()
        if self.trouble:
            raise self.trouble
        self.taken.append((channel, payload, claim))
        return Accepted(envelope=ENVELOPE)

    async def submit(self, channel: str, payload: Payload, claim: Claim, counterpart: PartyId) -> Accepted:
        raise AssertionError("a mail channel takes no orders")

    async def turned_away(self, channel: str, claim: Claim, code: str, text: str) -> None:
        self.away.append((claim, code, text))

    @property
    def reasons(self) -> list[str]:
        return [code for _, code, _ in self.away]


class Client:
    """Speaks the bytes it is told and reads answers."""

    opened: ClassVar[list[Client]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.opened.append(self)

    @classmethod
    async def close_all(cls) -> None:
        """After a test: leave no connection behind."""
        while cls.opened:
            await cls.opened.pop().close()

    @classmethod
    async def connect(cls, port: int, *, greeting: str = "220") -> Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        assert (await client.answer()).startswith(greeting)
        return client

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def answer(self) -> str:
        """One answer, its lines joined; empty when the connection has ended."""
        lines = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with suppress(ConnectionError):
                    lines.append((await self.reader.readline()).decode())
                if not lines or lines[-1][3:4] != "-":
                    return "".join(lines).strip()

    async def say(self, line: str | bytes) -> str:
        await self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.answer()

    async def expect(self, code: str, line: str | bytes) -> str:
        answer = await self.say(line)
        assert answer.startswith(code), (line, answer)
        return answer

    async def ready_for_content(
        self, sender: str = "oper@xb.sirene.example", to: str = "sirene@xa.spoc.example"
    ) -> None:
        await self.expect("250", "EHLO mail.xb.example")
        await self.expect("250", f"MAIL FROM:<{sender}>")
        await self.expect("250", f"RCPT TO:<{to}>")
        await self.expect("354", "DATA")

    async def ended(self) -> bool:
        """Whether the server closed the connection, and said nothing more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(ConnectionError):
                return await self.reader.read() == b""
        return True

    async def drip(self, octets: bytes, seconds: float = 0.02) -> str:
        """Send one octet at a time, slowly, until there is an answer."""
        answer = asyncio.create_task(self.answer())
        for octet in octets:
            with suppress(ConnectionError):
                await self.send(bytes([octet]))
            if (await asyncio.wait({answer}, timeout=seconds))[0]:
                break
        return await answer

    async def start_tls(self, context: ssl.SSLContext, name: str = "mail.xa.spoc.example") -> None:
        await self.expect("220", "STARTTLS")
        await asyncio.wait_for(self.writer.start_tls(context, server_hostname=name), PATIENCE_SECONDS)

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


class Authority:
    """A certificate authority of the test, with its files in a folder."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self.name, self.key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), True
        )
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.der = self.certificate.public_bytes(serialization.Encoding.DER)

    def issue(self, folder: Path, name: str) -> tuple[str, str, bytes]:
        """Paths of certificate and key in PEM, and the certificate in DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        host: x509.GeneralName = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key).add_extension(x509.SubjectAlternativeName([host]), False)
        certificate = builder.add_extension(uses, False).sign(self.key, hashes.SHA256())
        paths = folder / f"{name}.pem", folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        paths[1].write_bytes(key.private_bytes(encoding, shape, serialization.NoEncryption()))
        return str(paths[0]), str(paths[1]), certificate.public_bytes(serialization.Encoding.DER)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)  # TLS reads the real clock
        builder = x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))

    def client_context(self, certificate: tuple[str, str, bytes] | None = None) -> ssl.SSLContext:
        """Trusts this authority; shows a certificate if there is one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.der)
        if certificate:
            context.load_cert_chain(*certificate[:2])
        return context

    def server_context(self, folder: Path, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(folder, name)[:2])
        return context


def partner(party: str = "sirene:XB", address: str = "oper@xb.sirene.example", mail: MailLeg | None = None) -> Partner:
    """An office that writes from one address."""
    policy = SignaturePolicy(anchors=(), signers=())
    return Partner(
        party=party, name=party, signature=policy, addresses=(address,), mail=mail or MailLeg(host="127.0.0.1")
    )


def directory(*partners: Partner) -> Directory:
    return Directory(partners)


def outgoing(
    *,
    to: Partner | None = None,
    payload: Payload | None = None,
    subject: str = "SIRENE G XA-G-2026-0000001",
    address: str | None = None,
) -> Outgoing:
    """The second attempt to hand over a small form."""
    to = to or partner()
    return Outgoing(
        envelope=ENVELOPE,
        message_id=MESSAGE,
        attempt=2,
        payload=payload or Payload.of(b"<Form/>", "application/xml"),
        leg=Leg(counterpart=to.party, channel="smtp", address=to.addresses[0] if address is None else address),
        partner=to,
        subject=subject,
        urgent=False,
        at=NOON,
    )
