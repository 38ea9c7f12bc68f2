"""Playing everything from start to end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from gateway.demo import telling
from gateway.demo.federation import Federation
from gateway.demo.letters import Letters
from gateway.demo.stories import STORIES, Outcome

PAPER_WIDTH: Final = 160
"""Columns where there is no terminal to ask: a file or a pipe."""


async def play(*, ends: bool, folder: Path | None, amqp_url: str, as_json: bool) -> bool:
    """Start the federation, play every story, tell the proof. True when every story reached its expected end."""
    console = Console(stderr=as_json)
    if not console.is_terminal:
        console = Console(stderr=as_json, width=PAPER_WIDTH)
    with tempfile.TemporaryDirectory(prefix="spoc-demo-") as temporary:
        place = folder or Path(temporary)
        federation = Federation(place, amqp_url=amqp_url)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            begun = time.monotonic()
            with console.status("Starting the gateway, eight simulated offices and systems, and their keys …"):
                await federation.start()
            console.print(f"Everything runs after {time.monotonic() - begun:.1f} s. Files are in {place}")
            outcomes, proof, balance = await _stories(console, federation)
            telling.summary(console, outcomes, proof, balance)
            well = (
                all(outcome.well for outcome in outcomes)
                and bool(proof.get("intact"))
                and bool(balance.get("balanced"))
            )
            if as_json:
                print(json.dumps(_report(outcomes, proof, balance, well)))  # noqa: T201  # the answer of the command
            if not ends:
                _tell_doors(console, federation)
                await stop.wait()
            return well
        finally:
            await federation.stop()


async def _stories(console: Console, federation: Federation) -> tuple[list[Outcome], dict[str, Any], dict[str, Any]]:
    letters = Letters(federation)
    journal = telling.Telling(console, federation.home / "data" / "ledger.sqlite")
    await journal.start()
    outcomes: list[Outcome] = []
    shared: dict[str, Any] = {}
    try:
        for number, story in enumerate(STORIES, 1):
            telling.opening(console, number, story.title, story.opening)
            outcome, begun = Outcome(story.title), time.monotonic()
            await story.play(letters, outcome, shared)
            outcome.seconds = time.monotonic() - begun
            await asyncio.sleep(telling.LOOK_EVERY_SECONDS)
            telling.points(console, outcome)
            outcomes.append(outcome)
        return outcomes, await letters.get("/api/v1/journal/verify"), await letters.get("/api/v1/balance")
    finally:
        await journal.stop()
        await letters.close()


def program() -> str:
    """The command that runs now, as it can be typed from another terminal: it need not be on the search path there."""
    started = Path(sys.argv[0]).absolute()
    return str(started) if started.name == "spoc" and started.is_file() else f"{sys.executable} -m gateway"


def _tell_doors(console: Console, federation: Federation) -> None:
    console.print(f"\nAPI description: {federation.doors['docs']}")
    console.print(f"Command line:    {program()} --home {federation.home} messages list --purpose looking")
    for name, ready in federation.simulators.items():
        console.print(f"  {name:16} control {ready['control']}")
    console.print("Everything stays up until Ctrl-C.")


def _report(outcomes: list[Outcome], proof: dict[str, Any], balance: dict[str, Any], well: bool) -> dict[str, Any]:
    stories = [
        {
            "title": outcome.title,
            "well": outcome.well,
            "seconds": round(outcome.seconds, 2),
            "points": [{"what": what, "came": came} for what, came in outcome.points],
        }
        for outcome in outcomes
    ]
    return {"well": well, "stories": stories, "journal": proof, "balance": balance}
