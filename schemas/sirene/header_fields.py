"""Fields 001 to 004 are elements of the shared header, so it is the schema that misses them. Here that becomes rule R02: the
field by number and name, its source, and what to write.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from gateway.findings import Finding, Severity
from schemas import header
from schemas.sirene.field_numbers import EVERY_FORM, lookup

_HEADER: Final = "Header"
_REMEDIES: Final = {
    "001": "Write the date and time of sending in UTC in the element Sent of the header, for example 2026-11-21T11:58:00Z.",
    "002": "Write your own reference of the form in the element OurReference of the header.",
    "003": "Write your bureau in the element From of the header, for example sirene:XB.",
    "004": "Write the bureau that is to act in the element To of the header, for example sirene:XA.",
}


def explained(root: etree._Element, found: list[Finding]) -> list[Finding]:
    """The findings of the schema, with rule R02 in place of those that say only that one of the four is missing."""
    part = root.find(f"{{{header.NAMESPACE}}}{_HEADER}")
    if part is None or not found:
        return found
    missing = {number: element for number, element in _elements().items() if not _written(part, element)}
    if not missing:
        return found
    rest = [finding for finding in found if not _says_no_more(finding, set(missing.values()))]
    return [*(_missing(number, element) for number, element in missing.items()), *rest]


def _elements() -> dict[str, str]:
    rows = ((number, lookup(EVERY_FORM, number)) for number in _REMEDIES)
    return {number: row.element.rpartition("/")[2] for number, row in rows if row}


def _written(part: etree._Element, element: str) -> bool:
    return any((each.text or "").strip() for each in part.findall(f"{{{header.NAMESPACE}}}{element}"))


def _says_no_more(finding: Finding, missing: set[str]) -> bool:
    """Whether it says of the header that one of these elements is expected, or that an empty one of them has no value."""
    if finding.field == _HEADER:
        expected = finding.text.partition("Expected: ")[2].rstrip(".").split(", ")
        return bool(missing.intersection(expected))
    return finding.field.partition("[")[0] in {f"{_HEADER}/{element}" for element in missing}


def _missing(number: str, element: str) -> Finding:
    row = lookup(EVERY_FORM, number)
    assert row is not None, "the four are registered for every form"
    return Finding(
        rule="R02", severity=Severity.ERROR, field=number, label=row.meaning, citation=f"{row.source}, field {number}",
        text=f"Field {number} is missing: the element {element} of the header.", remedy=_REMEDIES[number],
    )  # fmt: skip
