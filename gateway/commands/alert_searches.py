"""Searching alerts: by person, vehicle, document, object or reference of prints, one command each."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.commands.alert_views import draw_list
from gateway.commands.local_door import PURPOSE_HELP, asked, stated
from gateway.commands.terminal import Terminal

Purpose = Annotated[str, typer.Option("--purpose", help=PURPOSE_HELP)]
app = typer.Typer(name="search", no_args_is_help=True, help="Search alerts of all states. Needs a purpose; journalled.")


def join(alerts: typer.Typer) -> None:
    """Add the group."""
    alerts.add_typer(app)


@app.command(
    "person", epilog="Example: `spoc alerts search person --surname Exempelsson --born 1979-03-02 --purpose 'check'`"
)
def person(
    context: typer.Context,
    surname: Annotated[str, typer.Option(help="Surname.")],
    born: Annotated[str, typer.Option(help="Full date of birth; a name alone is never sent.")],
    forename: Annotated[str, typer.Option(help="Forenames.")] = "",
    alias: Annotated[list[str] | None, typer.Option(help="Another surname; may be repeated.")] = None,
    purpose: Purpose = "",
) -> None:
    """By name and date of birth."""
    given = tuple(forename.split())
    _search(
        context,
        {
            "type": "person",
            "family_names": [surname],
            "given_names": given,
            "date_of_birth": born,
            "aliases": alias or [],
        },
        purpose,
    )


@app.command("vehicle")
def vehicle(
    context: typer.Context,
    plate: Annotated[str, typer.Option(help="Number plate.")] = "",
    country: Annotated[str, typer.Option(help="Country of registration, two letters.")] = "",
    vin: Annotated[str, typer.Option(help="Vehicle identification number.")] = "",
    purpose: Purpose = "",
) -> None:
    """By number plate or VIN."""
    _search(
        context, {"type": "vehicle", "registration_number": plate, "registration_country": country, "vin": vin}, purpose
    )


@app.command("document")
def document(
    context: typer.Context,
    number: Annotated[str, typer.Option(help="Number of the document.")],
    country: Annotated[str, typer.Option(help="Issuing country, two letters.")] = "",
    purpose: Purpose = "",
) -> None:
    """By number."""
    _search(context, {"type": "document", "number": number, "issuing_country": country}, purpose)


@app.command("object")
def thing(
    context: typer.Context,
    serial: Annotated[str, typer.Option(help="Serial number.")] = "",
    kind: Annotated[str, typer.Option(help="Kind of object, for example FIREARM.")] = "",
    registration: Annotated[str, typer.Option(help="ICAO registration of an aircraft.")] = "",
    external_id: Annotated[str, typer.Option(help="External ID number of a boat.")] = "",
    bic: Annotated[str, typer.Option(help="BIC number of a container.")] = "",
    purpose: Purpose = "",
) -> None:
    """By serial number, registration of an aircraft, external ID of a boat or BIC number of a container."""
    given = {"IcaoRegistration": registration, "ExternalId": external_id, "BicNumber": bic}
    details = {name: value for name, value in given.items() if value}
    _search(context, {"type": "thing", "serial_number": serial, "kind": kind, "details": details}, purpose)


@app.command("prints")
def prints(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help="Reference of the prints.")],
    purpose: Purpose = "",
) -> None:
    """By the reference of a set of prints."""
    _search(context, {"type": "print", "reference": reference}, purpose)


def _search(context: typer.Context, sought: dict[str, Any], purpose: str) -> None:
    terminal: Terminal = context.obj
    why = {"X-SPOC-Purpose": stated(purpose)["purpose"]}
    found = asked(terminal, "POST", "/api/v1/alerts/searches", headers=why, body={"sought": sought})
    terminal.answer(found, lambda out: draw_list(out, found["alerts"]))
    for alert, rule in found["name_rules"].items():
        terminal.note(f"{alert} is joined by name: {rule}")
    if found["partial"]:
        terminal.note("There may be more: refine the search, or try again later.")
