"""`sirene/FreeText@1`: free text between bureaux, and consultations before an alert exists."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.free_text import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/FreeText@1",
    element="FreeText",
    schema="freetext.xsd",
    title="Free text, and consultation before an alert exists",
    citation="SIRENE Manual (2015 text) 1.10.3; Regulation (EU) 2018/1861 Art 28; Regulation (EU) 2018/1860 Art 10; glossary of the Commission",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
