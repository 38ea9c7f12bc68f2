"""`sirene/F@1`: a flag is asked for or taken back."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.flags import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/F@1",
    element="FormF",
    schema="formf.xsd",
    title="Flag",
    citation="Regulation (EU) 2018/1862 Arts 24, 25; SIRENE Manual (2015 text) 2.6, 3.6, 5.4, 7.5",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
