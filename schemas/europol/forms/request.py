"""The request for information; its answer is drafted from what registers said."""

from typing import Final

from schemas.europol.composing import draft
from schemas.europol.facts import facts
from schemas.europol.reading import subjects
from schemas.europol.rules import REQUEST_RULES
from schemas.form import FormSpec

FORM: Final = FormSpec(
    id="europol/Request@1",
    element="Request",
    schema="request.xsd",
    title="Request for information",
    rules=REQUEST_RULES,
    subjects=subjects,
    facts=facts,
    draft=draft,
)
