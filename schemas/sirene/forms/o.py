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
    citation="Regulation (EU) 2018/1861 Arts 29(e), (f), 30; SIRENE Manual (2015 text) 4.5, 4.5.1, 4.6",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
