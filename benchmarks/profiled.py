"""The gateway under cProfile, its event loop and its ledger writer apart: `python -m benchmarks.profiled FILE ARGUMENTS…`.

Writes `FILE.loop` and `FILE.writer` for `python -m pstats`. Counted is CPU time of the thread, so that neither waiting nor other processes show.
"""

from __future__ import annotations

import cProfile
import sys
import time

from adapters.stores.sqlite.writer import Writer
from gateway.cli import main as spoc


def main() -> None:
    """Run the command `spoc` with the arguments after the file."""
    file = sys.argv.pop(1)
    run = Writer._run  # the body of the thread is private, and it is what we want to see

    def profiled(writer: Writer) -> None:
        profile = cProfile.Profile(time.thread_time)
        try:
            profile.runcall(run, writer)
        finally:
            profile.dump_stats(f"{file}.writer")

    Writer._run = profiled  # type: ignore[method-assign,assignment]
    profile = cProfile.Profile(time.thread_time)
    try:
        profile.runcall(spoc)
    finally:
        profile.dump_stats(f"{file}.loop")


if __name__ == "__main__":
    main()
