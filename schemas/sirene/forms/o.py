"""`sirene/O@1`: a permit decision, permit already exists."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.permits import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/O@1",
    element="FormO",
    schema="formo.xsd",
    title="Permit decision, permit already exists",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
