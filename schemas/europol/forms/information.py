"""Information on own initiative: nobody asked, so nothing is drafted in answer."""

from typing import Final

from schemas.europol.facts import facts
from schemas.europol.reading import subjects
from schemas.europol.rules import INFORMATION_RULES
from schemas.form import FormSpec

FORM: Final = FormSpec(
    id="europol/Information@1",
    element="Information",
    schema="information.xsd",
    title="Information on own initiative",
    rules=INFORMATION_RULES,
    subjects=subjects,
    facts=facts,
)
