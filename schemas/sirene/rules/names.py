"""Rules on names of persons: Latin letters with the original beside them, and whether the two are the same name.

The one idea: the tables of `gateway.names` say what an original becomes in Latin letters. What they cannot say, because
letters fall together or have no conversion, is told to whoever reads the form. No finding repeats a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.findings import Occasion, Problem, Rule, Severity
from gateway.form import Field, Form
from gateway.names.compare import NameMatch, compare
from gateway.names.convert import LOSSY, WORDS, Remark
from gateway.names.letters import NO_SCRIPT, script_of
from gateway.names.table import shipped
from gateway.names.written import LATIN, WrittenName, written

LATIN_NAME_FIELDS: Final = ("Surname", "Forename", "NameAtBirth", "PreviousName")
ORIGINAL: Final = "OriginalScriptName"
PLACE: Final = f"Person/{ORIGINAL}"
DECEPTIVE: Final = (Remark.MIXED_IN_A_WORD, Remark.HIDDEN)
"""Remarks on a name that may be meant to be taken for another one."""


def _latin_names(form: Form, _: Occasion) -> Iterable[Problem]:
    for person in form.named("Person"):
        for field in person.children:
            if field.name in LATIN_NAME_FIELDS and not _latin(field.value):
                yield field.number, "The name is not in Latin letters."
        if any(not _latin(original.value) for original in person.all(ORIGINAL)) and not person.text("Surname").strip():
            yield "006", "The original script stands alone: the name in Latin letters is missing."


def _latin(text: str) -> bool:
    return all(script_of(letter) in (LATIN, NO_SCRIPT) for letter in text)


def _agree(form: Form, _: Occasion) -> Iterable[Problem]:
    for person in form.named("Person"):
        for original, name in _originals(person):
            said = original.attribute("script")
            if said and said != name.script:
                yield PLACE, f"The attribute script says {said}, and most letters are of {name.script}."
            latin = written(_latin_name(person))
            if latin.text and name.tables and Remark.NO_TABLE not in name.remarks:
                yield from _disagreement(person, name, compare(name, latin))


def _disagreement(person: Field, name: WrittenName, match: NameMatch | None) -> Iterator[Problem]:
    expected = " and ".join(name.tables)
    if match is not None and match.certain:
        used = match.left.partition("+")[0]
        depends = name.language and name.script != LATIN and len(name.tables) == 1
        if depends and used and used != name.tables[0].partition(" ")[0]:
            yield (
                PLACE,
                (
                    f"006 and 007 are the original by the table {used}; for the language {name.language} the form of "
                    f"{expected} is expected."
                ),
            )
        return
    tried = ", ".join(table.id for table in shipped().of_script(name.script))
    alike = f" They are only alike, by {match.percent:.0f} percent." if match and match.percent is not None else ""
    wrong = [number for number, part in _parts(person) if not _joined(name, part)]
    yield (
        (wrong[0] if len(wrong) == 1 else "006"),
        (f"006 and 007 are not the original under any table ({tried}). Expected is its form by {expected}.{alike}"),
    )


def _joined(name: WrittenName, part: str) -> bool:
    match = compare(name, written(part))
    return match is not None and match.certain


def _parts(person: Field) -> Iterator[tuple[str, str]]:
    for number, element in (("006", "Surname"), ("007", "Forename")):
        text = " ".join(field.value for field in person.all(element))
        if text.strip():
            yield number, text


def _latin_name(person: Field) -> str:
    return " ".join(" ".join(field.value for name in ("Forename", "Surname") for field in person.all(name)).split())


def _originals(person: Field) -> Iterator[tuple[Field, WrittenName]]:
    for original in person.all(ORIGINAL):
        if original.value.strip():
            yield original, written(original.value.strip(), original.attribute("language"))


def _losses(form: Form, _: Occasion) -> Iterable[Problem]:
    for person in form.named("Person"):
        for _original, name in _originals(person):
            lost = [WORDS[Remark(remark)] for remark in name.remarks if remark in LOSSY]
            if lost:
                yield f"In capital letters of ASCII the original is not whole. {' '.join(lost)}"


def _deceptive(form: Form, _: Occasion) -> Iterable[Problem]:
    for person in form.named("Person"):
        for field in person.children:
            if field.name not in (*LATIN_NAME_FIELDS, ORIGINAL, "Alias"):
                continue
            found = written(field.value).remarks
            for remark in DECEPTIVE:
                if remark in found:
                    yield field.number or PLACE, WORDS[remark]


NAME_RULES: Final = (
    Rule(
        id="R37", severity=Severity.WARNING, check=_latin_names, field="006",
        text="Names are in Latin letters, with the original script beside them.",
        citation="SIRENE Manual (2015 text) 2.10", confidence="manual-2015",
        remedy="Write the name in Latin letters and its original in OriginalScriptName.",
    ),
    Rule(
        id="R37-AGREES", severity=Severity.WARNING, check=_agree, field="006",
        text="The name in 006 and 007 is the original in Latin letters, by a table for its script and language.",
        citation="SIRENE Manual (2015 text) 2.10; the tables of gateway/names", confidence="proposal",
        remedy="Compare the two, name script and language of the original, or send the right name by form M. "
        "`spoc names` shows every form that is expected.",
    ),
    Rule(
        id="R37-LOSSY", severity=Severity.INFO, check=_losses, field=PLACE,
        text="The original can be had back from its form in Latin letters.",
        citation="The tables of gateway/names", confidence="proposal",
        remedy="Nothing to do. Search by every form of the name; `spoc names` lists them.",
    ),
    Rule(
        id="R37-MIXED", severity=Severity.WARNING, check=_deceptive, field="006",
        text="No word of a name mixes scripts, and nothing in it is hidden.",
        citation="Our own rule against look-alikes", confidence="proposal",
        remedy="Write each name in the letters of one script, without characters that cannot be seen.",
    ),
)  # fmt: skip
