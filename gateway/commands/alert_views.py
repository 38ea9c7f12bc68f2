"""How alerts are drawn for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway.commands.sending import draw_findings
from gateway.commands.terminal import facts, moment, plain, table

if TYPE_CHECKING:
    from rich.console import Console


def draw_alert(out: Console, shown: Mapping[str, Any]) -> None:
    """One alert with its warnings and, where it was just entered, the advice."""
    alert = shown["alert"]
    rows: list[tuple[str, object]] = [
        ("Schengen ID", alert["id"]), ("issuer", alert["issuer"]), ("category", f"{alert['category']} ({alert['article']})"),
        ("status", alert["status"]), ("about", about(alert["subject"])), ("action", alert["action"]), ("reason", alert["reason"]),
        ("authority", alert["authority"]), ("decision", alert["decision"]),
        *((name.replace("_", " "), value) for name, value in alert["particulars"].items()),
        ("biometrics", ", ".join(f"{one['count']} {one['kind']} {one['reference']}" for one in alert["biometrics"])),
        ("report at once", "yes" if alert["report_at_once"] else ""),
        ("entered", moment(alert["entered_at"])), ("ends", moment(alert["expires_at"])), ("deleted", moment(alert["deleted_at"])),
        ("hidden until", moment(alert["hidden_until"])), ("links", ", ".join(alert["links"])),
        ("flagged for", ", ".join(one["state"] for one in alert["flags"])),
        ("misused identity", "data of an innocent person" if alert["misused_identity"] else ""),
        ("remarks", "; ".join(alert["remarks"])), ("version", alert["version"]),
    ]  # fmt: skip
    out.print(facts(rows))
    draw_findings(out, list(shown["warnings"]))
    if shown.get("advice"):
        draw_advice(out, shown["advice"])


def draw_advised(out: Console, found: Mapping[str, Any]) -> None:
    """What would become of an alert."""
    draw_findings(out, list(found["findings"]))
    if found["advice"]:
        draw_advice(out, found["advice"])
    if found["partial"]:
        out.print("Not every alert that exists may have been found.")


def draw_advice(out: Console, advice: Mapping[str, Any]) -> None:
    """What to do beside the alerts that exist."""
    out.print(plain(advice["text"]), soft_wrap=True)
    if advice["form"]:
        out.print(f"Form {plain(advice['form'])} to {plain(', '.join(advice['to']))}.")
    if advice["rivals"]:
        known = {True: "yes", False: "no", None: "not known"}
        rows = [
            (one["alert"], one["issuer"], one["category"], one["likeness"], known[one["compatible"]], known[one["intended_comes_first"]])
            for one in advice["rivals"]
        ]  # fmt: skip
        out.print(table("", ("alert", "issuer", "category", "the same", "compatible", "yours comes first"), rows))
    out.print(plain(advice["citation"]), style="dim", soft_wrap=True)


def draw_list(out: Console, alerts: Sequence[Mapping[str, Any]]) -> None:
    """Alerts below each other."""
    if not alerts:
        out.print("There is none.")
        return
    rows = [
        (
            one["id"],
            one["issuer"],
            one["category"],
            about(one["subject"]),
            one["action"],
            moment(one["expires_at"]),
            _marks(one),
        )
        for one in alerts
    ]
    out.print(table("", ("Schengen ID", "issuer", "category", "about", "action", "ends", ""), rows))


def _marks(alert: Mapping[str, Any]) -> str:
    told = [alert["status"].lower()] if alert["status"] != "ACTIVE" else []
    told += ["report at once"] if alert["report_at_once"] else []
    told += ["flagged"] if alert["flags"] else []
    told += ["misused identity"] if alert["misused_identity"] else []
    return ", ".join([*told, *alert["remarks"]])


def about(subject: Mapping[str, Any] | None) -> str:
    """A subject in a few words."""
    if not subject:
        return ""
    match subject["type"]:
        case "person":
            return _few(
                (
                    " ".join((*subject["given_names"], *subject["family_names"])),
                    subject["date_of_birth"],
                    subject["sex"],
                )
            )
        case "vehicle":
            plate = f"{subject['registration_number']} {subject['registration_country']}".strip()
            return _few((plate, subject["vin"], subject["make"], subject["model"], subject["colour"]))
        case "document":
            return _few((subject["kind"], subject["number"], subject["issuing_country"], subject["status"]))
    return _few((subject["kind"], subject["serial_number"]))


def _few(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
