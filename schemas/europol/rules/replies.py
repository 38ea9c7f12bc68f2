"""Rules that only a reply must meet: refusals stand on a closed list, and matches are confirmed by a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule
from gateway.form import Form
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.rules.declare import BOTH, ERROR, HOLD, IN, OUT, WARNING, rule


def _grounds(form: Form, _: Occasion) -> Iterator[Problem]:
    for refusal in form.named("Refusal"):
        if refusal.attribute("code") not in words.REFUSAL_GROUNDS:
            yield "Refusal", "The refusal has no ground of the closed list."
        if not refusal.text("RefusalReason").strip():
            yield "Refusal", "The refusal has no reason."


def _clarified_first(form: Form, _: Occasion) -> Iterator[Problem]:
    for refusal in form.named("Refusal"):
        if refusal.attribute("code") == "R-b" and not refusal.text("ClarificationReference"):
            yield "Refusal", "R-b names no question that was asked before."


def _penalty(form: Form, _: Occasion) -> Iterator[Problem]:
    for refusal in form.named("Refusal"):
        if refusal.attribute("code") == "R-g1":
            months = refusal.attribute("maxPenaltyMonths")
            if not months:
                yield "Refusal", "R-g1 without the maximum penalty."
            elif int(months) > words.MAX_PENALTY_MONTHS:
                yield "Refusal", f"R-g1 holds for a maximum penalty of {words.MAX_PENALTY_MONTHS} months at most."


def _supervised(form: Form, _: Occasion) -> Iterator[Problem]:
    if any(refusal.attribute("code") in words.SUPERVISED_GROUNDS for refusal in form.named("Refusal")):
        yield "Refusal", "A ground R-f1, R-f2 or R-f3 needs the approval of a supervisor."


def _confirmed(form: Form, _: Occasion) -> Iterator[Problem]:
    for result in form.named("Result"):
        if result.attribute("outcome") == "CANDIDATE" and not reading.true(result, "confirmed"):
            yield "Result", "A candidate that no person has confirmed."


_GROUNDS_TEXT: Final = "A refusal names a ground of the closed list and a reason."
_GROUNDS_SOURCE: Final = "Directive (EU) 2023/977 Art. 6(1); dossier rule R-21"
_GROUNDS_REMEDY: Final = "Send code " + ", ".join(words.REFUSAL_GROUNDS) + " and RefusalReason."

RULES: Final[tuple[Rule, ...]] = (
    rule(
        "EUR-21-out",
        OUT,
        ERROR,
        _grounds,
        sure="verified",
        cite=_GROUNDS_SOURCE,
        text=_GROUNDS_TEXT,
        remedy=_GROUNDS_REMEDY,
    ),
    rule(
        "EUR-21-in",
        IN,
        WARNING,
        _grounds,
        sure="verified",
        cite=_GROUNDS_SOURCE,
        text=_GROUNDS_TEXT,
        remedy=_GROUNDS_REMEDY,
    ),
    rule(
        "EUR-22",
        OUT,
        HOLD,
        _clarified_first,
        sure="secondary",
        cite="Directive (EU) 2023/977 Art. 6(3); dossier rule R-22",
        text="An unclear request is refused only after a question.",
        remedy="Ask first; then name the question in ClarificationReference.",
    ),
    rule(
        "EUR-23",
        OUT,
        ERROR,
        _penalty,
        sure="verified",
        cite="Directive (EU) 2023/977 Art. 6(1)(g); dossier rule R-23",
        text="Ground R-g1 holds only for offences punishable by one year at most.",
        remedy="Record maxPenaltyMonths, or choose another ground.",
    ),
    rule(
        "EUR-24",
        OUT,
        HOLD,
        _supervised,
        sure="proposal",
        cite="Directive (EU) 2023/977 Art. 6(1)(f); dossier rule R-24",
        text="A refusal for national security, an investigation or protected interests is approved by a supervisor.",
        remedy="Nothing to mend: a supervisor approves.",
    ),
    rule(
        "EUR-55",
        BOTH,
        HOLD,
        _confirmed,
        sure="verified",
        cite="Directive (EU) 2016/680 Art. 11; dossier rule R-55",
        text="A person confirms an automatic match before it is sent or acted on.",
        remedy="An officer compares and confirms the candidate.",
    ),
)
