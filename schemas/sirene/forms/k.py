"""`sirene/K@1`: access, rectification or deletion asked for by a person."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.person_requests import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/K@1",
    element="FormK",
    schema="formk.xsd",
    title="Request of a person about an alert",
    citation="Regulation (EU) 2018/1862 Art 67(2); Regulation (EU) 2018/1861 Art 53(2); SIRENE Manual (2015 text) 2.8.2, 2.8.3",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
