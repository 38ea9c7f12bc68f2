"""What a Europol message says of itself to clocks and figures: the facts that `facts.toml` declares, nothing else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from gateway.dialogues.words import FactWord, read_facts
from gateway.facts import LETTER, Facts
from gateway.form import Form

YES: Final = "yes"
_KINDS: Final = {"Request": "request", "Reply": "answer", "Information": "notice"}


@cache
def words() -> dict[str, FactWord]:
    """Every fact of the family, with its meaning."""
    text = (files("schemas.europol") / "facts.toml").read_text(encoding="utf-8")
    return read_facts(text, file="schemas/europol/facts.toml")


def facts(form: Form) -> Facts:
    """The facts of a message. What is not declared is left out."""
    name, header = form.format.partition("/")[2].partition("@")[0], form.header
    urgent = header.urgency != "NORMAL"
    final, copy = form.first("Final"), form.first("CopyToEuropol")
    found = {
        LETTER: name,
        "form": name,
        "kind": _KINDS.get(name, ""),
        "asks": YES if name == "Request" else "",
        "urgency": "URGENT" if urgent else "NORMAL",
        "urgent": YES if urgent else "",
        "urgency_ground": " ".join(dict.fromkeys(reason.code for reason in header.urgency_reasons if reason.code)),
        "legal_basis": form.value("LegalBasis"),
        "tier": form.value("Classification"),
        "final": "" if final is None else (YES if final.value.strip() in ("true", "1") else "no"),
        "refused": " ".join(dict.fromkeys(field.attribute("code") for field in form.named("Refusal"))),
        "europol": "" if copy is None else (YES if copy.attribute("decision") == "YES" else "no"),
        "deadline": header.reply_by.isoformat() if header.reply_by else "",
    }
    declared = words()
    return tuple(sorted((name, value) for name, value in found.items() if value and declared[name].allows(value)))
