"""`sirene/I@1`: use of an alert for another purpose."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.other_purpose import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/I@1",
    element="FormI",
    schema="formi.xsd",
    title="Use for another purpose",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
