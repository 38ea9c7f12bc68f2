"""Writes the parts of the guides that the code knows better: states, events, settings, fields, rules, routes, operations, reason codes.

A page holds a pair of comments, `<!-- generated: PART ARGUMENTS -->` and `<!-- end -->`; what stands between them comes from here.
`make docs` writes all pages again; a test fails when one of them differs. The pages below `docs/formats/` are written whole.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
MARK = re.compile(r"(<!-- generated: ([a-z-]+)((?: [A-Za-z0-9_./]+)*) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; line ends and bars in the cells cannot break it."""

    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(columns), line(["---"] * len(columns)), *map(line, rows)]) + "\n"


def code(text: object) -> str:
    """A word of the program, set apart."""
    return f"`{text}`" if text not in ("", None) else ""


# --- lifecycle and journal


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


# --- settings


def settings(place: str, *inherited: str) -> str:
    """Every setting of a class: `settings config.settings.Api`; `inherited` names a class whose own fields are left out."""
    module, _, name = place.rpartition(".")
    found = getattr(import_module(module), name)
    known = _fields(getattr(import_module(inherited[0].rpartition(".")[0]), inherited[0].rpartition(".")[2])) if inherited else {}
    fields = {one: told for one, told in _fields(found).items() if one not in known}
    return table(("setting", "default", "meaning"), ((code(one), default, words) for one, (default, words) in fields.items()))


def _fields(found: type) -> dict[str, tuple[str, str]]:
    return _pydantic(found) if hasattr(found, "model_fields") else _struct(found)


def _pydantic(found: Any) -> dict[str, tuple[str, str]]:
    from pydantic_core import PydanticUndefined

    told = {}
    for name, field in found.model_fields.items():
        default = "needed" if field.is_required() else field.default if field.default is not PydanticUndefined else field.default_factory()
        if name not in PARTNER_WORDS and not field.description and default != "needed" and hasattr(default, "model_fields"):
            default = "see below"
        told[name] = (_default(default), field.description or PARTNER_WORDS.get(name, ""))
    return told


PARTNER_WORDS = {
    "party": "The office, as role:code.", "name": "Its name, shown to people.",
    "addresses": "Mail addresses it writes from and reads; the first is where we write to.",
    "domains": "Mail domains that are its own: any sender there is the partner.", "urgent_address": "Where urgent messages go instead.",
    "channel": "The outbound channel: `smtp` or `amqp`.", "plain_xmldsig": "Whether XML-DSig without the XAdES properties is accepted.",
    "weak_rsa_until": "Until when (a date) RSA keys of 2048 bits are tolerated.", "mail": "Table `[partner.mail]`, see below.",
    "queue": "Table `[partner.queue]`, see below.", "receipts": "Whether it understands our technical receipts.",
    "languages": "Languages it reads, best first. Recorded; nothing acts on it yet.", "max_message_octets": "Longest message it takes. Recorded; nothing acts on it yet.",
    "retry_hours": "After so many hours without success an officer is called.",
    "test_only": "Whether receipts to it carry the test marker even where its message could not be read.",
    "host": "Its mail server.", "port": "And the port.", "starttls": "Outbound: `required`, or `never` on a loopback address.",
    "ca_pem": "Certificates, in PEM, that its mail server (and its client certificates) must chain to.",
    "client_certificate": "Inbound: `optional` or `required`.",
    "client_certificates": "SHA-256 of the client certificates it may show; empty for any issued by `ca_pem`.",
    "max_connections": "Most connections to it at once.", "messages_per_hour": "Most messages taken from it within an hour.",
    "exchange": "Exchange to publish to; empty for the channel's.", "routing_key": "Routing key; empty for the channel's.",
    "roles": "What it may do: `submitter`, `reader`, `officer`, `auditor`, `operator`.",
    "key": "PEM file with the private key.", "certificate": "PEM file with the certificate and its chain.",
}  # fmt: skip
"""Where the settings file has no description of its own."""


