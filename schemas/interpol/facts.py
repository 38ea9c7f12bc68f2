"""What an INTERPOL message says of itself to clocks and figures: the facts that `facts.toml` declares, nothing else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from gateway.dialogues.words import FactWord, read_facts
from gateway.facts import LETTER, Facts
from gateway.form import Form

YES: Final = "yes"
_ANSWER: Final = "Answer"
_QUERY: Final = "Query"


@cache
def words() -> dict[str, FactWord]:
    """Every fact of the family, with its meaning."""
    text = (files("schemas.interpol") / "facts.toml").read_text(encoding="utf-8")
    return read_facts(text, file="schemas/interpol/facts.toml")


def facts(form: Form) -> Facts:
    """The facts of a message. What is not declared is left out."""
    name = form.format.partition("/")[2].partition("@")[0]
    asks = name.endswith(_QUERY) or form.first("Request") is not None or form.header.reply_by is not None
    answers = name.endswith(_ANSWER) or bool(form.header.in_reply_to)
    found = {
        LETTER: name,
        "kind": "answer" if answers else ("request" if asks else "notice"),
        "asks": YES if asks else "",
        "urgent": "" if form.header.urgency == "NORMAL" else YES,
        "deadline": form.header.reply_by.isoformat() if form.header.reply_by else "",
        "colour": form.value("DiffusionKind"),
        "database": form.value("Database"),
        "result": form.value("ResultCode"),
    }
    declared = words()
    return tuple(sorted((name, value) for name, value in found.items() if value and declared[name].allows(value)))
