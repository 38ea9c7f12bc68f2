"""The entries of the journal: each readable, each in the log, each step of a message after the one before it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from . import notes
from .container import Container
from .report import Bad, Report
from .safe import loaded
from .summary import Summary, entry_members, moment, personal_member

MEMBERS: Final = {"actor", "at", "details", "envelope", "event", "reason"}
RECEIVED: Final = "envelope.received"
COMMITMENT: Final = b"spoc-gateway journal commitment 1\x00"
_ANYWHERE: Final = ("held", "rejected", "quarantined")
INBOUND: Final[dict[str, tuple[str, ...]]] = {
    "received": ("identified", *_ANYWHERE), "identified": ("verified", "settled", *_ANYWHERE), "verified": ("decoded", "repeated", *_ANYWHERE),
    "decoded": ("checked", *_ANYWHERE), "checked": ("correlated", *_ANYWHERE), "correlated": ("routed", *_ANYWHERE),
    "routed": ("delivered", "settled", *_ANYWHERE), "delivered": ("acknowledged", *_ANYWHERE),
    "held": ("received", "identified", "verified", "decoded", "checked", "correlated", "routed", "delivered", "rejected"),
    "quarantined": ("received", "rejected"), "acknowledged": (), "settled": (), "repeated": (), "rejected": (),
}  # fmt: skip
OUTBOUND: Final[dict[str, tuple[str, ...]]] = {
    "received": ("checked", *_ANYWHERE), "checked": ("routed", *_ANYWHERE), "routed": ("encoded", *_ANYWHERE), "encoded": ("signed", *_ANYWHERE),
    "signed": ("transmitted", "ambiguous", "kept", *_ANYWHERE), "kept": (), "transmitted": ("confirmed", *_ANYWHERE),
    "ambiguous": ("signed", "transmitted", "confirmed", "held", "rejected"), "confirmed": ("held",), "rejected": (),
    "held": ("received", "checked", "routed", "encoded", "signed", "transmitted", "confirmed", "rejected"), "quarantined": ("received", "rejected"),
}  # fmt: skip
"""The gateway's own table of states (docs/lifecycle.md); a test holds the one against the other."""
TABLES: Final = {"inbound": INBOUND, "outbound": OUTBOUND}


@dataclass(frozen=True)
class Entry:
    """One entry."""

    number: int
    content: bytes
    event: str
    at: datetime
    actor: str
    envelope: str
    reason: str
    details: dict[str, str]
    personal: dict[str, str] = field(default_factory=dict)
    """Commitments to what is said of persons."""

    def state(self) -> str:
        """The state that a message reached by it; empty for none."""
        if self.event == RECEIVED:
            return "signed" if self.details.get("kind") == "repeat" else "received"
        if self.event == "envelope.released":
            return self.details.get("on_to", "") or "received"
        if self.event == "envelope.replayed":
            return "received"
        name = self.event.removeprefix("envelope.")
        return name if self.event.startswith("envelope.") and (name in INBOUND or name in OUTBOUND) else ""


def read_entry(number: int, content: bytes) -> Entry:
    """One entry; raises `Bad` unless it is in the one form that is hashed (RFC 8785)."""
    told = loaded(content)
    details, personal = told.get("details"), told.get("personal", {})
    if set(told) - {"personal"} != MEMBERS or not isinstance(details, dict) or not isinstance(personal, dict):
        raise Bad("it does not have the members of an entry")
    texts = (*(told[name] for name in MEMBERS - {"details"}), *details.values(), *personal.values())
    if not all(isinstance(each, str) for each in texts):
        raise Bad("it holds something else than texts")
    if json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != content:
        raise Bad("it is not in the one form of an entry: it was changed")
    at = moment(told["at"])
    return Entry(number, content, told["event"], at, told["actor"], told["envelope"], told["reason"], details, personal)


def read_entries(container: Container, summary: Summary, report: Report) -> list[Entry]:
    """Every entry that can be read: `journal.entries`."""
    found = []
    for number in summary.entries:
        place = entry_members(number)[0]
        with report.checking("journal.entries", place):
            found.append(read_entry(number, container.content(place)))
    return found


def check_inclusion(
    container: Container, entries: Sequence[Entry], checkpoint: notes.Checkpoint, report: Report
) -> None:
    """Each entry against the checkpoint: `journal.inclusion`."""
    note = container.content("log/checkpoint")
    for entry in entries:
        place = entry_members(entry.number)[1]
        with report.checking("journal.inclusion", place):
            packet = notes.packet_of(container.content(place))
            if packet.index != entry.number - 1:
                raise Bad(f"the proof is for entry {packet.index + 1}, not for this one: entries were exchanged")
            if packet.leaf != notes.leaf_of(entry.content):
                raise Bad("the proof is for another entry than the one enclosed")
            if packet.checkpoint != note:
                raise Bad("the proof is under another checkpoint than the one enclosed")
            notes.included(packet.leaf, packet.index, packet.proof, checkpoint)


def check_personal(container: Container, summary: Summary, entries: Sequence[Entry], report: Report) -> None:
    """What is said of persons against what the entry committed to: `journal.personal`."""
    for entry in entries:
        place = personal_member(entry.number)
        if entry.personal and entry.number not in summary.personal:
            report.open(
                "journal.personal", entry_members(entry.number)[0], "the words are not enclosed, or were destroyed"
            )
        elif entry.personal or entry.number in summary.personal:
            with report.checking("journal.personal", place):
                _opened(entry, loaded(container.content(place)))


def _opened(entry: Entry, told: dict[str, object]) -> None:
    if set(told) != set(entry.personal):
        raise Bad("there are other words than the entry committed to")
    for name, pair in told.items():
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(each, str) for each in pair):
            raise Bad("the words are not given with their salt")
        parts = (bytes.fromhex(pair[1]), name.encode(), pair[0].encode())
        content = COMMITMENT + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        if sha256(content).hexdigest() != entry.personal[name]:
            raise Bad(f"{name} does not say what the entry was written with")


def check_steps(summary: Summary, entries: Sequence[Entry], report: Report) -> None:
    """No gap in the steps of any message: `journal.steps`; nothing left out: `journal.complete`."""
    for message in summary.messages:
        steps = [entry for entry in entries if entry.envelope == message.envelope and entry.state()]
        with report.checking("journal.steps", message.envelope):
            _walk(message.direction, steps)
    named = {entry.envelope for entry in entries} - {""}
    receipts = {entry.details.get("receipt", "") for entry in entries if entry.event == "receipt.recorded"} - {""}
    here = {message.envelope for message in summary.messages}
    for missing in sorted((named | receipts) - here):
        what = "message" if missing in named else "receipt"
        report.failed("journal.complete", missing[:64], f"entries name this {what}, and it is not enclosed")
    for strange in sorted(here - named):
        report.failed("journal.complete", strange[:64], "this message is enclosed, and no entry names it")
    if named == here and receipts <= here:
        report.ok("journal.complete", "", f"{len(here)} messages")


def _walk(direction: str, steps: Sequence[Entry]) -> None:
    if not steps or steps[0].event != RECEIVED:
        raise Bad("the entry with which it was taken in is missing")
    table, here = TABLES[direction], steps[0].state()
    for entry in steps[1:]:
        reached = entry.state()
        if reached not in table.get(here, ()):
            raise Bad(
                f"entry {entry.number} leads from {here} to {reached[:40]}, which no message can do: a step is missing, or out of order"
            )
        here = reached
