"""In which order the stages come, and why. Start-up refuses an order that cannot work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gateway import lifecycle
from gateway.envelope import Direction
from gateway.errors import Misconfigured
from gateway.ports import Stage

ORDER: Final[dict[Direction, tuple[tuple[str, str], ...]]] = {
    Direction.INBOUND: (
        ("identify", "Cheap and harmless: which form is it and who claims to have sent it."),
        ("verify", "Before anything in it is believed; from here on only the verified tree is used."),
        ("decode", "Only genuine bytes are decoded, and only a genuine sender can claim a message id."),
        ("check", "Rules need the typed form; a form that breaks them asks nobody anything."),
        ("correlate", "Routing may depend on the exchange."),
        ("route", "Decides before anything leaves the core."),
        ("deliver", "Registers and case systems: the only stage that tells others about an inbound message."),
        ("acknowledge", "The answer needs what the registers said."),
    ),
    Direction.OUTBOUND: (
        ("check", "What the other side would refuse is not sent, and the handling gate comes before any work."),
        ("route", "The counterpart's channel and address."),
        ("encode", "The bytes that will be signed."),
        ("sign", "As late as possible, but kept before the first attempt, so that every resend is the same."),
        ("transmit", "One attempt at a time, with its evidence."),
        ("confirm", "Taken by a server is not yet known to the office."),
    ),
}

Table = Mapping[tuple[Direction, str], Stage]


def arrange(stages: Iterable[Stage]) -> Table:
    """The stages by direction and name; raises `Misconfigured` when one is missing, superfluous or asks for what
    nobody has learned.
    """
    table = {(stage.direction, stage.name): stage for stage in stages}
    faults = []
    for direction, rows in ORDER.items():
        known: set[str] = set()
        state = lifecycle.FIRST
        for name, _ in rows:
            stage = table.get((direction, name))
            if stage is None:
                faults.append(f"{direction} stage {name} is missing")
                continue
            if lifecycle.state(direction, state).next_stage != name:
                faults.append(f"{direction} stage {name} does not follow the state {state}")
            missing = stage.needs - known
            if missing:
                faults.append(
                    f"{direction} stage {name} needs {', '.join(sorted(missing))}, which no earlier stage learns"
                )
            known |= stage.adds
            state = lifecycle.state(direction, state).leads_to[0]
    wanted = {(direction, name) for direction, rows in ORDER.items() for name, _ in rows}
    faults += [f"{direction} stage {name} is in no order" for direction, name in table.keys() - wanted]
    if faults:
        raise Misconfigured("pipeline.order", "The stages cannot work in this order: " + "; ".join(faults))
    return table
