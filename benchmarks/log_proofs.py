"""How fast entries come into the published log, and what a proof costs when the log is large: `python -m benchmarks.log_proofs`.

Synthetic entries (canonical JSON of about 200 octets) go through the same code as those of the journal: leaf hash, tiles in files, synced.
The database is left out: reading entries and the one write of a checkpoint are the ledger's figures. At each size, proofs of random
entries and between random sizes are made from the files (which the machine may hold in its cache), each from nothing, and verified.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.growth import Growth
from gateway.journal.tree import proofs
from gateway.journal.tree.hashing import leaf_hash
from gateway.journal.tree.tiles import source_of

SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
PROOFS: Final = 300
BATCH: Final = 4096
SEED: Final = 20261121


def entry(number: int) -> bytes:
    """The canonical bytes of an entry that never was."""
    at = f"2026-11-21T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
    return (
        f'{{"actor":"gateway","at":"{at}","details":{{"attempt":"{number}","channel":"smtp"}},'
        f'"envelope":"01a15b2c-9d10-7a01-8b3c-{number:012x}","event":"envelope.checked","reason":""}}'
    ).encode()


def batches(begin: int, end: int) -> Iterator[list[bytes]]:
    for at in range(begin, end, BATCH):
        yield [entry(number) for number in range(at, min(at + BATCH, end))]


def grow(growth: Growth, size: int) -> dict[str, float]:
    """Bring the log to a size; what it took."""
    begin, clock, cpu = growth.size, time.perf_counter(), time.process_time()
    for batch in batches(growth.size, size):
        growth.extend(batch)
    growth.settle()
    growth.tidy()
    seconds, busy = time.perf_counter() - clock, time.process_time() - cpu
    added = size - begin
    return {"entries": added, "seconds": seconds, "per_second": added / seconds, "cpu_us": busy / added * 1e6}


def spread(make: Callable[[], None]) -> dict[str, float]:
    """Milliseconds of one proof, from many: as it is waited for, and of the processor alone."""
    took, busy = [], []
    for _ in range(PROOFS):
        begun, cpu = time.perf_counter(), time.thread_time()
        make()
        took.append((time.perf_counter() - begun) * 1000)
        busy.append((time.thread_time() - cpu) * 1000)
    took.sort()
    busy.sort()
    return {
        "p50": took[PROOFS // 2],
        "p99": took[PROOFS * 99 // 100],
        "most": took[-1],
        "cpu_p50": busy[PROOFS // 2],
        "cpu_most": busy[-1],
    }


def prove(folder: LogFolder, size: int, root: bytes) -> dict[str, Any]:
    """Proofs at a size, each made and verified."""
    chance = random.Random(SEED)

    def inclusion() -> None:
        index = chance.randrange(size)
        found = proofs.inclusion(index, size, source_of(folder.read, size))
        proofs.verify_inclusion(leaf_hash(entry(index)), index, size, found, root)

    def consistency() -> None:
        first = chance.randrange(1, size)
        hash_at = source_of(folder.read, size)
        old = proofs.root_at(first, hash_at)
        proofs.verify_consistency(first, size, proofs.consistency(first, size, hash_at), old, root)

    return {"inclusion_ms": spread(inclusion), "consistency_ms": spread(consistency)}


def run(sizes: list[int], place: Path) -> dict[str, Any]:
    """Everything, in one folder."""
    folder, rows = LogFolder(place / "log"), []
    growth = Growth.taken_up(folder, None)
    for size in sizes:
        growing = grow(growth, size)
        rows.append({"size": size, "growth": growing, **prove(folder, size, growth.root())})
        print(f"{size} entries", file=sys.stderr)
    octets = sum(file.stat().st_size for file in folder.folder.rglob("*") if file.is_file())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "machine": f"{platform.system()}, Python {platform.python_version()}", "proofs_each": PROOFS, "rows": rows,
        "tiles_mib": octets / 2**20, "memory_mib": memory,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest log")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    sizes = sorted({*(size for size in SIZES if size < given.most), given.most})
    with tempfile.TemporaryDirectory(prefix="spoc-log-") as place:
        told = run(sizes, Path(place))
    if given.json:
        print(json.dumps(told, indent=2))
        return
    print(told["machine"], f"; tiles {told['tiles_mib']:.0f} MiB, memory at most {told['memory_mib']:.0f} MiB")
    print(
        "size | entries/s | CPU us an entry | inclusion ms: p50, p99, most, CPU p50, CPU most | consistency ms: the same"
    )
    for row in told["rows"]:
        figures = [
            f"{row[kind][name]:.2f}"
            for kind in ("inclusion_ms", "consistency_ms")
            for name in ("p50", "p99", "most", "cpu_p50", "cpu_most")
        ]
        print(row["size"], f"{row['growth']['per_second']:.0f}", f"{row['growth']['cpu_us']:.1f}", *figures, sep=" | ")


if __name__ == "__main__":
    main()
