"""Pages of the formats: fields with numbers and labels from the schemas, rules with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docs.markdown import code, table


def formats() -> str:
    """Every format in one table."""
    from schemas.catalogue import discover

    return table(
        ("format", "root element", "what it is", "rules", "source", "confidence"),
        (
            (
                f"[`{one.id}`](formats/{one.family}.md)",
                code(one.element),
                one.title,
                len(one.rules),
                one.citation,
                one.confidence,
            )
            for one in discover()
        ),
    )


def header() -> str:
    """The header that all messages share."""
    from schemas.catalogue import discover

    spec = discover().get("sirene/G@1")
    found = next(
        one for one in _compiled(spec).elements[spec.element].type.content.iter_elements() if one.local_name == "Header"
    )
    return _field_table(found, spec)


def family(name: str) -> str:
    """The whole page of one family."""
    from schemas.catalogue import discover

    specs = [spec for spec in discover() if spec.family == name]
    composite: dict[str, tuple[Any, Any]] = {}
    parts = [
        (
            f"# {name}\n\nWritten by `make docs` from the schemas and rules in [`schemas/{name}/`](../../schemas/{name}). "
            "The words are explained in [formats](../formats.md).\n"
        )
    ]
    for spec in specs:
        body = next(
            one
            for one in _compiled(spec).elements[spec.element].type.content.iter_elements()
            if one.local_name == "Body"
        )
        file = spec.schema.path.name
        title = f"{spec.title}. Root element `{spec.element}` in `{spec.namespace}`, schema [`{file}`](../../schemas/{name}/xsd/{file})."
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
    return (
        [one for one in content.iter_elements() if one.local_name]
        if content is not None and hasattr(content, "iter_elements")
        else []
    )


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
        rows.append(
            (
                code(child.local_name),
                fixed.fixed if fixed is not None and fixed.fixed else "",
                often,
                _label(child, spec) + _values(child),
            )
        )
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
        (
            code(number),
            rule.severity,
            ", ".join(forms) if len(forms) < len(specs) else "all",
            rule.text,
            rule.remedy,
            rule.citation,
            rule.confidence,
        )
        for number, (rule, forms) in sorted(found.items())
    ]
    return table(("rule", "severity", "forms", "asks that", "what to send", "source", "confidence"), rows)
