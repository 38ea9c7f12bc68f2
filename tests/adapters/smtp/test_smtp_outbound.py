"""Handing over a mail to servers that misbehave: the outcome is never better than what is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from adapters.channels.smtp.outbound import SmtpOutbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.envelope import Attempt, Payload
from gateway.errors import Misconfigured, Unavailable
from gateway.identity import digest
from gateway.partners import MailLeg, Partner
from gateway.signing.revocation import Answer, Gone, RevocationBook
from tests.adapters.smtp.dialogue import Authority, StillClock, outgoing, partner
from tests.adapters.smtp.misbehaving import DROP, HANG, Misbehaving
from tests.loop_time import outlasted

OURS, PARTNERS, STRANGERS = Authority("XA test"), Authority("XB test"), Authority("nobody we know")
Started = Callable[..., Any]
BIG = Payload.of(b"x" * 3_000_000, "application/xml")


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def started(clock: StillClock) -> AsyncIterator[Started]:
    channels: list[SmtpOutbound] = []

    async def start(**changes: Any) -> SmtpOutbound:
        settings = {"hostname": "mail.xa.spoc.example", "addresses": {"sirene:XA": "sirene@xa.spoc.example"}, **changes}
        channels.append(SmtpOutbound("smtp", SmtpSettings(**settings), clock))
        await channels[-1].start()
        return channels[-1]

    yield start
    for channel in channels:
        await channel.stop()


def to(server: Misbehaving, **changes: Any) -> Partner:
    return partner(mail=MailLeg(**{"host": "127.0.0.1", "port": server.port, "starttls": "never", **changes}))


async def one(started: Started, server: Misbehaving, payload: Payload | None = None, **changes: Any) -> Attempt:
    channel = await started(**changes)
    attempt: Attempt = await channel.send(outgoing(to=to(server), payload=payload))
    return attempt


async def in_the_end(server: Misbehaving, sending: Awaitable[Attempt]) -> Attempt:
    """What comes of it, however long it takes when the server hangs."""
    attempt, hanging = asyncio.ensure_future(sending), asyncio.ensure_future(server.hangs.wait())
    await asyncio.wait({attempt, hanging}, return_when=asyncio.FIRST_COMPLETED)
    hanging.cancel()
    return await outlasted(attempt)


async def test_what_was_taken_is_taken_in_the_servers_own_words(started: Started) -> None:
    async with Misbehaving() as server:
        attempt = await one(started, server)
        assert (attempt.number, attempt.outcome, attempt.evidence) == (2, "taken", "250 2.0.0 taken as 4711")
        assert server.commands[0] == "EHLO mail.xa.spoc.example"
        assert server.commands[1].startswith("MAIL FROM:<sirene@xa.spoc.example> SIZE=")
        assert server.commands[2] == "RCPT TO:<oper@xb.sirene.example>"
        assert b"\r\nX-SPOC-Attempt: 2\r\n" in server.mails[0]


@pytest.mark.parametrize("point", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(("answer", "outcome"), [("450 4.2.1 later", "unavailable"), ("550 5.1.1 never", "refused")])
async def test_a_refusal_keeps_its_words(started: Started, point: str, answer: str, outcome: str) -> None:
    async with Misbehaving({point: answer}) as server:
        attempt = await one(started, server)
        assert attempt.outcome == outcome
        assert attempt.evidence.endswith(answer)
        assert attempt.evidence.partition(":")[0] in ("MAIL FROM", "RCPT TO", "DATA", "final dot")


@pytest.mark.parametrize("point", ["CONNECT", "EHLO"])
@pytest.mark.parametrize("answer", ["421 4.3.2 later", "554 5.3.2 never"])
async def test_a_server_that_turns_away_connections_says_nothing_about_the_mail(
    started: Started, point: str, answer: str
) -> None:
    async with Misbehaving({point: answer}) as server:
        attempt = await one(started, server)
        assert attempt.outcome == "unavailable"
        assert answer in attempt.evidence


@pytest.mark.parametrize("point", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("trouble", [DROP, HANG])
async def test_before_the_content_a_broken_connection_is_only_unavailable(
    started: Started, point: str, trouble: str
) -> None:
    async with Misbehaving({point: trouble}) as server:
        attempt = await in_the_end(server, one(started, server))
        assert attempt.outcome == "unavailable"
        assert server.mails == []
        if trouble == HANG:
            assert "no answer in time" in attempt.evidence


@pytest.mark.parametrize("trouble", [DROP, HANG, "what?", "354 still waiting"])
async def test_after_the_dot_no_good_answer_means_ambiguous(started: Started, trouble: str) -> None:
    async with Misbehaving({"DOT": trouble}) as server:
        attempt = await in_the_end(server, one(started, server))
        assert attempt.outcome == "ambiguous"
        assert attempt.evidence.startswith("final dot: ")
        assert len(server.mails) == 1, "the server has it, and we cannot know"


async def test_a_connection_lost_within_the_content_is_only_unavailable(started: Started) -> None:
    async with Misbehaving(mid_content=DROP) as server:
        attempt = await one(started, server, BIG)
        assert attempt.outcome == "unavailable"
        assert attempt.evidence.startswith("content: ")


async def test_a_server_that_stops_reading_does_not_hold_us(started: Started) -> None:
    async with Misbehaving({"DATA": "354 go on"}, mid_content="") as server:
        server._content = server.hang  # type: ignore[method-assign]
        attempt = await in_the_end(server, one(started, server, BIG))
        assert (attempt.outcome, attempt.evidence) == ("unavailable", "content: no answer in time")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("552 5.3.4 too big", "refused"), ("452 4.3.1 full", "unavailable"), ("250 ok?", "unavailable")],
)
async def test_an_answer_within_the_content_is_heard(started: Started, answer: str, outcome: str) -> None:
    async with Misbehaving(mid_content=answer) as server:
        attempt = await one(started, server, BIG)
        assert (attempt.outcome, attempt.evidence) == (outcome, f"content: {answer}")
        assert server.mails == []


async def test_nobody_there_is_unavailable(started: Started) -> None:
    async with Misbehaving() as server:
        pass
    attempt = await one(started, server)
    assert attempt.outcome == "unavailable"
    assert attempt.evidence.startswith("connect: ")


async def test_a_mail_that_is_too_large_is_not_sent(started: Started) -> None:
    async with Misbehaving({"EHLO": "250-mail.xb.example\r\n250 SIZE 50"}) as server:
        attempt = await one(started, server)
        assert attempt.outcome == "refused"
        assert attempt.evidence.endswith("octets; the server takes 50")
        assert not any(command.startswith("MAIL") for command in server.commands)


async def test_lines_with_dots_arrive_as_they_are(started: Started) -> None:
    entity = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n.\r\n..\r\n--b\r\n\r\n<Form/>\r\n--b--\r\n"
    async with Misbehaving() as server:
        assert (await one(started, server, Payload.of(entity, "multipart/mixed"))).outcome == "taken"
        assert b"\r\n\r\n..\r\n...\r\n--b" in server.mails[0]


async def test_eight_bit_content_needs_a_server_that_takes_it(started: Started) -> None:
    entity = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n<Førm/>\r\n--b--\r\n".encode()
    async with Misbehaving() as able, Misbehaving({"EHLO": "250 mail.xb.example"}) as unable:
        assert (await one(started, able, Payload.of(entity, "multipart/mixed"))).outcome == "taken"
        assert able.commands[1].endswith(" BODY=8BITMIME")
        attempt = await one(started, unable, Payload.of(entity, "multipart/mixed"))
        assert (attempt.outcome, attempt.evidence[:20]) == ("refused", "smtp.needs-8bitmime:")


async def test_an_address_beyond_ascii_needs_smtputf8(started: Started) -> None:
    async with Misbehaving() as able, Misbehaving({"EHLO": "250 mail.xb.example"}) as unable:
        channel = await started()
        attempt = await channel.send(outgoing(to=to(able), address="øper@xb.sirene.example"))
        assert attempt.outcome == "taken"
        assert able.commands[1].endswith(" SMTPUTF8")
        attempt = await channel.send(outgoing(to=to(unable), address="øper@xb.sirene.example"))
        assert attempt.outcome == "refused"


async def test_what_cannot_be_written_as_a_mail_is_refused(started: Started) -> None:
    async with Misbehaving() as server:
        channel = await started()
        attempt = await channel.send(outgoing(to=to(server), subject="a\r\nBcc: b"))
        assert (attempt.outcome, attempt.evidence[:12]) == ("refused", "mail.subject")
        assert server.connections == 0


# --- connections are kept


async def test_a_connection_is_used_again(started: Started) -> None:
    async with Misbehaving({"RCPT": ["550 5.1.1 never"]}) as server:
        channel = await started()
        outcomes = [(await channel.send(outgoing(to=to(server)))).outcome for _ in range(3)]
        assert outcomes == ["refused", "taken", "taken"]
        assert server.connections == 1


async def test_a_kept_connection_that_died_is_replaced_before_anything_is_lost(started: Started) -> None:
    async with Misbehaving({"MAIL": ["250 ok", DROP, "421 4.3.2 closing", "250 ok"]}) as server:
        channel = await started()
        assert (await channel.send(outgoing(to=to(server)))).outcome == "taken"
        attempt = await channel.send(outgoing(to=to(server)))
        assert (attempt.outcome, attempt.evidence) == ("unavailable", "MAIL FROM: 421 4.3.2 closing")
        assert (await channel.send(outgoing(to=to(server)))).outcome == "taken"
        server.drop_all()
        assert (await channel.send(outgoing(to=to(server)))).outcome == "taken"
        assert (server.connections, len(server.mails)) == (4, 3)


async def test_content_is_never_sent_twice_in_one_attempt(started: Started) -> None:
    async with Misbehaving({"DOT": ["250 ok", DROP]}) as server:
        channel = await started()
        assert [(await channel.send(outgoing(to=to(server)))).outcome for _ in range(2)] == ["taken", "ambiguous"]
        assert len(server.mails) == 2


async def test_an_idle_connection_is_given_up(started: Started, clock: StillClock) -> None:
    async with Misbehaving() as server:
        channel = await started(idle_seconds=60)
        await channel.send(outgoing(to=to(server)))
        clock.moment += timedelta(seconds=61)
        await channel.send(outgoing(to=to(server)))
        assert server.connections == 2
        assert "QUIT" in server.commands


async def test_no_more_connections_than_agreed(started: Started) -> None:
    async with Misbehaving() as server:
        channel = await started()
        office = to(server, max_connections=2)
        attempts = await asyncio.gather(*(channel.send(outgoing(to=office)) for _ in range(8)))
        assert [attempt.outcome for attempt in attempts] == ["taken"] * 8
        assert server.connections == 2


@pytest.mark.parametrize("point", ["MAIL", "DOT"])
async def test_a_cancelled_attempt_leaves_no_broken_connection_behind(started: Started, point: str) -> None:
    async with Misbehaving({point: [HANG]}) as server:
        channel = await started()
        sending = asyncio.create_task(channel.send(outgoing(to=to(server))))
        await server.hangs.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert (await channel.send(outgoing(to=to(server)))).outcome == "taken"
        assert server.connections == 2


# --- TLS


@pytest.fixture
def secured(tmp_path: Path) -> Misbehaving:
    return Misbehaving(tls=PARTNERS.server_context(tmp_path, "127.0.0.1"))


def over_tls(server: Misbehaving, ca: Authority = PARTNERS) -> Partner:
    return to(server, starttls="required", ca=(ca.der,))


async def test_tls_is_verified_against_the_pinned_authority(started: Started, secured: Misbehaving) -> None:
    async with secured as server:
        channel = await started()
        assert (await channel.send(outgoing(to=over_tls(server)))).outcome == "taken"
        assert server.commands[:3] == ["EHLO mail.xa.spoc.example", "STARTTLS", "EHLO mail.xa.spoc.example"]
        await channel.probe(over_tls(server))


async def test_a_server_whose_certificate_was_taken_back_gets_nothing(
    secured: Misbehaving, clock: StillClock, tmp_path: Path
) -> None:
    async with secured as server:
        book, now = RevocationBook(), clock.now()
        settings = SmtpSettings(hostname="mail.xa.spoc.example", addresses={"sirene:XA": "sirene@xa.spoc.example"})
        channel = SmtpOutbound("smtp", settings, clock, lambda: book)
        await channel.start()
        shown = x509.load_pem_x509_certificate((tmp_path / "127.0.0.1.pem").read_bytes())
        serials = {format(shown.serial_number, "x"): Gone(at=now - timedelta(days=1))}
        book.take(Answer(
            kind="crl", issuer=digest(PARTNERS.der), this_update=now, next_update=now + timedelta(days=1), fetched_at=now,
            source="list", digest="0" * 64, revoked=serials,
        ))  # fmt: skip
        attempt = await channel.send(outgoing(to=over_tls(server)))
        assert (attempt.outcome, server.mails) == ("unavailable", [])
        assert attempt.evidence.startswith("smtp.tls-revoked")
        book.replace(())
        assert (await channel.send(outgoing(to=over_tls(server)))).outcome == "taken"
        await channel.stop()


async def test_another_authority_is_not_trusted(started: Started, secured: Misbehaving) -> None:
    async with secured as server:
        channel = await started()
        attempt = await channel.send(outgoing(to=over_tls(server, STRANGERS)))
        assert attempt.outcome == "unavailable"
        assert attempt.evidence.startswith("smtp.tls-failed: ")
        with pytest.raises(Unavailable, match=r"smtp.tls-failed: "):
            await channel.probe(over_tls(server, STRANGERS))
        assert server.mails == []


async def test_another_name_is_not_trusted_unless_it_was_agreed(started: Started, tmp_path: Path) -> None:
    async with Misbehaving(tls=PARTNERS.server_context(tmp_path, "mail.xb.example")) as server:
        attempt = await (await started()).send(outgoing(to=over_tls(server)))
        assert attempt.outcome == "unavailable"
        assert "mismatch" in attempt.evidence
        channel = await started(tls_names={"sirene:XB": "mail.xb.example"})
        assert (await channel.send(outgoing(to=over_tls(server)))).outcome == "taken"


async def test_there_is_no_way_round_tls(started: Started) -> None:
    async with Misbehaving() as server:
        channel = await started()
        attempt = await channel.send(outgoing(to=over_tls(server)))
        assert (attempt.outcome, attempt.evidence[:17]) == ("unavailable", "smtp.no-starttls:")
        far = partner(mail=MailLeg(host="mail.xb.example", port=server.port, starttls="never"))
        attempt = await channel.send(outgoing(to=far))
        assert (attempt.outcome, attempt.evidence[:18]) == ("unavailable", "smtp.tls-required:")
        unpinned = to(server, starttls="required")
        assert (await channel.send(outgoing(to=unpinned))).evidence.startswith("smtp.no-authority: ")
        assert server.mails == []


async def test_our_certificate_is_shown(started: Started, secured: Misbehaving, tmp_path: Path) -> None:
    certificate, key, _ = OURS.issue(tmp_path, "mail.xa.spoc.example")
    assert secured.tls
    secured.tls.load_verify_locations(cadata=OURS.der)
    secured.tls.verify_mode = secured.tls.verify_mode.__class__.CERT_REQUIRED
    async with secured as server:
        channel = await started(client_certificate=certificate, client_key=key)
        assert (await channel.send(outgoing(to=over_tls(server)))).outcome == "taken"
        assert (await (await started()).send(outgoing(to=over_tls(server)))).outcome == "unavailable"


# --- settings and addresses


async def test_each_of_our_parties_writes_from_its_own_address(started: Started) -> None:
    async with Misbehaving() as server:
        channel = await started(addresses={"sirene:XA": "sirene@xa.spoc.example", "ncb:XA": "ncb@xa.spoc.example"})
        parcel = outgoing(to=to(server))
        for sender in ("ncb:XA", "", "enu:XA"):
            attempt = await channel.send(
                type(parcel)(**{**{f: getattr(parcel, f) for f in parcel.__struct_fields__}, "sender": sender})
            )
        assert [command.split()[1] for command in server.commands if command.startswith("MAIL")] == [
            "FROM:<ncb@xa.spoc.example>",
            "FROM:<sirene@xa.spoc.example>",
        ]
        assert attempt.evidence == "smtp.no-own-address: There is no mail address of ours for enu:XA."


async def test_the_address_for_urgent_mail_is_used_when_there_is_one(started: Started) -> None:
    channel = await started()
    calm = partner()
    assert channel.address(calm, urgent=True) == "oper@xb.sirene.example"
    with pytest.raises(Misconfigured):
        channel.address(partner(address=""), urgent=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"addresses": {}},
        {"addresses": {"sirene:XA": "no address"}},
        {"client_certificate": "a.pem"},
        {"client_certificate": "a.pem", "client_key": "b.pem"},
    ],
)
async def test_settings_that_cannot_work_are_refused(started: Started, changes: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        await started(**changes)


async def test_a_channel_that_is_not_started_sends_nothing(clock: StillClock) -> None:
    async with Misbehaving() as server:
        channel = SmtpOutbound("smtp", SmtpSettings(), clock)
        assert (await channel.send(outgoing(to=to(server)))).outcome == "unavailable"
        assert server.connections == 0
