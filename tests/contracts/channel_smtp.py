"""The SMTP channel for the contract, on a free port."""

from __future__ import annotations

from adapters.channels.smtp.inbound import SmtpInbound
from adapters.channels.smtp.outbound import SmtpOutbound
from adapters.channels.smtp.settings import SmtpSettings
from gateway.partners import Directory, MailLeg, Partner
from tests.adapters.smtp.dialogue import StillClock, partner

SETTINGS = SmtpSettings(
    listen_port=0,
    domains=("xa.spoc.example",),
    starttls="never",
    addresses={"sirene:XA": "sirene@xa.spoc.example"},
)


def inbound() -> SmtpInbound:
    known = Directory(())
    return SmtpInbound("smtp", SETTINGS, lambda: known, StillClock())


def outbound() -> SmtpOutbound:
    return SmtpOutbound("smtp", SETTINGS, StillClock())


def unreachable(port: int) -> Partner:
    """A partner with nobody at this port."""
    return partner(mail=MailLeg(host="127.0.0.1", port=port, starttls="never"))
