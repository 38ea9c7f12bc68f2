"""`spoc/Sheet@1`: the daily sheet of counts and digests."""

from schemas.form import FormSpec
from schemas.spoc.sheet_rules import RULES

FORM = FormSpec(
    id="spoc/Sheet@1",
    element="Sheet",
    schema="sheet.xsd",
    title="Daily sheet",
    rules=RULES,
)
