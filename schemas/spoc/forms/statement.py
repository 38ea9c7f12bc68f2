"""`spoc/Statement@1`: what we sign about our own books, and keep."""

from schemas.form import FormSpec

FORM = FormSpec(
    id="spoc/Statement@1",
    element="Statement",
    schema="statement.xsd",
    title="Signed statement",
)
