"""The reply: what was found, what was not, what could not be checked, what is refused."""

from typing import Final

from schemas.europol.facts import facts
from schemas.europol.reading import subjects
from schemas.europol.rules import REPLY_RULES
from schemas.form import FormSpec

FORM: Final = FormSpec(
    id="europol/Reply@1",
    element="Reply",
    schema="reply.xsd",
    title="Reply to a request for information",
    rules=REPLY_RULES,
    subjects=subjects,
    facts=facts,
)
