"""`interpol/VehicleQuery@1`: is this vehicle stolen or wanted?"""

from schemas.form import FormSpec
from schemas.interpol import subjects
from schemas.interpol.drafts.vehicles import draft
from schemas.interpol.facts import facts
from schemas.interpol.rules.message import MESSAGE_RULES
from schemas.interpol.rules.numbers import CHECK_DIGIT, NUMBER_RULES
from schemas.interpol.rules.queries import OBJECT_RULES, SILENT_QUERY, VEHICLE_KEY

FORM = FormSpec(
    id="interpol/VehicleQuery@1",
    element="VehicleQuery",
    schema="vehiclequery.xsd",
    title="Vehicle query",
    rules=(*MESSAGE_RULES, VEHICLE_KEY, SILENT_QUERY, *OBJECT_RULES, *NUMBER_RULES, CHECK_DIGIT),
    subjects=subjects.of,
    facts=facts,
    draft=draft,
)
