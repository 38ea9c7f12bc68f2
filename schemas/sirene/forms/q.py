"""`sirene/Q@1`: misused identity."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.misused_identity import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/Q@1",
    element="FormQ",
    schema="formq.xsd",
    title="Misused identity",
    citation="Regulation (EU) 2018/1862 Art 62; Regulation (EU) 2018/1861 Art 47; SIRENE Manual (2015 text) 2.11.1",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
