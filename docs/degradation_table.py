"""The degradation table for its page: each trust service, away, slow and wrong, from `docs/degradation.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from docs.markdown import code, table

FILE = Path(__file__).with_name("degradation.toml")
WAYS = ("away", "slow", "wrong")


def services() -> list[dict[str, Any]]:
    """Every service with its three cells."""
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text("utf-8"))["service"]
    return found


def degradation() -> str:
    """One table for each service."""
    return "\n".join(_of(each) for each in services())


def _of(service: dict[str, Any]) -> str:
    rows = [
        (way, service[way]["traffic"], service[way]["shown"], service[way]["back"], _shown_by(service[way]["tests"]))
        for way in WAYS
    ]
    columns = ("", "what becomes of messages", "where it is shown", "how it recovers", "shown by")
    return f"## {service['name']}\n\n{service['what']}\n\n{table(columns, rows)}"


def _shown_by(tests: list[str]) -> str:
    return "; ".join(
        f"{code(each.partition('::')[0])}: {each.partition('::')[2].removeprefix('test_').replace('_', ' ')}"
        for each in tests
    )
