"""The way out: one mail for one attempt, and an honest word about what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from adapters.channels.smtp.compose import compose
from adapters.channels.smtp.delivery import NotTaken
from adapters.channels.smtp.pool import Pool
from adapters.channels.smtp.settings import SmtpSettings, check_outbound
from gateway.envelope import Attempt
from gateway.errors import CounterpartUnavailable, Misconfigured, Refused, Unavailable
from gateway.handover import Outgoing
from gateway.identity import PartyId
from gateway.partners import Partner
from gateway.ports import Clock
from gateway.signing.revocation import RevocationBook

_log = logging.getLogger(__name__)


class SmtpOutbound:
    """Mail to partners' servers."""

    def __init__(
        self, name: str, settings: SmtpSettings, clock: Clock, revocation: Callable[[], RevocationBook] = RevocationBook
    ) -> None:
        """`revocation` gives what authorities have said; nobody is asked from here."""
        self._revocation = revocation
        self.name = name
        self._settings, self._clock = settings, clock
        self._pool: Pool | None = None

    async def start(self) -> None:
        """Check the settings; raises `Misconfigured`. Connections are made when there is something to send."""
        if self._pool is None:
            check_outbound(self._settings)
            self._pool = Pool(self._settings, self._clock, self._revocation)

    async def stop(self) -> None:
        """Take leave on idle connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    async def probe(self, partner: Partner | None = None) -> None:
        """Connect, agree on TLS, say NOOP and leave; raises `Unavailable`."""
        pool = self._started()
        if partner is None:
            return
        try:
            _check_leg(partner)
            line = await pool.line(partner)
            try:
                await line.check()
            finally:
                line.quit()
        except NotTaken as trouble:
            public = f"The mail server of {partner.party} cannot be reached."
            raise CounterpartUnavailable("smtp.unreachable", public, operator=trouble.evidence) from trouble
        except Misconfigured as error:
            raise CounterpartUnavailable(error.code, error.public, operator=error.operator) from error

    def address(self, partner: Partner, urgent: bool) -> str:
        """The partner's address for urgent or for all other mail; raises `Misconfigured` when it has none."""
        _check_leg(partner)
        address = (urgent and partner.urgent_address) or next(iter(partner.addresses), "")
        if not address:
            raise Misconfigured("smtp.no-address", f"{partner.party} has no mail address.")
        return address

    async def send(self, parcel: Outgoing) -> Attempt:
        """Hand over once. Never raises for what the other side does."""
        try:
            outcome, evidence = await self._send(parcel)
        except NotTaken as trouble:
            outcome, evidence = trouble.outcome, trouble.evidence
        except Refused as error:
            outcome, evidence = "refused", f"{error.code}: {error.public}"
        except (Misconfigured, Unavailable) as error:
            outcome, evidence = "unavailable", f"{error.code}: {error.public}"
        except Exception as error:  # noqa: BLE001  # an error of ours that we did not foresee proves nothing about the mail
            _log.error("sending failed in an unforeseen way: %s", type(error).__name__)
            outcome, evidence = "ambiguous", f"smtp.unforeseen: {type(error).__name__}"
        return Attempt(number=parcel.attempt, at=self._clock.now(), outcome=outcome, evidence=evidence)

    async def _send(self, parcel: Outgoing) -> tuple[str, str]:
        pool = self._started()
        _check_leg(parcel.partner)
        mail = compose(parcel, self._own_address(parcel.sender))
        return "taken", await pool.hand_over(parcel.partner, mail)

    def _own_address(self, sender: PartyId) -> str:
        addresses = self._settings.addresses
        found = addresses.get(sender) if sender else next(iter(addresses.values()), None)
        if not found:
            raise Misconfigured("smtp.no-own-address", f"There is no mail address of ours for {sender or 'any party'}.")
        return found

    def _started(self) -> Pool:
        if self._pool is None:
            raise Unavailable("smtp.stopped", "The mail channel is not started.")
        return self._pool


def _check_leg(partner: Partner) -> None:
    if partner.mail is None:
        raise Misconfigured("smtp.no-leg", f"No mail server is agreed with {partner.party}.")
