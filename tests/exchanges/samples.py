"""Sample exchanges of the corpus: what `tests/corpus/sirene/exchanges/README.md` describes, read from TOML, and their forms made.

The one idea: a sample names messages of the corpus and says only what is different, so that whoever knows the field can read and
write one. Every name is checked; a word that is not known here fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from gateway import safexml
from gateway.families import Family
from gateway.form import Field, Form, Header, UrgencyReason
from gateway.ports import Formats
from schemas.catalogue import discover
from schemas.form import FormSpec

CORPUS: Final = Path("tests/corpus/sirene")
FOLDER: Final = CORPUS / "exchanges"
CATALOGUE: Final = discover()
BEGINS: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
"""A Saturday at noon: every sample begins then."""
OURS: Final = "sirene:XA"
NOTHING_KNOWN: Final = "0193a5c0-7d10-7a01-8b3c-0000000000ff"
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}


class Alert(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert as the alert system shows it."""

    id: str
    issuer: str
    article: str
    category: str
    entered: str = "-30d"
    deleted: str = ""
    links: tuple[str, ...] = ()
    misused_identity: bool = False


class Mailbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mailbox that the address book lists."""

    of: str
    kind: str
    address: str


class Bytes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of the signed document that somebody changed on the way."""

    were: str
    are: str


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens: a form comes or goes, nothing comes, or an officer records something."""

    form: str = ""
    """A message of the corpus, `FormG/passes/sample`; its files are left out."""
    document: str = ""
    """A document as it stands in `documents/`, for what no form can say."""
    silence: str = ""
    """So long nothing comes."""
    recorded: str = ""
    """What an officer records, as the dialogues name it."""
    after: str = ""
    """How long after what came before."""
    sender: str = msgspec.field(name="from", default="sirene:XB")
    to: tuple[str, ...] = (OURS,)
    info: tuple[str, ...] = ()
    reference: str = ""
    answers: int | str = 0
    """The form that it answers, by its number in this file; `unknown` for a message that nobody has."""
    names: tuple[str, ...] = ()
    """References of the other side that it names."""
    sent: str = ""
    """When it says it was sent, seen from the moment when it comes."""
    urgent: str = ""
    """Why it is urgent. Where nothing is said it is as urgent as the message of the corpus, and not at all without its field 311."""
    reply_by: str = ""
    """How long after it was sent an answer is needed; else as in the message of the corpus."""
    mailbox: str = "sirene@xa.spoc.example"
    """The mailbox of ours by which it comes."""
    changes: dict[str, str] = {}
    """What its fields say instead, by number or by the path of the element; nothing takes the field out."""
    changed_on_the_way: Bytes | None = None


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must come of it."""

    form: int = 0
    """The form that is looked at, by its number; the last one where it is not said."""
    effect: str
    """`goes on`, `held`, `waits` or `refused`."""
    reason: str = ""
    """The code of the reason where it is held or refused."""
    findings: tuple[str, ...] = ()
    """Every finding that the form raises, with its severity; those that its message of the corpus raises anyhow are left out."""
    clocks: tuple[str, ...] = ()
    """What the clock of the rule has told, in order: `T01 breached`."""


