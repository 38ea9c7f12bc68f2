"""STARTTLS at the mail door, and the client certificates that were agreed with partners."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.errors import Misconfigured
from gateway.identity import digest
from gateway.partners import Directory, MailLeg
from gateway.signing.revocation import Answer, Gone
from tests.adapters.smtp.dialogue import MAIL, Authority, Client, Kept, StillClock, directory, partner

OURS, PARTNERS, ANOTHERS, STRANGERS = (Authority(name) for name in ("XA test", "XB test", "XC test", "nobody we know"))


class Doors:
    """Opens mail doors with TLS."""

    def __init__(self, folder: Path, intake: Kept) -> None:
        self.folder, self.intake = folder, intake
        self.known = directory()
        self.certificate = OURS.issue(folder, "mail.xa.spoc.example")
        self.open: list[SmtpInbound] = []

    async def __call__(self, known: Directory, starttls: str = "required") -> int:
        self.known = known
        settings = SmtpSettings(
            listen_port=0, hostname="mail.xa.spoc.example", domains=("xa.spoc.example",), starttls=starttls,
            tls_certificate=self.certificate[0], tls_key=self.certificate[1],
        )  # fmt: skip
        door = SmtpInbound("smtp", settings, lambda: self.known, StillClock())
        self.open.append(door)
        await door.start(self.intake)
        return door.port


@pytest.fixture
async def doors(tmp_path: Path, intake: Kept) -> Iterator[Doors]:
    opened = Doors(tmp_path, intake)
    yield opened
    await Client.close_all()
    for door in opened.open:
        await door.stop()


def agreed(required: str = "required", *fingerprints: str) -> Directory:
    """Two partners with authorities of their own; what is agreed with the first one."""
    first = MailLeg(host="h", ca=(PARTNERS.der,), client_certificate=required, client_certificates=fingerprints)
    second = MailLeg(host="h", ca=(ANOTHERS.der,))
    return directory(partner(mail=first), partner("sirene:XC", "oper@xc.sirene.example", second))


async def secure(port: int, shown: tuple[str, str, bytes] | None = None) -> Client:
    client = await Client.connect(port)
    await client.expect("250", "EHLO mail.xb.example")
    await client.start_tls(OURS.client_context(shown))
    await client.expect("250", "EHLO mail.xb.example")
    return client


async def test_without_tls_no_mail_is_taken(doors: Doors, intake: Kept) -> None:
    client = await Client.connect(await doors(agreed("optional")))
    assert "STARTTLS" in await client.say("EHLO mail.xb.example")
    await client.expect("530 5.7.0", "MAIL FROM:<oper@xb.sirene.example>")
    assert intake.reasons == ["smtp.tls-required"]


async def test_the_claim_says_how_it_was_encrypted_and_who_showed_a_certificate(
    doors: Doors, intake: Kept, tmp_path: Path
) -> None:
    shown = PARTNERS.issue(tmp_path, "mail.xb.example")
    client = await secure(await doors(agreed()), shown)
    assert "STARTTLS" not in await client.say("EHLO mail.xb.example")
    await client.expect("503 5.5.1", "STARTTLS")
    await client.ready_for_content()
    await client.expect("250", MAIL + b".")
    claim = intake.taken[0][2]
    assert claim.encryption.startswith("TLSv1.3 TLS_")
    assert claim.certificate == digest(shown[2])
    await client.expect("221", "QUIT")


async def test_a_partner_without_the_agreed_certificate_is_told_so(doors: Doors, intake: Kept, tmp_path: Path) -> None:
    port = await doors(agreed())
    bare = await secure(port)
    await bare.expect("530 5.7.0 We agreed on a TLS client certificate", "MAIL FROM:<oper@xb.sirene.example>")
    other = await secure(port, ANOTHERS.issue(tmp_path, "mail.xc.example"))
    await other.expect(
        "550 5.7.1 The TLS client certificate is not the one agreed", "MAIL FROM:<oper@xb.sirene.example>"
    )
    await other.expect("250", "MAIL FROM:<oper@xc.sirene.example>")
    assert intake.reasons == ["smtp.certificate-required", "smtp.certificate-other"]


async def test_a_listed_certificate_is_the_only_one(doors: Doors, tmp_path: Path) -> None:
    listed, unlisted = PARTNERS.issue(tmp_path, "one.xb.example"), PARTNERS.issue(tmp_path, "two.xb.example")
    port = await doors(agreed("required", digest(listed[2])))
    await (await secure(port, listed)).expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    await (await secure(port, unlisted)).expect("550 5.7.1", "MAIL FROM:<oper@xb.sirene.example>")


@pytest.mark.parametrize("required", ["required", "optional"])
async def test_a_certificate_that_its_authority_took_back_speaks_for_nobody(
    doors: Doors, intake: Kept, tmp_path: Path, required: str
) -> None:
    taken_back, good = PARTNERS.issue(tmp_path, "one.xb.example"), PARTNERS.issue(tmp_path, "two.xb.example")
    port, now = await doors(agreed(required)), StillClock().now()
    serial = format(x509.load_der_x509_certificate(taken_back[2]).serial_number, "x")
    answer = Answer(
        kind="crl", issuer=digest(PARTNERS.der), this_update=now, next_update=now + timedelta(days=1), fetched_at=now,
        source="list", digest="0" * 64, revoked={serial: Gone(at=now - timedelta(days=1))},
    )  # fmt: skip
    doors.known.revocation.take(answer)
    await (await secure(port, taken_back)).expect("550 5.7.1", "MAIL FROM:<oper@xb.sirene.example>")
    await (await secure(port, good)).expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    assert intake.reasons == ["smtp.certificate-revoked"]


async def test_where_none_is_required_none_needs_to_be_shown(doors: Doors) -> None:
    await (await secure(await doors(agreed("optional")))).expect("250", "MAIL FROM:<oper@xb.sirene.example>")


async def test_a_required_certificate_is_required_even_where_tls_is_optional(doors: Doors) -> None:
    client = await Client.connect(await doors(agreed(), starttls="optional"))
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("530 5.7.0", "MAIL FROM:<oper@xb.sirene.example>")
    await client.expect("250", "MAIL FROM:<oper@xc.sirene.example>")


async def test_a_certificate_from_elsewhere_fails_the_handshake_and_harms_nobody_else(
    doors: Doors, intake: Kept, tmp_path: Path
) -> None:
    port = await doors(agreed())
    client = await Client.connect(port)
    await client.expect("250", "EHLO mail.elsewhere.example")
    # TLS 1.2, so that the refusal is part of the handshake
    stranger = OURS.client_context(STRANGERS.issue(tmp_path, "mail.elsewhere.example"))
    stranger.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await client.start_tls(stranger)
    await secure(port, PARTNERS.issue(tmp_path, "mail.xb.example"))
    assert intake.reasons == ["smtp.tls-failed"]


async def test_an_authority_that_is_added_while_running_counts_for_new_connections(
    doors: Doors, tmp_path: Path
) -> None:
    port = await doors(directory(partner(mail=MailLeg(host="h", client_certificate="required"))))
    shown = PARTNERS.issue(tmp_path, "mail.xb.example")
    doors.known = agreed()
    await (await secure(port, shown)).expect("250", "MAIL FROM:<oper@xb.sirene.example>")


async def test_an_unreadable_authority_harms_only_its_partner(doors: Doors, tmp_path: Path) -> None:
    broken = MailLeg(host="h", ca=(b"not DER", PARTNERS.der), client_certificate="required")
    port = await doors(directory(partner(mail=broken)))
    shown = PARTNERS.issue(tmp_path, "mail.xb.example")
    await (await secure(port, shown)).expect("250", "MAIL FROM:<oper@xb.sirene.example>")


async def test_commands_sent_before_tls_do_not_count_under_it(doors: Doors, intake: Kept) -> None:
    client = await Client.connect(await doors(agreed("optional")))
    await client.expect("250", "EHLO mail.xb.example")
    await client.send(b"STARTTLS\r\nMAIL FROM:<oper@xb.sirene.example>\r\n")
    assert (await client.answer()).startswith("503 5.5.1 Nothing may follow STARTTLS")
    assert await client.ended()


async def test_what_was_said_before_tls_is_forgotten(doors: Doors) -> None:
    client = await Client.connect(await doors(agreed("optional"), starttls="optional"))
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    await client.start_tls(OURS.client_context())
    await client.expect("503 5.5.1", "MAIL FROM:<oper@xb.sirene.example>")
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("503 5.5.1", "RCPT TO:<sirene@xa.spoc.example>")


async def test_old_versions_of_tls_are_not_spoken(doors: Doors) -> None:
    client = await Client.connect(await doors(agreed("optional")))
    await client.expect("250", "EHLO mail.xb.example")
    old = OURS.client_context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await client.start_tls(old)


async def test_bare_line_ends_are_refused_under_tls_too(doors: Doors, intake: Kept) -> None:
    client = await secure(await doors(agreed("optional")))
    await client.ready_for_content()
    await client.send(b"honest\n.\nMAIL FROM:<oper@xb.sirene.example>\r\n")
    assert (await client.answer()).startswith("554 5.6.0")
    assert await client.ended()
    assert intake.taken == []


async def test_a_key_that_does_not_fit_stops_the_start(doors: Doors, tmp_path: Path) -> None:
    doors.certificate = (doors.certificate[0], OURS.issue(tmp_path, "other.example")[1], b"")
    with pytest.raises(Misconfigured, match="do not load"):
        await doors(agreed())
