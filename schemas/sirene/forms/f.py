"""`sirene/F@1`: a flag is asked for or taken back."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.flags import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/F@1",
    element="FormF",
    schema="formf.xsd",
    title="Flag",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
