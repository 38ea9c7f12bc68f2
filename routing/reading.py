"""What `when` and `do` of a row may say, read strictly.

The one idea: each key has one small reader that returns what it read or tells the problem. Nothing unknown is passed
over: a condition that is misspelt and ignored would send messages to the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from gateway.identity import PartyId, party
from routing.conditions import (
    ALL,
    ANY,
    FACETS,
    NONE,
    ArticleIs,
    Asks,
    Codes,
    Condition,
    Facet,
    FieldIs,
    FormatIs,
    MarkedAsTest,
    Pattern,
)

ANSWERS: Final = ("automatic", "draft", "none")
_CODE: Final = re.compile(r"[a-z][a-z0-9]*(?:[.\-][a-z0-9]+)*")
_CONDITION_KEYS: Final = frozenset({"family", "form", "article", "asks", "field", "test", *FACETS})
_ACTION_KEYS: Final = frozenset({"ask", "case", "forward", "hold", "hold_text", "answer", "settle"})
Tell = Callable[[str, str, str], None]
"""Tells a problem: key, text, remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a table."""

    line: int
    row: str = ""
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.line}: {f'row “{self.row}”: ' if self.row else ''}{self.text}. {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What a row does."""

    ask: tuple[str, ...] = ()
    case: str = ""
    forward: tuple[PartyId, ...] = ()
    hold: str = ""
    hold_text: str = ""
    answer: str = "none"
    settle: bool = False


def read_conditions(given: Any, tell: Tell) -> tuple[Condition, ...]:
    """The conditions of a row; none for a row that takes everything that is left."""
    if not isinstance(given, dict):
        tell("when", "`when` is not a table", 'Write conditions such as `when.form = "sirene/G"`.')
        return ()
    for key in sorted(given.keys() - _CONDITION_KEYS):
        tell(f"when.{key}", f"unknown condition “{key}”", f"Conditions are {', '.join(sorted(_CONDITION_KEYS))}.")
    return tuple(_conditions(given, tell))


def _conditions(given: dict[str, Any], tell: Tell) -> Iterator[Condition]:
    if "family" in given or "form" in given:
        patterns = _patterns(given, tell)
        if patterns:
            yield FormatIs(patterns)
    if "article" in given and (articles := _texts(given["article"], "when.article", tell)):
        yield ArticleIs(articles)
    if "asks" in given:
        yield from _asks(given["asks"], tell)
    if "test" in given:
        yield from _test(given["test"], tell)
    if "field" in given:
        yield from _fields(given["field"], tell)
    for facet in FACETS.values():
        if facet.key in given:
            yield from _codes(facet, given[facet.key], tell)


def _asks(given: Any, tell: Tell) -> Iterator[Condition]:
    letter = _text(given, "when.asks", tell)
    if re.fullmatch(r"[A-Za-z]", letter):
        yield Asks(letter.upper())
    elif letter:
        tell("when.asks", "not a form letter", 'Write one letter, such as `when.asks = "P"`.')


def _test(given: Any, tell: Tell) -> Iterator[Condition]:
    if isinstance(given, bool):
        yield MarkedAsTest(given)
    else:
        tell("when.test", "neither true nor false", "Write `when.test = true` or `when.test = false`.")


def _patterns(given: dict[str, Any], tell: Tell) -> tuple[Pattern, ...]:
    families = _texts(given["family"], "when.family", tell) if "family" in given else ("",)
    forms = _texts(given["form"], "when.form", tell) if "form" in given else ()
    for family in families:
        if family and not re.fullmatch(r"[a-z]{2,16}", family):
            tell("when.family", f"“{family[:40]}” is no family", 'Write a family in lower case, such as "sirene".')
    if not forms:
        return tuple(Pattern(family=family) for family in families)
    found = []
    for form in forms:
        pattern = Pattern.read(form)
        if pattern is None:
            tell("when.form", f"“{form[:60]}” is no form", 'Write "G", "sirene/G" or "sirene/G@1".')
        elif pattern.family:
            found.append(pattern)
            if families != ("",) and pattern.family not in families:
                text = f"no message can match: {pattern} is not of the family {', '.join(families)}"
                tell("when.form", text, "Remove one of the two conditions.")
        else:
            found += [Pattern(family, pattern.form, pattern.version) for family in families]
    return tuple(found)


def _codes(facet: Facet, given: Any, tell: Tell) -> Iterator[Condition]:
    key = f"when.{facet.key}"
    modes = given if isinstance(given, dict) else {ANY: given}
    if not modes or not modes.keys() <= {ANY, ALL, NONE}:
        tell(key, "unknown way to compare", "Write a list (any of them), or a table with any, all or none.")
        return
    for mode, values in modes.items():
        read = frozenset(value.lower() if facet.lower else value.upper() for value in _texts(values, key, tell))
        if not read:
            continue
        if facet.closed and not read <= facet.closed:
            listed = ", ".join(sorted(read - facet.closed))
            tell(key, f"unknown {facet.noun}: {listed[:80]}", f"Use {', '.join(sorted(facet.closed))}.")
        elif facet.single and facet.closed == read:
            tell(key, f"every {facet.noun} is listed: that says nothing, or leaves nothing", "Remove the condition.")
        elif facet.single and mode == ALL and len(read) > 1:
            tell(key, f"no message can match: it has only one {facet.noun}", "Use `any`.")
        else:
            yield Codes(facet, ANY if facet.single and mode == ALL else mode, read)


