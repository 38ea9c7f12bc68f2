"""`sirene/I@1`: use of an alert for another purpose."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.other_purpose import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/I@1",
    element="FormI",
    schema="formi.xsd",
    title="Use for another purpose",
    citation="Regulation (EU) 2018/1862 Art 56(5); Regulation (EU) 2018/1861 Art 41(5); SIRENE Manual (2015 text) 2.5",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
