"""`interpol/VehicleAnswer@1`: what the registers say about the vehicle, and what could not be asked."""

from schemas.form import FormSpec
from schemas.interpol import subjects
from schemas.interpol.facts import facts
from schemas.interpol.rules.message import MESSAGE_RULES
from schemas.interpol.rules.numbers import NUMBER_RULES
from schemas.interpol.rules.queries import ANSWER_RULES, OBJECT_RULES, VEHICLE_ANSWER_RULES

FORM = FormSpec(
    id="interpol/VehicleAnswer@1",
    element="VehicleAnswer",
    schema="vehicleanswer.xsd",
    title="Vehicle answer",
    rules=(*MESSAGE_RULES, *ANSWER_RULES, *VEHICLE_ANSWER_RULES, *OBJECT_RULES, *NUMBER_RULES),
    subjects=subjects.of,
    facts=facts,
)
