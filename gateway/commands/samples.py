"""Shipped samples made fit for sending: a new message id, sent now, everything else moved along by the same time.

Rules look at how times stand to each other (an answer is wanted after the message was sent, a check is recent), so all times of the sample move
together. Dates of long ago, such as births, stay: they belong to the example person.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from gateway.commands.endings import NOT_FOUND, Ending
from gateway.identity import party
from schemas.form import FormSpec

_SENT: Final = re.compile(rb"<h:Sent>([^<]+)</h:Sent>")
_TIME: Final = re.compile(rb">(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})Z<")
_DATE: Final = re.compile(rb">(\d{4}-\d{2}-\d{2})<")
_RECEIVER: Final = re.compile(rb"\s*<h:(?:To|Info)>[^<]+</h:(?:To|Info)>")
RECENT: Final = timedelta(days=6 * 366)
"""Dates within this time of sending move along; older ones are of persons and things."""


def sample_file(spec: FormSpec) -> Traversable | None:
    """The sample of a format that is shipped; None for a format that ships none."""
    file = files("schemas") / spec.family / "samples" / f"{spec.element}.xml"
    return file if file.is_file() else None


def shipped(spec: FormSpec) -> bytes:
    """The sample of a format as it is shipped; raises `Ending` for a format that ships none."""
    file = sample_file(spec)
    if file is None:
        remedy = f"Put one into schemas/{spec.family}/samples/{spec.element}.xml."
        raise Ending(NOT_FOUND, "sample.none", f"No sample of {spec.id} is shipped.", remedy)
    return file.read_bytes()


def freshened(content: bytes, now: datetime, message_id: str) -> bytes:
    """The sample with this message id, sent at this moment."""
    found = _SENT.search(content)
    assert found is not None, "every sample says when it was sent"
    sent = datetime.fromisoformat(found[1].decode())
    moved = now.astimezone(UTC).replace(microsecond=0) - sent
    days = timedelta(days=moved.days)

    def time(match: re.Match[bytes]) -> bytes:
        return f">{datetime.fromisoformat(match[1].decode()) + moved:%Y-%m-%dT%H:%M:%S}Z<".encode()

    def day(match: re.Match[bytes]) -> bytes:
        written = date.fromisoformat(match[1].decode())
        return f">{written + days}<".encode() if abs(written - sent.date()) <= RECENT else match[0]

    content = _DATE.sub(day, _TIME.sub(time, content))
    return re.sub(rb"(<h:MessageId>)[^<]+", rb"\g<1>" + message_id.encode(), content, count=1)


def addressed(content: bytes, sender: str, to: str) -> bytes:
    """The sample from another office, or to another office alone; raises `ValueError` for what is no party."""
    if sender:
        content = re.sub(rb"(<h:From>)[^<]+", rb"\g<1>" + party(sender).encode(), content, count=1)
    if to:
        first, *others = _RECEIVER.findall(content)
        for other in others:
            content = content.replace(other, b"", 1)
        indent = first[: len(first) - len(first.lstrip())]
        content = content.replace(first, indent + f"<h:To>{party(to)}</h:To>".encode(), 1)
    return content
