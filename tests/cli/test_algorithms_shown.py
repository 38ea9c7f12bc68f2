"""The table of algorithms, and who still uses what, as an operator asks for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.clock import SystemClock
from gateway.journal.entry import Entry
from tests.cli.conftest import Spoc


async def journalled(file: Path, entries: list[Entry]) -> None:
    ledger = SqliteLedger(file, SystemClock())
    await ledger.start()
    await ledger.record(entries)
    await ledger.stop()


def test_the_table_is_shown_before_anything_was_received(home: Path, quick: Spoc) -> None:
    done = quick("--home", home, "--json", "algorithms")

    assert done.code == 0
    rows = {(row["kind"], row["name"]): row for row in done.told["table"]}
    assert rows["key", "P-256"]["taken_now"] and rows["key", "P-256"]["signed_with_now"]
    assert rows["key", "rsa-2048"]["accept_until"] == "2030-12-31"
    assert not rows["key", "rsa-2048"]["signed_with_now"]
    assert done.told["journal_read"] is False
    assert "P-256" in quick("--home", home, "algorithms").text


def test_a_partner_that_uses_what_ends_is_named(home: Path, quick: Spoc) -> None:
    told = (("party", "sirene:XB"), ("algorithm", "rsa-sha256"), ("key", "rsa-2048"), ("digests", "sha256"))
    (home / "data").mkdir(exist_ok=True)
    entry = Entry(event="envelope.verified", at=datetime.now(UTC), details=told)
    asyncio.run(journalled(home / "data" / "ledger.sqlite", [entry, entry]))
    (home / "algorithms.toml").write_text(
        Path("config/algorithms.toml").read_text("utf-8").replace("2030-12-31", f"{datetime.now(UTC):%Y-%m-%d}")
    )

    done = quick("--home", home, "--json", "algorithms")
    assert done.code == 1
    (use,) = done.told["uses"]
    assert (use["party"], use["count"], list(use["ending"])) == ("sirene:XB", 2, ["rsa-2048"])
    assert "sirene:XB" in quick("--home", home, "algorithms").text


def test_a_table_that_cannot_be_used_is_told_with_its_line(home: Path, quick: Spoc) -> None:
    (home / "algorithms.toml").write_text('[[signature]]\nname = "rsa-sha1"\nreason = "x"\ncitation = "x"\n')
    done = quick("--home", home, "--json", "algorithms")

    assert done.code == 78
    assert {fault["line"] for fault in done.trouble["faults"]} >= {2}
