"""`sirene/N@1`: a permit decision, asked before granting."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.permits import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/N@1",
    element="FormN",
    schema="formn.xsd",
    title="Permit decision, asked before granting",
    citation="Regulation (EU) 2018/1861 Art 27(e), (f); SIRENE Manual (2015 text) 4.5, 4.6",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
