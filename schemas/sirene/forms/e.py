"""`sirene/E@1`: multiple or incompatible alerts."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.multiple_alerts import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/E@1",
    element="FormE",
    schema="forme.xsd",
    title="Multiple or incompatible alerts",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
