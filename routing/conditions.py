"""What a row of the routing table may ask of an envelope.

The one idea: every condition can say whether it holds, in words what it asks, and whether it implies another condition.
The last lets the table find rows that can never be reached, before the first message does not reach them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeGuard

from gateway.envelope import Envelope
from gateway.form import Field
from gateway.subjects import SUBJECT_KINDS, kind_of

ARTICLE_FIELD: Final = "090"
"""SIRENE field 090: applicable article of the legal act, with additions such as MINOR (SIRENE Manual, 2.3(b))."""
ASKS_FIELD: Final = "089"
"""SIRENE field 089: what the sender of a G form asks for, such as `send P form` (SIRENE Manual, 2.3(b) and 8.3)."""


class Condition(Protocol):
    """One question about an envelope. Conditions of a row are joined by *and*."""

    @property
    def key(self) -> str: ...

    def holds(self, envelope: Envelope) -> bool:
        """Whether the envelope meets it."""
        ...

    def words(self) -> str:
        """The condition as half a sentence, for a person."""
        ...

    def implies(self, other: Condition) -> bool:
        """Whether every envelope that meets this one meets the other one too. When in doubt: no."""
        ...

    def excludes(self, other: Condition) -> bool:
        """Whether no envelope can meet both. When in doubt: no."""
        ...

    def cases(self) -> Iterator[Condition]:
        """Narrower conditions that cover this one without a gap, or this one alone."""
        ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A format with some parts left open: `sirene/G@1`, `sirene/G`, `G`, or a whole family."""

    family: str = ""
    form: str = ""
    version: str = ""

    @classmethod
    def read(cls, text: str) -> Pattern | None:
        """The pattern of `sirene/G@1`, `sirene/G` or `G`; None for anything else."""
        found = re.fullmatch(r"(?:([a-z]{2,16})/)?([A-Za-z][A-Za-z0-9]{0,47})(?:@([1-9][0-9]{0,3}))?", text)
        return cls(*(part or "" for part in found.groups())) if found else None

    def covers(self, other: Pattern) -> bool:
        """Whether every format of the other pattern is one of this pattern."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return all(not mine or mine == theirs for mine, theirs in pairs)

    def meets(self, other: Pattern) -> bool:
        """Whether some format could be of both."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)

    def _parts(self) -> tuple[str, str, str]:
        return (self.family, self.form.lower(), self.version)

    def __str__(self) -> str:
        name = f"{self.family}/{self.form}" if self.family and self.form else self.family or self.form
        return f"{name}@{self.version}" if self.version else name


@dataclass(frozen=True, slots=True)
class FormatIs:
    """The format is one of these. `family` and `form` of a row become one condition: each knows of the other."""

    patterns: tuple[Pattern, ...]
    key: str = "form"

    def holds(self, envelope: Envelope) -> bool:
        format_of_it = Pattern.read(envelope.form.format)
        return format_of_it is not None and any(pattern.covers(format_of_it) for pattern in self.patterns)

    def concerns(self, family: str) -> bool:
        """Whether a form of this family could meet it."""
        return any(not pattern.family or pattern.family == family for pattern in self.patterns)

    def words(self) -> str:
        return f"the form is {_or(str(pattern) for pattern in self.patterns)}"

    def implies(self, other: Condition) -> bool:
        if not isinstance(other, FormatIs):
            return False
        return all(any(wide.covers(own) for wide in other.patterns) for own in self.patterns)

    def excludes(self, other: Condition) -> bool:
        if isinstance(other, ArticleIs | Asks):
            return not self.concerns("sirene")  # only SIRENE numbers its fields this way
        if not isinstance(other, FormatIs):
            return False
        return not any(one.meets(two) for one in self.patterns for two in other.patterns)

    def cases(self) -> Iterator[Condition]:
        return (FormatIs((pattern,)) for pattern in self.patterns)


ANY, ALL, NONE = "any", "all", "none"


@dataclass(frozen=True, slots=True)
class Facet:
    """A fact of an envelope that is compared with a list of codes. `single`: there is exactly one value of it."""

    key: str
    noun: str
    read: Callable[[Envelope], frozenset[str]]
    single: bool = False
    closed: frozenset[str] = frozenset()
    """Every value there is, where the list is closed."""
    lower: bool = False


def _sender(envelope: Envelope) -> frozenset[str]:
    return frozenset({envelope.form.header.sender.upper()})


def _urgency(envelope: Envelope) -> frozenset[str]:
    return frozenset({envelope.form.header.urgency})


