"""How steps, happenings and matters of exchanges become columns and come back: the part that all stores share.

The idea: what dialogues, clocks and figures need holds no names and stays plain for ever; texts that may hold one are sealed under the
exchange's key (`words`), and are empty once that is destroyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from adapters.stores.columns import facts, microseconds, text
from adapters.stores.sealing import Seals, step_words
from gateway.dialogues.happened import Happened
from gateway.dialogues.step import Step
from gateway.exchanges.matter import Kept, Matter
from gateway.vault.blind import telling_nothing
from gateway.vault.sealed import ContentDestroyed
from gateway.vault.subjects import of_exchange

Stored = tuple[str, bytes, bytes | None]
"""One row as it is stored: its exchange, its content, its words."""
_STEP = msgspec.json.Decoder(Step)
_HAPPENED = msgspec.json.Decoder(Happened)
_MATTER = msgspec.json.Decoder(Matter)

STEP_COLUMNS = ("envelope", "exchange", "known_at", "step", "words")
HAPPENED_COLUMNS = ("exchange", "id", "at", "happened", "words")
MATTER_COLUMNS = ("exchange", "family", "key", "closed", "overdue", "next_look_at", "revision", "matter", "words")


def happened_words(happened: Happened) -> dict[str, Any]:
    """What of a happening may hold a name."""
    return {"reason": happened.happening.reason} if happened.happening.reason else {}


def matter_words(matter: Matter) -> dict[str, Any]:
    """What of a matter may hold a name."""
    words = {"key": matter.key} if not telling_nothing(matter.key) else {}
    return words | ({"trouble": matter.trouble} if matter.trouble else {})


def step_row(step: Step, seals: Seals) -> tuple[Any, ...]:
    """The `STEP_COLUMNS` of a step."""
    words = step_words(step) if seals.sealing else {}
    kept = step_left(step) if words else step
    return (
        step.envelope, text(step.exchange), microseconds(step.known_at), facts(kept),
        seals.words(of_exchange(step.exchange), words),
    )  # fmt: skip


def step(exchange: str, stored: bytes, words: bytes | None, seals: Seals) -> Step:
    found = _STEP.decode(stored)
    own = _words(exchange, words, seals)
    if "your_references" in own:
        own["your_references"] = tuple(own["your_references"])
    return replace(found, **own) if own else found


def happened_row(happened: Happened, seals: Seals) -> tuple[Any, ...]:
    """The `HAPPENED_COLUMNS` of a happening."""
    words = happened_words(happened) if seals.sealing else {}
    kept = happened_left(happened) if words else happened
    return (
        text(happened.exchange), text(happened.id), microseconds(happened.happening.at), facts(kept),
        seals.words(of_exchange(happened.exchange), words),
    )  # fmt: skip


def happened(exchange: str, stored: bytes, words: bytes | None, seals: Seals) -> Happened:
    found = _HAPPENED.decode(stored)
    own = _words(exchange, words, seals)
    return replace(found, happening=replace(found.happening, **own)) if own else found


def matter_row(matter: Matter, seals: Seals) -> tuple[Any, ...]:
    """The `MATTER_COLUMNS` of a matter."""
    words = matter_words(matter) if seals.sealing else {}
    kept = matter_left(matter) if words else matter
    looked_at = None if matter.next_look_at is None else microseconds(matter.next_look_at)
    return (
        text(matter.exchange), matter.family, seals.searched(text(matter.key)), matter.closed, matter.overdue, looked_at,
        matter.revision, facts(kept), seals.words(of_exchange(matter.exchange), words),
    )  # fmt: skip


def matter(exchange: str, stored: bytes, words: bytes | None, seals: Seals) -> Matter:
    found = _MATTER.decode(stored)
    own = _words(exchange, words, seals)
    return replace(found, **own) if own else found


def _words(exchange: str, words: bytes | None, seals: Seals) -> dict[str, Any]:
    """Empty once they were destroyed: what is counted stays."""
    try:
        return seals.read_words(of_exchange(exchange), words)
    except ContentDestroyed:
        return {}


# --- what is left when the words are destroyed ------------------------------------------------------------------------


def step_left(step: Step) -> Step:
    """A step without what may name a person: what is counted stays."""
    return replace(step, **{name: () if name == "your_references" else "" for name in step_words(step)})


def happened_left(happened: Happened) -> Happened:
    return replace(happened, happening=replace(happened.happening, reason=""))


def matter_left(matter: Matter) -> Matter:
    return replace(matter, **dict.fromkeys(matter_words(matter), ""))


# --- rows of one exchange ----------------------------------------------------------------------------------------------


class KeptRows(NamedTuple):
    """One exchange as it is stored."""

    steps: Sequence[Stored]
    happened: Sequence[Stored]
    matter: Stored | None

    @property
    def sealed(self) -> list[bytes | None]:
        """What has to be opened."""
        return [words for *_, words in (*self.steps, *self.happened, *([self.matter] if self.matter else []))]

    def opened(self, seals: Seals) -> Kept:
        """What `gateway.ledger.Ledger.exchange` gives."""
        return Kept(
            steps=tuple(step(*stored, seals) for stored in self.steps),
            happened=tuple(happened(*stored, seals) for stored in self.happened),
            matter=matter(*self.matter, seals) if self.matter else None,
        )
