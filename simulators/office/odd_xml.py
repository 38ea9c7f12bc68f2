"""The same document in unusual clothes: all of it legal, little of it seen often.

The one idea: a signature covers the canonical form, so everything that canonical XML takes away may be there: order and
quotes of attributes, blanks in tags, CDATA, character references, no declaration, blanks after the end. Prefixes are part
of the canonical form and are changed before signing.
"""

import textwrap
from collections.abc import Callable

from lxml import etree

_PREFIXES = {
    "urn:x-spoc:header:1": "kopf",
    "urn:x-spoc:types:1": "a.b-c",
    "http://www.w3.org/2000/09/xmldsig#": "sig",
}
_BODY_PREFIX = "f"
_BASE64_LINE = 64
_XML = "http://www.w3.org/XML/1998/namespace"


def other_prefixes(root: etree._Element) -> etree._Element:
    """A copy in which no element is in the default namespace; to be done before signing."""
    own = etree.QName(root).namespace or ""
    names = {prefix: space for space, prefix in _PREFIXES.items()} | {_BODY_PREFIX: own}
    return _copied(root, names)


def _copied(element: etree._Element, names: dict[str, str]) -> etree._Element:
    twin: etree._Element = etree.Element(element.tag, attrib=dict(element.attrib), nsmap=names)
    twin.text, twin.tail = element.text, element.tail
    for child in element:
        twin.append(_copied(child, names))
    return twin


def oddly(payload: bytes, *, ascii_only: bool) -> bytes:
    """The signed document, written by hand. With `ascii_only` every other letter is a character reference."""
    root = etree.fromstring(payload)
    escape = _referenced if ascii_only else _escaped
    text = _element(root, {}, escape)
    head = "<?xml version='1.0'\tencoding='utf-8'  standalone='yes' ?>\n\n"
    return (head + text + "\n").replace("\n", "\r\n").encode("utf-8")  # every parser reads CRLF as LF


def with_blank_end(payload: bytes) -> bytes:
    """CRLF after the last tag, as some mail servers add, and no XML declaration."""
    start = payload.index(b"?>") + 2 if payload.startswith(b"<?xml") else 0
    return payload[start:].strip() + b"\r\n\r\n"


def _element(element: etree._Element, known: dict[str | None, str], escape: Callable[[str], str]) -> str:
    name = _name(str(element.tag), element.nsmap, element.prefix)
    new = {prefix: space for prefix, space in element.nsmap.items() if known.get(prefix) != space}
    attributes = [(_name(str(key), element.nsmap, None), str(value)) for key, value in element.attrib.items()]
    spaces = [(f"xmlns:{prefix}" if prefix else "xmlns", space) for prefix, space in new.items()]
    said = [f"\n  {key} = '{_attribute(value, escape)}'" for key, value in reversed([*attributes, *spaces])]
    inner = _text(element, escape)
    inner += "".join(_element(each, dict(element.nsmap), escape) + escape(each.tail or "") for each in element)
    return f"<{name}{''.join(said)} >{inner}</{name}\n>"


def _name(tag: str, names: dict[str | None, str], prefix: str | None) -> str:
    if not tag.startswith("{"):
        return tag
    space, _, local = tag[1:].partition("}")
    if space == _XML:
        return f"xml:{local}"
    if prefix is None:
        prefix = next((each for each, found in names.items() if found == space and each is not None), None)
        if prefix is None:
            return local
    return f"{prefix}:{local}"


def _text(element: etree._Element, escape: Callable[[str], str]) -> str:
    text = element.text or ""
    if etree.QName(element).localname == "X509Certificate":  # not signed, and blanks mean nothing in base64
        return "\n" + "\n".join(textwrap.wrap(text, _BASE64_LINE)) + "\n"
    if len(element) == 0 and " " in text and "]]>" not in text and text.isascii() and "\r" not in text:
        middle = text.index(" ")
        return f"{escape(text[:middle])}<![CDATA[{text[middle:]}]]>"
    return escape(text)


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&#62;")
    return text.replace("\r", "&#xD;")


def _referenced(text: str) -> str:
    return "".join(each if each.isascii() else f"&#x{ord(each):x};" for each in _escaped(text))


def _attribute(value: str, escape: Callable[[str], str]) -> str:
    value = escape(value).replace("'", "&apos;")
    return value.replace("\t", "&#9;").replace("\n", "&#10;")
