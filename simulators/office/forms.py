"""What stands in a message: read without our schemas' code, checked against the XSD files as they lie on disk.

The one idea: the office reads what it is sent with its own eyes. Facts are plain JSON values, for the ledger and for
testers; nothing that cannot be read raises, it becomes a finding.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from simulators.office.signing import DS, ds

HEADER = "urn:x-spoc:header:1"
SCHEMAS = Path(__file__).parents[2] / "schemas"
MAX_FINDINGS = 20
_NAMESPACE = re.compile(r"urn:x-spoc:([a-z]{2,16}):([0-9]{1,3})")
_ROOT = re.compile(r"[A-Za-z]{1,40}")
_PARSER_LIMITS: dict[str, Any] = {"resolve_entities": False, "no_network": True, "huge_tree": False}


class NotAForm(Exception):
    """Bytes that are no message of this wire; the text says why."""


def parse(payload: bytes) -> etree._Element:
    """The root element; raises `NotAForm`."""
    try:
        root: etree._Element = etree.fromstring(
            payload, etree.XMLParser(load_dtd=False, dtd_validation=False, **_PARSER_LIMITS)
        )
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotAForm(f"not XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise NotAForm("it has a document type")
    if _NAMESPACE.fullmatch(_namespace(root)) is None or _ROOT.fullmatch(name_of(root)) is None:
        raise NotAForm(f"unknown root element {root.tag!r}")
    return root


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname


def _namespace(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


def family_of(root: etree._Element) -> str:
    found = _NAMESPACE.fullmatch(_namespace(root))
    return found[1] if found else ""


def format_of(root: etree._Element) -> str:
    """sirene/G@1, interpol/TravelDocumentQuery@1, spoc/Receipt@1."""
    found = _NAMESPACE.fullmatch(_namespace(root))
    return f"{family_of(root)}/{name_of(root).removeprefix('Form')}@{found[2] if found else ''}"


def operation_of(root_name: str) -> str:
    """The name that scenarios use: form-g, travel-document-query, receipt."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", root_name).lower()


def header_of(root: etree._Element) -> etree._Element | None:
    return root.find(f"{{{HEADER}}}Header")


def body_of(root: etree._Element) -> etree._Element | None:
    return root.find(f"{{{_namespace(root)}}}Body")


def header_text(root: etree._Element, name: str) -> str:
    header = header_of(root)
    return (header.findtext(f"{{{HEADER}}}{name}") or "") if header is not None else ""


def header_texts(root: etree._Element, name: str) -> list[str]:
    header = header_of(root)
    return [] if header is None else [each.text or "" for each in header.findall(f"{{{HEADER}}}{name}")]


def facts(root: etree._Element) -> dict[str, Any]:
    """The header, and the body as lists of texts by path."""
    header = header_of(root)
    handling = [] if header is None else header.findall(f"{{{HEADER}}}Handling")
    return {
        "root": name_of(root),
        "family": family_of(root),
        "format": format_of(root),
        "message_id": header_text(root, "MessageId"),
        "sent": header_text(root, "Sent"),
        "from": header_text(root, "From"),
        "to": header_texts(root, "To"),
        "our_reference": header_text(root, "OurReference"),
        "your_references": header_texts(root, "YourReference"),
        "case_reference": header_text(root, "CaseReference"),
        "in_reply_to": header_text(root, "InReplyTo"),
        "subject": header_text(root, "Subject"),
        "urgency": header_text(root, "Urgency"),
        "reply_by": header_text(root, "ReplyBy"),
        "handling": [{"code": each.get("code", ""), "text": each.text or ""} for each in handling],
        "test": header_text(root, "Test") == "true",
        "attachments": listed_attachments(root),
        "body": _flat(body_of(root)),
        "receipt": _receipt(root) if name_of(root) == "Receipt" else None,
    }


def listed_attachments(root: etree._Element) -> list[dict[str, str]]:
    header = header_of(root)
    entries = [] if header is None else header.findall(f"{{{HEADER}}}Attachment")
    names = {"file_name": "FileName", "media_type": "MediaType", "size": "Size", "sha256": "Sha256", "role": "Role"}
    return [{key: entry.findtext(f"{{{HEADER}}}{name}") or "" for key, name in names.items()} for entry in entries]


def _flat(body: etree._Element | None) -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}
    if body is None:
        return flat
    for leaf in body.iter(etree.Element):
        if len(leaf) == 0 and leaf is not body:
            steps = [name_of(each) for each in leaf.iterancestors() if body in each.iterancestors()]
            flat.setdefault("/".join([*reversed(steps), name_of(leaf)]), []).append(leaf.text or "")
    return flat


def _receipt(root: etree._Element) -> dict[str, Any]:
    body = body_of(root)
    space = _namespace(root)

    def text(name: str) -> str:
        return "" if body is None else body.findtext(f"{{{space}}}{name}") or ""

    findings = [] if body is None else body.findall(f"{{{space}}}Finding")
    return {
        "of_message_id": text("OfMessageId"),
        "of_reference": text("OfReference"),
        "of_digest": text("OfDigest"),
        "stage": text("Stage"),
        "code": text("Code"),
        "text": text("Text"),
        "findings": [
            {**{str(key): str(value) for key, value in each.attrib.items()},
             **{name_of(child).lower(): child.text or "" for child in each}}
            for each in findings
        ],
    }  # fmt: skip


def xsd_findings(root: etree._Element) -> list[str]:
    """What the XSD of the form says against it; one without an XSD here is against it, too."""
    schema = _schema(_schema_file(root))
    if schema is None:
        return [f"no schema for {format_of(root)}"]
    unsigned = etree.fromstring(etree.tostring(root))  # a copy: signatures are judged elsewhere
    for signature in unsigned.findall(ds("Signature")):
        unsigned.remove(signature)
    if schema.validate(unsigned):
        return []
    return [f"line {each.line}: {each.message}" for each in schema.error_log][:MAX_FINDINGS]


def version_of(root: etree._Element) -> int:
    found = _NAMESPACE.fullmatch(_namespace(root))
    return int(found[2]) if found else 0


def has_schema(root: etree._Element) -> bool:
    return _schema_file(root).is_file()


def _schema_file(root: etree._Element) -> Path:
    """Version 1 is in `xsd`, any other in a folder of its own below."""
    version = version_of(root)
    folder = SCHEMAS / family_of(root) / "xsd"
    return (folder if version == 1 else folder / f"v{version}") / f"{name_of(root).lower()}.xsd"


@cache
def _schema(file: Path) -> etree.XMLSchema | None:
    return etree.XMLSchema(etree.parse(str(file))) if file.is_file() else None


def is_signature(element: etree._Element) -> bool:
    return _namespace(element) == DS
