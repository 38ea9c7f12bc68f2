"""Delivery reports are recognised strictly, read leniently, and never raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bounce import REPORT_OCTETS, our_message, read_report

MESSAGE = "01890a5d-ac96-774b-bcce-b302099a8057"
POSTFIX = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.xb.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: sirene@xa.spoc.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4A1B.1/mx.xb.example"
Content-Transfer-Encoding: 8bit
Message-Id: <20261121.1@mx.xb.example>

This is a MIME-encapsulated message.

--4A1B.1/mx.xb.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you ...

--4A1B.1/mx.xb.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.xb.example
X-Postfix-Queue-ID: 4A1B
Arrival-Date: Sat, 21 Nov 2026 12:00:00 +0000 (UTC)

Final-Recipient: rfc822; oper@xb.sirene.example
Original-Recipient: rfc822;oper@xb.sirene.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; inner.xb.example
Diagnostic-Code: smtp; 550 5.1.1 <oper@xb.sirene.example>: Recipient address
    rejected: no such mailbox

--4A1B.1/mx.xb.example
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

From: sirene@xa.spoc.example
To: oper@xb.sirene.example
Message-ID: <{MESSAGE}.3@xa.spoc.example>
Subject: SIRENE G XA-G-2026-0000001

body
--4A1B.1/mx.xb.example--
""".replace("\n", "\r\n").encode()


DELAYED = POSTFIX.replace(b"Action: failed", b"Action: delayed").replace(b"5.1.1\r\nRem", b"4.4.1\r\nRem")


def test_a_report_of_a_mail_server_names_our_message_and_what_became_of_it() -> None:
    report = read_report(POSTFIX)
    assert report is not None
    assert (report.message_id, report.attempt) == (MESSAGE, 3)
    assert (report.action, report.status) == ("failed", "5.1.1")
    assert report.diagnostic == "550 5.1.1 <oper@xb.sirene.example>: Recipient address rejected: no such mailbox"
    assert report.reporting_server == "mx.xb.example"
    assert [one.address for one in report.recipients] == ["oper@xb.sirene.example"]


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822-headers"])
def test_returned_headers_alone_are_enough(kind: str) -> None:
    headers = POSTFIX.replace(b"message/rfc822", kind.encode()).replace(b"\r\n\r\nbody", b"")
    report = read_report(headers)
    assert report is not None
    assert report.message_id == MESSAGE


def test_a_delay_is_not_a_failure() -> None:
    report = read_report(DELAYED)
    assert report is not None
    assert (report.action, report.status) == ("delayed", "4.4.1")


def test_a_missing_action_is_read_from_the_status() -> None:
    report = read_report(POSTFIX.replace(b"Action: failed\r\n", b""))
    assert report is not None
    assert report.action == "failed"


def test_the_worst_recipient_speaks_for_the_report() -> None:
    second = (
        b"Final-Recipient: rfc822; other@xb.sirene.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient"
    )
    report = read_report(POSTFIX.replace(b"Final-Recipient", second, 1))
    assert report is not None
    assert [one.action for one in report.recipients] == ["delivered", "failed"]
    assert report.action == "failed"


def test_a_report_about_another_mail_names_no_message_of_ours() -> None:
    report = read_report(POSTFIX.replace(MESSAGE.encode() + b".3", b"someone-elses"))
    assert report is not None
    assert (report.message_id, report.attempt, report.mail_id) == ("", 0, "<someone-elses@xa.spoc.example>")


def test_fields_cannot_carry_control_characters_into_the_journal() -> None:
    report = read_report(POSTFIX.replace(b"no such mailbox", b"no\x1b[31m such\x07 mailbox"))
    assert report is not None
    assert report.diagnostic.isprintable()


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\r\n\r\n",
        POSTFIX.replace(b"multipart/report", b"multipart/mixed"),
        POSTFIX.replace(b"message/delivery-status", b"text/plain"),
        POSTFIX.replace(b"Status: 5.1.1\r\n", b"").replace(b"Action: failed\r\n", b""),
        POSTFIX.replace(b'boundary="4A1B.1/mx.xb.example"', b""),
        POSTFIX + b"x" * REPORT_OCTETS,
    ],
    ids=["empty", "blank", "not a report", "no notice", "says nothing", "no boundary", "too long"],
)
def test_what_is_no_report_is_none(mail: bytes) -> None:
    assert read_report(mail) is None


@pytest.mark.parametrize(
    "mail_id",
    [
        "",
        f"{MESSAGE}.3@xa.example",
        f"<{MESSAGE}@xa.example>",
        f"<{MESSAGE}.0@xa.example>",
        f"<{MESSAGE.upper()}.1@xa.example>",
        "<x.1@xa.example>",
    ],
)
def test_only_our_own_shape_of_message_id_is_ours(mail_id: str) -> None:
    assert our_message(mail_id) == ("", 0)


@given(st.integers(0, len(POSTFIX) - 1), st.binary(max_size=40))
def test_damage_anywhere_raises_nothing(place: int, damage: bytes) -> None:
    report = read_report(POSTFIX[:place] + damage + POSTFIX[place + len(damage) :])
    assert report is None or report.action in ("failed", "delayed", "relayed", "expanded", "delivered")
