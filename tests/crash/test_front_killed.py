"""The front killed right before and right after every commit of a whole story: whoever starts next ends it right, and nothing goes out twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL
PATIENCE_SECONDS = 280
ATTEMPT_WRITTEN = "outbound reply FormP signed > signed, 1"
HIT, SETTLED = ["inbound", "message", "sirene/G@1", "acknowledged"], ["inbound", "message", "spoc/Receipt@1", "settled"]
RECEIPT = ["outbound", "receipt", "spoc/Receipt@1", "confirmed"]


LIVES = 4
"""Dozens of short lives one after the other, each with a successor."""


def played(folder: Path, when: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How the story ends when nobody dies, and how for every place where somebody did."""
    command = [sys.executable, "-m", "tests.crash.dying_front", str(folder), when]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LIVES * PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = {"said": done.stderr[-2000:]}
    whole, *killed = [json.loads(line) | said for line in done.stdout.splitlines()]
    return whole, killed


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_front_killed_at_any_commit_ends_the_story_right(tmp_path: Path, when: str) -> None:
    whole, killed = played(tmp_path, when)
    assert whole["first"] == 0
    assert ATTEMPT_WRITTEN in whole["made"]
    assert len(killed) > 20, "a whole story has many commits"
    assert [place["at"] for place in killed] == whole["made"]
    assert {name for place in killed for name in place["made"]} <= set(whole["made"]), "no life has a commit of its own"
    in_doubt = set()
    for place in killed:
        assert (place["first"], place["second"]) == (KILLED, 0), place
        assert place["cases"] == 1, place
        states = place["envelopes"]
        assert HIT in states
        assert states.count(RECEIPT) == 2, place
        sent = Counter(line["root"] for line in place["mailbox"])
        assert sent["FormP"] <= 1, "what may be out is never sent again by itself"
        assert len({line["digest"] for line in place["mailbox"]}) == 2 + sent["FormP"], "every resend is the same bytes"
        (reply,) = [state for _, kind, _, state in states if kind == "reply"]
        if sent["FormP"]:
            assert reply == "confirmed", place
            assert SETTLED in states, place
        else:
            in_doubt.add(place["at"])
            assert reply == "ambiguous", place
        assert len(states) == 4 + (SETTLED in states), "nothing was made twice, nothing is missing"
    # Killed between writing the attempt down and the first byte, nobody can know: an officer is asked instead of sending.
    assert when == "before" or ATTEMPT_WRITTEN in in_doubt
