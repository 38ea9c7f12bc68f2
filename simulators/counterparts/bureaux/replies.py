"""The normal answer to a form: which one it is stands in `replies.toml`, how it is written stands here.

The one idea: an answer is a template in which everything that says "the same matter" is taken over from the form that
is answered: the Schengen ID, the article, and the persons and objects as far as the answer has room for them.
"""

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from lxml import etree

from simulators.counterparts.bureaux.older import OLDER, older
from simulators.counterparts.bureaux.strict import fits, letter_of
from simulators.office import templates
from simulators.office.forms import body_of, name_of, version_of

CONSENTS = ("yes", "no", "conditions")
_OBJECTS = ("Vehicle", "Aircraft", "Document", "Firearm", "Banknote", "OtherObject")
_SUBJECTS = ("Person", *_OBJECTS)
# What the answer takes over from the form, by its letter. The first row is for all.
_SAME = ("SchengenId", "AlertArticle")
_OF_LETTER: Mapping[str, tuple[str, ...]] = {"E": ("IntendedAlert",), "K": ("PersonRequest",)}
_ROOM: Mapping[str, tuple[str, ...]] = {
    "E": _SUBJECTS, "K": ("Person", "Document"), "L": ("Person", "Document"), "P": _OBJECTS,
}  # fmt: skip
_LEFT_OUT: Mapping[str, tuple[str, ...]] = {"L": ("BiometricsSent",)}  # nothing is attached to an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    to: str
    sends: str
    text: str
    confidence: str
    when: Mapping[str, str] = field(default_factory=dict)
    consent: bool = False  # the text depends on --set consent


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("replies.toml").read_text("utf-8"))


@cache
def all_replies() -> tuple[Reply, ...]:
    return tuple(Reply(**row) for row in _document()["reply"])


def choose(message: Mapping[str, Any]) -> Reply | None:
    """The answer to a message as the mailbag knows it; None where none is expected. A reply is never answered."""
    letter = letter_of(message)
    if message["in_reply_to"]:
        return None
    return next((each for each in all_replies() if each.to == letter and fits(message, each.when)), None)


def text_of(reply: Reply, consent: str) -> str:
    return str(_document()["consent"][consent]) if reply.consent else reply.text


def write(letter: str, asked: etree._Element, places: Mapping[str, str]) -> etree._Element:
    """The answer as a tree that is still to be filled. `places` are the states for XB and XA of the template."""
    root = templates.read_template("K-position" if letter == "K" else letter)
    templates.move_states(root, places)
    if version_of(asked) == OLDER:
        root = older(root)
    body, theirs = body_of(root), body_of(asked)
    assert body is not None and theirs is not None  # both have passed the schema
    for name in (*_SAME, *_OF_LETTER.get(letter, ())):
        _take_over(body, theirs, (name,))
    if letter in _ROOM:
        _take_over(body, theirs, _SUBJECTS, _ROOM[letter])
    for each in [one for one in body if name_of(one) in _LEFT_OUT.get(letter, ())]:
        body.remove(each)
    return root


def _take_over(
    body: etree._Element, theirs: etree._Element, out: tuple[str, ...], taken: tuple[str, ...] = ()
) -> None:  # fmt: skip
    """Put theirs in the place of ours, where ours has a place for it. The template's own would speak of another matter."""
    ours = [each for each in body if name_of(each) in out]
    new = [copy.deepcopy(each) for each in theirs if name_of(each) in (taken or out)]
    if not ours:
        return
    place = body.index(ours[0])
    for each in ours:
        body.remove(each)
    for offset, each in enumerate(new):
        body.insert(place + offset, each)
