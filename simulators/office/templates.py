"""New messages from templates: whole, valid forms as XML files, in which a tester changes what matters.

The one idea: a template is a message as it could have been sent. Filling it renews what every message has of its own
(id, reference, times, offices, the manifest of attachments); all times in it move along with `Sent`, and single values
are set by their path. A path that does not exist is an error: a test must not believe it said something.
"""

import copy
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from simulators.office.forms import HEADER, NotAForm, body_of, header_of, name_of, parse

FOLDER = Path(__file__).parents[1] / "counterparts" / "templates"
_HOME, _PEER = "XB", "XA"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")
_STEP = re.compile(r"(?P<name>[A-Za-z]+)(\[(?P<index>[0-9]+)\])?|@(?P<attribute>[A-Za-z:]+)")
# The order the header's schema asks for.
_HEADER_ORDER = (
    "MessageId", "Sent", "From", "To", "Info", "OurReference", "YourReference", "CaseReference", "InReplyTo",
    "Subject", "Urgency", "UrgencyReason", "ReplyBy", "Handling", "Purpose", "Language", "Test", "Attachment",
)  # fmt: skip


class CannotFill(Exception):
    """What was asked of a template cannot be done; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment."""

    name: str
    media_type: str
    content: bytes
    role: str = "OTHER"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a new message has of its own."""

    message_id: str
    our_reference: str
    sender: str
    to: Sequence[str]
    now: datetime
    files: Sequence[File] = ()
    header: Mapping[str, Any] = field(default_factory=dict)  # element name -> text, list of texts, or None to remove
    values: Mapping[str, Any] = field(default_factory=dict)  # path in the body, or Header/NAME -> the same
    home: str = ""  # the state that takes the place of XB, which the templates are written for
    peer: str = ""  # the state that takes the place of XA, which they are written to


def template_names(folder: Path = FOLDER) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.xml"))


def read_template(name: str) -> etree._Element:
    """Raises `CannotFill` with the names there are. `FormG` and `sirene/G@1` are as good as `G`."""
    plain = name.rpartition("/")[2].partition("@")[0].removeprefix("Form") or name
    file = next((FOLDER / f"{each}.xml" for each in (name, plain) if each in template_names()), None)
    if file is None:
        raise CannotFill(f"no template {name!r}; there are {', '.join(template_names())}")
    return parse(file.read_bytes())


def read_document(text: str) -> etree._Element:
    """A tester's own form in place of a template."""
    try:
        return parse(text.encode())
    except NotAForm as error:
        raise CannotFill(f"the document cannot be used: {error}") from error


def fill(root: etree._Element, filling: Filling) -> None:
    """Changes the tree in place."""
    _strip_layout(root)
    _move_times(root, filling.now)
    own = {
        "MessageId": filling.message_id,
        "From": filling.sender,
        "To": list(filling.to),
        "OurReference": filling.our_reference,
    }
    for name, value in {**own, **filling.header}.items():
        _set_header(root, name, value)
    _list_files(root, filling.files)
    move_states(root, {_HOME: filling.home, _PEER: filling.peer})
    for path, value in filling.values.items():
        if path.startswith("Header/"):
            _set_header(root, path.removeprefix("Header/"), value)
        else:
            _set_value(root, path, value)


def _strip_layout(root: etree._Element) -> None:
    for element in root.iter(etree.Element):
        if len(element) and not (element.text or "").strip():
            element.text = None
        element.tail = None


def _move_times(root: etree._Element, now: datetime) -> None:
    header = header_of(root)
    sent = None if header is None else header.findtext(f"{{{HEADER}}}Sent")
    if not sent or _TIME.fullmatch(sent) is None:
        raise CannotFill("the form has no Header/Sent to count its times from")
    moved = now.astimezone(UTC).replace(microsecond=0) - datetime.fromisoformat(sent)
    for element in root.iter(etree.Element):
        if element.text and _TIME.fullmatch(element.text):
            element.text = _later(element.text, moved)
        for key, value in element.attrib.items():
            if _TIME.fullmatch(str(value)):
                element.set(key, _later(str(value), moved))


