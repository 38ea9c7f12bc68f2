"""Mail that is turned away at the door, in words that tell the sender what to do; and the limits of a connection."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.channels.smtp.conversation import REFUSALS
from gateway.partners import MailLeg
from tests.adapters.smtp.dialogue import MAIL, Authority, Client, Kept, Opened, StillClock
from tests.loop_time import outlasted


@pytest.mark.parametrize(
    ("command", "answer", "reason"),
    [
        (
            "MAIL FROM:<stranger@elsewhere.example>",
            "550 5.7.1 This sender is not a partner of this office; ask admin@xa.example",
            "smtp.sender-unknown",
        ),
        ('MAIL FROM:<"oper"@xb.sirene.example>', "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<oper%evil.example@xb.sirene.example>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<@relay.example:oper@xb.sirene.example>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<evil.example!oper@xb.sirene.example>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<oper@[127.0.0.1]>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<oper@xb.sirene.example.>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<oper>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<op\ter@xb.sirene.example>", "553 5.1.7", "smtp.address"),
        ("MAIL FROM:<op\x1b[1m@xb.sirene.example>", "553 5.1.7", "smtp.address"),
        (f"MAIL FROM:<{'a' * 65}@xb.sirene.example>", "553 5.1.7", "smtp.address"),
        (f"MAIL FROM:<a@{'b.' * 130}example>", "553 5.1.7", "smtp.address"),
        (b"MAIL FROM:<\xff\xfe@xb.sirene.example> SMTPUTF8", "553 5.1.7", "smtp.address"),
        ("MAIL FROM: oper@xb.sirene.example", "501 5.5.4", "smtp.syntax"),
        ("MAIL FROM:<oper@xb.sirene.example><x@y.example>", "501 5.5.4", "smtp.syntax"),
        ("MAIL FROM:<oper@xb.sirene.example>SIZE=1", "501 5.5.4", "smtp.syntax"),
        ("MAIL FROM:<oper@xb.sirene.example> SIZE=1 SIZE=2", "501 5.5.4", "smtp.syntax"),
        ("MAIL FROM:<oper@xb.sirene.example> SIZE=-1", "501 5.5.4", "smtp.syntax"),
        ("MAIL FROM:<oper@xb.sirene.example> BODY=BINARYMIME", "501 5.5.4", "smtp.syntax"),
        ("MAIL FROM:<oper@xb.sirene.example> AUTH=<>", "555 5.5.4", "smtp.parameter"),
        ("MAIL FROM:<oper@xb.sirene.example> RET=HDRS", "555 5.5.4", "smtp.parameter"),
        ("MAIL FROM:<oper@xb.sirene.example> SIZE=5001", "552 5.3.4", "smtp.size"),
        ("MAIL", "501 5.5.4", "smtp.syntax"),
    ],
)
async def test_a_sender_is_turned_away(
    client: Client, intake: Kept, command: str | bytes, answer: str, reason: str
) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect(answer, command)
    assert intake.reasons == [reason]
    assert intake.away[0][0].remote.startswith("127.0.0.1:")
    await client.expect("503 5.5.1", "RCPT TO:<sirene@xa.spoc.example>")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")


@pytest.mark.parametrize(
    ("command", "answer", "reason"),
    [
        (
            "RCPT TO:<someone@elsewhere.example>",
            "550 5.7.1 Mail for this domain is not taken here; this server is never an open relay",
            "smtp.relay",
        ),
        ("RCPT TO:<someone@elsewhere.example.xa.spoc.example.evil.example>", "550 5.7.1", "smtp.relay"),
        ("RCPT TO:<someone%elsewhere.example@xa.spoc.example>", "553 5.1.3", "smtp.address"),
        ("RCPT TO:<@xa.spoc.example:someone@elsewhere.example>", "553 5.1.3", "smtp.address"),
        ('RCPT TO:<"someone@elsewhere.example"@xa.spoc.example>', "553 5.1.3", "smtp.address"),
        ("RCPT TO:<>", "553 5.1.3", "smtp.address"),
        ("RCPT TO:<sirene>", "553 5.1.3", "smtp.address"),
        ("RCPT TO:<sirene@xa.spoc.example> NOTIFY=NEVER", "555 5.5.4", "smtp.parameter"),
        ("RCPT TO: sirene@xa.spoc.example", "501 5.5.4", "smtp.syntax"),
    ],
)
async def test_a_recipient_is_turned_away(client: Client, intake: Kept, command: str, answer: str, reason: str) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    await client.expect(answer, command)
    assert intake.reasons == [reason]
    assert intake.away[0][0].sender == "oper@xb.sirene.example"
    await client.expect("503 5.5.1", "DATA")


async def test_only_listed_mailboxes_and_postmaster_exist(opened: Opened, intake: Kept) -> None:
    client = await Client.connect((await opened(mailboxes=("sirene@xa.spoc.example",))).port)
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    await client.expect("550 5.1.1", "RCPT TO:<nobody@xa.spoc.example>")
    for box in ("Sirene@XA.spoc.example", "postmaster@xa.spoc.example", "Postmaster"):
        await client.expect("250", f"RCPT TO:<{box}>")
    assert intake.reasons == ["smtp.mailbox"]


async def test_too_many_recipients_are_for_another_mail(client: Client, intake: Kept) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    for number in range(3):
        await client.expect("250", f"RCPT TO:<box{number}@xa.spoc.example>")
    await client.expect("452 4.5.3", "RCPT TO:<box3@xa.spoc.example>")
    await client.expect("354", "DATA")
    await client.expect("250", MAIL + b".")
    assert len(intake.taken[0][2].recipients) == 3


async def test_strangers_may_be_let_in_but_not_without_limit(opened: Opened, intake: Kept, clock: StillClock) -> None:
    client = await Client.connect((await opened(unknown_sender="accept", unknown_messages_per_hour=2)).port)
    for _ in range(2):
        await client.ready_for_content(sender="stranger@elsewhere.example")
        await client.expect("250", MAIL + b".")
    await client.expect("450 4.7.1", "MAIL FROM:<another@elsewhere.example>")
    clock.moment += timedelta(hours=1)
    await client.ready_for_content(sender="stranger@elsewhere.example")
    await client.expect("250", MAIL + b".")
    assert intake.reasons == ["smtp.rate"]


async def test_a_partner_may_send_what_was_agreed_within_an_hour(
    opened: Opened, intake: Kept, clock: StillClock
) -> None:
    client = await Client.connect((await opened(leg=MailLeg(host="127.0.0.1", messages_per_hour=1))).port)
    await client.ready_for_content()
    await client.expect("250", MAIL + b".")
    await client.expect("450 4.7.1 More than 1 messages within an hour", "MAIL FROM:<oper@xb.sirene.example>")
    clock.moment += timedelta(minutes=60)
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
    assert intake.reasons == ["smtp.rate"]


async def test_content_that_is_too_long_is_read_and_refused(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    for _ in range(40):
        await client.send((b"x" * 998 + b"\r\n") * 10)
    await client.expect("552 5.3.4 The mail is longer than 5000 octets", b".")
    assert (intake.taken, intake.reasons) == ([], ["smtp.size"])
    await client.ready_for_content()
    await client.expect("250", MAIL + b".")


@pytest.mark.parametrize(("octets", "answer"), [(998, "250"), (999, "554 5.6.0")])
async def test_a_line_has_998_octets_at_most(client: Client, intake: Kept, octets: int, answer: str) -> None:
    await client.ready_for_content()
    await client.expect(answer, b"." + b"." * octets + b"\r\nshort\r\n.")
    assert intake.reasons == ([] if answer == "250" else ["smtp.line-length"])


async def test_exactly_the_limit_is_taken(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    await client.expect("250", (b"x" * 98 + b"\r\n") * 50 + b".")
    await client.ready_for_content()
    await client.expect("552 5.3.4", (b"x" * 98 + b"\r\n") * 50 + b"\r\n.")
    assert len(intake.taken[0][1].content) == 5000


async def test_a_nul_in_the_content_is_refused(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    await client.expect("554 5.6.0", b"a\x00b\r\n.")
    assert intake.reasons == ["smtp.nul"]
    assert await client.ended()


async def test_connections_are_counted_in_all_and_per_remote(opened: Opened) -> None:
    port = (await opened(connections_per_remote=2)).port
    first, _ = await Client.connect(port), await Client.connect(port)
    third = await Client.connect(port, greeting="421 4.7.0 Too many connections")
    assert await third.ended()
    await first.expect("221", "QUIT")
    assert await first.ended()
    await Client.connect(port)


async def test_a_slow_command_ends_the_connection(opened: Opened) -> None:
    client = await Client.connect((await opened(command_seconds=0.2)).port)
    assert (await client.drip(b"NOOP, one letter at a time")).startswith("421 4.4.2")
    assert await client.ended()


async def test_slow_content_ends_the_connection(opened: Opened, intake: Kept) -> None:
    client = await Client.connect((await opened(data_seconds=0.2)).port)
    await client.ready_for_content()
    assert (await client.drip(b"\r\n" * 100)).startswith("421 4.4.2")
    assert await client.ended()
    assert intake.taken == []


async def test_too_long_a_command_ends_the_connection(client: Client) -> None:
    await client.send(b"NOOP " + b"x" * 70_000)
    assert (await client.answer()).startswith("500 5.5.2 The command line is too long")
    assert await client.ended()


async def test_too_many_refusals_end_the_connection(client: Client) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    for _ in range(REFUSALS):
        await client.expect("501", "MAIL nonsense")
    await client.say("MAIL nonsense")
    assert (await client.answer()).startswith("421 4.7.0")
    assert await client.ended()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("VRFY postmaster", "252 2.5.0"),
        ("EXPN staff", "502 5.5.1"),
        ("HELP", "214 2.0.0"),
        ("NOOP", "250 2.0.0 OK"),
        ("RSET", "250 2.0.0 OK"),
        ("AUTH PLAIN AGEAYg==", "500 5.5.2"),
        ("STARTTLS", "502 5.5.1"),
        ("NONSENSE \x07 <b>", "500 5.5.2 The command is not known"),
        ("DATA", "503 5.5.1"),
        ("EHLO", "501 5.5.4"),
        ("EHLO a b", "501 5.5.4"),
        ("HELO mail.xb.example", "250 "),
        ("QUIT now", "501 5.5.4"),
        (b"N\xf8\xf8P", "500 5.5.2"),
        ("", "500 5.5.2"),
        ("GET / HTTP/1.1", "500 5.5.2"),
    ],
)
async def test_little_is_said_to_other_commands(client: Client, command: str | bytes, answer: str) -> None:
    said = await client.expect(answer, command)
    assert "\x07" not in said
    assert "aiosmtpd" not in said


async def test_the_greeting_names_no_program(opened: Opened) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", (await opened()).port)
    assert await reader.readline() == b"220 mail.xa.spoc.example ESMTP\r\n"
    writer.close()
    await writer.wait_closed()


async def test_nothing_of_a_mail_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.DEBUG)
    await client.ready_for_content(to="very-secret@xa.spoc.example")
    await client.expect("250", b"Subject: very-secret\r\n\r\nvery-secret\r\n.")
    await client.expect("550", "MAIL FROM:<very-secret@elsewhere.example>")
    assert "very-secret" not in caplog.text


async def test_who_is_refused_too_often_is_not_let_in_for_a_while(opened: Opened, clock: StillClock) -> None:
    port = (await opened(refusals_per_hour=3)).port
    client = await Client.connect(port)
    await client.expect("250", "EHLO mail.elsewhere.example")
    for _ in range(3):
        await client.expect("550", "MAIL FROM:<stranger@elsewhere.example>")
    refused = await Client.connect(port, greeting="421 4.7.0 Too many mails from this network address were refused")
    assert await refused.ended()
    clock.moment += timedelta(hours=1)
    await Client.connect(port)


async def test_a_handshake_that_never_comes_does_not_hold_the_door(opened: Opened, tmp_path: Path) -> None:
    certificate, key, _ = Authority("XA test").issue(tmp_path, "mail.xa.spoc.example")
    door = await opened(starttls="required", tls_certificate=certificate, tls_key=key)
    client = await Client.connect(door.port)
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("220", "STARTTLS")
    assert await outlasted(client.reader.read()) == b""
    await door.probe()


async def test_mails_that_arrive_together_take_no_more_memory_than_there_is(opened: Opened, intake: Kept) -> None:
    port = (await opened(content_octets_in_hand=1500)).port
    first, second = await Client.connect(port), await Client.connect(port)
    await first.ready_for_content()
    await first.send(b"x" * 900 + b"\r\n")
    await first.writer.drain()
    await second.ready_for_content()
    await second.send((b"y" * 900 + b"\r\n") * 2)
    await second.expect("452 4.3.1", b".")
    await first.expect("250", b".")
    await second.ready_for_content()
    await second.expect("250", b"y" * 900 + b"\r\n.")
    assert intake.reasons == ["smtp.no-room"]
    assert [len(payload.content) for _, payload, _ in intake.taken] == [902, 902]
