"""Are two alerts about the same person or object? By the keys of the Manual, never by the text of the alert."""

from __future__ import annotations

import re
from typing import Final

from gateway.alerts.law import Likeness
from gateway.alerts.words import Alert, BiometricKind
from gateway.names.compare import MatchRule, compare
from gateway.names.written import written
from gateway.subjects import Person, Subject, Thing, kind_of, said
from schemas.sirene.alerts.tables import ComparisonKeys, comparison_keys

PRINTS: Final = (
    BiometricKind.FLAT_PRINTS, BiometricKind.ROLLED_PRINTS, BiometricKind.PALM_PRINTS, BiometricKind.LATENT_PRINTS,
)  # fmt: skip
NAMES: Final = ("family_names", "given_names")
AS_WRITTEN: Final = ("kind", "date_of_birth", "sex", "registration_country", "issuing_country")
_NOT_IN_NUMBER: Final = re.compile(r"[^0-9A-Z]")


def likeness(one: Alert, other: Alert) -> Likeness:
    """Whether the alerts are about the same. Prints decide where both have the same set."""
    if _prints(one) & _prints(other):
        return Likeness.SAME
    if one.subject is None or other.subject is None or kind_of(one.subject) != kind_of(other.subject):
        return Likeness.OTHER
    keys = _keys_for(one.subject, other.subject)
    if keys.rule == "any":
        return _any_key(one.subject, other.subject, keys)
    answers = [_agrees(one.subject, other.subject, names) for names in keys.compared]
    if all(answers):
        return Likeness.SAME
    if isinstance(one.subject, Person) and isinstance(other.subject, Person):
        return _alike_persons(answers, one.subject, other.subject)
    # The same serial number on clearly different objects is no multiple alert; a kind that one of them leaves out is unsure.
    return Likeness.UNSURE if answers[0] and False not in answers else Likeness.OTHER


def _prints(alert: Alert) -> frozenset[str]:
    return frozenset(each.reference for each in alert.biometrics if each.kind in PRINTS)


def _keys_for(one: Subject, other: Subject) -> ComparisonKeys:
    """The row of their kind; where one of two things leaves its kind out, that of the other."""
    subject = kind_of(one)
    kind = _value(one, "kind") or _value(other, "kind") if isinstance(one, Thing) else ""
    return comparison_keys().get((subject, kind)) or comparison_keys()[subject, ""]


def _any_key(one: Subject, other: Subject, keys: ComparisonKeys) -> Likeness:
    kinds = _agrees(one, other, ("kind",)) if isinstance(one, Thing) else True
    answers = [_agrees(one, other, names) for names in keys.compared]
    if True not in answers or kinds is False:
        return Likeness.OTHER
    # One key agrees and another contradicts it: a plate on another vehicle, a registration on another aircraft, or a twin.
    beside = [_agrees(one, other, names) for names in keys.compared_beside]
    return Likeness.UNSURE if False in (*answers, *beside) or kinds is None else Likeness.SAME


def _alike_persons(answers: list[bool | None], one: Person, other: Person) -> Likeness:
    """Not all keys agree: unsure where the date of birth does not speak against it and a name speaks for it."""
    surname, _, born, _ = answers
    speaks_for = surname or _by_another_name(one, other)
    certain_against = answers.count(False) > 1 or born is False
    return Likeness.UNSURE if speaks_for and (born or surname) and not certain_against else Likeness.OTHER


def _by_another_name(one: Person, other: Person) -> bool:
    """Whether an alias of one is a name of the other."""
    here, there = ((" ".join(each.family_names), *each.aliases) for each in (one, other))
    return any(_same_name(left, right) for left in here for right in there if left and right)


def _agrees(one: Subject, other: Subject, names: tuple[str, ...]) -> bool | None:
    """Whether one key agrees; None where one of the two does not have it, or nobody can be certain."""
    if names[0] in NAMES:
        return _same_name(" ".join(getattr(one, names[0])), " ".join(getattr(other, names[0])))
    if "|" in names[0]:
        return _share(one, other, names[0].split("|"))
    here, there = ([_value(subject, name) for name in names] for subject in (one, other))
    return here == there if all(here) and all(there) else None


def _share(one: Subject, other: Subject, names: list[str]) -> bool | None:
    """Whether both have the same number, under whichever of the names; None where one of the two has none."""
    here, there = ({_value(subject, name) for name in names} - {""} for subject in (one, other))
    return bool(here & there) if here and there else None


def _same_name(left: str, right: str) -> bool | None:
    """By the rules of names: the same name in whatever spelling; None where a part is missing or it is only alike."""
    if not left.strip() or not right.strip():
        return None
    match = compare(written(left), written(right))
    if match is None:
        return False
    return True if match.rank <= MatchRule.PARTS_REORDERED else None


def _value(subject: Subject, name: str) -> str:
    value = said(subject, name).strip().upper()
    if name == "sex" and value == "U":
        return ""
    return value if name in AS_WRITTEN else _NOT_IN_NUMBER.sub("", value)
