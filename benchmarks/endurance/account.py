"""What must hold when all is at rest, in words: an empty list is a run that lost, doubled and changed nothing."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.endurance.national import National
from benchmarks.endurance.partner import ANSWER, Partner

MAX_NAMED: Final = 5
KINDS: Final = ("Receipt RECEIVED", "Receipt VALID", ANSWER)


def faults(partner: Partner, national: National, proof: dict[str, Any]) -> list[str]:
    """Every way in which the run did not end as it must."""
    found = []
    for kind in KINDS:
        missing = [each for each in partner.taken if not partner.came.get(f"{kind} {each}")]
        found += _named(f"{kind}: never came for", missing)
        doubled = [each for each in partner.taken if len(partner.came.get(f"{kind} {each}", ())) > 1]
        found += _named(f"{kind}: came under two message ids for", doubled)
    taken = set(partner.taken)
    strangers = [of for key in partner.came if (of := key.rpartition(" ")[2]) not in taken]
    found += _named("came about messages that nobody sent:", strangers)
    changed = [each for each, digests in partner.bytes_of.items() if len(digests) > 1]
    found += _named("came twice with other bytes:", changed)
    found += _named("has more than one case:", [matter for matter, cases in national.matters.items() if cases > 1])
    if len(national.cases) != len(taken):
        found.append(f"{len(national.cases)} cases for {len(taken)} matters")
    return [*found, *_of_the_books(proof, len(taken))]


def _of_the_books(proof: dict[str, Any], taken: int) -> list[str]:
    balance, found = proof["balance"], []
    if not proof["intact"]:
        found.append(f"the journal is not whole: {proof['faults'][:MAX_NAMED]}")
    accounts = balance["accounts"]
    if balance["accepted"] != sum(accounts.values()):
        found.append(f"the books do not balance: {balance['accepted']} accepted, {accounts}")
    states = balance["states"]
    queries, own = states.get("inbound/acknowledged", 0), states.get("outbound/confirmed", 0)
    if queries != taken:
        found.append(f"{taken} queries got their 250, {queries} are acknowledged")
    if own != len(KINDS) * taken:
        found.append(f"{len(KINDS) * taken} messages were to go out, {own} are confirmed")
    # A query whose 250 was lost with the front comes again and is recorded as a repetition.
    quiet = ("inbound/acknowledged", "inbound/settled", "inbound/repeated", "outbound/confirmed")
    found += [f"{count} messages stand as {state}" for state, count in states.items() if count and state not in quiet]
    return found


def _named(words: str, which: list[str]) -> list[str]:
    return [f"{words} {len(which)}, such as {', '.join(which[:MAX_NAMED])}"] if which else []
