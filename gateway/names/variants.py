"""Every form that a name may have been written in, each with the rule that made it.

The one idea: which forms are plausible is decided by tables and by a short list of rules, never by likeness. The most
plausible form comes first, the order is always the same, and the number is bounded.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from gateway.clocks.definition import CONFIDENCE
from gateway.names.convert import INCOMPLETE, Remark, convert, tidy
from gateway.names.letters import APOSTROPHE, HYPHEN, SPACE, Cleaned
from gateway.names.table import NameTable, NameTables, shipped
from gateway.names.written import LATIN, WrittenName, chosen_tables

MAX_VARIANTS: Final = 64
MAX_PLANS: Final = 24
"""Combinations of tables that are tried for one name: more only arise where a name mixes scripts."""
AS_WRITTEN: Final = "ascii"
"""The rule of a form that needs no table."""
PROPOSAL: Final = CONFIDENCE[-1]
FOLDED: Final = "latin-folded"
_FOLDED: Final = {"AE": "A", "OE": "O", "UE": "U", "AA": "A"}
"""Double letters that stand for Ä, Ö, Ü, Å read as the plain letter, so that MUELLER and MULLER meet."""
_FOLDING: Final = re.compile("|".join(_FOLDED))
RULES: Final[Mapping[str, str]] = {
    AS_WRITTEN: "The letters as they stand, in capitals.",
    FOLDED: "AE, OE, UE and AA, which may stand for Ä, Ö, Ü and Å, as A, O, U and A.",
    "hyphen-as-space": "A hyphen as a space.",
    "hyphen-left-out": "A hyphen left out.",
    "apostrophe-left-out": "An apostrophe left out.",
    "apostrophe-as-space": "An apostrophe as a space.",
    "last-part-first": "The last part of the name first.",
    "first-part-last": "The first part of the name last.",
}
"""The rules beside the tables; a rule that uses a table has the id of the table."""
_HYPHENS: Final = (("", HYPHEN), ("hyphen-as-space", SPACE), ("hyphen-left-out", ""))
_APOSTROPHES: Final = (("", APOSTROPHE), ("apostrophe-left-out", ""), ("apostrophe-as-space", SPACE))


class Variant(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One form in capital ASCII. `rank` is its place in the order of plausibility, from 0."""

    form: str
    rule: str
    """Rules joined by `+`: a table, then what was done with hyphens, apostrophes and the order."""
    rank: int
    confidence: str = ""
    """That of the weakest row or rule used; empty where the letters are ASCII already."""
    pattern: str = ""
    """Only for an incomplete form: the form with `?` where a letter has no conversion."""


class Variants(Struct, frozen=True, kw_only=True):
    """The forms of one name, the most plausible first, and how many more there would be."""

    forms: tuple[Variant, ...]
    left_off: int = 0


def variants(name: WrittenName, tables: NameTables | None = None) -> Variants:
    """The forms of a name with every order of its parts that is usual."""
    return _bounded(itertools.chain(spellings(name, tables).forms, _reordered(spellings(name, tables).forms)))


def spellings(name: WrittenName, tables: NameTables | None = None) -> Variants:
    """The forms of a name with its parts in the order in which they were written."""
    return _bounded(_joined(_converted(name, tables or shipped())))


def _bounded(found: Iterator[Variant]) -> Variants:
    kept: dict[str, Variant] = {}
    for one in found:
        kept.setdefault(one.pattern or one.form, one)
    ordered = list(kept.values())
    forms = tuple(
        Variant(form=one.form, rule=one.rule, rank=rank, confidence=one.confidence, pattern=one.pattern)
        for rank, one in enumerate(ordered[:MAX_VARIANTS])
    )
    return Variants(forms=forms, left_off=max(0, len(ordered) - MAX_VARIANTS))


# --- tables


