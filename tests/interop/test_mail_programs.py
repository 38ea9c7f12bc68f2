"""Mail programs that nobody here wrote: swaks sends to the door, a real Postfix relays, receives, bounces."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.outbound import SmtpOutbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.bounce import read_report
from gateway.envelope import Payload
from gateway.identity import digest
from gateway.parcel import open_parcel, pack
from gateway.partners import MailLeg
from tests.adapters.smtp.dialogue import MESSAGE, Authority, Kept, StillClock, directory, outgoing, partner
from tests.interop.private_postfix import private_postfix
from tests.loop_time import PATIENCE_SECONDS
from tests.services.programs import require_program

OURS, PARTNERS = Authority("XA test"), Authority("XB test")
FORM = b"<Form>" + b"x" * 5000 + b"</Form>"


class Arriving(Kept):
    """An intake that can be waited for."""

    async def arrived(self, log: str = "") -> bytes:
        try:
            await asyncio.wait_for(self.entered.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            pytest.fail(f"nothing arrived; turned away: {self.away}\n{log}")
        await asyncio.sleep(0)
        return self.taken[0][1].content


@asynccontextmanager
async def door(folder: Path, intake: Kept, leg: MailLeg) -> AsyncIterator[int]:
    certificate, key, _ = OURS.issue(folder, "mail.xa.spoc.example")
    settings = SmtpSettings(
        listen_port=0,
        hostname="mail.xa.spoc.example",
        domains=("xa.spoc.example",),
        tls_certificate=certificate,
        tls_key=key,
    )
    known = directory(partner(mail=leg))
    inbound = SmtpInbound("smtp", settings, lambda: known, StillClock())
    await inbound.start(intake)
    try:
        yield inbound.port
    finally:
        await inbound.stop()


async def run(*command: str) -> str:
    """What the program said; it is ended when it takes too long."""
    pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=none, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    asyncio.get_running_loop().call_later(PATIENCE_SECONDS, _end, process)
    said, _ = await process.communicate()
    return said.decode(errors="replace")


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()


def authority_file(folder: Path, authority: Authority) -> str:
    path = folder / "authority.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(authority.der))
    return str(path)


async def test_a_mail_sent_by_swaks_arrives_over_tls_with_its_certificate(tmp_path: Path) -> None:
    swaks = require_program("swaks")
    certificate, key, shown = PARTNERS.issue(tmp_path, "mail.xb.example")
    (tmp_path / "form.xml").write_bytes(FORM)
    intake = Arriving()
    async with door(tmp_path, intake, MailLeg(host="h", ca=(PARTNERS.der,), client_certificate="required")) as port:
        said = await run(
            *(swaks, "--server", "127.0.0.1", "--port", str(port), "--helo", "mail.xb.example"),
            *("--from", "oper@xb.sirene.example", "--to", "sirene@xa.spoc.example", "--tls", "--tls-verify"),
            *("--tls-ca-path", authority_file(tmp_path, OURS), "--tls-sni", "mail.xa.spoc.example"),
            *("--tls-cert", certificate, "--tls-key", key),
            *("--attach-type", "application/xml", "--attach", f"@{tmp_path / 'form.xml'}"),
        )
        assert "250 2.0.0 Taken in as" in said, said
        claim = intake.taken[0][2]
        assert (claim.encryption[:4], claim.certificate) == ("TLSv", digest(shown))
        assert FORM in open_parcel(Payload.of(await intake.arrived(), "message/rfc822")).form


async def test_swaks_is_told_why_it_is_turned_away(tmp_path: Path) -> None:
    swaks = require_program("swaks")
    intake = Arriving()
    async with door(tmp_path, intake, MailLeg(host="h")) as port:
        said = await run(
            *(swaks, "--server", "127.0.0.1", "--port", str(port), "--tls", "--pipeline"),
            *("--from", "stranger@elsewhere.example", "--to", "sirene@xa.spoc.example"),
        )
        assert "550 5.7.1 This sender is not a partner of this office" in said, said
        assert (intake.taken, intake.reasons) == ([], ["smtp.sender-unknown"])


async def test_a_mail_relayed_by_postfix_arrives_over_tls(tmp_path: Path) -> None:
    certificate, key, shown = PARTNERS.issue(tmp_path, "mail.xb.example")
    intake = Arriving()
    leg = MailLeg(host="h", ca=(PARTNERS.der,), client_certificate="required")
    async with door(tmp_path, intake, leg) as port:
        settings = {
            "relayhost": f"[127.0.0.1]:{port}",
            "smtp_tls_security_level": "encrypt",
            "smtp_tls_cert_file": certificate,
            "smtp_tls_key_file": key,
        }
        with private_postfix(settings) as postfix:
            said = await run(
                *(require_program("swaks"), "--server", "127.0.0.1", "--port", str(postfix.port)),
                *("--from", "oper@xb.sirene.example", "--to", "sirene@xa.spoc.example", "--body", "x" * 900),
            )
            assert "queued as" in said, said
            assert b"x" * 900 in await intake.arrived(postfix.log)
            claim = intake.taken[0][2]
            assert claim.sender == "oper@xb.sirene.example"
            assert (claim.encryption[:4], claim.certificate) == ("TLSv", digest(shown))


async def test_what_we_send_goes_through_postfix_and_comes_back_the_same(tmp_path: Path) -> None:
    certificate, key, _ = PARTNERS.issue(tmp_path, "127.0.0.1")
    intake = Arriving()
    async with door(tmp_path, intake, MailLeg(host="h")) as port:
        settings = {
            "relayhost": f"[127.0.0.1]:{port}",
            "smtp_tls_security_level": "encrypt",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_cert_file": certificate,
            "smtpd_tls_key_file": key,
        }
        with private_postfix(settings) as postfix:
            there = partner(mail=MailLeg(host="127.0.0.1", port=postfix.port, ca=(PARTNERS.der,)))
            # our party writes from the partner's address here, so that our own door lets it in
            out = SmtpOutbound("smtp", SmtpSettings(addresses={"sirene:XB": "oper@xb.sirene.example"}), StillClock())
            await out.start()
            await out.probe(there)
            attempt = await out.send(outgoing(to=there, payload=pack(FORM), address="sirene@xa.spoc.example"))
            await out.stop()
            assert attempt.outcome == "taken", attempt
            assert "queued as" in attempt.evidence
            content = await intake.arrived(postfix.log)
        assert open_parcel(Payload.of(content, "message/rfc822")).form == FORM
        assert intake.taken[0][2].reference == f"<{MESSAGE}.2@xb.sirene.example>"


async def test_a_bounce_of_postfix_is_read_and_matched(tmp_path: Path) -> None:
    certificate, key, _ = PARTNERS.issue(tmp_path, "127.0.0.1")
    intake = Arriving()
    async with door(tmp_path, intake, MailLeg(host="h")) as port:
        ways = f"{{xa.spoc.example=smtp:[127.0.0.1]:{port}}}, {{xb.sirene.example=error:5.1.1 no such mailbox}}"
        settings = {
            "smtpd_reject_unlisted_recipient": "no",  # take it first, bounce it then
            "transport_maps": f"inline:{{{ways}}}",
            "smtp_tls_security_level": "encrypt",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_cert_file": certificate,
            "smtpd_tls_key_file": key,
        }
        with private_postfix(settings) as postfix:
            there = partner(mail=MailLeg(host="127.0.0.1", port=postfix.port, ca=(PARTNERS.der,)))
            out = SmtpOutbound("smtp", SmtpSettings(addresses={"sirene:XA": "sirene@xa.spoc.example"}), StillClock())
            await out.start()
            attempt = await out.send(outgoing(to=there))
            await out.stop()
            assert attempt.outcome == "taken", attempt
            report = read_report(await intake.arrived(postfix.log))
        assert intake.taken[0][2].sender == "<>"
        assert report is not None
        assert (report.message_id, report.attempt) == (MESSAGE, 2)
        assert (report.action, report.status) == ("failed", "5.1.1")
        assert "no such mailbox" in report.diagnostic
