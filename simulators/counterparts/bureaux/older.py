"""A form as a bureau writes it that knows the layout of 2015 only: version 0 beside version 1 of today.

The one idea: the older layout is the newer one with other articles and without some fields, so a template of today is
enough for both; `older.toml` names what differs. What the older layout cannot say is an error, not a gap.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from lxml import etree

from simulators.office.forms import name_of
from simulators.office.templates import CannotFill

OLDER, NEWER = 0, 1
_ARTICLES = ("AlertArticle", "IntendedArticle")


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("older.toml").read_text("utf-8"))


def older(root: etree._Element) -> etree._Element:
    """A copy of an unsigned form of version 1 as version 0; raises `CannotFill`."""
    space = etree.QName(root).namespace or ""
    if not space.endswith(f":{NEWER}"):
        raise CannotFill(f"{space} is not version {NEWER} of the forms")
    twin = _copied(root, space, f"{space.removesuffix(f':{NEWER}')}:{OLDER}")
    twin.set("version", f"{OLDER}.0")
    return twin


def _copied(element: etree._Element, space: str, other: str) -> etree._Element:
    names = {prefix: other if found == space else found for prefix, found in element.nsmap.items()}
    own = etree.QName(element)
    tag = f"{{{other}}}{own.localname}" if own.namespace == space else element.tag
    twin: etree._Element = etree.Element(tag, attrib=dict(element.attrib), nsmap=names)
    twin.text = _article(element.text or "") if own.localname in _ARTICLES else element.text
    twin.tail = element.tail
    for child in element.iterchildren(etree.Element):
        if name_of(child) not in _document()["drops"]:
            twin.append(_copied(child, space, other))
    return twin


def _article(article: str) -> str:
    said = next((old for new, old in _document()["articles"] if article.startswith(new)), "")
    if not said:
        raise CannotFill(f"version {OLDER} of the forms has no alerts under {article}")
    return str(said)
