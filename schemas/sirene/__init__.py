"""The SIRENE forms: supplementary information about alerts in the Schengen Information System.

- `xsd/`           `family.xsd` declares every field once, `parts.xsd` what stands inside one; a form is a list of them
- `fields.csv`     what each field number means on each form, by which source, how sure (`field_numbers.py` reads it)
- `articles.csv`   the articles that alerts rest on (`articles.py` reads it)
- `clocks.toml`    legal time limits: what starts and stops them, who owes what, what silence means (`gateway.clocks` reads it)
- `versions.toml`  the layouts of 2021 and 2015 with their days; `conversions/` what the older one cannot say, `xsd/v0/` written from it
- `markers.py`     fixed keywords in free text as typed markers, and the letters a to p of a missing person
- `subjects.py`    persons, vehicles, documents and objects in the gateway's own words
- `rules/`         what must hold in a form beside the schema, with source and remedy, and what is not enforced yet
- `object_details.py`   the P form that answers a G form
- `forms/`, `samples/`  the formats and one example of each

The official schema is not public. Numbers are kept as published; names are ours.
"""

from lxml import etree

from gateway.findings import Finding, Severity
from schemas.sirene import field_numbers, header_fields


def _withdrawn(letter: str) -> Finding:
    return Finding(
        rule="R01", severity=Severity.ERROR, field=f"Form{letter}", label="letter of the form",
        text=f"Form {letter} was withdrawn in 2011.", remedy="Send the same information on form M.",
        citation="Commission Implementing Decision 2011/406/EU, annex 1.3.5",
    )  # fmt: skip


WITHDRAWN = {f"Form{letter}": _withdrawn(letter) for letter in "BCD"}
"""Root elements of forms that no longer exist, each with what refuses it."""


def field_name(element: str, field: str) -> str:
    """What people call a field of the form with this root element."""
    return field_numbers.field_name(element.removeprefix("Form"), field)


def explained(root: etree._Element, found: list[Finding]) -> list[Finding]:
    """What the schema found, in the words of the rules where a rule of the family says the same."""
    return header_fields.explained(root, found)
