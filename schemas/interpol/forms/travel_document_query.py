"""`interpol/TravelDocumentQuery@1`: is this travel document stolen, lost, revoked or wanted?"""

from schemas.form import FormSpec
from schemas.interpol import subjects
from schemas.interpol.drafts.documents import draft
from schemas.interpol.facts import facts
from schemas.interpol.rules.message import MESSAGE_RULES
from schemas.interpol.rules.numbers import NUMBER_RULES
from schemas.interpol.rules.queries import DOCUMENT_KEY, OBJECT_RULES, SILENT_QUERY

FORM = FormSpec(
    id="interpol/TravelDocumentQuery@1",
    element="TravelDocumentQuery",
    schema="traveldocumentquery.xsd",
    title="Travel document query",
    rules=(*MESSAGE_RULES, DOCUMENT_KEY, SILENT_QUERY, *OBJECT_RULES, *NUMBER_RULES),
    subjects=subjects.of,
    facts=facts,
    draft=draft,
)