def _struct(found: Any) -> dict[str, tuple[str, str]]:
    import msgspec

    words: dict[str, str] = {}
    for one in reversed(found.__mro__):
        if one.__module__.startswith("adapters."):
            words |= _words_below(Path(str(sys.modules[one.__module__].__file__)), one.__name__)
    told = {}
    for field in msgspec.structs.fields(found):
        factory = field.default_factory is not msgspec.NODEFAULT
        default = field.default_factory() if factory else "needed" if field.default is msgspec.NODEFAULT else field.default
        told[field.name] = (_default(default), words.get(field.name, ""))
    return told


def _words_below(file: Path, name: str) -> dict[str, str]:
    """The sentence below each field of a class."""
    (found,) = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ClassDef) and node.name == name]
    words = {}
    for here, after in zip(found.body, found.body[1:], strict=False):
        if isinstance(here, ast.AnnAssign) and isinstance(here.target, ast.Name) and isinstance(after, ast.Expr):
            words[here.target.id] = str(ast.literal_eval(after.value))
    return words


def _default(value: object) -> str:
    if value in ("needed", "see below"):
        return str(value)
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple | list):
        return code(", ".join(map(str, value))) or "none"
    if isinstance(value, dict):
        return code(", ".join(f"{name} = {one}" for name, one in value.items())) or "none"
    return code(f"{value:g}" if isinstance(value, float) else value) or "none"


# --- formats


def formats() -> str:
    """Every format in one table."""
    from schemas.catalogue import discover

    return table(
        ("format", "root element", "what it is", "rules"),
        ((f"[`{one.id}`](formats/{one.family}.md)", code(one.element), one.title, len(one.rules)) for one in discover()),
    )


def header() -> str:
    """The header that all messages share."""
    from schemas.catalogue import discover

    spec = discover().get("sirene/G@1")
    found = next(one for one in _compiled(spec).elements[spec.element].type.content.iter_elements() if one.local_name == "Header")
    return _field_table(found, spec)


def family(name: str) -> str:
    """The whole page of one family."""
    from schemas.catalogue import discover

    specs = [spec for spec in discover() if spec.family == name]
    composite: dict[str, tuple[Any, Any]] = {}
    parts = [f"# {name}\n\nWritten by `make docs` from the schemas and rules in [`schemas/{name}/`](../../schemas/{name}). The words are explained in [formats](../formats.md).\n"]
    for spec in specs:
        body = next(one for one in _compiled(spec).elements[spec.element].type.content.iter_elements() if one.local_name == "Body")
        title = f"{spec.title}. Root element `{spec.element}` in `{spec.namespace}`, schema [`{spec.schema.path.name}`](../../schemas/{name}/xsd/{spec.schema.path.name})."
        parts.append(f"## {spec.id}\n\n{title}\n\n{_field_table(body, spec)}")
        _collect(body, spec, composite)
    parts.append("## Fields with parts\n")
    parts += [f"### {one}\n\n{_field_table(found, spec)}" for one, (found, spec) in sorted(composite.items())]
    parts.append(f"## Rules\n\n{_rules(specs)}")
    return "\n".join(parts)


def _compiled(spec: Any) -> Any:
    import xmlschema

    return xmlschema.XMLSchema10(str(spec.schema.path), allow="local", defuse="never", use_fallback=False)


def _children(element: Any) -> list[Any]:
    content = getattr(element.type, "content", None)
    return [one for one in content.iter_elements() if one.local_name] if content is not None and hasattr(content, "iter_elements") else []


def _collect(element: Any, spec: Any, into: dict[str, tuple[Any, Any]]) -> None:
    for child in _children(element):
        if _children(child) and child.local_name not in into:
            into[child.local_name] = (child, spec)
            _collect(child, spec, into)


def _field_table(element: Any, spec: Any) -> str:
    rows = []
    for child in _children(element):
        most = "n" if child.max_occurs is None else child.max_occurs
        often = str(child.min_occurs) if child.min_occurs == most else f"{child.min_occurs}..{most}"
        fixed = child.attributes.get("no") if hasattr(child.attributes, "get") else None
        rows.append((code(child.local_name), fixed.fixed if fixed is not None and fixed.fixed else "", often, _label(child, spec) + _values(child)))
    columns = ("element", "field", "times", "meaning")
    if not any(row[1] for row in rows):
        columns, rows = ("element", "times", "meaning"), [(row[0], *row[2:]) for row in rows]
    return table(columns, rows)


