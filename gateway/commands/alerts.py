"""Alerts through the running gateway: found, shown, entered, changed, deleted.

A change is made on the version that is read just before, or on the one that is named; so nobody overwrites what he has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from gateway.commands import alert_hits, alert_searches
from gateway.commands.alert_views import draw_advised, draw_alert, draw_list
from gateway.commands.endings import FINDINGS, REFUSED, USAGE, Ending
from gateway.commands.local_door import PURPOSE_HELP, asked, stated
from gateway.commands.terminal import Terminal, table
from gateway.identity import digest

if TYPE_CHECKING:
    from rich.console import Console

ALERTS: Final = "/api/v1/alerts"
Id = Annotated[str, typer.Argument(help="Schengen ID.")]
Purpose = Annotated[str, typer.Option("--purpose", help=PURPOSE_HELP)]
VersionOption = Annotated[str, typer.Option("--version", help="The version that you have seen; else the one of now.")]
File = Annotated[str, typer.Argument(help="JSON file, or - for standard input.")]

app = typer.Typer(name="alerts", no_args_is_help=True, help="Alerts of the Schengen Information System, through N.SIS.")
alert_searches.join(app)
alert_hits.join(app)


def join(whole: typer.Typer) -> None:
    """Add the group."""
    whole.add_typer(app)


@app.command("categories")
def categories(context: typer.Context) -> None:
    """Kinds of alerts: article, action, length of life, flag, with source."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", f"{ALERTS}/categories")
    columns = ("code", "what it is", "article", "lives", "flag", "confidence", "source")
    rows = [
        (one["code"], one["title"], one["article"], one["life"], "yes" if one["flag_possible"] else "no", one["confidence"], one["citation"])
        for one in found["categories"]
    ]  # fmt: skip
    terminal.answer(found, lambda out: out.print(table("", columns, rows, whole={"code": 5})))


@app.command("show", epilog="Example: `spoc alerts show XB-ALERT-0002 --purpose 'vehicle stopped'`")
def show(context: typer.Context, alert: Id, purpose: Purpose = "") -> None:
    """One alert as N.SIS holds it, with what an officer should know about it."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", _path(alert), headers=_why(purpose))
    terminal.answer(found, lambda out: draw_alert(out, found))


@app.command("list")
def list_(
    context: typer.Context, purpose: Purpose = "",
    days: Annotated[int, typer.Option(min=1, max=3660, help="End within so many days.")] = 120,
) -> None:  # fmt: skip
    """Own alerts that end soon, with the warnings that the law gives."""
    terminal: Terminal = context.obj
    found = asked(terminal, "GET", ALERTS, headers=_why(purpose), query={"days": days})
    terminal.answer(found, lambda out: draw_list(out, [one["alert"] for one in found["alerts"]]))


@app.command("check", epilog="Example: `spoc alerts check alert.json --purpose 'case 17'`")
def check(context: typer.Context, file: File, purpose: Purpose = "") -> None:
    """What would become of an alert if it were entered now. Exit code 1 where it must not be entered as it is."""
    terminal: Terminal = context.obj
    found = asked(terminal, "POST", f"{ALERTS}/checks", headers=_why(purpose), body={"alert": read_json(file)})
    terminal.answer(found, lambda out: draw_advised(out, found))
    wrong = any(one["severity"] in ("error", "hold") for one in found["findings"])
    if wrong or (found["advice"] or {}).get("todo") not in ("enter", "enter-and-consult", "ask-whether-same"):
        raise typer.Exit(FINDINGS)


@app.command("enter", epilog="Example: `spoc alerts enter alert.json --purpose 'case 17'`")
def enter(
    context: typer.Context, file: File, purpose: Purpose = "",
    key: Annotated[str, typer.Option(help="Idempotency key; else it follows from the file, so that the same file enters one alert.")] = "",
    despite: Annotated[str, typer.Option(help="Why it is entered although the gateway advises otherwise; journalled.")] = "",
) -> None:  # fmt: skip
    """Enter an alert: the minimum of its category, the limits and the alerts that exist are looked at first."""
    terminal: Terminal = context.obj
    alert = read_json(file)
    headers = {**_why(purpose), "Idempotency-Key": key or f"spoc-alert-{digest(repr(alert).encode())[:40]}"}
    found = asked(terminal, "POST", ALERTS, headers=headers, body={"alert": alert, "despite": despite})
    terminal.answer(found, lambda out: draw_alert(out, found))


@app.command("update", epilog="Example: `spoc alerts update ID changes.json --purpose 'case 17'`")
def update(context: typer.Context, alert: Id, file: File, purpose: Purpose = "", version: VersionOption = "") -> None:
    """Change what an alert says; only the members in the file change."""
    _change(context, "PATCH", alert, "", read_json(file), purpose, version)


@app.command("extend")
def extend(
    context: typer.Context, alert: Id,
    until: Annotated[str, typer.Option(help="New end, for example 2031-11-21.")],
    assessment: Annotated[str, typer.Option(help="Why keeping it longer is necessary; recorded.")],
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Extend an alert after an individual assessment."""
    body = {"until": moment_of(until, "--until"), "assessment": assessment}
    _change(context, "POST", alert, "/extension", body, purpose, version)


