"""Tables for the page on names: conversion tables, forms, rules of matching and remarks, as the code has them."""

from __future__ import annotations

from docs.markdown import code, table
from gateway.clocks.definition import CONFIDENCE


def names(part: str) -> str:
    """One part of the page: `tables`, `forms`, `matching` or `remarks`."""
    return {"tables": _tables, "forms": _forms, "matching": _matching, "remarks": _remarks}[part]()


def _tables() -> str:
    from gateway.names.table import shipped

    rows = [
        (
            code(one.edition), one.title, one.script, ", ".join(one.languages) + (" (default)" if one.default else ""),
            len(one.own), ", ".join(mark for mark in CONFIDENCE if any(row.confidence == mark for row in one.own)),
            " ".join(sorted(one.lacks)) or "-", one.citation,
        )
        for one in shipped().tables
    ]  # fmt: skip
    heads = ("table", "what it converts", "script", "languages", "rows", "confidence", "not guessed", "source")
    return table(heads, rows)


def _forms() -> str:
    from gateway.names.variants import RULES

    return table(("rule", "form"), ((code(rule), words) for rule, words in RULES.items()))


def _matching() -> str:
    from gateway.names.compare import WORDS

    return table(("rank", "rule", "says"), ((int(rule), code(rule.code), words) for rule, words in WORDS.items()))


def _remarks() -> str:
    from gateway.names.convert import INCOMPLETE, LOSSY, WORDS

    rows = (
        (code(remark), words, "yes" if remark in LOSSY else "", "yes" if remark in INCOMPLETE else "")
        for remark, words in WORDS.items()
    )
    return table(("remark", "says", "lossy", "incomplete"), rows)