def _converted(name: WrittenName, known: NameTables) -> Iterator[Variant]:
    cleaned = Cleaned(name.text, known.letters)
    if cleaned.text.isascii():
        first = convert(cleaned.text, {})
        if first.form:
            pattern = f"{first.form}{SPACE}?" if cleaned.cut else ""
            yield Variant(form=first.form, rule=AS_WRITTEN, rank=0, pattern=pattern)
            yield from _folded(first.form, AS_WRITTEN, pattern)
        return
    folded: list[Variant] = []
    for plan in _plans(cleaned, name.language, known):
        conversion = convert(cleaned.text, plan)
        if not conversion.form:
            continue
        rule = "+".join(table.id for table in plan.values()) or AS_WRITTEN
        incomplete = bool(INCOMPLETE.intersection(conversion.remarks)) or cleaned.cut
        pattern = conversion.pattern if incomplete else ""
        pattern = f"{pattern}{SPACE}?" if cleaned.cut else pattern
        confidence = PROPOSAL if Remark.MARK_LEFT_OUT in conversion.remarks else conversion.confidence
        yield Variant(form=conversion.form, rule=rule, rank=0, confidence=confidence, pattern=pattern)
        if LATIN in plan and plan[LATIN].default:
            folded += _folded(conversion.form, rule, pattern)
    yield from folded


def _plans(cleaned: Cleaned, language: str, known: NameTables) -> list[Mapping[str, NameTable]]:
    """The choices of one table for each script, the likeliest first: that of the language, the default one, the others."""
    first = chosen_tables(cleaned, language, known)
    letters = _letters(cleaned.text)
    options = [
        [(script, table) for table in _different((table, *known.of_script(script)), letters)]
        for script, table in first.items()
    ]
    numbered = itertools.islice(itertools.product(*(tuple(enumerate(each)) for each in options)), MAX_PLANS * MAX_PLANS)
    ranked = sorted(numbered, key=lambda choice: sum(number for number, _ in choice))
    return [dict(table for _, table in choice) for choice in ranked[:MAX_PLANS]]


def _letters(text: str) -> list[str]:
    """The letters of a text as tables may call them: both cases, and with one mark where there are several."""
    found: dict[str, None] = {}
    for letter in dict.fromkeys(text):
        with_one_mark = unicodedata.normalize("NFC", unicodedata.normalize("NFD", letter)[:2])
        found |= dict.fromkeys((letter, letter.upper(), letter.lower(), with_one_mark, with_one_mark.upper()))
    return list(found)


def _different(tables: Iterable[NameTable], letters: list[str]) -> list[NameTable]:
    """The tables that do not convert all of these letters as an earlier one does."""
    kept: dict[tuple[tuple[str, ...], ...], NameTable] = {}
    for table in tables:
        kept.setdefault(tuple(tuple(row.result for row in table.letters.get(letter, ())) for letter in letters), table)
    return list(kept.values())


def _folded(form: str, rule: str, pattern: str) -> Iterator[Variant]:
    folded = _FOLDING.sub(lambda found: _FOLDED[found[0]], form)
    if folded != form and not pattern:
        made = FOLDED if rule == AS_WRITTEN else f"{rule}+{FOLDED}"
        yield Variant(form=folded, rule=made, rank=0, confidence=PROPOSAL)


# --- joints and order


def _joined(found: Iterator[Variant]) -> Iterator[Variant]:
    """All forms as they are first, then with hyphens and apostrophes in other ways."""
    plain = list(found)
    yield from plain
    for hyphen, apostrophe in itertools.product(_HYPHENS, _APOSTROPHES):
        for one in plain if hyphen[0] or apostrophe[0] else ():
            rules = [one.rule]
            form, pattern = one.form, one.pattern
            for (rule, put), joint in ((hyphen, HYPHEN), (apostrophe, APOSTROPHE)):
                if rule and joint in form:
                    form, pattern = form.replace(joint, put), pattern.replace(joint, put)
                    rules.append(rule)
            if len(rules) > 1:
                yield Variant(form=tidy(form), rule="+".join(rules), rank=0, confidence=PROPOSAL, pattern=tidy(pattern))


def _reordered(found: tuple[Variant, ...]) -> Iterator[Variant]:
    for rule, turn in (("last-part-first", -1), ("first-part-last", 1)):
        for one in found:
            parts = (one.pattern or one.form).split(SPACE)
            if len(parts) < 2:
                continue
            text = SPACE.join((*parts[turn:], *parts[:turn]))
            yield Variant(
                form=tidy(text.replace("?", "")), rule=f"{one.rule}+{rule}", rank=0, confidence=PROPOSAL,
                pattern=text if one.pattern else "",
            )  # fmt: skip
