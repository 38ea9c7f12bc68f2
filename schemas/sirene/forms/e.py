"""`sirene/E@1`: multiple or incompatible alerts."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.multiple_alerts import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/E@1",
    element="FormE",
    schema="forme.xsd",
    title="Multiple or incompatible alerts",
    citation="Regulation (EU) 2018/1862 Art 23(3); Regulation (EU) 2018/1861 Art 23(3); SIRENE Manual (2015 text) 2.2.3",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
