"""`sirene/A@1`: arrest alert information."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.arrest import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/A@1",
    element="FormA",
    schema="forma.xsd",
    title="Arrest alert information",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
