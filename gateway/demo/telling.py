"""What people see while the stories are played: every entry of the journal as it is written, then a table and the
proof.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from string import Formatter
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.demo.stories import Outcome
from gateway.journal.chain import Link
from gateway.journal.entry import Entry, read

LOOK_EVERY_SECONDS: Final = 0.1
QUIET_EVENTS: Final = frozenset({"messages.searched", "envelope.read", "journal.exported", "token.issued"})
"""Reading by the demonstration itself; journalled like all reading, but not told."""
COLOURS: Final = {
    "rejected": "red",
    "held": "yellow",
    "quarantined": "bold red",
    "confirmed": "green",
    "acknowledged": "green",
    "opened": "cyan",
    "asked": "cyan",
}


class Telling:
    """Prints the journal as it grows, read beside the running gateway."""

    def __init__(self, console: Console, ledger: Path) -> None:
        self.console, self._ledger = console, SqliteLedger(ledger, read_only=True)
        self._seen = 0
        self._names: dict[str, str] = {}
        self._receivers: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin after what is in the journal already."""
        await self._ledger.start()
        self._seen = (await self._ledger.head())[0]
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Tell what is left and end."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            await self._tell_new()
        await self._ledger.stop()

    async def _follow(self) -> None:
        while True:
            await self._tell_new()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _tell_new(self) -> None:
        while links := await self._ledger.journal(self._seen, 500):
            for link in links:
                self._seen = link.number
                self._tell(link)

    def _tell(self, link: Link) -> None:
        entry = read(link.entry)
        if entry.event in QUIET_EVENTS:
            return
        details = dict(entry.details)
        name = self._name(entry, details)
        if "counterpart" in details:
            self._receivers[entry.envelope] = details["counterpart"]
        thing, _, what = entry.event.partition(".")
        line = Text()
        line.append(f"{link.number:5} ", style="dim")
        line.append(f"{entry.at:%H:%M:%S.%f}"[:-3] + " ", style="dim")
        line.append(f"{name:30.30} ", style="bold")
        line.append(f"{what if thing == 'envelope' else entry.event:22.22} ", style=COLOURS.get(what, ""))
        line.append(self._words(entry, details), style="dim")
        self.console.print(line, no_wrap=True, overflow="ellipsis", crop=True)

    def _words(self, entry: Entry, details: dict[str, str]) -> str:
        """A sentence where there is one, else the details as they stand."""
        known = details | {
            "receiver": self._receivers.get(entry.envelope, "the counterpart"),
            "cause": self._names.get(details.get("cause", ""), "what came before"),
            "reason": entry.reason,
        }
        sentence = SENTENCES.get(entry.event)
        if entry.event == "envelope.routed":
            sentence = ROW_DECIDES if "row" in details else WAY_OUT
        elif entry.event == "envelope.received" and "kind" in details:
            sentence = MADE
        if sentence and all(name in known for name in placeholders(sentence)):
            return sentence.format_map(known)
        shown = [f"{key}={value}" for key, value in details.items() if key in TOLD]
        return " ".join([*([entry.reason] if entry.reason else []), *shown])[:150]

    def _name(self, entry: Entry, details: dict[str, str]) -> str:
        """A short name for an envelope: its format once it is known, else what made it."""
        if not entry.envelope:
            return "gateway"
        known = details.get("format") or (details.get("kind", "") if entry.event == "envelope.received" else "")
        if known:
            self._names[entry.envelope] = known.partition("@")[0]
        return f"{self._names.get(entry.envelope, 'message')} …{entry.envelope[-4:]}"


TOLD: Final = (
    "channel", "encryption", "octets", "partner", "party", "algorithm", "findings", "row", "registers", "register", "outcome", "case_system", "reference",
    "opened", "answer", "why", "counterpart", "attempt", "evidence", "by", "stage", "code", "first", "found_by", "attachments", "on_to", "again_at",
)  # fmt: skip


SENTENCES: Final = {
    "envelope.identified": "{partner} sent {format}, with {attachments} file(s)",
    "envelope.verified": "signed by {party} with {algorithm}",
    "envelope.correlated": "belongs to an exchange, found by: {found_by}",
    "register.asked": "{register} was asked and answered {outcome}",
    "case.opened": "{case_system} has the case {reference} (new: {opened})",
    "envelope.acknowledged": "answer: {answer} ({reason})",
    "envelope.transmitted": "{receiver} has taken it",
    "envelope.settled": "{reason}: {stage}",
    "envelope.repeated": "known before: the first verdict is given again",
    "receipt.recorded": "{receiver} says {stage}",
}
"""What the main events mean to a reader; `{name}` is a detail of the entry."""
WAY_OUT: Final = "goes to {counterpart} by {channel}"
MADE: Final = "a {kind} of ours, because of {cause}"
ROW_DECIDES: Final = "row {row} of the routing table decides"


def placeholders(sentence: str) -> list[str]:
    """The details that a sentence needs."""
    return [name for _, name, _, _ in Formatter().parse(sentence) if name]


def opening(console: Console, number: int, title: str, words: str) -> None:
    """The head of a story."""
    console.print()
    console.print(Panel(words, title=f"{number}  {title}", title_align="left", border_style="blue"))


def points(console: Console, outcome: Outcome) -> None:
    """What was expected and whether it came."""
    for what, came in outcome.points:
        console.print(Text("      ✔ " if came else "      ✘ ", style="green" if came else "bold red") + Text(what))


def summary(console: Console, outcomes: list[Outcome], proof: dict[str, object], balance: dict[str, object]) -> None:
    """The table at the end and the proof of the journal."""
    table = Table(title="The stories", show_lines=False)
    for column in ("story", "points", "seconds", "end"):
        table.add_column(column)
    for outcome in outcomes:
        good = sum(came for _, came in outcome.points)
        end = Text("as expected", style="green") if outcome.well else Text("NOT as expected", style="bold red")
        table.add_row(outcome.title, f"{good} of {len(outcome.points)}", f"{outcome.seconds:.1f}", end)
    console.print()
    console.print(table)
    head = proof.get("head")
    hash_ = str(head.get("hash", ""))[:16] if isinstance(head, dict) else ""
    style = "green" if proof.get("intact") else "bold red"
    console.print(
        Text(
            f"Journal: {proof.get('entries')} entries, {'intact' if proof.get('intact') else 'BROKEN'}, last hash {hash_}…",
            style=style,
        )
    )
    balanced = bool(balance.get("balanced"))
    words = ", ".join(f"{name} {number}" for name, number in dict(balance.get("accounts") or {}).items())  # type: ignore[call-overload]  # JSON object
    console.print(
        Text(
            f"Balance: accepted {balance.get('accepted')} = {words}{'' if balanced else ' — DOES NOT ADD UP'}",
            style="green" if balanced else "bold red",
        )
    )
