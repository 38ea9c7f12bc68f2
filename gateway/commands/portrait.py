"""One message for a person: every field as it was understood, then what was found, decided, asked and answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.commands.terminal import facts, moment, plain, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

Found = Mapping[str, Any]
DIGEST_SHOWN: Final = 16
"""Characters of a digest in a table; the whole stands in the answer for programs."""


def draw(out: Console, found: Found) -> None:
    """Everything about the message."""
    summary = found["summary"]
    reason = found["reason"] or {}
    out.print(
        facts(
            [
                ("id", summary["id"]), ("format", f"{summary['format']} {found['title']}".strip()),
                ("way", f"{summary['direction']} by {summary['channel']}, {summary['kind']}"), ("counterpart", summary["counterpart"]),
                ("state", summary["state"]), ("account", summary["account"]), ("reason", reason.get("code")),
                ("", reason.get("public")), ("for us", reason.get("operator") if reason.get("operator") != reason.get("public") else ""),
                ("received", moment(summary["received_at"])), ("next try", moment(summary["due"])), ("exchange", summary["exchange"]),
                ("brought about by", summary["cause"]), ("payload", f"{summary['octets']} octets, SHA-256 {summary['digest']}"),
            ]
        )
    )  # fmt: skip
    _header(out, found["header"])
    if found["fields"]:
        out.print()
        out.print(fields("Fields", found["fields"]))
    for part in (_names, _files, _findings, _signature, _routing, _answers, _cases, _sending):
        part(out, found)


def fields(title: str, found: Iterable[Found]) -> Tree:
    """The fields as a tree, each with its number and label."""
    from rich.tree import Tree

    tree = Tree(plain(title), style="bold")
    _branches(tree, found)
    return tree


def _branches(tree: Tree, found: Iterable[Found]) -> None:
    from rich.text import Text

    for one in found:
        line = Text(style="not bold")
        if one["number"]:
            line.append(f"{plain(one['number'])} ", style="cyan")
        line.append(plain(one["name"]), style="bold")
        attributes = " ".join(f"{name}={value}" for name, value in one["attributes"].items())
        line.append(f" {plain(attributes)}" if attributes else "", style="dim")
        line.append(f"  {plain(one['value'])}" if one["value"] else "")
        _branches(tree.add(line), one["fields"])


def _header(out: Console, header: Found | None) -> None:
    if header:
        out.print()
        out.print(
            facts(
                (name.replace("_", " "), _words(value))
                for name, value in header.items()
                if value not in (False, "", [], None)
            )
        )


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values() if one)
    return str(value)


def _table(out: Console, title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    if rows:
        out.print()
        out.print(table(title, columns, rows))


def _names(out: Console, found: Found) -> None:
    rows: list[tuple[object, ...]] = [
        (
            name["text"],
            name["script"],
            name.get("language", ""),
            name.get("converted", ""),
            ", ".join(name.get("tables", ())),
            ", ".join(name.get("remarks", ())),
        )
        for subject in found["subjects"]
        for name in subject.get("written_names", ())
    ]
    _table(out, "Names", ("original", "script", "language", "in capital letters", "by", "remarks"), rows)


def _files(out: Console, found: Found) -> None:
    rows: list[tuple[object, ...]] = [
        (one["file_name"], one["media_type"], one["size"], one["sha256"]) for one in found["parts"]
    ]
    _table(out, "Files", ("name", "type", "octets", "SHA-256"), rows)


def _findings(out: Console, found: Found) -> None:
    rows: list[tuple[object, ...]] = [
        (one["severity"], one["rule"], one["field"], f"{one['text']} {one['remedy']}".strip(), one["citation"])
        for one in found["findings"]
    ]
    _table(out, "Findings", ("severity", "rule", "field", "what to mend", "source"), rows)


def _signature(out: Console, found: Found) -> None:
    if one := found["signature"]:
        out.print()
        words = f"{one['party']}, {one['subject']}, {one['algorithm']}, {one['profile']}, signed {moment(one['signed_at']) or 'at an unstated time'}"
        if one["profile"] == "unsigned":
            words = f"NOT SIGNED: {one['party']}, {one['subject']}"
        shown = [("signature", words), ("certificate", one["certificate"])]
        heard = [f"{each['status']} {each['why'] or each['source']}".strip() for each in one["revocation"]]
        shown += [("revocation", "; ".join(heard))] if heard else []
        if smime := one["smime"]:
            by = f", by {smime['subject']}" if smime["subject"] else ""
            shown.append(
                (
                    "S/MIME",
                    f"{' and '.join(reversed(smime['layers']))}{by}{', ' + smime['cipher'] if smime['cipher'] else ''}",
                )
            )
        out.print(facts(shown))


def _routing(out: Console, found: Found) -> None:
    if routing := found["routing"]:
        out.print()
        out.print(facts(("routing" if not number else "", line) for number, line in enumerate(routing["explanation"])))
    if leg := found["leg"]:
        out.print()
        out.print(facts([("goes to", f"{leg['counterpart']} by {leg['channel']}, {leg['address']}")]))


def _answers(out: Console, found: Found) -> None:
    rows: list[tuple[object, ...]] = [
        (
            one["register_name"],
            one["subject_kind"],
            one["outcome"],
            len(one["matches"]),
            "; ".join(match["name_rule"] for match in one["matches"] if match["name_rule"]),
            "partial" if one["partial"] else "",
            one["failure"],
        )
        for one in found["answers"]
    ]
    _table(out, "Registers", ("register", "asked about", "outcome", "matches", "names joined by", "", "failure"), rows)


def _cases(out: Console, found: Found) -> None:
    rows: list[tuple[object, ...]] = [
        (one["case_system"], one["reference"], "opened" if one["opened"] else "found", moment(one["at"]))
        for one in found["cases"]
    ]
    _table(out, "Cases", ("case system", "reference", "", "at"), rows)


def _sending(out: Console, found: Found) -> None:
    attempts: list[tuple[object, ...]] = [
        (one["number"], moment(one["at"]), one["outcome"], one["evidence"]) for one in found["transmissions"]
    ]
    _table(out, "Attempts", ("attempt", "at", "outcome", "their words"), attempts)
    reached: list[tuple[object, ...]] = [
        (one["stage"], moment(one["at"]), one["evidence"], one["digest"][:DIGEST_SHOWN], one["note"])
        for one in found["reached"]
    ]
    _table(
        out, f"At the other side ({found['standing']})", ("stage", "at", "evidence", "SHA-256 begins", "note"), reached
    )
    releases: list[tuple[object, ...]] = [
        (one["officer"], moment(one["at"]), one["code"], one["reason"]) for one in found["releases"]
    ]
    _table(out, "Releases", ("officer", "at", "what held it", "why"), releases)
