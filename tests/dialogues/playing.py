"""Stories of exchanges, one line a step, for the tests of dialogues.

`1 XB>XA G asks=yes wants=P | object-data-asked` is a message of hour 1 with its facts and the state that follows; `re 1` answers the
message of hour 1. `3 ! alert.deleted | closed` is something recorded; `4 XB>XA G | DLG-SECOND-HIT-REPORT` is a step that breaks the
dialogue. What stands after `|` belongs to the dialogue of the step.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gateway.clocks.happening import Happening
from gateway.dialogues.happened import Happened
from gateway.dialogues.reading import read
from gateway.dialogues.standing import Standing
from gateway.dialogues.step import Step
from schemas.sirene.dialogues import charts

MORNING = datetime(2026, 11, 21, 6, tzinfo=UTC)
OWN = frozenset({"sirene:XA"})
ALERT = "XA00000000000000042"


class Line(NamedTuple):
    """One line of a story."""

    step: Step | None
    record: Happened | None
    expected: str


def at(hour: float) -> datetime:
    """The moment of an hour of the story."""
    return MORNING + timedelta(hours=hour)


def party(code: str) -> str:
    return f"sirene:{code}" if code != "EUROPOL" else "europol:EUROPOL"


def line(text: str) -> Line:
    """A line of a story."""
    said, _, expected = (part.strip() for part in text.partition("|"))
    hour, who, *rest = said.split()
    if who == "!":
        name, about = rest[0], f"m{rest[2]}" if rest[1:2] == ["re"] else ""
        record = Happened(id=f"h{hour}", exchange="x", happening=Happening(name=name, at=at(float(hour))), about=about)
        return Line(None, record, expected)
    return Line(message(hour, who, rest), None, expected)


def message(hour: str, who: str, rest: list[str]) -> Step:
    """A message of a story."""
    sender, _, to = who.partition(">")
    letter, said = rest[0], rest[1:]
    reply = said[said.index("re") + 1] if "re" in said else ""
    facts = dict(pair.split("=", 1) for pair in said if "=" in pair)
    facts = {"letter": letter, "schengen_id": ALERT, **{name: value.replace("_", " ") for name, value in facts.items()}}
    moment, inbound = at(float(hour)), party(sender) not in OWN
    return Step(
        envelope=f"e{hour}", exchange="x", format=f"sirene/{letter}@1", sender=party(sender),
        to=tuple(party(each) for each in to.split(",")), message_id=f"m{hour}", reference=f"{sender}-{letter}-{hour}",
        sent=moment, known_at=moment, taken_at=None if inbound else moment, inbound=inbound,
        in_reply_to=f"m{reply}" if reply else "", facts=tuple(sorted((name, value) for name, value in facts.items() if value)),
    )  # fmt: skip


def lines(story: str) -> list[Line]:
    """The lines of a story."""
    return [line(each) for each in story.strip().splitlines() if each.strip() and not each.strip().startswith("#")]


def steps_of(story: list[Line]) -> list[Step]:
    return [each.step for each in story if each.step is not None]


def records_of(story: list[Line]) -> list[Happened]:
    return [each.record for each in story if each.record is not None]


def played(story: list[Line]) -> Standing:
    """Where the exchange of a story stands at its end."""
    return read(charts(), steps_of(story), records_of(story), OWN)
