"""Free text that is longer than the other side takes goes on in M forms.

The real limits are not public, so there is none unless the office sets one. The form keeps the first part in its own field;
each further part is field 083 of an M form about the same alert, which begins with the reference and the field it continues.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import structs

from gateway.form import Field, Form
from gateway.sequence import split_text

FREE_TEXT: Final = ("044", "083", "086", "088", "089")
"""Numbers of the fields that hold text of any length."""
KEPT: Final = ("SchengenId", "ImportantNotice", "AlertArticle")
"""Fields that every part repeats, so that each can be read and judged by itself."""
MAX_REFERENCE: Final = 64
MAX_FURTHER: Final = 99
HEAD_ROOM: Final = 5
"""Characters of `: ` and a number of three digits between reference and text."""


def continued(form: Form, limit: int, name: Callable[[int], str], now: datetime) -> tuple[Form, ...]:
    """The form with the first part of each text that is too long, then the M forms with the rest; only the form itself when
    everything fits. `name` gives the message id of each further form. Raises `ValueError` where the limit leaves no room.
    """
    first, rest = form, []
    for field in form.fields:
        if field.number in FREE_TEXT and not field.children and len(field.value) > limit:
            head = f"{form.header.our_reference} {field.number}: "
            begun, *parts = split_text(field.value, limit - len(head))
            first = structs.replace(first, fields=tuple(_begun(each, field, begun) for each in first.fields))
            rest += [f"{head}{part}" for part in parts]
    if len(rest) > MAX_FURTHER:
        raise ValueError(f"the texts of the form need more than {MAX_FURTHER} further forms")
    return first, *(_further(form, number, text, name(number), now) for number, text in enumerate(rest, 2))


def _begun(each: Field, long: Field, begun: str) -> Field:
    return structs.replace(each, value=begun) if each is long else each


def _further(form: Form, number: int, text: str, message_id: str, now: datetime) -> Form:
    ending = f"-{number}"
    header = structs.replace(
        form.header, message_id=message_id, sent=now, attachments=(), reply_by=None,
        our_reference=form.header.our_reference[: MAX_REFERENCE - len(ending)] + ending,
    )  # fmt: skip
    kept = tuple(field for field in form.fields if field.name in KEPT)
    major = form.format.rpartition("@")[2]
    words = Field(name="SupplementaryInformation", number="083", value=text)
    return Form(format=f"sirene/M@{major}", header=header, fields=(*kept, words))
