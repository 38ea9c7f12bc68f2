"""From SMTP in to SMTP out: `python -m benchmarks.smtp_path`. A real gateway, a partner that answers like a real one, and figures.

A partner sends signed travel-document queries; the gateway gives 250, two receipts and an answer for each (or forwards it), and the partner
returns a receipt for that. The run counts only if every message got all of it and the books are right; else the exit code is 1 and the reasons are printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec import Struct

from benchmarks import books, floor, report
from benchmarks.abroad import Arrival, Plan
from benchmarks.home import Front, Surroundings
from benchmarks.load import Order, Sent
from benchmarks.office import OURS, PARTY, Office, query_id
from benchmarks.usage import cpu_seconds, machine_busy_seconds, main_thread_seconds, peak_megabytes, percentile

VARIANTS: Final = {"leg": "TravelDocumentQuery", "full": "TravelDocumentAnswer"}
"""What goes out in the end: the query itself, forwarded to another office, or the answer to it."""
RECEIPTS: Final = ("Receipt RECEIVED", "Receipt VALID")
LOOP: Final = "front, of it the event loop"
RUN_SECONDS: Final = 300.0
LIBRARIES: Final = ("lxml", "signxml", "cryptography", "aiosmtpd", "aiosmtplib", "msgspec", "aiohttp")


class Wanted(Struct, frozen=True, kw_only=True):
    """The options of a run."""

    messages: int
    connections: int
    workers: int
    rate: float
    tls: bool
    profile: str


class Meter:
    """CPU time of everybody, from one moment on."""

    def __init__(self, pids: dict[str, list[int]]) -> None:
        self._pids, self._start = pids, time.monotonic()
        self._begun = self._now()

    def _now(self) -> dict[str, float]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        used = {role: sum(map(cpu_seconds, pids)) for role, pids in self._pids.items()}
        used[LOOP] = sum(map(main_thread_seconds, self._pids["front"]))
        used["load"] = children.ru_utime + children.ru_stime  # of children that have ended: the load alone
        used["benchmark"] = own.ru_utime + own.ru_stime
        used["machine"] = machine_busy_seconds()
        return used

    def used(self) -> dict[str, float]:
        """Seconds since the start by role; `others` is what processes that are not of this run used."""
        now = self._now()
        used = {role: now[role] - self._begun[role] for role in now}
        machine, loop = used.pop("machine"), used.pop(LOOP)
        others = max(0.0, machine - sum(used.values()))
        return {"front": used.pop("front"), LOOP: loop, **used, "others": others}

    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self._start

    def peaks(self) -> dict[str, float]:
        """Peak resident megabytes by role, the largest where there are several."""
        return {role: max(map(peak_megabytes, pids)) for role, pids in self._pids.items()}


def run_variant(folder: Path, variant: str, wanted: Wanted) -> dict[str, Any]:
    """One gateway, one load; returns all figures."""
    office = Office(folder / "abroad")
    mails = [office.query(number) for number in range(1, wanted.messages + 1)]
    plan = Plan(
        keys=str(folder / "abroad"), messages=wanted.messages, tls=wanted.tls, arrivals=str(folder / "arrivals")
    )
    (folder / "plan.json").write_bytes(msgspec.json.encode(plan))
    command = [sys.executable, "-m", "benchmarks.abroad", str(folder / "plan.json")]
    front = Front(folder / "home", f"{wanted.profile}.{variant}" if wanted.profile else "")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as abroad:
        assert abroad.stdin is not None and abroad.stdout is not None
        try:
            where = json.loads(abroad.stdout.readline())
            around = Surroundings(
                mail_port=where["mail"], national_port=where["national"], keys=office.keys, tls=wanted.tls
            )
            front.prepare(variant, wanted.workers, around)
            front.start()
            abroad.stdin.write(json.dumps({"port": front.port, "authority": front.authority}) + "\n")
            abroad.stdin.flush()
            meter = Meter({**front.pids(), "abroad": [abroad.pid]})
            sent = _load(folder, front, wanted, mails)
            trouble = _wait(abroad, front.folder)
            used, peaks, seconds = meter.used(), meter.peaks(), meter.seconds()
        finally:
            front.stop()
            abroad.stdin.close()
    return _figures(
        folder, variant, sent, mails, {"trouble": trouble, "cpu": used, "peak_megabytes": peaks, "seconds": seconds}
    )


def _load(folder: Path, front: Front, wanted: Wanted, mails: list[tuple[str, bytes]]) -> list[Sent]:
    order = Order(
        port=front.port, authority=front.authority, connections=wanted.connections, rate=wanted.rate, mails=mails
    )
    (folder / "order").write_bytes(msgspec.msgpack.encode(order))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", str(folder / "order")], stdout=subprocess.PIPE, check=True
    )
    return msgspec.msgpack.decode(done.stdout, type=list[Sent])


def _wait(abroad: subprocess.Popen[str], home: Path) -> str:
    """Wait until all has come and nothing is under way; returns what stood in the way, or nothing."""
    assert abroad.stdout is not None
    os.set_blocking(abroad.stdout.fileno(), False)
    until, told = time.monotonic() + RUN_SECONDS, ""
    while not told:
        if time.monotonic() > until:
            return f"not everything came within {RUN_SECONDS:.0f} s"
        time.sleep(0.02)
        told = abroad.stdout.readline()
    if trouble := json.loads(told)["trouble"]:
        return f"the partner could not return its receipts: {trouble}"
    while not asyncio.run(books.settled(home / "data" / "ledger.sqlite")):
        if time.monotonic() > until:
            return "the gateway did not come to rest"
        time.sleep(0.05)
    return ""


def _figures(
    folder: Path, variant: str, sent: list[Sent], mails: list[tuple[str, bytes]], seen: dict[str, Any]
) -> dict[str, Any]:
    references = {query_id(number): message_id for number, (message_id, _) in enumerate(mails, 1)}
    arrivals, last = books.arrivals_of(folder / "arrivals", references), VARIANTS[variant]
    ours = asyncio.run(books.read(folder / "home" / "data" / "ledger.sqlite"))
    wrong = [*([seen["trouble"]] if seen["trouble"] else []), *books.wrong(ours, sent, arrivals, (*RECEIPTS, last))]
    found: dict[str, Any] = {"variant": variant, "messages": len(mails), "wrong": wrong}
    if wrong:
        return found
    begun = {one.message_id: one.begun for one in sent}
    start, last_taken = min(begun.values()), max(one.taken for one in sent)
    answers = [arrival for arrival in arrivals if arrival.kind == last]
    taken_of = {"250 (durable)": [one.taken - one.begun for one in sent]}
    for kind in (*RECEIPTS, last):
        taken_of[kind] = [arrival.at - begun[arrival.of] for arrival in arrivals if arrival.kind == kind]
    alone, stage_times = _alone(folder / "home", mails, answers)
    others = seen["cpu"].pop("others") / seen["seconds"]
    cpu = {role: seconds / len(mails) for role, seconds in seen["cpu"].items()}
    least, gateway = floor.per_exchange(alone), cpu["front"] + cpu["worker"]
    return found | {
        "accepted_per_second": len(mails) / (last_taken - start),
        "completed_per_second": len(mails) / (max(arrival.at for arrival in answers) - start),
        "other_processes_cores": others,
        "end_to_end": {name: _spread(values) for name, values in taken_of.items()},
        "steps": [{"kind": kind, "step": step, **_spread(values)} for (kind, step), values in books.steps(ours).items()],
        "cpu_per_message": cpu, "peak_megabytes": seen["peak_megabytes"],
        "floor": {"alone": alone, "per_exchange": least, "times": floor.PER_EXCHANGE, "cpu_ratio": gateway / least},
        "stages_alone": stage_times, "events": books.events(ours),
        "ledger_octets_per_message": (folder / "home/data/ledger.sqlite").stat().st_size / len(mails),
    }  # fmt: skip


def _alone(
    home: Path, mails: list[tuple[str, bytes]], answers: list[Arrival]
) -> tuple[dict[str, float], dict[str, float]]:
    from gateway import parcel
    from gateway.envelope import Payload

    query = parcel.open_parcel(Payload.of(mails[0][1], parcel.MAIL)).form
    return floor.primitives(home, query, answers[0].document, PARTY, OURS), asyncio.run(floor.stages(home))


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "count": len(values),
        "p50": percentile(values, 0.5),
        "p95": percentile(values, 0.95),
        "p99": percentile(values, 0.99),
    }


def facts() -> dict[str, Any]:
    """The machine and the versions that figures belong to."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "cores": os.cpu_count(), "python": platform.python_version(),
        "system": platform.system(), "load_before": os.getloadavg()[0],
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
    }  # fmt: skip