def _purposes(envelope: Envelope) -> frozenset[str]:
    return frozenset(code.upper() for code in envelope.form.header.purposes)


def _subject_kinds(envelope: Envelope) -> frozenset[str]:
    return frozenset(kind_of(subject) for subject in envelope.form.subjects)


def _handling(envelope: Envelope) -> frozenset[str]:
    return frozenset(condition.code.upper() for condition in envelope.form.header.handling)


def _findings(envelope: Envelope) -> frozenset[str]:
    return frozenset(word.upper() for finding in envelope.findings for word in (finding.rule, finding.severity))


FACETS: Final[Mapping[str, Facet]] = {
    facet.key: facet
    for facet in (
        Facet("sender", "sender", _sender, single=True),
        Facet("urgency", "urgency", _urgency, single=True, closed=frozenset({"NORMAL", "URGENT", "VERY_URGENT"})),
        Facet("subjects", "kind of subject", _subject_kinds, closed=frozenset(SUBJECT_KINDS), lower=True),
        Facet("handling", "handling code", _handling),
        Facet("purposes", "purpose", _purposes),
        Facet("finding", "finding", _findings),
    )
}


@dataclass(frozen=True, slots=True)
class Codes:
    """The envelope has any, all or none of these codes."""

    facet: Facet
    mode: str
    values: frozenset[str]

    @property
    def key(self) -> str:
        return self.facet.key

    def holds(self, envelope: Envelope) -> bool:
        has = self.facet.read(envelope)
        if self.mode == ALL:
            return self.values <= has
        return bool(self.values & has) is (self.mode == ANY)

    def words(self) -> str:
        listed = sorted(self.values)
        if self.facet.single:
            return f"the {self.facet.noun} is {'not ' if self.mode == NONE else ''}{_or(listed)}"
        joined = {ANY: _or(listed), ALL: " and ".join(listed), NONE: "neither " + " nor ".join(listed)}[self.mode]
        return f"the {self.facet.noun} {'is' if self.mode != ANY or len(listed) == 1 else 'is one of:'} {joined}"

    def implies(self, other: Condition) -> bool:
        if not isinstance(other, Codes) or other.facet is not self.facet:
            return False
        mine, theirs = self.values, other.values
        match self.mode, other.mode:
            case ("any", "any"):
                return mine <= theirs
            case ("any", "all"):
                return theirs == mine and len(mine) == 1
            case ("all", "any"):
                return bool(mine & theirs)
            case ("all", "all") | ("none", "none"):
                return theirs <= mine
            case ("none", "any"):
                return self.facet.single and bool(self.facet.closed) and self.facet.closed - mine <= theirs
            case ("any", "none"):
                return self.facet.single and not mine & theirs
        return False

    def excludes(self, other: Condition) -> bool:
        if not isinstance(other, Codes) or other.facet is not self.facet:
            return False
        mine, theirs = self.values, other.values
        if self.facet.single and NONE not in (self.mode, other.mode):
            return not mine & theirs
        if (self.mode, other.mode) == (ANY, NONE):
            return mine <= theirs
        return (self.mode, other.mode) == (ALL, NONE) and bool(mine & theirs)

    def cases(self) -> Iterator[Condition]:
        if self.mode == ANY:
            return (Codes(self.facet, ANY, frozenset({value})) for value in sorted(self.values))
        if self.facet.single and self.facet.closed:
            return (Codes(self.facet, ANY, frozenset({value})) for value in sorted(self.facet.closed - self.values))
        return iter((self,))


@dataclass(frozen=True, slots=True)
class MarkedAsTest:
    """The test marker of the header says this."""

    marked: bool
    key: str = "test"

    def holds(self, envelope: Envelope) -> bool:
        return envelope.form.header.test is self.marked

    def words(self) -> str:
        return "the message is marked as a test" if self.marked else "the message is not marked as a test"

    def implies(self, other: Condition) -> bool:
        return self == other

    def excludes(self, other: Condition) -> bool:
        return isinstance(other, MarkedAsTest) and other.marked is not self.marked

    def cases(self) -> Iterator[Condition]:
        return iter((self,))


@dataclass(frozen=True, slots=True)
class MarkedOrNot:
    """No condition at all, but split into the two cases: used to hold two earlier rows against a later one."""

    key: str = "test"

    def holds(self, envelope: Envelope) -> bool:
        return True

    def words(self) -> str:
        return "the message is a test or not"

    def implies(self, other: Condition) -> bool:
        return self == other

    def excludes(self, other: Condition) -> bool:
        return False

    def cases(self) -> Iterator[Condition]:
        return (MarkedAsTest(marked) for marked in (True, False))


