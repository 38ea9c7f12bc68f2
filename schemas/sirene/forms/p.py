"""`sirene/P@1`: object details after a hit."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.object_details import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/P@1",
    element="FormP",
    schema="formp.xsd",
    title="Object details after a hit",
    citation="Regulation (EU) 2018/1862 Art 39(2); SIRENE Manual (2015 text) 8.3",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
