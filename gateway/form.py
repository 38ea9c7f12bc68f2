"""The typed content of a message, the same shape for all families: a header, the fields, the subjects.

A `Form` is what `decode` reads from a verified tree and what `encode` writes. Its header is typed; its fields are a
tree that keeps every element of the body in order, with its number where the family numbers fields, so that nothing is
lost on the way and `encode(decode(x))` is canonically `x`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from gateway.identity import Digest, FormatId, MessageId, PartyId
from gateway.subjects import Subject

MAX_FILE_OCTETS: Final = 52_428_800
"""As `header.xsd` bounds the size of one attachment."""


class Condition(Struct, frozen=True, kw_only=True):
    """A handling code or restriction of the provider; the text travels unchanged."""

    code: str
    text: str = ""


class UrgencyReason(Struct, frozen=True, kw_only=True):
    """Why a message is urgent; `code` names a legal ground where the family has a list."""

    text: str
    code: str = ""


class ManifestEntry(Struct, frozen=True, kw_only=True):
    """One attachment as the header announces it: `size` in octets of the decoded file."""

    file_name: str
    media_type: str
    size: Annotated[int, Meta(ge=0, le=MAX_FILE_OCTETS)]
    sha256: Digest
    role: str = "OTHER"


class Running(Struct, frozen=True, kw_only=True):
    """The running number of a message: its sender counts what it sends to this receiver, from 1 on and without a gap."""

    to: PartyId
    number: Annotated[int, Meta(ge=1, le=999_999_999_999)]


class Header(Struct, frozen=True, kw_only=True):
    """What every message carries (`urn:x-spoc:header:1`). Times are aware datetimes in UTC."""

    message_id: MessageId
    sent: datetime
    sender: PartyId
    to: tuple[PartyId, ...]
    our_reference: str
    urgency: str = "NORMAL"
    test: bool = False
    info: tuple[PartyId, ...] = ()
    your_references: tuple[str, ...] = ()
    case_reference: str = ""
    in_reply_to: str = ""
    subject: str = ""
    urgency_reasons: tuple[UrgencyReason, ...] = ()
    reply_by: datetime | None = None
    handling: tuple[Condition, ...] = ()
    purposes: tuple[str, ...] = ()
    language: str = ""
    attachments: tuple[ManifestEntry, ...] = ()
    running: Running | None = None
    """The gateway alone gives it, as the last thing before a message is signed."""


class Field(Struct, frozen=True, kw_only=True):
    """One element of the body: local name, number where the family numbers fields, text or children, attributes."""

    name: str
    value: str = ""
    number: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Field, ...] = ()
    namespace: str = ""
    """Empty for the family's own namespace; `t` for the shared types, `h` for the header's."""

    def attribute(self, name: str, default: str = "") -> str:
        """The value of one attribute."""
        return next((value for key, value in self.attributes if key == name), default)

    def child(self, name: str) -> Field | None:
        """The first child with this name."""
        return next((child for child in self.children if child.name == name), None)

    def text(self, *path: str) -> str:
        """The text of the first descendant along the path, or an empty text."""
        found: Field | None = self
        for step in path:
            found = found.child(step) if found else None
        return found.value if found else ""

    def all(self, name: str) -> tuple[Field, ...]:
        """Every child with this name, in order."""
        return tuple(child for child in self.children if child.name == name)


class Form(Struct, frozen=True, kw_only=True):
    """A decoded message. `subjects` repeat what the fields say in the gateway's neutral words."""

    format: FormatId
    header: Header
    fields: tuple[Field, ...] = ()
    subjects: tuple[Subject, ...] = ()

    def named(self, name: str) -> tuple[Field, ...]:
        """Every top-level field with this element name."""
        return tuple(field for field in self.fields if field.name == name)

    def first(self, name: str) -> Field | None:
        """The first top-level field with this element name."""
        return next(iter(self.named(name)), None)

    def value(self, name: str) -> str:
        """The text of the first top-level field with this element name, stripped; empty when absent."""
        found = self.first(name)
        return found.value.strip() if found else ""

    def numbered(self, number: str) -> tuple[Field, ...]:
        """Every field that carries this number, at any depth."""
        return tuple(field for field in self.walk() if field.number == number)

    def number(self, number: str) -> str:
        """The text of the first field with this number, stripped; empty when absent."""
        return next((field.value.strip() for field in self.numbered(number)), "")

    def walk(self) -> Iterator[Field]:
        """Every field at any depth, parents before their children."""
        stack = list(reversed(self.fields))
        while stack:
            field = stack.pop()
            yield field
            stack.extend(reversed(field.children))

    def with_subjects(self, subjects: tuple[Subject, ...]) -> Form:
        """The same form with these subjects."""
        return msgspec.structs.replace(self, subjects=subjects)
