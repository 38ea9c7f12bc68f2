"""`interpol/FreeText@1`: a message in free words, with the persons and objects that it is about as fields."""

from schemas.form import FormSpec
from schemas.interpol import subjects
from schemas.interpol.facts import facts
from schemas.interpol.rules.message import MESSAGE_RULES
from schemas.interpol.rules.numbers import CHECK_DIGIT, NUMBER_RULES
from schemas.interpol.rules.persons import PERSON_RULES

FORM = FormSpec(
    id="interpol/FreeText@1",
    element="FreeText",
    schema="freetext.xsd",
    title="Free message",
    rules=(*MESSAGE_RULES, *PERSON_RULES, *NUMBER_RULES, CHECK_DIGIT),
    subjects=subjects.of,
    facts=facts,
)
