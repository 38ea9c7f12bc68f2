"""`sirene/L@1`: identity information and biometrics."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.identity import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/L@1",
    element="FormL",
    schema="forml.xsd",
    title="Identity information and biometrics",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
