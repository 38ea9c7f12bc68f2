"""`python -m benchmarks.endurance`: kills of any process under load. Exit code 1 when anything was lost, doubled or changed."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from benchmarks.endurance.page import show
from benchmarks.endurance.run import Outcome, Wanted, endure


def main(
    kills: Annotated[int, typer.Option(min=0, help="How many processes are killed, one after the other.")] = 20,
    engine: Annotated[
        str, typer.Option(help="sqlite or postgres (a private server, or SPOC_TEST_POSTGRES_URL).")
    ] = "sqlite",
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the gateway.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed draws the same victims.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="The outcome as JSON.")] = False,
) -> None:
    """Kill front, workers and signer at random under load, then account for every message, receipt, case and entry."""
    if engine not in ("sqlite", "postgres"):
        raise typer.BadParameter("write sqlite or postgres", param_hint="--engine")
    outcome = run(kills, engine, workers, seed)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(outcome)) + b"\n")
    else:
        show(outcome)
    raise typer.Exit(bool(outcome.faults))


def run(kills: int, engine: str, workers: int, seed: int) -> Outcome:
    """One run in a folder, and with PostgreSQL a database, of its own."""
    if engine == "sqlite":
        return _in_folder(Wanted(kills=kills, workers=workers, seed=seed))
    from tests.services import postgres, rendezvous

    rendezvous.open_meeting_place()
    try:
        server = postgres.server_url()
        url = postgres.create_database(server)
        try:
            return _in_folder(Wanted(kills=kills, workers=workers, seed=seed, postgres=url))
        finally:
            postgres.drop_database(server, url)
    finally:
        rendezvous.close_meeting_place()


def _in_folder(wanted: Wanted) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="spoc-endurance-") as folder:
        return asyncio.run(endure(Path(folder), wanted, _progress))


def _progress(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    typer.run(main)
