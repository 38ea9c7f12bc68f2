"""Schemas: compiled once, asked often. libxml2 decides whether a tree is valid; xmlschema explains a refusal in
words.

The schema files document every element, and this is where that documentation becomes data: labels, field numbers and
the order of the body come from the XSD, so they are written down once.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

import xmlschema
from lxml import etree

from gateway.findings import Finding, Severity

TYPES_NAMESPACE: Final = "urn:x-spoc:types:1"
SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
MAX_FINDINGS: Final = 20
"""A sender is helped by the first errors; a hostile document may have thousands."""
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"


class Schema:
    """One compiled schema file with what its documentation says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        tree = etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False))
        self._fast = etree.XMLSchema(tree)
        self._explaining: xmlschema.XMLSchema10 | None = None
        self.labels: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.order: dict[str, int] = {}
        self.body = _body(tree)
        self._learn(path, set())

    def _learn(self, path: Path, seen: set[Path]) -> None:
        """Collect labels, numbers and order, this file first, then what it includes."""
        if path in seen:
            return
        seen.add(path)
        root = etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False)).getroot()
        for element in root.iter(f"{_XS}element"):
            name = element.get("name")
            if not name or name in self.order:
                continue
            self.order[name] = len(self.order)
            label = element.findtext(f"{_XS}annotation/{_XS}documentation")
            if label:
                self.labels[name] = " ".join(label.split())
            for attribute in element.iterfind(f".//{_XS}attribute"):
                if attribute.get("name") == "no" and attribute.get("fixed"):
                    self.numbers.setdefault(name, str(attribute.get("fixed")))
                    break
        for include in root.iterfind(f"{_XS}include"):
            self._learn((path.parent / str(include.get("schemaLocation"))).resolve(), seen)

    def valid(self, root: etree._Element) -> bool:
        """Whether libxml2 finds the tree valid."""
        return bool(self._fast.validate(root))

    def findings(self, root: etree._Element) -> list[Finding]:
        """What is wrong with the tree; empty when libxml2 finds it valid. Never repeats a value that the sender
        wrote.
        """
        if self.valid(root):
            return []
        explained = self._explained(root)
        if explained:
            return explained
        # The two disagree: the strict answer stands, in the words libxml2 has, without the offending value.
        return [
            self._finding("", f"Line {error.line}: {error.type_name}")
            for error in list(self._fast.error_log)[:MAX_FINDINGS]
        ]

    def _explained(self, root: etree._Element) -> list[Finding]:
        if self._explaining is None:
            self._explaining = xmlschema.XMLSchema10(str(self.path), allow="local", defuse="never", use_fallback=False)
        found: list[Finding] = []
        for error in self._explaining.iter_errors(cast("Any", root)):
            field = _field(error.path or "", self.numbers)
            found.append(self._finding(field, _words(error), self.labels.get(_local(error.path or ""), "")))
            if len(found) >= MAX_FINDINGS:
                break
        return found

    @staticmethod
    def _finding(field: str, text: str, label: str = "") -> Finding:
        remedy = (
            f"Write the field as the schema describes it: {label}"
            if label
            else "Validate the form against its published schema before sending."
        )
        return Finding(
            rule="XSD", severity=Severity.ERROR, text=text, field=field, remedy=remedy, citation="W3C XML Schema 1.0"
        )


def _body(tree: etree._ElementTree) -> tuple[str, ...]:
    """Names of the elements that the body can hold, in their order."""
    found = tree.iterfind(f".//{_XS}element[@name='Body']/{_XS}complexType/{_XS}sequence/{_XS}element")
    return tuple(str(each.get("ref") or each.get("name")).rpartition(":")[2] for each in found)


def _local(path: str) -> str:
    return path.rpartition("/")[2].partition("[")[0].rpartition(":")[2].rpartition("}")[2]


def _field(path: str, numbers: dict[str, str]) -> str:
    """`Body/RequestForInformation (089)` from an absolute path."""
    steps = [step.rpartition(":")[2].rpartition("}")[2] for step in path.strip("/").split("/")][1:]
    number = numbers.get(_local(path), "")
    return ("/".join(steps) or _local(path)) + (f" ({number})" if number else "")


def _words(error: xmlschema.XMLSchemaValidationError) -> str:
    """What is wrong, without the value: values may be personal data."""
    validator = error.validator
    kind = type(validator).__name__
    if "Enumeration" in kind:
        allowed = ", ".join(str(value) for value in list(getattr(validator, "enumeration", []))[:12])
        return f"The value is not one of: {allowed}."
    if "Pattern" in kind:
        return f"The value does not have the form {', '.join(getattr(validator, 'regexps', []))}."
    if "Facet" in kind:
        return f"The value breaks the limit {kind.removeprefix('Xsd').removesuffix('Facet')} = {getattr(validator, 'value', '')}."
    expected = getattr(error, "expected", None)
    if expected:
        names = ", ".join(sorted({_local(str(getattr(item, "name", item))) for item in expected}))
        return f"An element is missing or out of place here. Expected: {names}."
    if isinstance(error, xmlschema.XMLSchemaChildrenValidationError):
        return "An element is missing, unknown or out of place here."
    return "The value is not of the type that the schema asks for."


@lru_cache(maxsize=256)
def load(family: str, file_name: str) -> Schema:
    """The compiled schema of a family's file; compiled once in the life of a process."""
    return Schema(Path(str(files("schemas"))) / family / "xsd" / file_name)


@lru_cache(maxsize=1)
def header_labels() -> dict[str, str]:
    """What the elements of the shared header are called."""
    return Schema(Path(str(files("schemas"))) / "xsd" / "header.xsd").labels
