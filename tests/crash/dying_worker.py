"""A worker process that kills itself at a planned place: `python -m tests.crash.dying_worker FOLDER`.

`FOLDER/plan.json` says where: direction, stage, before or after it, and how often. `FOLDER/knowledge.pickle` holds partners and key files of the
gateway under test.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.envelope import Envelope
from gateway.office import Office
from gateway.partners import Directory
from gateway.stages.line_up import judging
from gateway.worker import serve
from tests.gateway.rig import knowledge_of

DEADLY = "deadly"
"""The channel's reference of the message over which a worker dies; its reply is meant by `reply` in the plan."""


class Dying:
    """A judging stage around which the process may end."""

    def __init__(self, stage: Any, plan: Path) -> None:
        self._stage, self._plan = stage, plan
        self.name, self.direction = stage.name, stage.direction

    def judge(self, envelope: Envelope, now: datetime) -> Any:
        self._die("before", envelope)
        verdict = self._stage.judge(envelope, now)
        self._die("after", envelope)
        return verdict

    def _die(self, when: str, envelope: Envelope) -> None:
        meant = envelope.claim.reference == DEADLY if envelope.inbound else envelope.kind == "reply"
        plan = json.loads(self._plan.read_text()) if meant else {}
        if not plan.get("times") or (plan["direction"], plan["stage"], plan["when"]) != (
            self.direction,
            self.name,
            when,
        ):
            return
        fresh = self._plan.with_suffix(".new")
        fresh.write_text(json.dumps(plan | {"times": plan["times"] - 1}))
        fresh.replace(self._plan)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder = Path(sys.argv[1])
    parties, partners, signing = pickle.loads((folder / "knowledge.pickle").read_bytes())
    knowledge = knowledge_of(Office(parties=parties), Directory(partners), signing)
    stages = [Dying(stage, folder / "plan.json") for stage in judging(knowledge)]
    serve({(stage.direction, stage.name): stage for stage in stages}, sys.stdin.buffer, sys.stdout.buffer)  # type: ignore[misc]


if __name__ == "__main__":
    main()