@app.command("flag")
def flag(
    context: typer.Context, alert: Id,
    state: Annotated[str, typer.Argument(help="The bureau that asked for it, for example sirene:XB.")],
    reason: Annotated[str, typer.Option(help="Its reason, field 080 of its F form.")],
    asked_by: Annotated[str, typer.Option(help="Reference of its F form, field 002.")] = "",
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Add the flag of a state, at its request."""
    _change(
        context, "POST", alert, "/flags", {"state": state, "reason": reason, "requested_by": asked_by}, purpose, version
    )


@app.command("unflag")
def unflag(
    context: typer.Context, alert: Id,
    state: Annotated[str, typer.Argument(help="The bureau that asked for it.")],
    asked_by: Annotated[str, typer.Option(help="Reference of its F form, field 002.")] = "",
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Remove the flag of a state, at its request."""
    _change(context, "POST", alert, "/flags/removal", {"state": state, "requested_by": asked_by}, purpose, version)


@app.command("link")
def link(
    context: typer.Context, alert: Id,
    others: Annotated[list[str], typer.Argument(help="Further own alerts.")],
    end: Annotated[bool, typer.Option("--end", help="End the links instead.")] = False,
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Link an alert with others of our own, or end links."""
    _change(context, "POST", alert, "/links", {"others": others, "remove": end}, purpose, version)


@app.command("misuse")
def misuse(
    context: typer.Context, alert: Id,
    file: Annotated[str, typer.Argument(help="JSON file with the data and consents, or - for standard input.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Remove all of it, as a withdrawn consent demands.")] = False,
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Add or remove the data of an innocent person whose identity is misused."""
    if bool(file) == remove:
        raise Ending(USAGE, "misuse.unclear", "Name a file, or say --remove.")
    identity = None if remove else read_json(file)
    _change(context, "POST", alert, "/misused-identity", {"identity": identity}, purpose, version)


@app.command("hide")
def hide(
    context: typer.Context, alert: Id,
    until: Annotated[str, typer.Option(help="Until when, at most 48 hours from now.")] = "",
    authorisation: Annotated[str, typer.Option(help="Reference of the judicial authorisation.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Show it again.")] = False,
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Hide an arrest alert from users for a while, or show it again."""
    if bool(until) == end:
        raise Ending(USAGE, "hide.unclear", "Say --until, or --end.")
    body = {"until": None if end else moment_of(until, "--until"), "authorisation": authorisation}
    _change(context, "POST", alert, "/hiding", body, purpose, version)


@app.command("delete", epilog="Example: `spoc alerts delete ID --ground 'whereabouts found' --purpose 'case 17'`")
def delete(
    context: typer.Context, alert: Id,
    ground: Annotated[str, typer.Option(help="Why: the law's ground, or words.")],
    purpose: Purpose = "", version: VersionOption = "",
) -> None:  # fmt: skip
    """Delete an alert. The retention clock of every exchange about it starts."""
    _change(context, "DELETE", alert, "", None, purpose, version, query={"ground": ground})


@app.command("note")
def note(
    context: typer.Context, alert: Id,
    happening: Annotated[str, typer.Argument(help="alert.purpose-achieved, creator.notified, creator.answered or alert.corrected.")],
    text: Annotated[str, typer.Option("--note", help="A remark for the journal.")] = "",
) -> None:  # fmt: skip
    """Record for the clocks of an alert what only a person knows."""
    terminal: Terminal = context.obj
    found = asked(terminal, "POST", f"{_path(alert)}/happenings", body={"happening": happening, "note": text})
    terminal.answer(found, lambda out: out.print(f"Recorded for {found['exchanges']} exchange(s)."))


def _change(
    context: typer.Context, method: str, alert: str, path: str, body: Any, purpose: str, version: str,
    query: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    terminal: Terminal = context.obj
    why = _why(purpose)
    version = version or asked(terminal, "GET", _path(alert), headers=why)["alert"]["version"]
    headers = {**why, "If-Match": f'"{version}"'}
    sent: dict[str, Any] = {} if body is None else {"body": body}
    found = asked(terminal, method, f"{_path(alert)}{path}", headers=headers, query=query or {}, **sent)

    def draw(out: Console) -> None:
        draw_alert(out, found)
        out.print(f"Exchanges about it here: {found['exchanges']}.")

    terminal.answer(found, draw)


def _path(alert: str) -> str:
    return f"{ALERTS}/{quote(alert.strip().upper(), safe='')}"


def _why(purpose: str) -> dict[str, str]:
    """The purpose as a header: it stands in no address."""
    return {"X-SPOC-Purpose": stated(purpose)["purpose"]}


def read_json(file: str) -> dict[str, Any]:
    """The JSON object in a file; raises `Ending`."""
    import orjson

    from gateway.commands.checking import read_file

    try:
        found = orjson.loads(read_file(file))
    except orjson.JSONDecodeError as error:
        raise Ending(REFUSED, "json.unreadable", f"The file is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Ending(REFUSED, "json.unreadable", "The file is no JSON object.")
    return found


def moment_of(text: str, option: str) -> str:
    """A day or a moment in UTC; a day is its beginning. Raises `Ending`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Ending(
            USAGE, "time.unreadable", f"{option}: write for example 2026-11-21 or 2026-11-21T08:40:00Z."
        ) from error
    if found.time() == time() and len(text) <= len("2026-11-21"):
        return found.replace(tzinfo=UTC).isoformat()
    if found.tzinfo is None:
        raise Ending(USAGE, "time.unreadable", f"{option}: the time needs a zone, for example 2026-11-21T08:40:00Z.")
    return found.astimezone(UTC).isoformat()
