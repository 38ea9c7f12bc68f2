"""`sirene/L@1`: identity information and biometrics."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.identity import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/L@1",
    element="FormL",
    schema="forml.xsd",
    title="Identity information and biometrics",
    citation="Regulation (EU) 2018/1862 Arts 59(4), 61; SIRENE Manual (2015 text) 2.2.3(b), 2.11.3, 2.13.2",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
