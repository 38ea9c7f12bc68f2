"""Rules of the daily sheet. None of them refuses: a sheet that contradicts itself is shown to an officer and never answered."""

from collections.abc import Iterable

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Form
from gateway.numbers.sheets import SENT
from schemas.spoc.sheets import read, told_digest

_SOURCE = "urn:x-spoc:spoc:1, sheet.xsd"


def _counts(form: Form, _: Occasion) -> Iterable[Problem]:
    for name in ("Sent", "Received"):
        section = form.first(name)
        if section and section.attribute("count") != str(len(section.all("Line"))):
            yield f"{name} states another count than it has lines."
        stated, counted = told_digest(form, name)
        if stated != counted:
            yield f"{name} states another digest than its lines have."


def _no_gap(form: Form, _: Occasion) -> Iterable[Problem]:
    section = form.first("Sent")
    numbers = [line.number for line in read(form).sent]
    first, last = (section.attribute(name, "0") for name in ("first", "last")) if section else ("0", "0")
    expected = (
        list(range(int(first), int(last) + 1)) if last != "0" and len(numbers) == int(last) - int(first) + 1 else []
    )
    if numbers != expected:
        yield "Sent has a gap, a number twice, or other bounds than it states."


def _says_which(form: Form, _: Occasion) -> Iterable[Problem]:
    sheet = read(form)
    lines = (
        *(line for line in sheet.sent if line.state == SENT),
        *(line for line in sheet.received if line.state == "came"),
    )
    if any(not line.message_id or not line.digest for line in lines):
        yield "A line of a message that was sent or came names no message id or no digest."


RULES = (
    Rule(
        id="T04", severity=Severity.HOLD, check=_counts, field="Body/Sent",
        text="A sheet states the count and the digest of its own lines.",
        citation=_SOURCE, confidence="proposal",
        remedy="Compute both from the lines that are sent.",
    ),
    Rule(
        id="T05", severity=Severity.HOLD, check=_no_gap, field="Body/Sent",
        text="The numbers that were given stand in order, from the first to the last that the sheet states, without a gap.",
        citation=_SOURCE, confidence="proposal",
        remedy="List every number of the day: sent, waiting or void.",
    ),
    Rule(
        id="T06", severity=Severity.HOLD, check=_says_which, field="Body/Sent/Line",
        text="A line of a message that was sent or that came names its message id and its digest.",
        citation=_SOURCE, confidence="proposal",
        remedy="Write both beside the number.",
    ),
)  # fmt: skip
