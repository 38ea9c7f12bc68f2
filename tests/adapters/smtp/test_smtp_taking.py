"""Mail that is taken, spoken byte by byte; and what is said when it cannot be kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.errors import Misconfigured, Refused, Unavailable
from gateway.identity import digest
from gateway.partners import Directory
from tests.adapters.smtp.dialogue import ENVELOPE, MAIL, Client, Kept, Opened, directory, partner


async def test_a_mail_is_acknowledged_when_intake_has_its_bytes(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    answer = await client.say(MAIL + b".")
    assert answer == f"250 2.0.0 Taken in as {ENVELOPE}"
    [(channel, payload, claim)] = intake.taken
    assert (channel, payload.content, payload.media_type, payload.digest) == (
        "smtp",
        MAIL,
        "message/rfc822",
        digest(MAIL),
    )
    assert (claim.sender, claim.recipients) == ("oper@xb.sirene.example", ("sirene@xa.spoc.example",))
    assert claim.reference == "<one@xb.sirene.example>"
    assert claim.remote.startswith("127.0.0.1:")
    assert (claim.encryption, claim.certificate) == ("", "")
    assert (await client.say("QUIT")).startswith("221 2.0.0 ")
    assert await client.ended()


async def test_no_acknowledgement_before_intake_has_returned(client: Client, intake: Kept) -> None:
    intake.gate = asyncio.Event()
    await client.ready_for_content()
    await client.send(MAIL + b".\r\n")
    await intake.entered.wait()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.05)
    intake.gate.set()
    assert (await client.answer()).startswith("250 ")


async def test_transparent_dots_are_taken_out_and_nothing_else_changes(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    await client.expect("250", b"..a\r\n...\r\n.b \t\r\n\r\n\xff\xfe\r\n.")
    assert intake.taken[0][1].content == b".a\r\n..\r\nb \t\r\n\r\n\xff\xfe\r\n"


async def test_an_empty_mail_is_intakes_to_judge(client: Client, intake: Kept) -> None:
    await client.ready_for_content()
    await client.expect("250", ".")
    assert intake.taken[0][1].content == b""


async def test_many_mails_go_over_one_connection(client: Client, intake: Kept) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    for _ in range(3):
        await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
        await client.expect("250", "RCPT TO:<sirene@xa.spoc.example>")
        await client.expect("354", "DATA")
        await client.expect("250", MAIL + b".")
    assert len(intake.taken) == 3


async def test_commands_may_come_in_one_piece(client: Client, intake: Kept) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.send(
        b"MAIL FROM:<oper@xb.sirene.example>\r\nRCPT TO:<sirene@xa.spoc.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n"
    )
    assert [(await client.answer())[:3] for _ in range(4)] == ["250", "250", "550", "354"]
    await client.send(MAIL + b".\r\nNOOP\r\nQUIT\r\n")
    assert [(await client.answer())[:3] for _ in range(3)] == ["250", "250", "221"]
    assert len(intake.taken) == 1


async def test_what_is_offered_is_what_works(client: Client) -> None:
    offers = (await client.say("EHLO mail.xb.example")).replace("250 ", "250-").split("250-")
    assert {offer.strip() for offer in offers if offer} == {
        "mail.xa.spoc.example",
        "PIPELINING",
        "SIZE 5000",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
    }


async def test_addresses_beyond_ascii_need_smtputf8(client: Client, intake: Kept) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("553 5.6.7", "MAIL FROM:<øper@xb.sirene.example>")
    await client.expect("550 5.7.1", "MAIL FROM:<øper@xb.sirene.example> SMTPUTF8 BODY=8BITMIME")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example> SIZE=100 SMTPUTF8")
    await client.expect("250", "RCPT TO:<sirène@xa.spoc.example>")
    assert intake.reasons == ["smtp.address", "smtp.sender-unknown"]


async def test_a_delivery_report_has_no_sender(client: Client, intake: Kept) -> None:
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("250", "MAIL FROM:<>")
    await client.expect("550 5.7.1", "RCPT TO:<someone@elsewhere.example>")
    await client.expect("250", "RCPT TO:<sirene@xa.spoc.example>")
    await client.expect("354", "DATA")
    await client.expect("250", MAIL + b".")
    assert intake.taken[0][2].sender == "<>"


@pytest.mark.parametrize(
    ("headers", "reference"),
    [
        (b"Message-ID: <a@b>\r\nX: y\r\n", "<a@b>"),
        (b"X: y\r\nmessage-id:\r\n <a@b>\r\n", "<a@b>"),
        (b"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n", ""),
        (b"Message-ID: a@b\r\n", ""),
        (b"Message-ID: <a b@c>\r\n", ""),
        (b"X: Message-ID: <a@b>\r\n", ""),
        (b"\r\nMessage-ID: <a@b>\r\n", ""),
    ],
)
async def test_the_reference_is_the_one_message_id(
    client: Client, intake: Kept, headers: bytes, reference: str
) -> None:
    await client.ready_for_content()
    await client.expect("250", headers + b"\r\nbody\r\n.")
    assert intake.taken[0][2].reference == reference


@pytest.mark.parametrize(
    ("trouble", "answer", "reason"),
    [
        (
            Unavailable("ledger.full", "The disk is full.", operator="secret path"),
            "451 4.3.0 The disk is full. (ledger.full)",
            "ledger.full",
        ),
        (
            Refused("content.never", "We never\r\ntake this.", operator="secret"),
            "554 5.6.0 We never take this. (content.never)",
            "content.never",
        ),
        (RuntimeError("secret"), "451 4.3.0", "smtp.not-kept"),
    ],
)
async def test_what_is_not_kept_is_not_acknowledged(
    client: Client, intake: Kept, trouble: Exception, answer: str, reason: str
) -> None:
    intake.trouble = trouble
    await client.ready_for_content()
    said = await client.expect(answer, MAIL + b".")
    assert "secret" not in said
    assert intake.reasons == [reason]
    intake.trouble = None
    await client.ready_for_content()
    await client.expect("250", MAIL + b".")


async def test_a_ledger_that_takes_too_long_lets_the_sender_come_again(opened: Opened, intake: Kept) -> None:
    intake.gate = asyncio.Event()
    client = await Client.connect((await opened(take_seconds=0.05)).port)
    await client.ready_for_content()
    await client.expect("451 4.3.0", MAIL + b".")
    intake.gate.set()
    await client.expect("250", "NOOP")
    assert len(intake.taken) == 1, "it was kept after all; the sender's copy is known then"


async def test_a_sender_that_leaves_too_early_does_not_stop_the_taking(opened: Opened, intake: Kept) -> None:
    intake.gate = asyncio.Event()
    port = (await opened()).port
    client = await Client.connect(port)
    await client.ready_for_content()
    await client.send(MAIL + b".\r\n")
    await intake.entered.wait()
    client.writer.transport.abort()
    other = await Client.connect(port)
    await other.expect("250", "NOOP")  # by now the door has seen the other one leave
    intake.gate.set()
    await other.expect("250", "NOOP")
    assert len(intake.taken) == 1


async def test_a_refusal_stays_one_when_it_cannot_be_journalled(
    client: Client, intake: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise Unavailable("ledger.down", "No.")

    monkeypatch.setattr(intake, "turned_away", broken)
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("550", "MAIL FROM:<stranger@elsewhere.example>")


async def test_closing_lets_the_message_in_hand_be_answered(opened: Opened, intake: Kept) -> None:
    intake.gate = asyncio.Event()
    door = await opened()
    idle, busy = await Client.connect(door.port), await Client.connect(door.port)
    await busy.ready_for_content()
    await busy.send(MAIL + b".\r\n")
    await intake.entered.wait()
    stopping = asyncio.create_task(door.stop())
    assert (await idle.answer()).startswith("421 4.3.2")
    assert await idle.ended()
    intake.gate.set()
    assert (await busy.answer()).startswith("250 ")
    assert (await busy.answer()).startswith("421 4.3.2")
    await stopping


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"domains": ()}, "domains"),
        ({"domains": ("not a domain",)}, "not a mail domain"),
        ({"unknown_sender": "maybe"}, "unknown_sender"),
        ({"starttls": "perhaps"}, "starttls"),
        ({"starttls": "never", "listen_host": "0.0.0.0"}, "only possible on a loopback address"),
        ({"starttls": "required"}, "tls_certificate"),
        ({"starttls": "required", "tls_certificate": "missing.pem", "tls_key": "missing.key"}, "no file missing.pem"),
    ],
)
async def test_settings_that_cannot_work_are_refused(opened: Opened, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        await opened(**changes)


async def test_a_taken_port_is_said(opened: Opened) -> None:
    door = await opened()
    with pytest.raises(Misconfigured, match="cannot listen on"):
        await opened(listen_port=door.port)


async def test_an_error_of_ours_asks_the_sender_to_come_again(opened: Opened, intake: Kept) -> None:
    def broken() -> Directory:
        raise RuntimeError("very secret")

    client = await Client.connect((await opened(known=broken)).port)
    await client.expect("250", "EHLO mail.xb.example")
    said = await client.expect("451 4.3.0", "MAIL FROM:<oper@xb.sirene.example>")
    assert "secret" not in said
    assert intake.reasons == ["smtp.not-kept"]


async def test_an_address_beyond_ascii_is_kept_as_it_was_written(opened: Opened, intake: Kept) -> None:
    known = directory(partner(address="øper@xb.sirene.example"))
    client = await Client.connect((await opened(known=lambda: known)).port)
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("250", "MAIL FROM:<øper@xb.sirene.example> SMTPUTF8")
    await client.expect("250", "RCPT TO:<sirène@xa.spoc.example>")
    await client.expect("354", "DATA")
    await client.expect("250", MAIL + b".")
    claim = intake.taken[0][2]
    assert (claim.sender, claim.recipients) == ("øper@xb.sirene.example", ("sirène@xa.spoc.example",))


async def test_a_journal_that_hangs_does_not_hang_the_conversation(
    opened: Opened, intake: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(intake, "turned_away", hanging)
    client = await Client.connect((await opened(take_seconds=0.05)).port)
    await client.expect("250", "EHLO mail.xb.example")
    await client.expect("550", "MAIL FROM:<stranger@elsewhere.example>")
    await client.expect("250", "MAIL FROM:<oper@xb.sirene.example>")
