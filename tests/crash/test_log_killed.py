"""The writer of the published log killed at every place where something becomes durable: whoever starts next completes it, without repair or doubt."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.crash.dying_log import STEPS

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 280
HARMLESS = {"log.checkpoint-behind checkpoint"}
"""What an examination may say between the two lives: the ledger has a checkpoint that the public file has not yet."""


def test_a_writer_killed_anywhere_leaves_a_log_that_the_next_start_completes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crash.dying_log", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lives = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lives) > 30, "there are many places"
    assert any(life["at"].startswith("after tile") for life in lives)
    for life in lives:
        assert (life["first"], life["second"]) == (-signal.SIGKILL, 0), life
        assert set(life["between"]["faults"]) <= HARMLESS, life
        assert life["between"]["published"] <= life["between"]["entries"]
        end = life["end"]
        assert (end["faults"], end["doubts"], end["published"], end["entries"]) == ([], [], sum(STEPS), sum(STEPS)), (
            life
        )
    between_tiles_and_checkpoint = [life for life in lives if life["at"].startswith(("after settle", "before ledger"))]
    assert between_tiles_and_checkpoint
    assert all(life["between"]["faults"] == [] for life in between_tiles_and_checkpoint)
