"""`sirene/G@1`: further information following a hit, answered with form P where field 089 asks for it."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.object_details import draft
from schemas.sirene.rules.hits import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/G@1",
    element="FormG",
    schema="formg.xsd",
    title="Further information following a hit (action taken)",
    rules=RULES,
    subjects=subjects,
    facts=facts,
    draft=draft,
)
