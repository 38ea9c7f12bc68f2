"""What `spoc doctor` sees of the published log: asked of the running gateway, else read from its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from config.load import Home
from gateway.assembly import log_folder, log_keys
from gateway.commands import ledgers
from gateway.commands.endings import Ending
from gateway.commands.local_door import LocalDoor
from gateway.errors import GatewayError
from gateway.journal.publishing.keys import JOURNAL
from gateway.journal.publishing.verification import verify_published
from gateway.journal.stamping.stamping import TIMES

OK, WARNING, FAULT = "ok", "warning", "fault"
EXAMINE: Final = "Find the place with: spoc journal fsck. Messages go on; nothing is signed until it agrees again."

ASKED_AGAIN: Final = "It is asked again by itself; compare its address and key in the settings."
STAMP_AGAIN: Final = "It is asked again by itself; compare its table [timestamps.NAME] in the settings."


class Look(NamedTuple):
    """How it is, and what to do about it."""

    state: str
    text: str
    remedy: str = ""


async def log_looks(home: Home) -> list[Look]:
    """Everything about the log."""
    try:
        key = log_keys(home).public(JOURNAL)
    except GatewayError as error:
        return [Look(FAULT, error.operator, "Put the right file back.")]
    async with LocalDoor(home) as door:
        if await door.runs():
            try:
                return list(_told(await door.ask("GET", "/api/v1/log")))
            except Ending as ending:
                return [Look(WARNING, ending.text)]
    if key is None:
        return [Look(WARNING, "It has no key yet.", "It is made when the gateway starts.")]
    return await _read(home)


def _told(log: dict[str, Any]) -> Iterator[Look]:
    doubt = log["doubt"]
    if doubt:
        yield Look(FAULT, f"It is not continued: {doubt['place']}: {doubt['words']} ({doubt['code']}).", EXAMINE)
    else:
        yield Look(OK, f"{log['size']} entries are published, {log['unintegrated']} are about to be.")
    for witness in log["witnesses"]:
        text = f"{witness['name']} has countersigned {witness['size']} of {log['size']} entries."
        if not witness["trouble"]:
            yield Look(OK, text)
            continue
        accused = witness["trouble"] == "log.accused"
        remedy = "A person must look: it says that we signed two histories." if accused else ASKED_AGAIN
        yield Look(FAULT if accused else WARNING, f"{text} {witness['words']}", remedy)
    yield from _stamped(log)


def _stamped(log: dict[str, Any]) -> Iterator[Look]:
    for authority in log["timestamps"]:
        at = f" at {authority['stamped_at'][:19]}" if authority["stamped_at"] else ""
        text = f"{authority['name']} has time-stamped {authority['size']} of {log['size']} entries{at}."
        if not authority["trouble"]:
            yield Look(OK, text)
        elif authority["trouble"] in TIMES:
            text += f" {authority['words']} Its time was {authority['clock_difference_seconds'] or 0:.0f} s from ours."
            yield Look(FAULT, text, "Compare the clock of this machine with another one; clocks of the law run by it.")
        else:
            yield Look(WARNING, f"{text} {authority['words']} ({authority['trouble']})", STAMP_AGAIN)
    if log["timestamps"] and log["unstamped"] and all(each["trouble"] for each in log["timestamps"]):
        yield Look(WARNING, f"{log['unstamped']} entries are not yet stamped.", "One stamp makes up for all of them.")


async def _read(home: Home) -> list[Look]:
    try:
        async with ledgers.read_only(home) as ledger:
            size, faults = await verify_published(ledger, log_folder(home), log_keys(home))
    except (Ending, GatewayError):
        return []  # there is no ledger yet, or it is told elsewhere that it cannot be read
    if faults:
        return [Look(FAULT, f"{fault.fault}.", EXAMINE) for fault in faults]
    return [Look(OK, f"{size} entries are published.")]
