"""Reason codes with their sentences, read from the source: what raises or makes one names both."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from docs.markdown import code, table

ROOT = Path(__file__).resolve().parents[1]


def codes(*places: str) -> str:
    """Every `Refused`, `Reason`, `Problem`, `Unavailable` of these files with its sentence."""
    found: dict[str, list[str]] = {}
    for place in places:
        for file in sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / place]:
            for name, words in _told(ast.parse(file.read_text("utf-8"))):
                if words not in found.setdefault(name, []):
                    found[name].append(words)
    return table(("code", "words"), ((code(name), " / ".join(words)) for name, words in sorted(found.items())))


TELLERS = {
    "Refused": (0, 1),
    "Unavailable": (0, 1),
    "RegisterUnavailable": (0, 1),
    "Reason": (0, 1),
    "Problem": (1, 2),
    "turned_away": (2, 3),
    "cut_off": (2, 3),
}


def _told(tree: ast.Module) -> Iterator[tuple[str, str]]:
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLERS:
            given = [*node.args, *(one.value for one in node.keywords if one.arg in ("code", "public"))]
            places = [given[place] for place in TELLERS[node.func.id] if place < len(given)]
            texts = [_text(one, constants) for one in places]
            if len(texts) == 2 and re.fullmatch(r"[a-z-]+\.[a-z0-9-]+", texts[0]) and texts[1].strip("… "):
                yield texts[0], texts[1]


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return constants.get(node.id, "…")
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left, constants) + _text(node.right, constants)
    return "…"


def checks() -> str:
    """What the core itself checks in every form."""
    places = ("gateway/stages/check.py", "gateway/attachments/recognise.py")
    trees = [ast.parse((ROOT / place).read_text("utf-8")) for place in places]
    rows = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("_header", "_attachment")
        ):
            rule, field, text, remedy = (_text(one, {}) for one in node.args[:4])
            rows.add((code(rule), "Header/" + (field if node.func.id == "_header" else "Attachment"), text, remedy))
    return table(("rule", "field", "what is wrong", "what to do"), sorted(rows))


def smime_codes() -> str:
    """Every reason for which S/MIME around a mail is refused."""
    from gateway.smime.reasons import SENTENCES

    return table(("code", "what it means and what to do"), ((code(name), text) for name, text in SENTENCES.items()))


def stamp_codes() -> str:
    """Every reason for which a time-stamp is refused."""
    from gateway.journal.stamping.reasons import SENTENCES

    return table(("code", "what it means and what to do"), ((code(name), text) for name, text in SENTENCES.items()))


def evidence_checks() -> str:
    """Every check of a proof bundle, with what it proves and what it does not."""
    from gateway.evidence.standalone.words import CHECKS

    rows = ((code(name), each.title, each.proves, each.not_) for name, each in CHECKS.items())
    return table(("check", "", "proves", "does not prove"), rows)


def signature_codes() -> str:
    """Every reason for which a signature is refused."""
    from gateway.signing.reasons import SENTENCES

    return table(("code", "what it means and what to do"), ((code(name), text) for name, text in SENTENCES.items()))
