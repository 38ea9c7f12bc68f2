"""What a partner in the file may not be: one of ourselves, somebody in our own mail domains, or on a channel that there is not.

Who writes from our own domain, or in the name of our own office, would be taken for a foreign authority. Each fault has the
line at which it stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from typing import Final

from config.faults import Fault
from config.load import PARTNERS_FILE, Home
from config.locate import line_of, lines_of
from config.settings import Partner

REMEDY: Final = "A partner is an office of another state; remove it, or write its own."


def partner_faults(home: Home, channels: Collection[str]) -> list[Fault]:
    """Everything in the partner file that cannot be agreed with anybody; `channels` are the adapters that there are."""
    file = home.folder / PARTNERS_FILE
    wrong = [
        (partner.party, setting, text, remedy)
        for partner in home.partners.partner
        for setting, text, remedy in _wrong(home, partner, channels)
    ]
    if not wrong:
        return []
    text = file.read_text("utf-8")
    # Rows that are faulty in themselves were left out of `home.partners`: the party finds the row, not its number here.
    places = {row.get("party"): number for number, row in enumerate(_rows(text))}
    lines = lines_of(text)
    return [
        Fault(
            file=file, line=line_of(lines, ("partner", places.get(party, 0), setting)),
            setting=f"partner.{places.get(party, 0)}.{setting}", text=f"{party}: {said}", remedy=remedy,
        )
        for party, setting, said, remedy in wrong
    ]  # fmt: skip


def _rows(text: str) -> list[dict[str, object]]:
    return list(tomllib.loads(text).get("partner", ()))


def _wrong(home: Home, partner: Partner, channels: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Setting, fault and remedy."""
    if partner.party in home.settings.office.parties:
        yield "party", "This is one of our own offices.", REMEDY
    own = our_domains(home)
    boxes = {"addresses": partner.addresses, "urgent_address": (partner.urgent_address,), "domains": partner.domains}
    for setting, texts in boxes.items():
        for text in texts:
            if text.lower().rpartition("@")[2] in own:
                yield setting, f"{text!r} is in a mail domain of ours.", REMEDY
    if partner.channel not in channels:
        yield "channel", f"There is no channel {partner.channel!r}.", "`spoc adapters` lists all."


def our_domains(home: Home) -> frozenset[str]:
    """The mail domains that our channels take mail for."""
    told = [table.get("domains", ()) for table in home.settings.channels.values()]
    return frozenset(
        each.lower() for domains in told if isinstance(domains, list | tuple) for each in map(str, domains)
    )
