"""`sirene/J@1`: incorrect or unlawful content of an alert."""

from schemas.form import FormSpec
from schemas.sirene.facts import facts
from schemas.sirene.rules.wrong_content import RULES
from schemas.sirene.subjects import subjects

FORM = FormSpec(
    id="sirene/J@1",
    element="FormJ",
    schema="formj.xsd",
    title="Incorrect or unlawful content of an alert",
    citation="Regulation (EU) 2018/1862 Art 59(5), (6); Regulation (EU) 2018/1861 Art 44(5), (6); SIRENE Manual (2015 text) 2.7, 4.10(d)",
    confidence="manual-2015",
    rules=RULES,
    subjects=subjects,
    facts=facts,
)
