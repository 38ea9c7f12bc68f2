"""`sirene/H@1`: a hit whose action was not possible or not taken."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.not_done import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/H@1",
    element="FormH",
    schema="formh.xsd",
    title="Hit, action not possible or not taken",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
