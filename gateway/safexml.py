"""The one door for XML: every document from outside is parsed here and nowhere else.

No DTD, no entities, no network, no comments or processing instructions, UTF-8 only, with limits on octets, depth and
nodes. Bytes are bounded before parsing, because no parser setting bounds the number of elements (two million empty
ones cost a second).
"""

from typing import Final

from lxml import etree

from gateway.errors import Refused

MAX_OCTETS: Final = 4 * 1024 * 1024
"""A form without attachments is some kilobytes; attachments travel beside the XML."""
MAX_DEPTH: Final = 64
MAX_NODES: Final = 50_000
MAX_ATTRIBUTES: Final = 64

_XML_SPACE = b" \t\r\n"
_BOM_UTF8 = b"\xef\xbb\xbf"
_BOM_OTHER = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")


def _parser() -> etree.XMLParser:
    # A parser object serialises the threads that share it, so every call has its own.
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, attribute_defaults=False,
        huge_tree=False, recover=False, remove_blank_text=False, remove_comments=False, remove_pis=False, strip_cdata=True,
        encoding="utf-8",
    )  # fmt: skip


def parse(document: bytes) -> etree._Element:
    """The root element of a document from outside; raises `Refused` with a code `xml.…` for everything that is not
    allowed.
    """
    if len(document) > MAX_OCTETS:
        raise Refused(
            "xml.too-large", f"The XML form is larger than {MAX_OCTETS} octets. Send files as attachments beside it."
        )
    _refuse_encoding(document)
    try:
        root = etree.fromstring(document, _parser())
    except (etree.XMLSyntaxError, ValueError, LookupError, AssertionError) as error:
        raise Refused("xml.not-well-formed", _public(error)) from error
    if root is None:
        raise Refused("xml.not-well-formed", "The document has no root element.")
    _refuse_shape(root)
    return root


def _refuse_encoding(document: bytes) -> None:
    head = document[:200]
    if head.startswith(_BOM_OTHER):
        raise Refused("xml.encoding", "The XML form is not UTF-8. Send it in UTF-8.")
    start = head.removeprefix(_BOM_UTF8).lstrip(_XML_SPACE)
    if start.startswith(b"<?xml"):
        declaration = start.partition(b"?>")[0].lower()
        _, found, rest = declaration.partition(b"encoding")
        if found and b"utf-8" not in rest.replace(b"utf8", b"utf-8"):
            raise Refused("xml.encoding", "The XML form declares another encoding than UTF-8. Send it in UTF-8.")
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise Refused("xml.dtd", "The XML form holds a document type or entity declaration. Send it without one.")


def _refuse_shape(root: etree._Element) -> None:
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None or tree.docinfo.externalDTD is not None:
        raise Refused("xml.dtd", "The XML form holds a document type declaration. Send it without one.")
    if root.getprevious() is not None or root.getnext() is not None:
        raise Refused("xml.comment", "Comments and processing instructions are not allowed in a form.")
    depth = nodes = 0
    for action, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if action == "end":
            depth -= 1
            continue
        nodes += 1
        if action != "start" or not isinstance(node.tag, str):
            raise Refused("xml.comment", "Comments and processing instructions are not allowed in a form.")
        depth += 1
        if depth > MAX_DEPTH:
            raise Refused("xml.too-deep", f"The XML form is nested deeper than {MAX_DEPTH} elements.")
        if nodes > MAX_NODES:
            raise Refused("xml.too-many-elements", f"The XML form has more than {MAX_NODES} elements.")
        if len(node.attrib) > MAX_ATTRIBUTES:
            raise Refused("xml.too-many-attributes", f"An element has more than {MAX_ATTRIBUTES} attributes.")


def _public(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    where = f" (line {line})" if line else ""
    return f"The form is not well-formed XML{where}. Mend it and send it again."


def canonical(element: etree._Element) -> bytes:
    """Canonical XML 1.0 without comments (W3C C14N 1.0, inclusive) of an element as a document of its own."""
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)
