"""Whether two names may be the same, and which rule says so.

The one idea: rules are tried from the surest to the weakest, and the first that holds is told with the forms that met.
Nothing is scored but the last rule, likeness, which is marked as what it is and never stands for a match.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from msgspec import Struct
from rapidfuzz import fuzz

from gateway.names.convert import GAP
from gateway.names.letters import JOINTS, SPACE, Cleaned
from gateway.names.table import NameTables, shipped
from gateway.names.variants import Variant, spellings
from gateway.names.written import WrittenName

SIMILAR_FROM_PERCENT: Final = 85.0
"""One letter of eight may differ; a proposal."""
MIN_LETTERS_TO_BE_SIMILAR: Final = 4
MAX_PARTS: Final = 20
"""Parts of a name that are put into another order or left out; nobody has more."""
MIN_SHARED_LETTERS: Final = 2
"""Letters that two names must share when one has a part that the other lacks."""
MAX_GAPS: Final = 3
MAX_LETTERS_OF_A_GAP: Final = 4
"""As many letters as the longest result of a table."""


class MatchRule(IntEnum):
    """What makes two names one, from the surest down; the number is the rank by which matches are sorted."""

    EXACT = 1
    SAME_LETTERS = 2
    SAME_CONVERSION = 3
    VARIANT = 4
    PARTS_REORDERED = 5
    PART_MISSING = 6
    LETTER_OPEN = 7
    SIMILAR = 8

    @property
    def code(self) -> str:
        """The name of the rule as it is shown."""
        return self.name.lower().replace("_", "-")


WORDS: Final = {
    MatchRule.EXACT: "The same characters.",
    MatchRule.SAME_LETTERS: "The same letters; case, width, spaces or characters that cannot be seen differ.",
    MatchRule.SAME_CONVERSION: "The same form by the table that is taken first for each.",
    MatchRule.VARIANT: "The same form by other tables or rules, which are named.",
    MatchRule.PARTS_REORDERED: "The same parts in another order.",
    MatchRule.PART_MISSING: "One name has a part that the other lacks.",
    MatchRule.LETTER_OPEN: "The same where letters without a conversion may stand for anything.",
    MatchRule.SIMILAR: "Not the same: only alike, by the figure given. An officer decides.",
}


class NameMatch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why two names may be one. `left` and `right` name the rules that made the forms that met."""

    rule: str
    rank: int
    left: str = ""
    right: str = ""
    left_form: str = ""
    right_form: str = ""
    percent: float | None = None
    """Likeness, for the rule `similar` only."""

    def __str__(self) -> str:
        made = f" ({self.left} / {self.right})" if self.left else ""
        return f"{self.rule}{made}" if self.percent is None else f"{self.rule}, {self.percent:.0f} percent"

    @property
    def certain(self) -> bool:
        """Whether a rule joins the two, rather than mere likeness."""
        return self.rank < MatchRule.SIMILAR


class _Side(NamedTuple):
    """One name as the rules look at it."""

    cleaned: str
    whole: tuple[Variant, ...]
    partial: tuple[Variant, ...]


def compare(left: WrittenName, right: WrittenName, tables: NameTables | None = None) -> NameMatch | None:
    """The surest rule by which the two names are the same, or None. Symmetric in the two."""
    known = tables or shipped()
    one, other = _side(left, known), _side(right, known)
    if not one.cleaned or not other.cleaned:
        return None
    if unicodedata.normalize("NFC", left.text) == unicodedata.normalize("NFC", right.text):
        return NameMatch(rule=MatchRule.EXACT.code, rank=MatchRule.EXACT)
    if one.cleaned == other.cleaned:
        return NameMatch(rule=MatchRule.SAME_LETTERS.code, rank=MatchRule.SAME_LETTERS)
    for rule in (_same_form, _reordered, _part_missing, _letter_open):
        found = rule(one, other)
        if found:
            return found
    return _similar(one, other)


def _side(name: WrittenName, known: NameTables) -> _Side:
    cleaned = Cleaned(name.text, known.letters)
    forms = spellings(name, known).forms if cleaned.text else ()
    letters = "" if cleaned.cut else unicodedata.normalize("NFC", cleaned.text.casefold())
    return _Side(
        cleaned=letters or cleaned.text,
        whole=tuple(form for form in forms if not form.pattern),
        partial=tuple(form for form in forms if form.pattern),
    )


