"""`interpol/TravelDocumentAnswer@1`: what the register says about the document, and what could not be asked."""

from schemas.form import FormSpec
from schemas.interpol import subjects
from schemas.interpol.facts import facts
from schemas.interpol.rules.message import MESSAGE_RULES
from schemas.interpol.rules.numbers import NUMBER_RULES
from schemas.interpol.rules.queries import ANSWER_RULES, DOCUMENT_ANSWER_RULES, OBJECT_RULES

FORM = FormSpec(
    id="interpol/TravelDocumentAnswer@1",
    element="TravelDocumentAnswer",
    schema="traveldocumentanswer.xsd",
    title="Travel document answer",
    rules=(*MESSAGE_RULES, *ANSWER_RULES, *DOCUMENT_ANSWER_RULES, *OBJECT_RULES, *NUMBER_RULES),
    subjects=subjects.of,
    facts=facts,
)
