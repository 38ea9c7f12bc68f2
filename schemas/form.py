"""One declaration is one format: `FormSpec` joins a schema, rules, subjects and replies, and does all that can be
done without knowing the family.

Every message is `<Root version="1.0"><h:Header/><Body>…</Body>[<ds:Signature/>]</Root>`. The body is read into a tree
of fields and written back from it, in the order the schema asks for, so a form module says only what is particular to
its form.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lxml import etree
from msgspec import structs

from gateway.errors import Refused
from gateway.facts import LETTER, Facts
from gateway.findings import Finding, Occasion, Rule
from gateway.form import Field, Form
from gateway.identity import FormatId, family_of, format_id
from gateway.questions import Answer
from gateway.reply import ReplyContext
from gateway.subjects import Subject
from gateway.versions import major_of
from schemas import header
from schemas.xsd import SIGNATURE, TYPES_NAMESPACE, Schema, header_labels, load

NUMBER_ATTRIBUTE: Final = "no"
OURS: Final = "proposal of this project"
_PREFIXES = {"": "", "t": TYPES_NAMESPACE, "h": header.NAMESPACE}
_SHORT = {TYPES_NAMESPACE: "t", header.NAMESPACE: "h"}

Subjects = Callable[[Form], tuple[Subject, ...]]
Matter = Callable[[Form], str]
States = Callable[[Form], Facts]
Draft = Callable[[Form, Sequence[Answer], ReplyContext], Form | None]


def _no_subjects(form: Form) -> tuple[Subject, ...]:
    return ()


def _kind_of_form(form: Form) -> Facts:
    return ((LETTER, form.format.partition("/")[2].partition("@")[0]),)


class FormSpec:
    """A format (`gateway.ports.Format`). `schema` is the file name in the family's `xsd/` folder, `element` the
    root's local name. `citation` and `confidence` are for what the form is sent for; the layout is always our proposal.
    """

    def __init__(  # noqa: PLR0913  # one keyword for each thing a form says of itself
        self,
        *,
        id: str,
        element: str,
        schema: str,
        title: str,
        citation: str = OURS,
        confidence: str = "proposal",
        rules: Sequence[Rule] = (),
        subjects: Subjects = _no_subjects,
        draft: Draft | None = None,
        matter: Matter = lambda form: form.header.case_reference,
        facts: States = _kind_of_form,
    ) -> None:
        self.id: FormatId = format_id(id)
        self.family = family_of(self.id)
        self.element = element
        self.title = title
        self.citation = citation
        self.confidence = confidence
        self.rules: tuple[Rule, ...] = tuple(rules)
        self._schema_file = schema
        self._subjects = subjects
        self._draft = draft
        self._matter = matter
        self._facts = facts

    @property
    def schema(self) -> Schema:
        """The compiled schema, loaded at first use and kept."""
        return load(self.family, self._schema_file)

    @property
    def body(self) -> tuple[str, ...]:
        """The fields that the form can hold, in their order."""
        return self.schema.body

    @property
    def namespace(self) -> str:
        """The family's namespace for this major version."""
        return f"urn:x-spoc:{self.family}:{major_of(self.id)}"

    @property
    def version(self) -> str:
        """What the attribute `version` of the root says: major and minor."""
        return f"{major_of(self.id)}.0"

    @property
    def root(self) -> str:
        """Clark name of the root element."""
        return f"{{{self.namespace}}}{self.element}"

    def in_version(self, major: int) -> FormSpec:
        """The same form in an older version: a schema written by `schemas/derive.py`, and nothing else of its own. Forms of
        it are judged, answered and routed in the current version.
        """
        return FormSpec(
            id=f"{self.id.rpartition('@')[0]}@{major}", element=self.element, schema=f"v{major}/{self._schema_file}",
            title=self.title, citation=self.citation, confidence=self.confidence,
        )  # fmt: skip

    def tidied(self, form: Form) -> Form:
        """The form as its bytes would be read: fields in order with their numbers, subjects from the fields."""
        return self.decode(self.encode(form))

    def validate(self, root: etree._Element) -> list[Finding]:
        """What the schema says against the tree, each with the field, in words."""
        found = self.schema.findings(root)
        explained = getattr(importlib.import_module(f"schemas.{self.family}"), "explained", None)
        return self.named(explained(root, found) if explained and found else found)

    def decode(self, root: etree._Element) -> Form:
        """The typed form of a tree; raises `Refused` when it does not have the shape of this format."""
        if root.tag != self.root:
            raise Refused("format.mismatch", f"Expected the element {self.element}, found another.")
        parts = [child for child in root if child.tag != SIGNATURE]
        if [part.tag for part in parts] != [f"{{{header.NAMESPACE}}}Header", f"{{{self.namespace}}}Body"]:
            raise Refused("format.shape", f"{self.element} must hold exactly one Header and one Body, in this order.")
        fields = tuple(self._read(element) for element in parts[1])
        form = Form(format=self.id, header=header.read(parts[0]), fields=fields)
        return form.with_subjects(self._subjects(form))

    def encode(self, form: Form) -> etree._Element:
        """The unsigned tree of a form, fields in the order of the schema."""
        root = etree.Element(self.root, nsmap={None: self.namespace, "h": header.NAMESPACE, "t": TYPES_NAMESPACE})
        root.set("version", self.version)
        root.append(header.write(form.header))
        body = etree.SubElement(root, f"{{{self.namespace}}}Body")
        order = self.schema.order
        for field in sorted(form.fields, key=lambda field: order.get(field.name, len(order))):
            body.append(self._write(field))
        return root

    def check(self, form: Form, occasion: Occasion) -> tuple[Finding, ...]:
        """What the rules of this format say about the form."""
        return tuple(self.named(finding for rule in self.rules for finding in rule.findings(form, occasion)))

    def matter(self, form: Form) -> str:
        """The reference that all messages of one matter share."""
        return self._matter(form)

    def facts(self, form: Form) -> Facts:
        """What the form says of itself to dialogues, clocks and figures, in the words of its family."""
        return self._facts(form)

    def draft(self, form: Form, answers: Sequence[Answer], reply: ReplyContext) -> Form | None:
        """The business answer, or None when the form wants none."""
        return self._draft(form, answers, reply) if self._draft else None

    def named(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings with the names of their fields, where people have one."""
        return [
            finding
            if finding.label or not finding.field
            else structs.replace(finding, label=self.field_name(finding.field))
            for finding in findings
        ]

    def field_name(self, field: str) -> str:
        """What people call a field that a finding names: the family knows its numbers, the schema its elements."""
        known = getattr(importlib.import_module(f"schemas.{self.family}"), "field_name", None)
        name = str(known(self.element, field)) if known else ""
        if name:
            return name
        local = field.partition(" (")[0].rpartition("/")[2].partition("[")[0]
        labels = header_labels() if field.startswith("Header") else self.schema.labels
        described = re.split(r"[.;:]", labels.get(local, ""))[0].strip()
        return described or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local).lower()

    def label(self, field: Field) -> str:
        """What the schema's documentation calls the field."""
        return self.schema.labels.get(field.name, field.name)

    def _read(self, element: etree._Element) -> Field:
        name = etree.QName(element)
        attributes = tuple((str(key), str(value)) for key, value in element.attrib.items() if key != NUMBER_ATTRIBUTE)
        children = tuple(self._read(child) for child in element)
        return Field(
            name=name.localname,
            value="" if children else (element.text or ""),
            number=str(element.get(NUMBER_ATTRIBUTE, "")),
            attributes=attributes,
            children=children,
            namespace=_SHORT.get(name.namespace or "", ""),
        )

    def _write(self, field: Field) -> etree._Element:
        namespace = _PREFIXES.get(field.namespace) or self.namespace
        element = etree.Element(f"{{{namespace}}}{field.name}")
        number = field.number or self.schema.numbers.get(field.name, "")
        if number and not field.namespace:
            element.set(NUMBER_ATTRIBUTE, number)
        for name, value in field.attributes:
            element.set(name, value)
        for child in field.children:
            element.append(self._write(child))
        if not field.children:
            element.text = field.value or None  # an empty text node is not the same as no content to a validator
        return element
