"""Writes the parts of the guides that the code knows better: states, events, settings, fields, rules, routes, operations, reason codes.

A page holds a pair of comments, `<!-- generated: PART ARGUMENTS -->` and `<!-- end -->`; what stands between them comes from here.
`make docs` writes all pages again; a test fails when one of them differs. The pages below `docs/formats/` are written whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from docs.code_tables import checks, codes, evidence_checks, signature_codes, smime_codes, stamp_codes
from docs.degradation_table import degradation
from docs.dialogue_pages import dialogues, facts, recorded
from docs.form_pages import family, formats, header
from docs.markdown import code, table
from docs.name_tables import names
from docs.setting_tables import settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
MARK = re.compile(r"(<!-- generated: ([a-z-]+)((?: [A-Za-z0-9_./]+)*) -->\n).*?(<!-- end -->)", re.DOTALL)


def lifecycle(way: str) -> str:
    """States of one direction: diagram and table."""
    from gateway.envelope import Direction
    from gateway.lifecycle import STATES, diagram

    direction = Direction(way)
    rows = [
        (code(row.name), row.meaning, row.next_stage or "-", ", ".join(row.leads_to) or "-", row.account)
        for row in STATES
        if row.direction is direction
    ]
    columns = ("state", "what it means", "next stage", "may lead to", "account")
    return f"```mermaid\n{diagram(direction)}```\n\n{table(columns, rows)}"


def events() -> str:
    """The language of the journal."""
    from gateway.journal.events import EVENTS

    return table(("event", "meaning"), ((code(name), meaning) for name, meaning in EVENTS.items()))


def routes() -> str:
    """The shipped rows in their order."""
    from importlib.resources import files

    from routing.table import read_table

    found = read_table((files("config") / "routes.toml").read_text("utf-8"), file="config/routes.toml")
    rows = []
    for number, row in enumerate(found, 1):
        does = row.actions
        words = [f"asks {', '.join(does.ask)}"] if does.ask else []
        words += [f"case in {does.case}"] if does.case else []
        words += [f"forwards to {', '.join(does.forward)}"] if does.forward else []
        words += [f"holds ({does.hold})"] if does.hold else []
        words += ["recorded on the message it speaks of"] if does.settle else [f"answer: {does.answer}"]
        rows.append(
            (
                number,
                code(row.name),
                "; ".join(condition.words() for condition in row.conditions) or "everything left",
                "; ".join(words),
            )
        )
    return table(("", "row", "when", "does"), rows)


def handling() -> str:
    """What each handling code forbids an automatic sender."""
    from gateway.families import Effect
    from schemas.catalogue import discover

    words = {
        Effect.FREE: "may go by itself",
        Effect.OFFICER: "needs an officer's release",
        Effect.EXCLUDES: "not to the countries named, else by itself",
        Effect.ONLY: "only to the countries named, then by itself",
    }
    rows = (
        (name, code(each.code), each.text, words[each.effect])
        for name in ("sirene", "interpol", "europol")
        for each in discover().family(f"{name}/Any@1").handling
    )
    return table(("family", "code", "meaning", "on the way out"), rows)


def versions() -> str:
    """The versions of the families that have several."""
    from schemas.catalogue import discover

    known = discover()
    rows = [
        (
            each.family, f"{each.major}, current" if each.current else str(each.major), each.title, each.accept_until or "no end",
            each.refused_from or "never", each.send_until or "no end", each.citation, each.confidence,
        )
        for family in sorted({spec.family for spec in known})
        for each in known.versions(family)
        if len(known.versions(family)) > 1
    ]  # fmt: skip
    heads = ("family", "version", "title", "taken in until", "refused from", "sent until", "source", "confidence")
    return table(heads, rows)


def differences() -> str:
    """What an older version cannot say, or says otherwise."""
    from schemas.catalogue import discover
    from schemas.conversion import tables

    rows = [
        (
            each.family, f"{each.newer} to {each.older}", code(row.field), row.number, row.text, "yes" if row.essential else "",
            row.citation, row.confidence,
        )
        for family in sorted({spec.family for spec in discover()})
        for each in tables(family)
        for row in each.difference
    ]  # fmt: skip
    return table(
        ("family", "versions", "element", "field", "what becomes of it", "essential", "source", "confidence"), rows
    )


def operations() -> str:
    """Every operation of the API with the roles that may use it."""
    from fastapi.routing import APIRoute

    from gateway.api.app import create_app
    from gateway.api.description import secured
    from gateway.api.door import ApiDoor, new_token_key
    from gateway.clock import SystemClock

    nothing_behind = SimpleNamespace(clock=SystemClock())
    app = create_app(cast("Any", nothing_behind), ApiDoor(token_key=new_token_key()))
    roles = {(path, method): found for path, method, found in secured(app)}
    rows = [
        (
            code(f"{method} {route.path_format}"),
            route.summary or route.name,
            ", ".join(roles.get((route.path_format, method.lower()), ())) or "open",
        )
        for part in app.state.parts
        for route in part.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in sorted(route.methods or ())
    ]
    return table(("operation", "does", "roles"), rows)


PARTS: dict[str, Callable[..., str]] = {
    "dialogues": dialogues, "recorded": recorded, "facts": facts,
    "lifecycle": lifecycle, "events": events, "degradation": degradation, "settings": settings, "formats": formats, "header": header, "routes": routes,
    "handling": handling, "operations": operations, "codes": codes, "versions": versions, "differences": differences,
    "checks": checks, "signature-codes": signature_codes, "smime-codes": smime_codes, "stamp-codes": stamp_codes,
    "evidence-checks": evidence_checks, "names": names,
}  # fmt: skip


def written(page: str) -> str:
    """A page with its generated parts as the code has them now."""
    return MARK.sub(lambda found: f"{found[1]}{PARTS[found[2]](*found[3].split())}{found[4]}", page)


def pages() -> Iterator[tuple[Path, str]]:
    """Every page that has generated parts, as it should be."""
    from schemas.catalogue import discover

    for name in sorted({spec.family for spec in discover()}):
        yield DOCS / "formats" / f"{name}.md", family(name)
    for page in sorted([*DOCS.glob("*.md"), *ROOT.glob("README.md")]):
        text = page.read_text("utf-8")
        if MARK.search(text):
            yield page, written(text)


def main() -> None:
    """Write what differs."""
    for page, text in pages():
        page.parent.mkdir(exist_ok=True)
        if not page.is_file() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
