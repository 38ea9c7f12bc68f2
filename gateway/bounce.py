"""Delivery status notifications (RFC 3464 in RFC 6522 multipart/report): what a mail system says became of our mail.

Nobody signs them, so they prove nothing: they only tell which message of ours to look at. Strict about what makes a
mail a report, lenient about how the rest is written; what cannot be read is an empty field, never an exception.
"""

from __future__ import annotations

import re
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from typing import Final

from msgspec import Struct

from gateway.identity import MessageId

REPORT_OCTETS: Final = 1_000_000
"""Longest report that is read; mail systems return headers or one mail, and ours are cut off by them long before."""
RECIPIENTS: Final = 100
"""Most recipients of one report that are read; we write to one at a time."""
FIELD_CHARACTERS: Final = 500
ACTIONS: Final = ("failed", "delayed", "relayed", "expanded", "delivered")
"""RFC 3464 section 2.3.3, the worst first: a report about several recipients is as bad as its worst line."""
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_OUR_MESSAGE_ID: Final = re.compile(
    r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([1-9][0-9]{0,5})@[A-Za-z0-9.\-]{1,255}>"
)
_UNREADABLE: Final = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the standard parser raises on odd mails (Python 3.11)."""


class RecipientReport(Struct, frozen=True, kw_only=True):
    """What became of the mail for one recipient."""

    address: str
    action: str
    """One of `ACTIONS`."""
    status: str
    """Enhanced status code (RFC 3463), empty when there is none that can be read."""
    diagnostic: str
    """What the last server said."""


class DeliveryReport(Struct, frozen=True, kw_only=True):
    """A delivery status notification. The single fields are those of the recipient that fared worst."""

    message_id: MessageId
    """Our message, from the Message-ID of the returned mail; empty when that is not one of ours."""
    attempt: int
    """Which attempt of it, 0 when unknown."""
    mail_id: str
    """The Message-ID line of the returned mail as it stands, empty when nothing was returned."""
    reporting_server: str
    action: str
    status: str
    diagnostic: str
    recipients: tuple[RecipientReport, ...]


def read_report(content: bytes) -> DeliveryReport | None:
    """The report in a mail, or None when the mail is not a delivery status notification."""
    if len(content) > REPORT_OCTETS:
        return None
    try:
        return _read(BytesParser(policy=compat32).parsebytes(content))
    except _UNREADABLE:
        return None


def our_message(mail_id: str) -> tuple[MessageId, int]:
    """Message id and attempt in a Message-ID that we wrote (`<MESSAGEID.ATTEMPT@domain>`), else an empty id and 0."""
    found = _OUR_MESSAGE_ID.fullmatch(mail_id)
    return (found.group(1), int(found.group(2))) if found else ("", 0)


def _read(mail: Message) -> DeliveryReport | None:
    if mail.get_content_type() != "multipart/report":
        return None
    parts = [part for part in mail.get_payload() if isinstance(part, Message)] if mail.is_multipart() else []
    notice = next((part for part in parts if part.get_content_type() in _NOTICES), None)
    if notice is None:
        return None
    about_all, *about_each = _groups(notice)
    recipients = tuple(found for group in about_each[:RECIPIENTS] if (found := _recipient(group)))
    if not recipients:
        return None
    worst = min(recipients, key=lambda one: ACTIONS.index(one.action))
    mail_id = next(filter(None, map(_returned_id, parts)), "")
    message_id, attempt = our_message(mail_id)
    return DeliveryReport(
        message_id=message_id, attempt=attempt, mail_id=mail_id, reporting_server=_typed(about_all, "Reporting-MTA"),
        action=worst.action, status=worst.status, diagnostic=worst.diagnostic, recipients=recipients,
    )  # fmt: skip


_NOTICES: Final = ("message/delivery-status", "message/global-delivery-status")
_RETURNED: Final = ("message/rfc822", "message/global")
_RETURNED_HEADERS: Final = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")


def _groups(notice: Message) -> list[Message]:
    """The groups of fields: the first about the mail, one more for each recipient."""
    payload = notice.get_payload()
    if isinstance(payload, list):
        groups = [group for group in payload if isinstance(group, Message)]
    else:
        blocks = re.split(r"(?:\r?\n){2,}", _text(notice).strip())
        groups = [HeaderParser(policy=compat32).parsestr(block + "\n\n") for block in blocks]
    groups = [group for group in groups if group.keys()] or [Message()]
    # Some servers write everything into one group.
    return [groups[0], *groups] if len(groups) == 1 else groups


def _recipient(group: Message) -> RecipientReport | None:
    address = _typed(group, "Final-Recipient") or _typed(group, "Original-Recipient")
    status = _STATUS.search(_field(group, "Status"))
    action = (_field(group, "Action").lower().split() or [""])[0].strip(";,.")
    if action not in ACTIONS:
        action = _action_of(status.group() if status else "")
    if not action or not (address or status):
        return None
    return RecipientReport(
        address=address,
        action=action,
        status=status.group() if status else "",
        diagnostic=_typed(group, "Diagnostic-Code"),
    )


def _action_of(status: str) -> str:
    return {"2": "delivered", "4": "delayed", "5": "failed"}.get(status[:1], "")


def _returned_id(part: Message) -> str:
    kind = part.get_content_type()
    if kind in _RETURNED:
        inner = part.get_payload()
        returned = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else None
    elif kind in _RETURNED_HEADERS:
        returned = HeaderParser(policy=compat32).parsestr(_text(part).lstrip())
    else:
        return ""
    found = re.search(r"<[^<>\s]{1,250}>", _field(returned, "Message-ID")) if returned else None
    return found.group() if found else ""


def _text(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):  # message/… types are parsed as mails: write the headers out again
        return "\n\n".join(inner.as_string() for inner in payload if isinstance(inner, Message))
    decoded = part.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""


def _typed(group: Message, name: str) -> str:
    """The value of a field written as `type; value` (RFC 3464 section 2.1.2)."""
    kind, semicolon, value = _field(group, name).partition(";")
    return (value if semicolon else kind).strip()


def _field(group: Message, name: str) -> str:
    """One field on one line, without control characters and not longer than can be kept."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", str(group.get(name, ""))).split())[:FIELD_CHARACTERS]
