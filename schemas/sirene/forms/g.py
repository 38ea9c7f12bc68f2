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
    citation="SIRENE Manual (2015 text) 2.3, 3.8, 4.7, 4.8, 5.6, 7.6, 8.3, 9; Regulation (EU) 2018/1862 Arts 33 to 41",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
    draft=draft,
)