class Sample(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file."""

    rule: str
    title: str
    seen_as: str = ""
    """How the rule is seen: as a finding with its id, or as `reason CODE`, or as `clock ID MARK`."""
    alerts: tuple[Alert, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    uncharted: tuple[str, ...] = ()
    """Letters that no chart names, as those of a form that was added without one."""
    happens: tuple[Event, ...]
    outcome: Outcome

    @property
    def forms(self) -> tuple[Event, ...]:
        """What comes and goes, in order; the first has the number 1."""
        return tuple(each for each in self.happens if each.form or each.document)

    @property
    def looked_at(self) -> int:
        """The number of the form that the outcome is about."""
        return self.outcome.form or len(self.forms)

    @property
    def parties(self) -> frozenset[str]:
        """Everybody but us."""
        named = {party for each in self.forms for party in (each.sender, *each.to, *each.info)}
        return frozenset(named | {"sirene:XB"}) - {OURS}


def read_sample(path: Path) -> Sample:
    """The sample in a file; raises with the name of what is not known."""
    return msgspec.toml.decode(path.read_bytes(), type=Sample)


def span(text: str) -> timedelta:
    """A length of time: `90m`, `2h`, `-30d`."""
    found = re.fullmatch(r"(-?)(\d+)([dhm])", text)
    assert found, f"{text!r} is no time; write 90m, 2h or -30d"
    sign, number, unit = found.groups()
    length = timedelta(**{_UNITS[unit]: int(number)})
    return -length if sign else length


def message_id(number: int) -> str:
    """The message id of a form of the sample."""
    return f"0193a5c0-7d10-7a01-8b3c-{number:012}"


@cache
def of_the_corpus(name: str) -> tuple[FormSpec, Form]:
    """A message of the corpus without its files."""
    root = safexml.parse((CORPUS / f"{name}.xml").read_bytes())
    spec = CATALOGUE.recognise(str(root.tag), str(root.get("version")))
    form = spec.decode(root)
    return spec, replace(form, header=replace(form.header, attachments=()))


def written(event: Event, number: int, now: datetime) -> bytes:
    """The document of a form that comes now; it is not signed."""
    if event.document:
        return (FOLDER / "documents" / event.document).read_bytes()
    spec, form = of_the_corpus(event.form)
    letter, code = spec.element.removeprefix("Form"), event.sender.partition(":")[2]
    sent = now + span(event.sent) if event.sent else now
    header = replace(
        form.header, message_id=message_id(number), sent=sent, sender=event.sender, to=event.to, info=event.info,
        our_reference=event.reference or f"{code}-{letter}-2026-{number:07}", in_reply_to=_answered(event.answers),
        your_references=event.names, **_pressing(form.header, event, sent),
    )  # fmt: skip
    for path, text in event.changes.items():
        form = replace(form, fields=_changed(spec, form.fields, _steps(spec, form, path), text))
    return etree.tostring(spec.encode(replace(form, header=header)), xml_declaration=True, encoding="UTF-8")


def _pressing(header: Header, event: Event, sent: datetime) -> dict[str, Any]:
    """Urgency and the time for an answer: as the event says, else as in the message of the corpus, seen from the new time."""
    said: dict[str, Any] = {}
    if event.urgent:
        said |= {"urgency": "URGENT", "urgency_reasons": (UrgencyReason(text=event.urgent),)}
    elif event.changes.get("311", "-") == "":
        said |= {"urgency": "NORMAL", "urgency_reasons": (), "reply_by": None}
    if event.reply_by:
        said |= {"reply_by": sent + span(event.reply_by)}
    elif header.reply_by and "reply_by" not in said:
        said |= {"reply_by": sent + (header.reply_by - header.sent)}
    return said


def _answered(answers: int | str) -> str:
    if isinstance(answers, str):
        assert answers == "unknown", answers
        return NOTHING_KNOWN
    return message_id(answers) if answers else ""


def _steps(spec: FormSpec, form: Form, path: str) -> list[str]:
    """`CheckReport/TimeOfCheck` as names; a number stands for the field of this form that bears it."""
    names = [name for name in spec.schema.order if name in {*spec.body, *(field.name for field in form.walk())}]
    numbered = {spec.schema.numbers[name]: name for name in reversed(names) if name in spec.schema.numbers}
    return [numbered.get(step, step) for step in path.split("/")]


def _changed(spec: FormSpec, fields: tuple[Field, ...], steps: list[str], text: str) -> tuple[Field, ...]:
    """The fields with another text at the end of the path; what is not there is put in its place."""
    name, _, attribute = steps[0].partition("@")
    assert name in spec.schema.order, f"{spec.element} has no {name}"
    if not text and len(steps) == 1 and not attribute:
        return tuple(each for each in fields if each.name != name)
    place = next((number for number, each in enumerate(fields) if each.name == name), None)
    found = Field(name=name) if place is None else fields[place]
    if len(steps) > 1:
        made = replace(found, children=_changed(spec, found.children, steps[1:], text))
    elif attribute:
        kept = tuple(each for each in found.attributes if each[0] != attribute)
        made = replace(found, attributes=(*kept, (attribute, text)) if text else kept)
    else:
        made = replace(found, value=text, children=())
    if place is not None:
        return (*fields[:place], made, *fields[place + 1 :])
    order = spec.schema.order
    before = [each for each in fields if order.get(each.name, len(order)) <= order[name]]
    return (*before, made, *(each for each in fields if each not in before))


class WithoutCharts:
    """The formats, but no chart of a dialogue names these letters."""

    def __init__(self, formats: Formats, letters: tuple[str, ...]) -> None:
        self._formats, self._letters = formats, letters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._formats, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._formats)

    def family(self, format_id: str) -> Family:
        """The family with what is left of its charts."""
        family = self._formats.family(format_id)
        charts = family.charts
        if charts is None:
            return family
        left = tuple(
            replace(chart, turns=tuple(turn for turn in chart.turns if turn.letter not in self._letters))
            for chart in charts.charts
        )
        return replace(family, charts=replace(charts, charts=left))
