"""Rules that only a request must meet: what Directive (EU) 2023/977 Art. 4 asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule
from gateway.form import Form
from schemas.europol import reading
from schemas.europol import vocabulary as words
from schemas.europol.rules.declare import refused_out_held_in

ELEMENTS: Final = {
    "NecessityStatement": "why the information is necessary and proportionate",
    "AvailabilityReason": "why the other state should have it",
    "RequestedInformation": "what is asked for",
    "PurposeText": "the purpose",
    "Facts": "the facts",
    "Offence": "the offence",
}


def _article_4(form: Form, _: Occasion) -> Iterator[Problem]:
    if form.value("LegalBasis") != words.DIR977:
        return
    for name, meaning in ELEMENTS.items():
        if not form.value(name):
            yield name, f"The request does not say {meaning}."
    if any(True for _ in reading.entities(form)) and not form.value("PersonLink"):
        yield "PersonLink", "The request does not say how the person or entity is linked to the purpose."
    if any(item.value.strip() not in words.REQUESTED_ITEMS for item in form.named("RequestedItem")):
        yield "RequestedItem", "What is to be looked up is not a code of this family."


RULES: Final[tuple[Rule, ...]] = refused_out_held_in(
    "EUR-04",
    _article_4,
    sure="verified",
    cite="Directive (EU) 2023/977 Art. 4; dossier rule R-04",
    text="A request under the Directive says what it wants, why, why from us, and about which facts and offence.",
    remedy="Send the request again with the missing element; a question is asked before a request is refused.",
)
