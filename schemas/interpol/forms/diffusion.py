"""`interpol/Diffusion@1`: a wanted request, or another alert by colour, sent directly to chosen bureaus."""

from schemas.form import FormSpec
from schemas.interpol import subjects
from schemas.interpol.facts import facts
from schemas.interpol.rules.diffusions import DIFFUSION_RULES
from schemas.interpol.rules.message import MESSAGE_RULES
from schemas.interpol.rules.numbers import NUMBER_RULES
from schemas.interpol.rules.persons import PERSON_RULES
from schemas.interpol.rules.wanted import WANTED_RULES

FORM = FormSpec(
    id="interpol/Diffusion@1",
    element="Diffusion",
    schema="diffusion.xsd",
    title="Diffusion",
    rules=(*MESSAGE_RULES, *PERSON_RULES, *WANTED_RULES, *DIFFUSION_RULES, *NUMBER_RULES),
    subjects=subjects.of,
    facts=facts,
)
