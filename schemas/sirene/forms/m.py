"""`sirene/M@1`: miscellaneous supplementary information."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.miscellaneous import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/M@1",
    element="FormM",
    schema="formm.xsd",
    title="Miscellaneous supplementary information",
    citation="Regulation (EU) 2018/1862 Art 8; SIRENE Manual (2015 text) passim",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
