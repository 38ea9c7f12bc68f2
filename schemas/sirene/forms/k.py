"""`sirene/K@1`: access, rectification or deletion asked for by a person."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.person_requests import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/K@1",
    element="FormK",
    schema="formk.xsd",
    title="Request of a person about an alert",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
