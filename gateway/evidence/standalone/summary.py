"""What the bundle says it holds (`summary.json`), read strictly: nothing here is believed, everything is held against the journal afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from .container import MANIFEST, MIMETYPE, SIGNATURE, Container, dos
from .notes import hashes_of
from .report import Bad
from .safe import loaded

SUMMARY: Final = "summary.json"
TIMELINE: Final = "timeline.html"
POLICY: Final = "policy/algorithms.json"
CHECKPOINT: Final = "log/checkpoint"
LOG_KEY: Final = "log/log.vkey"
FORMAT: Final = "spoc-evidence/1"
VERSION: Final = "1"
"""Of this program; a timeline is compared only when it was made by the same one."""
MAX_ENTRIES: Final = 8_000
MAX_MESSAGES: Final = 2_000
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Message:
    """One message, and which members are its own; an empty name where there is none."""

    envelope: str
    direction: str
    kind: str
    cause: str
    media_type: str
    format: str
    message_id: str
    sender: str
    payload: str
    opened: str
    form: str
    sent: str
    gone: str
    """Why its content is not here: destroyed; empty where it is."""

    def members(self) -> list[str]:
        """Its files."""
        return [each for each in dict.fromkeys((self.payload, self.opened, self.form, self.sent)) if each]


@dataclass(frozen=True)
class Earlier:
    """An earlier checkpoint that witnesses or authorities saw, and the proof that the log only grew since."""

    note: str
    proof: tuple[bytes, ...]
    stamps: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """All of it."""

    kind: str
    id: str
    made_at: datetime
    made_by: str
    version: str
    messages: tuple[Message, ...]
    entries: tuple[int, ...]
    personal: tuple[int, ...]
    """Entries whose words about persons are enclosed."""
    earlier: tuple[Earlier, ...]
    certificates: tuple[str, ...]
    revocation: tuple[str, ...]
    policy: str
    meanings: dict[str, str]

    def members(self) -> Iterator[str]:
        """Every file that it speaks of, and its own."""
        yield from (SUMMARY, TIMELINE, CHECKPOINT, LOG_KEY)
        yield from (each for each in (self.policy,) if each)
        yield from (name for number in self.entries for name in entry_members(number))
        yield from map(personal_member, self.personal)
        yield from (name for message in self.messages for name in message.members())
        yield from (name for each in self.earlier for name in (each.note, *each.stamps))
        yield from self.certificates
        yield from self.revocation


def entry_members(number: int) -> tuple[str, str]:
    """Where an entry and its proof stand."""
    return f"journal/{number:012}.json", f"journal/{number:012}.tlog-proof"


def personal_member(number: int) -> str:
    """Where what an entry says of persons stands."""
    return f"journal/{number:012}.personal.json"


def read_summary(container: Container) -> Summary:
    """The summary; raises `Bad`."""
    return read_told(container.content(SUMMARY))


def read_told(content: bytes) -> Summary:
    """The summary in these octets; raises `Bad`."""
    told = loaded(content)
    if told.get("format") != FORMAT:
        raise Bad("it is a summary of another kind than this program reads")
    about, messages, entries, personal = told["about"], told["messages"], told["entries"], told["personal"]
    if (
        not isinstance(messages, list)
        or not isinstance(entries, list)
        or len(messages) > MAX_MESSAGES
        or len(entries) > MAX_ENTRIES
    ):
        raise Bad("it lists more than a verifier takes")
    for numbers in (entries, personal):
        if any(type(each) is not int or each < 1 for each in numbers) or numbers != sorted(set(numbers)):
            raise Bad("the numbers of entries are not whole numbers in their order, each once")
    found = Summary(
        kind=_text(about, "kind"), id=_text(about, "id"), made_at=moment(_text(told, "made_at")), made_by=_text(told, "made_by"),
        version=_text(told, "version"), messages=tuple(map(_message, messages)), entries=tuple(entries), personal=tuple(personal),
        earlier=tuple(map(_earlier, told["earlier"])), certificates=_texts(told, "certificates"),
        revocation=_texts(told, "revocation"), policy=_text(told, "policy"),
        meanings={str(name): str(words) for name, words in told["meanings"].items()},
    )  # fmt: skip
    ids = [each.envelope for each in found.messages]
    if len(set(ids)) != len(ids) or not all(_ID.fullmatch(each) for each in ids):
        raise Bad("a message is listed twice, or has an id that none can have")
    return found


def fits(summary: Summary, container: Container) -> None:
    """Raise `Bad` unless what it speaks of is what is there."""
    named, inside = set(summary.members()), set(container.members) - {MIMETYPE, MANIFEST, SIGNATURE}
    if missing := sorted(named - inside):
        raise Bad(f"it speaks of {missing[0][:150]}, which is not there")
    if strange := sorted(inside - named):
        raise Bad(f"it does not speak of {strange[0][:150]}, which is there")
    for name in (*summary.certificates, *summary.revocation):
        if sha256(container.content(name)).hexdigest() != name.rpartition("/")[2].partition(".")[0]:
            raise Bad(f"{name[:150]} is not what its name says: it was exchanged")
    if container.moment != dos(summary.made_at):
        raise Bad("the moment in the ZIP is not the one at which it says it was made")


def moment(text: str) -> datetime:
    """A time in UTC; raises `Bad`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Bad(f"{text[:40]!r} is no time") from error
    if found.tzinfo is None:
        raise Bad("a time has no zone")
    return found.astimezone(UTC)


def _message(row: dict[str, Any]) -> Message:
    return Message(**{name: _text(row, name) for name in Message.__dataclass_fields__})


def _earlier(row: dict[str, Any]) -> Earlier:
    return Earlier(_text(row, "note"), tuple(hashes_of(_texts(row, "proof"))), _texts(row, "stamps"))


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Bad(f"{name} is missing, or no text")
    return value


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Bad(f"{name} is missing, or no list of texts")
    return tuple(value)
