"""`sirene/J@1`: incorrect or unlawful content of an alert."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.wrong_content import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/J@1",
    element="FormJ",
    schema="formj.xsd",
    title="Incorrect or unlawful content of an alert",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