@dataclass(frozen=True, slots=True)
class ArticleIs:
    """SIRENE field 090 begins with one of these articles: `1862:38` meets `1862:38(2)(a)`, not `1862:380`."""

    articles: tuple[str, ...]
    key: str = "article"

    def holds(self, envelope: Envelope) -> bool:
        # The first field with the number is the article; a further one is a remark in free words.
        texts = [text for field in envelope.form.numbered(ARTICLE_FIELD)[:1] for text in field_texts(field)]
        return any(begins_with(text, article) for text in texts for article in self.articles)

    def words(self) -> str:
        return f"field {ARTICLE_FIELD} names the article {_or(self.articles)}"

    def implies(self, other: Condition) -> bool:
        if not isinstance(other, ArticleIs):
            return False
        return all(any(begins_with(own, wide) for wide in other.articles) for own in self.articles)

    def excludes(self, other: Condition) -> bool:
        return isinstance(other, FormatIs) and other.excludes(self)

    def cases(self) -> Iterator[Condition]:
        return (ArticleIs((article,)) for article in self.articles)


_DENIALS: Final = re.compile(r"\b(?:no|not|never|without|don't)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asks:
    """SIRENE field 089 asks for this form letter: `send P form`, `form P`, or `P` alone.

    A text that also denies something (`no P form needed`) asks for nothing here: a person reads it.
    """

    letter: str
    key: str = "asks"

    def holds(self, envelope: Envelope) -> bool:
        return any(self._in(text) for field in envelope.form.numbered(ASKS_FIELD) for text in field_texts(field))

    def _in(self, text: str) -> bool:
        # The letter as a capital: in "send a form" the a is no letter of a form.
        letter = self.letter.upper()
        named = rf"\b[\"'“]?{letter}[\"'”]?[\s\-]?(?i:forms?)\b|\b(?i:forms?)[\s\-]?[\"'“]?{letter}\b|^\s*{letter}\s*$"
        return re.search(named, text) is not None and not _DENIALS.search(text)

    def words(self) -> str:
        return f"field {ASKS_FIELD} asks for a form {self.letter.upper()}"

    def implies(self, other: Condition) -> bool:
        return self == other or (isinstance(other, FieldIs) and other == FieldIs("number", ASKS_FIELD))

    def excludes(self, other: Condition) -> bool:
        empty = FieldIs("number", ASKS_FIELD, present=False)
        return other == empty or (isinstance(other, FormatIs) and other.excludes(self))

    def cases(self) -> Iterator[Condition]:
        return iter((self,))


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field, by number or name at any depth, is filled, empty, or contains a text. Case does not matter."""

    by: str
    name: str
    present: bool = True
    contains: str = ""

    @property
    def key(self) -> str:
        return "field"

    def holds(self, envelope: Envelope) -> bool:
        by_number = self.by == "number"
        found = (field for field in envelope.form.walk() if self.name == (field.number if by_number else field.name))
        texts = [text.casefold() for field in found for text in field_texts(field) if text.strip()]
        if not self.present:
            return not texts
        return any(self.contains.casefold() in text for text in texts)

    def words(self) -> str:
        what = f"contains “{self.contains}”" if self.contains else "is filled" if self.present else "is empty"
        return f"field {self.name} {what}"

    def implies(self, other: Condition) -> bool:
        if not self._same_field(other) or self.present is not other.present:
            return False
        return other.contains.casefold() in self.contains.casefold()

    def excludes(self, other: Condition) -> bool:
        if isinstance(other, Asks):
            return other.excludes(self)
        return self._same_field(other) and self.present is not other.present

    def _same_field(self, other: Condition) -> TypeGuard[FieldIs]:
        return isinstance(other, FieldIs) and (self.by, self.name) == (other.by, other.name)

    def cases(self) -> Iterator[Condition]:
        return iter((self,))


def field_texts(field: Field) -> Iterator[str]:
    """Every text of a field: its own and those of its children."""
    yield field.value
    for child in field.children:
        yield from field_texts(child)


def begins_with(text: str, article: str) -> bool:
    """Whether a text begins with an article and neither digit nor letter follows (37a is not 37)."""
    written, wanted = (re.sub(r"\s*([:/])\s*", r"\1", each.strip()).casefold() for each in (text, article))
    return written.startswith(wanted) and not written[len(wanted) : len(wanted) + 1].isalnum()


def _or(values: Iterable[str]) -> str:
    listed = list(values)
    return listed[0] if len(listed) == 1 else ", ".join(listed[:-1]) + " or " + listed[-1]
