"""The one table of states. Code, tests, console and the diagram in the docs come from it.

A state is the past participle of the stage that reached it; the journal event is `envelope.` and the state.
`next_stage` is what happens to an envelope that stands in a state; a state without one is either waiting for a person
or an end. Each state belongs to one account of the balance: accepted = delivered + rejected + held + waiting +
quarantined.
"""

from dataclasses import dataclass

from gateway.envelope import Direction

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
ACCOUNTS = ("delivered", "rejected", "held", "waiting", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One row: where an envelope may stand, what comes next, which account it is counted in."""

    name: str
    direction: Direction
    account: str
    next_stage: str = ""
    """Stage that takes it from here; empty for an end and for what waits for a person."""
    leads_to: tuple[str, ...] = ()
    """Every state it may move to. Staying (a retry) is always allowed where there is a next stage."""
    amends: bool = False
    """Whether what becomes known later is added to it while it stays where it stands; nothing of it is overwritten."""
    meaning: str = ""

    @property
    def final(self) -> bool:
        """Whether nothing more is expected of the gateway."""
        return not self.next_stage and self.account not in ("held", "quarantined", "waiting")


def _moving(name: str, direction: Direction, stage: str, becomes: str, meaning: str, *also: str) -> State:
    leads_to = (becomes, "held", "rejected", "quarantined", *also)
    return State(
        name=name, direction=direction, account="waiting", next_stage=stage, leads_to=leads_to, meaning=meaning
    )


STATES: tuple[State, ...] = (
    _moving("received", IN, "identify", "identified", "Bytes, key and journal entry are durable; the sender has been acknowledged."),
    _moving("identified", IN, "verify", "verified", "The format and the claimed partner are known.", "settled"),
    # The duplicate key is claimed in the write that makes an envelope `decoded`: a repetition is told before any check or question.
    _moving("verified", IN, "decode", "decoded", "The signature is genuine and the claimed sender's own.", "repeated"),
    _moving("decoded", IN, "check", "checked", "The verified bytes are a typed form."),
    _moving("checked", IN, "correlate", "correlated", "Schema and rules have been applied; findings are kept."),
    _moving("correlated", IN, "route", "routed", "The exchange it belongs to is known."),
    _moving("routed", IN, "deliver", "delivered", "The routing table has decided, with an explanation.", "settled"),
    _moving("delivered", IN, "acknowledge", "acknowledged", "Registers have been asked, the case system has it."),
    State(name="acknowledged", direction=IN, account="delivered", amends=True, meaning="Receipts and the answer, or its draft, are on their way."),
    State(name="settled", direction=IN, account="delivered", meaning="A receipt or delivery report, recorded on the message it speaks of."),
    State(name="repeated", direction=IN, account="delivered", meaning="A copy of a message we had; it was given the first verdict again."),
    State(name="rejected", direction=IN, account="rejected", meaning="Refused for a stated reason; the sender was told where it is known."),
    State(
        name="held", direction=IN, account="held", meaning="An officer must look.", amends=True,
        leads_to=("received", "identified", "verified", "decoded", "checked", "correlated", "routed", "delivered", "rejected"),
    ),
    State(
        name="quarantined", direction=IN, account="quarantined", meaning="Our own fault; everything is kept and an alarm is raised.",
        leads_to=("received", "rejected"),
    ),
    _moving("received", OUT, "check", "checked", "The order to send is durable."),
    _moving("checked", OUT, "route", "routed", "Schema, rules and the handling gate allow it."),
    _moving("routed", OUT, "encode", "encoded", "Counterpart, channel and address are known."),
    _moving("encoded", OUT, "sign", "signed", "The XML is written."),
    _moving("signed", OUT, "transmit", "transmitted", "The very bytes that go out are kept.", "ambiguous", "kept"),
    _moving("transmitted", OUT, "confirm", "confirmed", "The other side's server has taken it; its receipt is awaited."),
    State(
        name="ambiguous", direction=OUT, account="held", amends=True, meaning="It may or may not have been taken; a receipt or a person decides.",
        leads_to=("signed", "transmitted", "confirmed", "held", "rejected"),
    ),
    State(
        name="confirmed", direction=OUT, account="delivered", leads_to=("held",), amends=True,
        meaning="The other side has it: by its signed receipt, or, for a receipt of ours, by its server's word.",
    ),
    State(name="kept", direction=OUT, account="delivered", meaning="A statement about our own books: signed, kept as evidence, sent to nobody."),
    State(name="rejected", direction=OUT, account="rejected", amends=True, meaning="Refused by our own rules or given up by an officer."),
    State(
        name="held", direction=OUT, account="held", meaning="An officer must look.", amends=True,
        leads_to=("received", "checked", "routed", "encoded", "signed", "transmitted", "confirmed", "rejected"),
    ),
    State(
        name="quarantined", direction=OUT, account="quarantined", meaning="Our own fault; everything is kept and an alarm is raised.",
        leads_to=("received", "rejected"),
    ),
)  # fmt: skip

_BY_NAME = {(state.direction, state.name): state for state in STATES}
FIRST = "received"


def state(direction: Direction, name: str) -> State:
    """The row for a state; raises `KeyError` for a state that this direction does not have."""
    return _BY_NAME[(direction, name)]


def account(direction: str, name: str) -> str:
    """The account in which a state counts; empty for a state that there is not, as in a ledger that somebody changed."""
    found = next((each for each in STATES if (each.direction, each.name) == (direction, name)), None)
    return found.account if found else ""


def allowed(direction: Direction, before: str, after: str) -> bool:
    """Whether an envelope may move from one state to another; staying is allowed where work goes on, or something is added."""
    row = state(direction, before)
    return after in row.leads_to or (before == after and bool(row.next_stage or row.amends))


def event(state_name: str) -> str:
    """The journal event of reaching a state."""
    return f"envelope.{state_name}"


def diagram(direction: Direction) -> str:
    """The table of one direction as a Mermaid state diagram."""
    rows = [row for row in STATES if row.direction is direction]
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST}"]
    for row in rows:
        label = f" : {row.next_stage}" if row.next_stage else ""
        targets = row.leads_to[:1] + tuple(t for t in row.leads_to[1:] if t not in ("held", "rejected", "quarantined"))
        shown = targets if row.next_stage else row.leads_to
        lines += [f"    {row.name} --> {target}{label}" for target in shown]
        if row.final:
            lines.append(f"    {row.name} --> [*]")
    lines.append("    note right of received : every working state may also lead to held, rejected and quarantined")
    return "\n".join(lines) + "\n"
