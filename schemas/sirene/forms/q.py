"""`sirene/Q@1`: misused identity."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.misused_identity import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/Q@1",
    element="FormQ",
    schema="formq.xsd",
    title="Misused identity",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