def _told(rule: MatchRule, left: Variant, right: Variant) -> NameMatch:
    return NameMatch(
        rule=rule.code, rank=rule, left=left.rule, right=right.rule, left_form=left.form, right_form=right.form
    )


def _best(pairs: Iterator[tuple[Variant, Variant]]) -> tuple[Variant, Variant] | None:
    """The pair of the most plausible forms. The order does not depend on which side is called left."""
    return min(
        pairs,
        key=lambda pair: (
            pair[0].rank + pair[1].rank,
            max(pair[0].rank, pair[1].rank),
            *sorted((pair[0].form, pair[1].form)),
        ),
        default=None,
    )


def _same_form(one: _Side, other: _Side) -> NameMatch | None:
    theirs = {form.form: form for form in other.whole}
    best = _best((form, theirs[form.form]) for form in one.whole if form.form in theirs)
    if best is None:
        return None
    return _told(MatchRule.VARIANT if best[0].rank or best[1].rank else MatchRule.SAME_CONVERSION, *best)


def _parts(form: Variant) -> tuple[str, ...]:
    return tuple(sorted(form.form.split(SPACE)))


def _reordered(one: _Side, other: _Side) -> NameMatch | None:
    theirs: dict[tuple[str, ...], Variant] = {}
    for form in other.whole:
        theirs.setdefault(_parts(form), form)
    best = _best((form, theirs[_parts(form)]) for form in one.whole if _parts(form) in theirs)
    return _told(MatchRule.PARTS_REORDERED, *best) if best else None


def _part_missing(one: _Side, other: _Side) -> NameMatch | None:
    pairs = (*_shortened(one, other), *((right, left) for left, right in _shortened(other, one)))
    best = _best(iter(pairs))
    return _told(MatchRule.PART_MISSING, *best) if best else None


def _shortened(longer: _Side, shorter: _Side) -> Iterator[tuple[Variant, Variant]]:
    """Forms of the longer name that are forms of the shorter one when one part is taken away."""
    known: dict[tuple[str, ...], Variant] = {}
    for form in shorter.whole:
        known.setdefault(_parts(form), form)
    for form in longer.whole:
        parts = _parts(form)
        for place in range(len(parts)) if 2 <= len(parts) <= MAX_PARTS else ():
            rest = parts[:place] + parts[place + 1 :]
            if rest in known and sum(len(part) for part in rest) >= MIN_SHARED_LETTERS:
                yield form, known[rest]


def _letter_open(one: _Side, other: _Side) -> NameMatch | None:
    pairs = (
        *((left, right) for left in one.partial for right in other.whole if _fits(left, right)),
        *((left, right) for right in other.partial for left in one.whole if _fits(right, left)),
    )
    best = _best(iter(pairs))
    return _told(MatchRule.LETTER_OPEN, *best) if best else None


def _fits(gapped: Variant, whole: Variant) -> bool:
    gaps = gapped.pattern.count(GAP)
    letters = sum(letter not in JOINTS for letter in gapped.form)
    if not 1 <= gaps <= MAX_GAPS or letters < max(MIN_SHARED_LETTERS, gaps + 1):
        return False
    open_letters = f"[A-Z]{{0,{MAX_LETTERS_OF_A_GAP}}}"
    return bool(re.fullmatch(open_letters.join(map(re.escape, gapped.pattern.split(GAP))), whole.form))


def _similar(one: _Side, other: _Side) -> NameMatch | None:
    left, right = next(iter(one.whole), None), next(iter(other.whole), None)
    if left is None or right is None or min(len(left.form), len(right.form)) < MIN_LETTERS_TO_BE_SIMILAR:
        return None
    percent = fuzz.token_sort_ratio(left.form, right.form)
    if percent < SIMILAR_FROM_PERCENT:
        return None
    return NameMatch(
        rule=MatchRule.SIMILAR.code, rank=MatchRule.SIMILAR, left=left.rule, right=right.rule, left_form=left.form,
        right_form=right.form, percent=round(percent, 1),
    )  # fmt: skip
