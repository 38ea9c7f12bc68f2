"""`spoc/Receipt@1`: the technical receipt."""

from schemas.form import FormSpec
from schemas.spoc.rules import RULES

FORM = FormSpec(
    id="spoc/Receipt@1",
    element="Receipt",
    schema="receipt.xsd",
    title="Technical receipt",
    rules=RULES,
)
