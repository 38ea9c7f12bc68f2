"""`sirene/A@1`: arrest alert information."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.arrest import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/A@1",
    element="FormA",
    schema="forma.xsd",
    title="Arrest alert information",
    citation="Regulation (EU) 2018/1862 Arts 24(2), 28, 29; SIRENE Manual (2015 text) 3.4, 3.5, 3.7",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
