"""Which way a message takes to its counterpart: agreed with the partner, corrected by the address book.

The address book alone knows mailboxes, downtimes and alternative ways; the partner file alone knows whom we believe.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gateway.addressbook.book import Bureau, Downtime
from gateway.addressbook.choosing import Way, mailbox_of, wanted_mailbox, way_for, ways
from gateway.envelope import Envelope, Leg
from gateway.errors import Refused
from gateway.facts import fact
from gateway.partners import Directory, Partner
from gateway.ports import OutboundChannel
from gateway.verdict import Reason

MAILBOX_SIGN: Final = "@"
"""An address with it is a mailbox, and the address book knows mailboxes better than a partner card; a queue it does not."""
DOWN: Final = "recipient.down"
MAILBOX: Final = "mailbox"
"""The fact by which a form names another mailbox than the operational one."""


class Ways:
    """The ways out that we have, to the partners that we know."""

    def __init__(self, directory: Directory, channels: Mapping[str, OutboundChannel]) -> None:
        self._directory, self._channels = directory, channels

    def bureau(self, party: str) -> Bureau | None:
        """The entry of the address book in force."""
        return self._directory.book.bureau(party) if self._directory.book else None

    def to(self, envelope: Envelope, partner: Partner, failures: int = 0) -> Leg:
        """The way for the next attempt after so many failures; raises `Refused` where there is none."""
        urgent = envelope.form.header.urgency != "NORMAL"
        bureau = self.bureau(partner.party)
        usual = self._usual(partner, bureau, urgent, _mailbox(envelope))
        way = way_for(ways(bureau, usual, frozenset(self._channels)), failures, urgent=urgent)
        return self._leg(partner, way)

    def around(self, envelope: Envelope, partner: Partner) -> Leg | None:
        """The first alternative way, for a bureau that has announced that it is down; None where it has none."""
        bureau = self.bureau(partner.party)
        usual = self._usual(partner, bureau, envelope.form.header.urgency != "NORMAL", _mailbox(envelope))
        others = ways(bureau, usual, frozenset(self._channels))[1:]
        return self._leg(partner, others[0]) if others else None

    def down(self, partner: Partner, now: datetime) -> Downtime | None:
        """The announced downtime of the partner that lasts now."""
        bureau = self.bureau(partner.party)
        return bureau.down_at(now) if bureau else None

    def telephone(self, partner: Partner) -> str:
        """What an officer is told when a person has to call."""
        bureau = self.bureau(partner.party)
        return f"Telephone: {bureau.telephone}." if bureau and bureau.telephone else "Telephone the bureau."

    def _usual(self, partner: Partner, bureau: Bureau | None, urgent: bool, mailbox: str) -> Way:
        channel = self._channels.get(partner.channel)
        if channel is None:
            raise Refused(
                "recipient.no-channel",
                f"The channel {partner.channel} that was agreed with the counterpart is not configured.",
            )
        agreed = channel.address(partner, urgent)
        kind = wanted_mailbox(urgent=urgent, named=mailbox)
        listed = mailbox_of(bureau, kind) if bureau and MAILBOX_SIGN in agreed else ""
        return Way(channel=partner.channel, address=listed or agreed)

    @staticmethod
    def _leg(partner: Partner, way: Way) -> Leg:
        return Leg(counterpart=partner.party, channel=way.channel, address=way.address, alternative=way.alternative)


def _mailbox(envelope: Envelope) -> str:
    """The kind of mailbox that the facts of a form name; empty for the operational one."""
    return fact(envelope.facts, MAILBOX) if envelope.knows("facts") else ""


def down_reason(downtime: Downtime, urgent: bool, telephone: str) -> Reason:
    """Why a message waits for a bureau that has announced a downtime."""
    until = downtime.ends.isoformat(timespec="minutes")
    if urgent:
        words = (
            f"The bureau has announced that it cannot be reached until {until}, and the message is urgent. {telephone}"
        )
        return Reason(code=DOWN, public="The counterpart cannot be reached now; a person must call.", operator=words)
    return Reason(code=DOWN, public=f"The counterpart has announced that it cannot be reached until {until}.")
