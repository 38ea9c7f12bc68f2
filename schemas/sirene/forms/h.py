"""`sirene/H@1`: a hit whose action was not possible or not taken."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.not_done import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/H@1",
    element="FormH",
    schema="formh.xsd",
    title="Hit, action not possible or not taken",
    citation="Regulation (EU) 2018/1862 Art 58; Regulation (EU) 2018/1861 Art 43; SIRENE Manual (2015 text) 2.4, 4.5, 4.7, 4.8, 9",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