def _label(element: Any, spec: Any) -> str:
    for holder in (element, element.ref, element.type):
        for words in holder.annotation.documentation if holder is not None and holder.annotation is not None else ():
            if text := " ".join("".join(words.itertext()).split()):
                return text
    return str(spec.schema.labels.get(element.local_name, ""))


def _values(element: Any) -> str:
    found = [str(one) for one in getattr(element.type, "enumeration", None) or () if one]
    if not found:
        return ""
    return " One of: " + ", ".join(map(code, found[:16])) + (" …" if len(found) > 16 else "")


def _rules(specs: Sequence[Any]) -> str:
    found: dict[str, tuple[Any, list[str]]] = {}
    for spec in specs:
        for rule in spec.rules:
            found.setdefault(rule.id, (rule, []))[1].append(spec.id.partition("/")[2].partition("@")[0])
    rows = [
        (code(id), rule.severity, ", ".join(forms) if len(forms) < len(specs) else "all", rule.text, rule.remedy, rule.citation, rule.confidence)
        for id, (rule, forms) in sorted(found.items())
    ]
    return table(("rule", "severity", "forms", "asks that", "what to send", "source", "confidence"), rows)


# --- routing, handling, interface


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
        rows.append((number, code(row.name), "; ".join(condition.words() for condition in row.conditions) or "everything left", "; ".join(words)))
    return table(("", "row", "when", "does"), rows)


def handling() -> str:
    """What each handling code forbids an automatic sender."""
    from gateway.protection.gate import CODES

    words = {"free": "may go by itself", "officer": "needs an officer's release", "named": "depends on the countries named"}
    return table(("code", "meaning", "on the way out"), ((code(name), text, words[kind]) for name, (kind, text) in CODES.items()))


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
        (code(f"{method} {route.path}"), route.summary or route.name, ", ".join(roles.get((route.path, method.lower()), ())) or "open")
        for part in app.state.parts
        for route in part.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in sorted(route.methods or ())
    ]
    return table(("operation", "does", "roles"), rows)


# --- reason codes, read from the source


def codes(*places: str) -> str:
    """Every `Refused`, `Reason`, `Problem`, `Unavailable` of these files with its sentence."""
    found: dict[str, list[str]] = {}
    for place in places:
        for file in sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / place]:
            for name, words in _told(ast.parse(file.read_text("utf-8"))):
                if words not in found.setdefault(name, []):
                    found[name].append(words)
    return table(("code", "words"), ((code(name), " / ".join(words)) for name, words in sorted(found.items())))


TELLERS = {"Refused": (0, 1), "Unavailable": (0, 1), "RegisterUnavailable": (0, 1), "Reason": (0, 1), "Problem": (1, 2), "turned_away": (2, 3), "cut_off": (2, 3)}


def _told(tree: ast.Module) -> Iterator[tuple[str, str]]:
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
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
    tree = ast.parse((ROOT / "gateway/stages/check.py").read_text("utf-8"))
    rows = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_header", "_attachment"):
            id, field, text, remedy = (_text(one, {}) for one in node.args[:4])
            rows.add((code(id), "Header/" + (field if node.func.id == "_header" else "Attachment"), text, remedy))
    return table(("rule", "field", "what is wrong", "what to do"), sorted(rows))


def signature_codes() -> str:
    """Every reason for which a signature is refused."""
    from gateway.signing.reasons import SENTENCES

    return table(("code", "what it means and what to do"), ((code(name), text) for name, text in SENTENCES.items()))


# --- pages

PARTS: dict[str, Callable[..., str]] = {
    "lifecycle": lifecycle, "events": events, "settings": settings, "formats": formats, "header": header, "routes": routes,
    "handling": handling, "operations": operations, "codes": codes, "checks": checks, "signature-codes": signature_codes,
}  # fmt: skip


def written(page: str) -> str:
    """A page with its generated parts as the code has them now."""
    return MARK.sub(lambda found: f"{found[1]}{PARTS[found[2]](*found[3].split())}{found[4]}", page)


def pages() -> Iterator[tuple[Path, str]]:
    """Every page that has generated parts, as it should be."""
    from schemas.catalogue import FAMILIES

    for name in FAMILIES:
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
    sys.path.insert(0, str(ROOT))
    main()
