"""Which alerts may stand beside each other, and which is executed first (Article 23 and the 2015 Manual).

The table of 2015 does not know return, preventive, inquiry, information, linked-object or unknown-person alerts, nor
travel bans. A pair that it does not know is treated as not compatible, and an officer decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.alerts.law import Advice, Likeness, Rival, Todo
from gateway.alerts.words import Alert, Status
from gateway.identity import PartyId
from gateway.subjects import Document, Person
from schemas.sirene.alerts.likeness import likeness
from schemas.sirene.alerts.tables import compatible, ranks

MANUAL: Final = "SIRENE Manual (2015 text) 2.2.1 to 2.2.3"
LAW: Final = "Regulation (EU) 2018/1862 Art 23; 2018/1861 Art 23"
ARREST: Final = "ARR"
_SAME_NAME: Final = frozenset({"ARR", "REF", "MIS-P", "MIS-W", "JUD"})
_CHECKS: Final = {"CHK-S": "SPEC", "CHK-D": "DISC"}
_OBJECTS: Final = {"OBJ-E": "EVIDENCE", "OBJ-S": "SEIZURE"}
INVALIDATED: Final = "INVALIDATED"
INVALID: Final = "INVALID"


def table_kind(alert: Alert) -> tuple[str, str]:
    """The subject and kind under which the tables know an alert; the kind is empty where they do not."""
    subject = "person" if alert.subject is None or isinstance(alert.subject, Person) else "object"
    if alert.category in _CHECKS:
        return subject, _CHECKS[alert.category] + ("-imm" if alert.report_at_once else "")
    if subject == "person":
        return subject, alert.category if alert.category in _SAME_NAME else ""
    invalid = isinstance(alert.subject, Document) and alert.subject.status.upper() == INVALID
    if invalid and alert.category == "OBJ-S":
        return subject, INVALIDATED
    return subject, _OBJECTS.get(alert.category, "")


def may_stand_beside(one: Alert, other: Alert) -> bool | None:
    """Whether both may exist; None where the table does not know the pair."""
    (subject, here), (theirs, there) = table_kind(one), table_kind(other)
    return compatible()[subject].get((here, there)) if subject == theirs else None


def comes_before(one: Alert, other: Alert) -> bool | None:
    """Whether the first is executed before the other; None where the order does not know one of them."""
    if ARREST in (one.category, other.category) and one.category != other.category:
        return one.category == ARREST  # that arrest comes first is law, whatever the other is
    here, there = ranks().get(table_kind(one)), ranks().get(table_kind(other))
    return None if here is None or there is None else here < there


def advice(alert: Alert, existing: Sequence[Alert], own: frozenset[PartyId]) -> Advice:
    """What to do with an intended alert beside those that exist."""
    living = [each for each in existing if each.status in (Status.ACTIVE, Status.HIDDEN) and each.id != alert.id]
    rivals = tuple(rival for each in living if (rival := _rival(alert, each)).likeness is not Likeness.OTHER)
    same = [rival for rival in rivals if rival.likeness is Likeness.SAME]
    unsure = [rival for rival in rivals if rival.likeness is Likeness.UNSURE]
    ours = [rival for rival in same if rival.issuer in own]
    if ours:
        words = (
            "We have an alert on this person or object already; a state has one. Update that one, or delete it first."
        )
        return _advice(Todo.HAVE_ALREADY, words, "", ours, rivals, f"{LAW}(2)")
    incompatible = [rival for rival in same if rival.compatible is not True]
    if incompatible:
        return _incompatible(alert, incompatible, rivals)
    if unsure:
        words = (
            "An alert resembles this one and it is not certain that it is about the same. Enter it, and clear that up "
            "by form L within twelve hours."
        )
        return _advice(Todo.ASK_WHETHER_SAME, words, "L", unsure, rivals, "Regulation (EU) 2018/1862 Art 61(1)")
    words = (
        "The alerts that exist are compatible with it." if same else "There is no other alert on this person or object."
    )
    return _advice(Todo.ENTER, words, "", (), rivals, MANUAL)


def _incompatible(alert: Alert, against: Sequence[Rival], rivals: tuple[Rival, ...]) -> Advice:
    if alert.category == ARREST:
        words = "It is not compatible with an alert that exists. Arrest alerts wait for nobody: enter it, then consult by form E."
        return _advice(Todo.ENTER_AND_CONSULT, words, "E", against, rivals, "SIRENE Manual (2015 text) 2.2.3(d)")
    if any(rival.compatible is False for rival in against):
        words = "It is not compatible with an alert that exists. Consult the issuing state by form E first, so that one remains."
        return _advice(Todo.CONSULT_FIRST, words, "E", against, rivals, f"{LAW}(3)")
    words = (
        "The table of compatibility does not know this pair, so it counts as not compatible: an officer decides, and "
        "consults the issuing state by form E first."
    )
    return _advice(Todo.OFFICER_DECIDES, words, "E", against, rivals, f"{LAW}(3); {MANUAL}")


def _advice(
    todo: Todo, words: str, form: str, whom: Sequence[Rival], rivals: tuple[Rival, ...], citation: str
) -> Advice:
    to = tuple(dict.fromkeys(rival.issuer for rival in whom)) if form else ()
    return Advice(todo=todo, text=words, citation=citation, form=form, to=to, rivals=rivals)


def _rival(alert: Alert, other: Alert) -> Rival:
    return Rival(
        alert=other.id, issuer=other.issuer, category=other.category, likeness=likeness(alert, other),
        compatible=may_stand_beside(alert, other), intended_comes_first=comes_before(alert, other),
    )  # fmt: skip