def main(  # noqa: PLR0913, PLR0917  # options of a command
    messages: Annotated[int, typer.Option(min=1, help="How many queries.")] = 300,
    connections: Annotated[int, typer.Option(min=1, max=16, help="SMTP connections of the load.")] = 8,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes of the gateway.")] = 2,
    variant: Annotated[
        str,
        typer.Option(help="leg (forwarded, nobody is asked), full (register and case system asked, answered), both."),
    ] = "both",
    rate: Annotated[float, typer.Option(min=0, help="Messages per second; 0 sends as fast as they are taken.")] = 0.0,
    starttls: Annotated[bool, typer.Option("--starttls", help="TLS on all SMTP connections.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON.")] = False,
    profile: Annotated[str, typer.Option(help="Write cProfile files of the front's main thread; slows it down.")] = "",
) -> None:
    """Drive the way from SMTP in to SMTP out and print what it does in a second, how long each step takes, and what it costs."""
    if variant not in (*VARIANTS, "both"):
        raise typer.BadParameter("write leg, full or both", param_hint="--variant")
    profile = str(Path(profile).absolute()) if profile else ""
    wanted = Wanted(
        messages=messages, connections=connections, workers=workers, rate=rate, tls=starttls, profile=profile
    )
    result: dict[str, Any] = {"facts": facts(), "wanted": msgspec.to_builtins(wanted), "variants": []}
    for one in VARIANTS if variant == "both" else (variant,):
        with tempfile.TemporaryDirectory(prefix="spoc-benchmark-") as folder:
            result["variants"].append(run_variant(Path(folder), one, wanted))
    report.show(result, as_json=as_json)
    raise typer.Exit(any(one["wrong"] for one in result["variants"]))


if __name__ == "__main__":
    typer.run(main)
