"""The daily sheet of an office: what it sent and what came, by number, written and read by hand.

The one idea: a sheet is copied from the books (`counting.py`), and held against them, with nothing of the gateway's.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from lxml import etree

from simulators.office import forms
from simulators.office.counting import Booked, Books
from simulators.office.receipts import SPOC, Letterhead

AFTER_MIDNIGHT = timedelta(minutes=20)
Row = tuple[int, str, str, str]  # number, state, message id, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A day as the office's own clock on the wall has it."""

    day: date
    begins: datetime
    ends: datetime


def span_of(day: date, zone: tzinfo) -> Span:
    begins, ends = (datetime.combine(day + timedelta(days=later), time(0), tzinfo=zone) for later in (0, 1))
    return Span(day=day, begins=begins.astimezone(UTC), ends=ends.astimezone(UTC))


def next_sheet(now: datetime, zone: tzinfo) -> datetime:
    """When the sheet of the present day is written."""
    return span_of((now.astimezone(zone) - AFTER_MIDNIGHT).date(), zone).ends + AFTER_MIDNIGHT


def build(head: Letterhead, span: Span, books: Books, edition: int = 1) -> etree._Element:
    """An unsigned sheet for `head.to`."""
    sent = [_row(each, "sent") for each in _of_day(books.sent.get(head.to, {}), span)]
    came = [_row(each, "came") for each in _of_day(books.came.get(head.to, {}), span)]
    missing = books.missing(head.to)
    received = sorted([*came, *((number, "missing", "", "") for number in missing)])
    root: etree._Element = etree.Element(f"{{{SPOC}}}Sheet", nsmap={None: SPOC, "h": forms.HEADER})
    root.set("version", "1.0")
    header = etree.SubElement(root, f"{{{forms.HEADER}}}Header")
    for name, text in (
        ("MessageId", head.message_id), ("Sent", _utc(head.now)), ("From", head.sender), ("To", head.to),
        ("OurReference", head.our_reference), ("Subject", f"Daily sheet of {span.day}"), ("Urgency", "NORMAL"), ("Test", "false"),
    ):  # fmt: skip
        etree.SubElement(header, f"{{{forms.HEADER}}}{name}").text = text
    body = etree.SubElement(root, f"{{{SPOC}}}Body")
    for name, text in (
        ("Day", span.day.isoformat()), ("Begins", _utc(span.begins)), ("Ends", _utc(span.ends)),
        ("Edition", str(edition)), ("Part", "1"), ("Parts", "1"),
    ):  # fmt: skip
        etree.SubElement(body, f"{{{SPOC}}}{name}").text = text
    numbers = [row[0] for row in sent]
    bounds = {"first": str(min(numbers, default=0)), "last": str(max(numbers, default=0))}
    _section(body, "Sent", sent, bounds)
    highest = max((*books.came.get(head.to, ()), *missing), default=0)
    _section(body, "Received", received, {"upTo": str(highest)})
    return root


def read(xml: bytes) -> dict[str, list[Row]]:
    """The lines of a sheet, by section."""
    root = forms.parse(xml)
    return {
        name: [
            (int(line.get("number", "0")), line.get("state", ""), line.get("message", ""), line.get("digest", ""))
            for line in root.iterfind(f"{{{SPOC}}}Body/{{{SPOC}}}{name}/{{{SPOC}}}Line")
        ]
        for name in ("Sent", "Received")
    }


def compare(sheet: dict[str, list[Row]], party: str, books: Books) -> dict[str, Any]:
    """What the other office knows otherwise. Numbers of its that never came are remembered as missing."""
    came, sent = books.came.get(party, {}), books.sent.get(party, {})
    told = {number for number, state, _, _ in sheet["Sent"] if state == "sent"}
    void = {number for number, state, _, _ in sheet["Sent"] if state == "void"}
    books.told[party] = (books.told.get(party, set()) | told) - void
    return {
        "never_came": sorted(told - came.keys()),
        "they_miss": sorted(number for number, state, _, _ in sheet["Received"] if state == "missing" and number in sent),
        "differs": sorted(
            number
            for section, book, wanted in (("Sent", came, "sent"), ("Received", sent, "came"))
            for number, state, _, content in sheet[section]
            if state == wanted and number in book and book[number].sha256 != content
        ),
    }  # fmt: skip


def _of_day(book: dict[int, Booked], span: Span) -> list[Booked]:
    return [each for _, each in sorted(book.items()) if span.begins <= each.at < span.ends]


def _row(each: Booked, state: str) -> Row:
    return each.number, state, each.message_id, each.sha256


def _section(body: etree._Element, name: str, rows: Iterable[Row], bounds: dict[str, str]) -> None:
    rows = list(rows)
    section = etree.SubElement(body, f"{{{SPOC}}}{name}")
    section.set("count", str(len(rows)))
    for key, value in bounds.items():
        section.set(key, value)
    words = "".join(f"{number} {state} {message} {content}\n" for number, state, message, content in rows)
    section.set("digest", hashlib.sha256(words.encode()).hexdigest())
    for number, state, message, content in rows:
        line = etree.SubElement(section, f"{{{SPOC}}}Line")
        line.set("number", str(number))
        line.set("state", state)
        for key, value in (("message", message), ("digest", content)):
            if value:
                line.set(key, value)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
