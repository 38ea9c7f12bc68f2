"""Who we are: the offices under our roof and which of them answers which partner."""

from typing import Final

from msgspec import Struct

from gateway.identity import PartyId

_ANSWERED_BY: Final = {"europol": "enu", "ipsg": "ncb"}
"""Roles of partners that another role of ours writes to; every other role writes to its like."""


class Office(Struct, frozen=True, kw_only=True):
    """Our own parties, the first being the one that speaks where nothing more fitting is known."""

    parties: tuple[PartyId, ...]
    free_text_characters: int = 0
    """Longest free text that we send in one form; 0 for no limit."""
    urgent_mailboxes: tuple[str, ...] = ()
    """Mailboxes of ours for what is urgent: mail to them is taken last to be refused."""

    def facing(self, partner: PartyId, addressed: tuple[PartyId, ...] = ()) -> PartyId:
        """Which of our parties writes to this partner: the one it addressed, else the one of the same role."""
        for party in addressed:
            if party in self.parties:
                return party
        role = partner.partition(":")[0]
        role = _ANSWERED_BY.get(role, role)
        return next((party for party in self.parties if party.partition(":")[0] == role), self.parties[0])