def _fields(given: Any, tell: Tell) -> Iterator[Condition]:
    entries = given if isinstance(given, list) else [given]
    if not entries:
        tell("when.field", "no field is named", 'Write `when.field = { number = "089", present = true }`.')
    for entry in entries:
        condition = _field(entry)
        if condition:
            yield condition
        else:
            tell(
                "when.field", "not a condition on a field",
                'Write a `number` or a `name`, and either `present = true`, `present = false` or `contains = "text"`.',
            )  # fmt: skip


def _field(entry: Any) -> FieldIs | None:
    if not isinstance(entry, dict):
        return None
    by = sorted(entry.keys() & {"number", "name"})
    asked = sorted(entry.keys() & {"present", "contains"})
    if len(by) != 1 or len(asked) != 1 or len(entry) != 2:
        return None
    name, value = entry[by[0]], entry[asked[0]]
    if not isinstance(name, str) or not name:
        return None
    if asked == ["present"]:
        return FieldIs(by[0], name, present=value) if isinstance(value, bool) else None
    return FieldIs(by[0], name, contains=value) if isinstance(value, str) and value else None


def read_actions(given: Any, tell: Tell) -> Actions:
    """The actions of a row, which must not contradict each other."""
    if not isinstance(given, dict) or not given:
        tell("do", "the row does nothing", 'Write at least one action, such as `do.case = "polsas"`.')
        return Actions()
    for key in sorted(given.keys() - _ACTION_KEYS):
        tell(f"do.{key}", f"unknown action “{key}”", f"Actions are {', '.join(sorted(_ACTION_KEYS))}.")
    settle = given.get("settle", False)
    if not isinstance(settle, bool):
        tell("do.settle", "neither true nor false", "Write `do.settle = true`.")
    actions = Actions(
        ask=_texts(given["ask"], "do.ask", tell) if "ask" in given else (),
        case=_text(given["case"], "do.case", tell) if "case" in given else "",
        forward=tuple(_parties(given["forward"], tell)) if "forward" in given else (),
        hold=_text(given["hold"], "do.hold", tell) if "hold" in given else "",
        hold_text=_text(given["hold_text"], "do.hold_text", tell) if "hold_text" in given else "",
        answer=_text(given["answer"], "do.answer", tell) if "answer" in given else "none",
        settle=settle is True,
    )
    _refuse_nonsense(actions, tell)
    return actions


def _parties(given: Any, tell: Tell) -> Iterator[PartyId]:
    for text in _texts(given, "do.forward", tell):
        try:
            yield party(text)
        except ValueError:
            tell("do.forward", f"“{text[:60]}” is no party", 'Write "role:code", such as "sirene:XB".')


def _refuse_nonsense(actions: Actions, tell: Tell) -> None:
    if actions.answer and actions.answer not in ANSWERS:
        tell("do.answer", f"unknown way to answer “{actions.answer[:40]}”", f"Use {', '.join(ANSWERS)}.")
    if actions.hold and not _CODE.fullmatch(actions.hold):
        tell("do.hold", "not a reason code", 'Write lower case with dots, such as "route.free-text".')
    if bool(actions.hold) is not bool(actions.hold_text):
        tell("do.hold", "`hold` and `hold_text` go together", "Give the stable code and the sentence for an officer.")
    if actions.answer == "automatic" and actions.hold:
        tell("do.answer", "an automatic answer to what an officer must see first", 'Use "draft" with a hold.')
    if actions.answer == "automatic" and not actions.ask:
        tell("do.answer", "an automatic answer without asking a register", 'Add `ask`, or use `answer = "draft"`.')
    if actions.settle and (actions.ask or actions.case or actions.forward or actions.hold or actions.answer != "none"):
        tell("do.settle", "what is settled goes nowhere else", "Remove the other actions, or `settle`.")
    if not (actions.settle or actions.case or actions.forward or actions.hold or actions.answer in ANSWERS[:2]):
        tell("do", "the message would end nowhere", "Add a case system, a counterpart, a hold or an answer.")


def _text(given: Any, key: str, tell: Tell) -> str:
    if isinstance(given, str) and given.strip():
        return given.strip()
    tell(key, "not a text", "Write one text in quotes.")
    return ""


def _texts(given: Any, key: str, tell: Tell) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each.strip() for each in listed):
        tell(key, "neither a text nor a list of texts", "Write one text, or a list with at least one.")
        return ()
    if len(set(listed)) != len(listed):
        tell(key, "the same value twice", "Write it once.")
    return tuple(value.strip() for value in listed)
