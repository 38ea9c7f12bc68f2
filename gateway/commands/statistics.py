"""Figures of a period from the command line: as a table with bars, as CSV, as a chart; and the list behind a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gateway.commands import homes
from gateway.commands.endings import CANNOT_WRITE, NOT_FOUND, USAGE, Ending
from gateway.commands.local_door import LocalDoor, run
from gateway.commands.terminal import Terminal, moment, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from gateway.statistics.tally import Row

PATH: Final = "/api/v1/statistics"
BAR: Final = 30
"""Characters of the longest bar."""


def join(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `spoc statistics sirene --year 2026 --figure forms-sent --open P --open sirene:XB`")(
        statistics
    )


def statistics(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="The family, for example sirene.")],
    year: Annotated[int | None, typer.Option(min=1990, max=2400, help="A whole year, in UTC; else the present one.")] = None,
    begins: Annotated[str, typer.Option("--from", help="First day, as 2026-01-01; with --until.")] = "",
    until: Annotated[str, typer.Option(help="The day after the last one.")] = "",
    figure: Annotated[str, typer.Option(help="One figure only.")] = "",
    behind: Annotated[list[str] | None, typer.Option("--open", help="A value of the row whose list to show; once for each column.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the numbers as CSV.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Write a chart (SVG): of one figure with --figure, else of the totals of all.")] = None,
) -> None:  # fmt: skip
    """Count what the law wants counted, from the journal of the running gateway. Every number opens the list behind it."""
    terminal: Terminal = context.obj
    if behind and not figure:
        raise Ending(USAGE, "statistics.figure", "Name the figure with --figure; without it all of them are listed.")
    query = {"from": _start(year, begins), "until": _end(year, begins, until)}

    async def ask() -> dict[str, Any]:
        async with LocalDoor(homes.read(terminal)) as door:
            if behind:
                query["key"] = behind  # type: ignore[assignment]  # a list is a parameter that stands several times
                found: dict[str, Any] = await door.ask("GET", f"{PATH}/{family}/{figure}", query=query)
                return found
            counted: dict[str, Any] = await door.ask("GET", f"{PATH}/{family}", query=query)
            return counted

    with terminal.err.status("counting the journal"):
        found = run(ask())
    if behind:
        terminal.answer(found, lambda out: _draw_behind(out, found))
        return
    found["figures"] = [each for each in found["figures"] if figure in ("", each["id"])]
    if figure and not found["figures"]:
        raise Ending(
            NOT_FOUND, "statistics.figure", f"There is no figure {figure[:64]!r}.", "Leave --figure out to see all."
        )
    written = _written(found, csv_file, chart)
    terminal.answer({**found, "written": written}, lambda out: _draw(out, found, written))


def _start(year: int | None, begins: str) -> str:
    return _day(begins) if begins else _day(f"{year or datetime.now(UTC).year}-01-01")


def _end(year: int | None, begins: str, until: str) -> str:
    if until:
        return _day(until)
    if begins:
        raise Ending(USAGE, "statistics.period", "Give --until with --from.")
    return _day(f"{(year or datetime.now(UTC).year) + 1}-01-01")


def _day(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Ending(USAGE, "statistics.period", f"{text[:40]!r} is no day such as 2026-01-01.") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def _written(found: dict[str, Any], csv_file: Path | None, chart: Path | None) -> list[str]:
    """The files that were asked for."""
    from gateway.statistics.drawing import as_csv, as_svg
    from gateway.statistics.figure import Figure
    from gateway.statistics.tally import Row

    def rows(each: dict[str, Any]) -> list[Row]:
        return [Row(key=tuple(row["key"]), count=row["count"]) for row in each["rows"]]

    def known(each: dict[str, Any]) -> Figure:
        return Figure(
            id=each["id"], title=each["title"], by=tuple(each["by"]), events=(), where=(), distinct="",
            told_to=each["told_to"], citation=each["citation"], confidence=each["confidence"],
        )  # fmt: skip

    written = []
    try:
        if csv_file:
            text = as_csv([(known(each), rows(each)) for each in found["figures"]])
            csv_file.write_text(text, "utf-8", newline="")
            written.append(str(csv_file))
        if chart:
            title, bars = _charted(found, rows)
            chart.write_bytes(as_svg(f"{title}, {found['from'][:10]} to {found['until'][:10]}", bars))
            written.append(str(chart))
    except OSError as error:
        raise Ending(
            CANNOT_WRITE, "file.unwritable", f"{error.filename} cannot be written: {error.strerror}."
        ) from error
    return written


def _charted(found: dict[str, Any], rows: Callable[[dict[str, Any]], list[Row]]) -> tuple[str, list[Row]]:
    """What a chart shows: the rows of one figure, or the totals of several."""
    from gateway.statistics.tally import Row

    if len(found["figures"]) == 1:
        return found["figures"][0]["title"], rows(found["figures"][0])
    return f"Totals of {found['family']}", [Row(key=(each["title"],), count=each["total"]) for each in found["figures"]]


def _draw(out: Console, found: dict[str, Any], written: list[str]) -> None:
    for each in found["figures"]:
        longest = max((row["count"] for row in each["rows"]), default=1)
        rows = [(*row["key"], row["count"], "█" * max(1, round(BAR * row["count"] / longest))) for row in each["rows"]]
        title = f"{each['title']}: {each['total']}"
        if rows:
            out.print(table(title, (*each["by"], "number", ""), rows))
        else:
            out.print(plain(title))
        note = f" {each['note']}" if each["note"] else ""
        out.print(
            plain(f"  {each['id']} · for {each['told_to']} · {each['citation']} ({each['confidence']}){note}"),
            style="dim",
            soft_wrap=True,
        )
    for each in found["not_from_here"]:
        out.print(plain(f"{each['title']}: {each['reason']} ({each['citation']})."), style="dim", soft_wrap=True)
    for file in written:
        out.print(plain(f"Written: {file}"))


def _draw_behind(out: Console, found: dict[str, Any]) -> None:
    rows = [
        (each["number"], moment(each["at"]), each["event"], each["counterpart"], each["envelope"], each["exchange"])
        for each in found["listed"]
    ]
    title = f"{found['figure']} {' / '.join(found['key'])}: {found['count']}"
    out.print(table(title, ("journal", "at", "event", "counterpart", "message", "exchange"), rows))
    if len(rows) < found["count"]:
        out.print(f"The first {len(rows)} are listed; a shorter period has fewer.")