def move_states(root: etree._Element, places: Mapping[str, str]) -> None:
    """Names of states, and Schengen IDs, which begin with one in the templates; what has no other place stays."""
    places = {old: new for old, new in places.items() if new}
    body = body_of(root)
    for element in body.iter(etree.Element) if places and body is not None else ():
        text = element.text or ""
        if name_of(element) == "SchengenId":
            element.text = places.get(text[:2], text[:2]) + text[2:]
        elif text in places:
            element.text = places[text]
        for key, value in element.attrib.items():
            if value in places:
                element.set(key, places[str(value)])


def _later(text: str, moved: timedelta) -> str:
    return f"{datetime.fromisoformat(text) + moved:%Y-%m-%dT%H:%M:%SZ}"


def _set_header(root: etree._Element, name: str, value: Any) -> None:
    header = header_of(root)
    if header is None:
        raise CannotFill("the form has no header")
    if name not in _HEADER_ORDER or name == "Attachment":
        raise CannotFill(f"Header/{name} cannot be set; {', '.join(_HEADER_ORDER[:-1])} can")
    for each in header.findall(f"{{{HEADER}}}{name}"):
        header.remove(each)
    rank = _HEADER_ORDER.index(name)
    place = sum(1 for each in header if _HEADER_ORDER.index(name_of(each)) < rank)
    for offset, one in enumerate(_texts(value)):
        element = etree.Element(f"{{{HEADER}}}{name}")
        text, code = (one.get("text", ""), one.get("code")) if isinstance(one, dict) else (one, None)
        if name == "Handling" and code is None:  # "H2" or "C6-EXCLUDE=XD"
            code, _, text = str(text).partition("=")
        if code is not None:
            element.set("code", str(code))
        element.text = str(text) or None
        header.insert(place + offset, element)


def _texts(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _list_files(root: etree._Element, files: Sequence[File]) -> None:
    header = header_of(root)
    assert header is not None
    for each in header.findall(f"{{{HEADER}}}Attachment"):
        header.remove(each)
    for file in files:
        entry = etree.SubElement(header, f"{{{HEADER}}}Attachment")
        listed = {
            "FileName": file.name, "MediaType": file.media_type, "Size": str(len(file.content)),
            "Sha256": file.sha256, "Role": file.role,
        }  # fmt: skip
        for name, text in listed.items():
            etree.SubElement(entry, f"{{{HEADER}}}{name}").text = text


def _set_value(root: etree._Element, path: str, value: Any) -> None:
    """`Vehicle/Vin`, `Offence[2]`, `AlertArticle/@no`; a list repeats the element, None takes it out."""
    *above, last = path.removeprefix("Body/").split("/")
    found = body_of(root)
    for step in [*above, *([] if last.startswith("@") else [last])]:
        found = _step(found, step, path)
    assert found is not None
    if last.startswith("@"):
        if value is None:
            found.attrib.pop(last[1:], None)
        else:
            found.set(last[1:], str(value))
        return
    parent = found.getparent()
    assert parent is not None
    if value is None:
        parent.remove(found)
        return
    texts = _texts(value)
    for copied in texts[:0:-1]:
        twin = copy.deepcopy(found)
        twin.text = str(copied)
        found.addnext(twin)
    if len(found):
        raise CannotFill(f"{path} holds elements, not a text")
    found.text = str(texts[0]) if texts else ""


def _step(parent: etree._Element | None, step: str, path: str) -> etree._Element:
    match = _STEP.fullmatch(step)
    if parent is None or match is None or not match["name"]:
        raise CannotFill(f"{path!r} is not a path")
    named = [each for each in parent if name_of(each) == match["name"]]
    index = int(match["index"] or 1)
    if not 1 <= index <= len(named):
        there = ", ".join(dict.fromkeys(name_of(each) for each in parent))
        raise CannotFill(f"{path!r} is not in the template; at {step!r} there is: {there or 'nothing'}")
    return named[index - 1]
