"""Whose hourly allowance a message uses up: an address is only claimed, a certificate shows who it is."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.channels.smtp.door import Door
from adapters.channels.smtp.settings import SmtpSettings
from adapters.channels.smtp.tls import Peer
from gateway.envelope import Claim, Payload
from gateway.identity import digest
from gateway.partners import MailLeg
from tests.adapters.smtp.conftest import OPEN
from tests.adapters.smtp.dialogue import Kept, StillClock, directory, partner

OPER = "oper@xb.sirene.example"


@dataclass
class Street:
    """A door at which partner XB may leave two messages an hour."""

    door: Door

    async def leave(self, host: str, certificate: bytes = b"") -> int:
        """The code that a message of XB from this host is answered with."""
        encryption = "TLSv1.3" if certificate else ""
        peer = Peer(host=host, remote=f"{host}:4000", encryption=encryption, certificate=certificate)
        refusal = self.door.judge_sender(OPER, peer)
        if refusal:
            return refusal.code
        payload = Payload.of(b"<x/>", "application/xml")
        return (await self.door.take(payload, Claim(sender=OPER), peer)).code


def street(leg: MailLeg) -> Street:
    known = directory(partner(mail=leg))
    door = Door("smtp", SmtpSettings(**OPEN), lambda: known, StillClock())
    door.intake = Kept()
    return Street(door)


OWN = b"the certificate that was agreed"
AGREED = MailLeg(host="127.0.0.1", messages_per_hour=2, client_certificates=(digest(OWN),))


async def test_what_another_host_writes_in_a_partners_name_uses_up_nothing_of_the_partner() -> None:
    met = street(AGREED)
    assert [await met.leave("203.0.113.9") for _ in range(3)] == [250, 250, 450]
    assert [await met.leave("192.0.2.1") for _ in range(3)] == [250, 250, 450]


async def test_a_partner_that_shows_its_certificate_has_one_allowance_for_all_its_hosts() -> None:
    met = street(AGREED)
    assert [await met.leave("203.0.113.9") for _ in range(3)] == [250, 250, 450]
    codes = [await met.leave(host, OWN) for host in ("192.0.2.1", "192.0.2.2", "192.0.2.3")]
    assert codes == [250, 250, 450]


async def test_a_certificate_that_was_not_agreed_shows_nothing() -> None:
    met = street(AGREED)
    assert [await met.leave("203.0.113.9", b"another's") for _ in range(3)] == [250, 250, 450]
    assert await met.leave("192.0.2.1", OWN) == 250
