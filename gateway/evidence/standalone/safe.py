"""XML and JSON from strangers: no document type, no entities, no network, bounded in size and depth; nothing read in two ways."""

from __future__ import annotations

import json
from typing import Any, Final

from lxml import etree

from .report import Bad

MAX_XML_OCTETS: Final = 24 * 1024 * 1024
MAX_JSON_OCTETS: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 64


def parsed(content: bytes, most: int = MAX_XML_OCTETS) -> etree._Element:
    """The root of a document; raises `Bad`."""
    if len(content) > most:
        raise Bad(f"the XML is longer than {most} octets")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Bad("it is no well-formed XML") from error
    if root.getroottree().docinfo.doctype:
        raise Bad("it has a document type")
    return root


def loaded(content: bytes, most: int = MAX_JSON_OCTETS) -> dict[str, Any]:
    """An object in JSON in which no name stands twice; raises `Bad`."""
    if len(content) > most:
        raise Bad(f"the JSON is longer than {most} octets")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Bad("it is no JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise Bad("it is no object in JSON")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
