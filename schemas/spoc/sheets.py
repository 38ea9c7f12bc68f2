"""Daily sheets between the core's `Sheet` and the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from gateway.errors import Refused
from gateway.form import Field, Form, Header
from gateway.numbers.sheets import FORMAT, Line, Sheet, digest_of
from gateway.reply import ReplyContext

SUBJECT: Final = "Daily sheet"


def compose(sheet: Sheet, context: ReplyContext) -> Form:
    """A sheet as an unsigned form."""
    header = Header(
        message_id=context.message_id, sent=context.now, sender=sheet.sender, to=(sheet.receiver,),
        our_reference=context.our_reference, subject=f"{SUBJECT} of {sheet.day}", test=sheet.test,
    )  # fmt: skip
    numbers = [line.number for line in sheet.sent]
    sent = (("first", str(min(numbers, default=0))), ("last", str(max(numbers, default=0))))
    fields = (
        Field(name="Day", value=sheet.day.isoformat()),
        Field(name="Begins", value=_time(sheet.begins)),
        Field(name="Ends", value=_time(sheet.ends)),
        Field(name="Edition", value=str(sheet.edition)),
        Field(name="Part", value=str(sheet.part)),
        Field(name="Parts", value=str(sheet.parts)),
        _section("Sent", sheet.sent, sent),
        _section("Received", sheet.received, (("upTo", str(sheet.received_up_to)),)),
    )
    return Form(format=FORMAT, header=header, fields=fields)


def read(form: Form) -> Sheet:
    """What a sheet that came in says; raises `Refused` when a value cannot be read."""
    try:
        received = form.first("Received") or Field(name="Received")
        return Sheet(
            sender=form.header.sender, receiver=form.header.to[0], day=date.fromisoformat(form.value("Day")[:10]),
            begins=_moment(form.value("Begins")), ends=_moment(form.value("Ends")), edition=int(form.value("Edition")),
            part=int(form.value("Part")), parts=int(form.value("Parts")), sent=_lines(form.first("Sent")),
            received=_lines(received), received_up_to=int(received.attribute("upTo", "0")), test=form.header.test,
        )  # fmt: skip
    except (ValueError, OverflowError) as error:
        raise Refused("sheet.unreadable", "The sheet holds a day or a number that cannot be read.") from error


def told_digest(form: Form, section: str) -> tuple[str, str]:
    """The digest that a section states, and that of its lines."""
    found = form.first(section)
    return (found.attribute("digest") if found else "", digest_of(_lines(found)))


def _section(name: str, lines: Iterable[Line], bounds: tuple[tuple[str, str], ...]) -> Field:
    ordered = sorted(lines, key=lambda line: (line.number, line.state, line.message_id, line.digest))
    told = (("count", str(len(ordered))), *bounds, ("digest", digest_of(ordered)))
    return Field(name=name, attributes=told, children=tuple(_line(line) for line in ordered))


def _line(line: Line) -> Field:
    known = (("message", line.message_id), ("digest", line.digest))
    told = (("number", str(line.number)), ("state", line.state), *((name, value) for name, value in known if value))
    return Field(name="Line", attributes=told)


def _lines(section: Field | None) -> tuple[Line, ...]:
    return tuple(
        Line(
            number=int(field.attribute("number")), state=field.attribute("state"),
            message_id=field.attribute("message"), digest=field.attribute("digest"),
        )
        for field in (section.all("Line") if section else ())
    )  # fmt: skip


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
