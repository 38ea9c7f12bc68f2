"""How a name is read: script, form in capital ASCII, every other form, and which rule joins two names. Needs no home folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.endings import FINDINGS
from gateway.commands.terminal import Terminal, facts, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.names.compare import NameMatch
    from gateway.names.written import WrittenName


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: `spoc names 'Щан Нободиен' --language bg`, `spoc names --compare 'Ann Möller' 'Moeller, Ann'`"
    )(names)


def names(
    context: typer.Context,
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="One name; with --compare two, each in quotes.")],
    language: Annotated[
        str, typer.Option("--language", "-l", help="Language of the name, ISO 639: bg, uk, el. Never guessed.")
    ] = "",
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Which rule joins two names. Exit code 1 when none does, or mere likeness."),
    ] = False,
) -> None:
    """How a name is read: script, form in capital letters, what is lost, every form it may have been written in."""
    from gateway.names.compare import compare as joined
    from gateway.names.written import written

    if language and not re.fullmatch(r"[a-z]{2,3}", language):
        raise typer.BadParameter("a language is a code of two or three small letters, for example bg")
    terminal: Terminal = context.obj
    if not compare:
        name = written(" ".join(text), language)
        document = _document(name)
        terminal.answer(document, lambda out: _draw(out, document))
        return
    if len(text) != 2:
        raise typer.BadParameter("--compare takes two names, each in quotes")
    left, right = (written(each, language) for each in text)
    match = joined(left, right)
    terminal.answer(
        {"left": _document(left), "right": _document(right), "match": _match(match)},
        lambda out: _draw_match(out, left, right, match),
    )
    if match is None or not match.certain:
        raise typer.Exit(FINDINGS)


def _document(name: WrittenName) -> dict[str, Any]:
    from gateway.names.convert import WORDS, Remark
    from gateway.names.variants import variants

    found = variants(name)
    return {
        "text": name.text, "script": name.script, "language": name.language, "converted": name.converted,
        "complete": name.complete, "lossy": name.lossy, "tables": list(name.tables), "confidence": name.confidence,
        "remarks": [{"code": code, "text": WORDS[Remark(code)]} for code in name.remarks],
        "variants": [
            {"form": one.form, "rule": one.rule, "rank": one.rank, "confidence": one.confidence, "pattern": one.pattern}
            for one in found.forms
        ],
        "variants_left_off": found.left_off,
    }  # fmt: skip


def _match(match: NameMatch | None) -> dict[str, Any] | None:
    if match is None:
        return None
    return {
        "rule": match.rule, "rank": int(match.rank), "certain": match.certain, "left": match.left, "right": match.right,
        "left_form": match.left_form, "right_form": match.right_form, "percent": match.percent,
    }  # fmt: skip


def _draw(out: Console, found: dict[str, Any]) -> None:
    out.print(
        facts(
            [
                ("name", found["text"]), ("script", found["script"]), ("language", found["language"] or "not given"),
                ("in capital letters", found["converted"] + ("" if found["complete"] else " (incomplete)")),
                ("tables", ", ".join(found["tables"])), ("confidence", found["confidence"]),
            ]
        )
    )  # fmt: skip
    for remark in found["remarks"]:
        out.print(plain(f"{remark['code']}: {remark['text']}"), soft_wrap=True)
    if found["variants"]:
        rows = [(one["pattern"] or one["form"], one["rule"], one["confidence"]) for one in found["variants"]]
        out.print(table("", ("form", "rule", "confidence"), rows))
    if found["variants_left_off"]:
        out.print(f"{found['variants_left_off']} more forms are left off.")


def _draw_match(out: Console, left: WrittenName, right: WrittenName, match: NameMatch | None) -> None:
    from gateway.names.compare import WORDS, MatchRule

    if match is None:
        out.print("No rule joins the two names.")
    else:
        out.print(plain(f"{match}: {WORDS[MatchRule(match.rank)]}"), soft_wrap=True)
    rows = [
        (one.text, one.script, form or one.converted, rule, " ".join(one.remarks))
        for one, form, rule in (
            (left, match.left_form if match else "", match.left if match else ""),
            (right, match.right_form if match else "", match.right if match else ""),
        )
    ]
    out.print(table("", ("name", "script", "form", "rule", "remarks"), rows))
