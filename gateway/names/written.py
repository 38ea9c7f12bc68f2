"""A name as it was written, with all that a later reader needs to understand its form.

The one idea: the original is kept as it came, whatever it holds; script, form and remarks are worked out from it and
can be worked out again, because the edition of the tables stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from gateway.names.convert import INCOMPLETE, LOSSY, Remark, convert
from gateway.names.letters import NO_SCRIPT, Cleaned
from gateway.names.table import NameTable, NameTables, shipped

LATIN: Final = "Latn"


class WrittenName(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One name. `remarks` are codes of `gateway.names.convert.Remark`."""

    text: str
    """The original, untouched."""
    script: str
    """ISO 15924; where there are several, the one of most letters."""
    language: str = ""
    """ISO 639 as somebody gave it; never guessed from the letters."""
    converted: str = ""
    """Capital ASCII letters with spaces, hyphens and apostrophes."""
    tables: tuple[str, ...] = ()
    """Ids and versions of the tables that made the form."""
    confidence: str = ""
    """That of the weakest row used; empty where the letters are ASCII already."""
    remarks: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the form stands for the whole name."""
        return not INCOMPLETE.intersection(self.remarks)

    @property
    def lossy(self) -> bool:
        """Whether the original cannot be had back from the form."""
        return bool(LOSSY.intersection(self.remarks))


def written(text: str, language: str = "", tables: NameTables | None = None) -> WrittenName:
    """The name with everything that is known of it."""
    if text.isascii() and text.replace(" ", "").isalpha() and text == " ".join(text.split()) and len(text) < 200:
        return WrittenName(text=text, script=LATIN, language=language, converted=text.upper())
    known = tables or shipped()
    cleaned = Cleaned(text, known.letters)
    chosen = chosen_tables(cleaned, language, known)
    conversion = convert(cleaned.text, chosen)
    remarks = {*conversion.remarks, *_remarks_on(cleaned), *_language_remarks(cleaned, language, known)}
    used = () if cleaned.text.isascii() else tuple(table.edition for table in chosen.values())
    return WrittenName(
        text=text,
        script=next(iter(cleaned.scripts), NO_SCRIPT),
        language=language,
        converted=conversion.form,
        tables=used,
        confidence=conversion.confidence if used else "",
        remarks=tuple(str(remark) for remark in Remark if remark in remarks),
    )


def written_beside(latin: str, originals: Iterable[tuple[str, str]]) -> tuple[WrittenName, ...]:
    """What a subject keeps of its names: the one in Latin letters where they are not all ASCII, then each original, given
    with its language.
    """
    named = [*([(latin, "")] if not latin.isascii() else []), *originals]
    return tuple(written(text, language) for text, language in named if text)


def chosen_tables(cleaned: Cleaned, language: str, known: NameTables) -> Mapping[str, NameTable]:
    """The table for each script of the name."""
    found = ((script, known.chosen(script, language)) for script in cleaned.scripts)
    return {script: table for script, table in found if table}


def _remarks_on(cleaned: Cleaned) -> Iterable[Remark]:
    if cleaned.cut:
        yield Remark.TOO_LONG
    if cleaned.hidden:
        yield Remark.HIDDEN
    if cleaned.foreign:
        yield Remark.FOREIGN
    if cleaned.widened:
        yield Remark.COMPATIBLE
    if len(cleaned.scripts) > 1:
        yield Remark.MIXED_IN_A_WORD if cleaned.mixes_within_a_word else Remark.MIXED


def _language_remarks(cleaned: Cleaned, language: str, known: NameTables) -> Iterable[Remark]:
    for script in cleaned.scripts:
        if script not in known.by_language:
            continue
        if language and not any(language in table.languages for table in known.of_script(script)):
            yield Remark.LANGUAGE_WITHOUT_TABLE
        if not language and any(letter.upper() in known.by_language[script] for letter in cleaned.text):
            yield Remark.LANGUAGE_OPEN
