"""`spoc algorithms`: the table in force, and who still uses what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import CONFIGURATION, DONE, FINDINGS, Ending
from gateway.commands.local_door import run
from gateway.commands.terminal import Terminal, moment, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from config.load import Home
    from gateway.signing.algorithms import AlgorithmPolicy
    from gateway.signing.usage import Use

SOON_DAYS: Final = 365
"""A partner needs about so long to change its keys."""


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `spoc algorithms --days 90`")(algorithms)


def algorithms(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=36500, help="Count what was verified in the last so many days.")] = 365,
) -> None:  # fmt: skip
    """Which algorithms and keys are good for signatures and until when, and which partner still uses which, from the journal.

    Exit code 1 when a partner uses what has ended or ends within a year.
    """
    from gateway.assembly import algorithms_of

    terminal: Terminal = context.obj
    home, now = homes.read(terminal), datetime.now(UTC)
    policy, faults = algorithms_of(home)
    if faults:
        told = [
            {"file": str(f.file), "line": f.line, "setting": f.setting, "text": f.text, "remedy": f.remedy}
            for f in faults
        ]
        words = "The table of algorithms cannot be used."
        raise Ending(CONFIGURATION, "configuration", words, details={"faults": told})
    uses = run(_uses(home, now - timedelta(days=days)))
    seen = [_told(use, policy, now) for use in uses or []]
    document = {
        "table": [
            {
                "kind": row.kind, "name": row.name, "accept_until": row.accept_until, "sign_until": row.sign_until,
                "taken_now": row.taken(now), "signed_with_now": row.used(now), "reason": row.reason, "citation": row.citation,
            }
            for row in policy.rows
        ],
        "journal_read": uses is not None,
        "uses": seen,
    }  # fmt: skip
    terminal.answer(document, lambda out: _draw(out, document, days))
    raise typer.Exit(FINDINGS if any(use["ending"] for use in seen) else DONE)


async def _uses(home: Home, since: datetime) -> list[Use] | None:
    """None where no journal can be read from here."""
    from gateway.commands import ledgers
    from gateway.signing.usage import usage

    try:
        async with ledgers.read_only(home) as ledger:
            return await usage(ledger, since)
    except Ending:
        return None


def _told(use: Use, policy: AlgorithmPolicy, now: datetime) -> dict[str, Any]:
    """One use, with what of it ends soon."""
    parts = [("signature", use.algorithm), ("key", use.key), *(("digest", name) for name in use.digests.split())]
    rows = [row for kind, name in parts if (row := policy.row(kind, name))]
    soon = (now + timedelta(days=SOON_DAYS)).date()
    ending = {row.name: row.accept_until for row in rows if row.accept_until and row.accept_until <= soon}
    return {
        "party": use.party, "algorithm": use.algorithm, "key": use.key, "digests": use.digests, "count": use.count,
        "last_seen": use.last_seen, "certificate": use.certificate, "ending": ending,
    }  # fmt: skip


def _draw(out: Console, document: dict[str, Any], days: int) -> None:
    rows = [
        (
            row["kind"], row["name"], _until(row["accept_until"], taken=row["taken_now"]),
            _until(row["sign_until"] or row["accept_until"], taken=row["signed_with_now"]), row["reason"], row["citation"],
        )
        for row in document["table"]
    ]  # fmt: skip
    out.print(table("", ("kind", "name", "taken until", "signed until", "why", "source"), rows))
    if not document["journal_read"]:
        out.print("The journal cannot be read from here, so nobody's use is known.", soft_wrap=True)
        return
    if not document["uses"]:
        out.print(f"No signature was verified in the last {days} days.")
        return
    used = [
        (
            use["party"], use["algorithm"], use["key"], use["digests"], use["count"], moment(use["last_seen"]),
            ", ".join(f"{name} ends {until}" for name, until in use["ending"].items()),
        )
        for use in document["uses"]
    ]  # fmt: skip
    out.print(table("", ("partner", "algorithm", "key", "digests", "messages", "last seen", "to do"), used))
    if any(use["ending"] for use in document["uses"]):
        out.print(
            plain("Partners named in the last column must change before that day, or their messages are refused.")
        )


def _until(day: object, *, taken: bool) -> str:
    return f"{day or 'no end'}" if taken else f"ended {day}"
