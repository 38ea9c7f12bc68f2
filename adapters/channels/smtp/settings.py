"""Settings of the SMTP channel, in and out. Units stand in the names; what is unsafe has to be asked for by name."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from adapters.channels.smtp.addresses import plain_address, plain_domain
from gateway.errors import Misconfigured

MESSAGE_OCTETS: Final = 15_000_000
"""Longest mail taken, as it stands on the wire: a form with ten megabytes of files in base64."""
RECIPIENTS: Final = 100
"""RFC 5321 section 4.5.3.1.8 asks for at least this many."""
COMMAND_SECONDS: Final = 300.0
"""RFC 5321 section 4.5.3.2.7: at least five minutes for the next command, which here must be complete by then."""
DATA_SECONDS: Final = 600.0
"""For the whole content, however slowly it comes."""
TAKE_SECONDS: Final = 60.0
"""For the ledger to keep a message before the sender is asked to come again."""
CONNECTIONS: Final = 200
CONNECTIONS_PER_REMOTE: Final = 20
CONTENT_OCTETS_IN_HAND: Final = 500_000_000
UNKNOWN_MESSAGES_PER_HOUR: Final = 60
REFUSALS_PER_HOUR: Final = 1_000
"""Every refusal is journalled; whoever is refused more often is kept out for a while."""
CONNECT_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 300.0
"""RFC 5321 section 4.5.3.2.2: five minutes for the answer to a command."""
CONTENT_SECONDS: Final = 300.0
FINAL_ANSWER_SECONDS: Final = 600.0
"""RFC 5321 section 4.5.3.2.6: ten minutes for the answer to the final dot, so that nothing is sent twice."""
IDLE_SECONDS: Final = 60.0


class SmtpSettings(Struct, frozen=True, kw_only=True):
    """One mail door and the way out beside it."""

    listen_host: str = "127.0.0.1"
    """Address to listen on; the default is reachable from this machine only."""
    listen_port: int = 2525
    """TCP port to listen on; 0 takes a free one."""
    hostname: str = "localhost"
    """Our name in the greeting and in EHLO."""
    domains: tuple[str, ...] = ()
    """Mail domains that are ours. Mail to any other domain is refused; none means that all mail is refused."""
    mailboxes: tuple[str, ...] = ()
    """Addresses that exist at our domains (`postmaster` always does); empty takes any mailbox there."""
    contact: str = ""
    """How a refused sender reaches a person: a mail address at another office, or a telephone number."""
    unknown_sender: str = "refuse"
    """`refuse` or `accept` mail from addresses that no partner owns."""
    starttls: str = "required"
    """Inbound: `required`, `optional`, or `never` (only for a listener on a loopback address)."""
    tls_certificate: str = ""
    """PEM file with our server certificate and its chain."""
    tls_key: str = ""
    """PEM file with the key of our server certificate."""
    client_certificate: str = ""
    """PEM file with the certificate that we show to partners' servers; empty shows none."""
    client_key: str = ""
    """PEM file with the key of that certificate."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Our parties and the address each writes from; the first one writes where a parcel names no sender."""
    tls_names: dict[str, str] = field(default_factory=dict)
    """Partners whose mail server's certificate carries another name than their host."""
    message_octets: int = MESSAGE_OCTETS
    """Longest mail taken, in octets."""
    recipients: int = RECIPIENTS
    """Most recipients of one mail."""
    command_seconds: float = COMMAND_SECONDS
    """Inbound: time until the next command is complete."""
    data_seconds: float = DATA_SECONDS
    """Inbound: time for the whole content."""
    take_seconds: float = TAKE_SECONDS
    """Inbound: time for the ledger to keep a message."""
    connections: int = CONNECTIONS
    """Most connections at once."""
    connections_per_remote: int = CONNECTIONS_PER_REMOTE
    """Most connections at once from one network address."""
    content_octets_in_hand: int = CONTENT_OCTETS_IN_HAND
    """Most octets of mails that are arriving at once: what they may take of the machine's memory."""
    unknown_messages_per_hour: int = UNKNOWN_MESSAGES_PER_HOUR
    """Most messages an hour from one network address whose sender is no partner (delivery reports have no sender)."""
    refusals_per_hour: int = REFUSALS_PER_HOUR
    """Refusals within an hour after which a network address gets no new connection."""
    connect_seconds: float = CONNECT_SECONDS
    """Outbound: time to connect, and again to agree on TLS."""
    answer_seconds: float = ANSWER_SECONDS
    """Outbound: time for each answer."""
    content_seconds: float = CONTENT_SECONDS
    """Outbound: time to pass on the content."""
    final_answer_seconds: float = FINAL_ANSWER_SECONDS
    """Outbound: time for the answer to the final dot."""
    idle_seconds: float = IDLE_SECONDS
    """Outbound: how long an unused connection is kept for the next message."""


def check_inbound(settings: SmtpSettings) -> None:
    """Raise `Misconfigured` with everything that is wrong for the way in."""
    wrong = [f"domains: {domain!r} is not a mail domain" for domain in settings.domains if not plain_domain(domain)]
    wrong += _wrong_hostname(settings)
    if not settings.domains:
        wrong.append("domains: name at least one mail domain of ours, or no mail can be taken")
    wrong += [f"mailboxes: {box!r} is not a plain mail address" for box in settings.mailboxes if not plain_address(box)]
    if settings.unknown_sender not in ("refuse", "accept"):
        wrong.append("unknown_sender: write refuse or accept")
    wrong += _wrong_tls(settings)
    _raise(wrong)


def check_outbound(settings: SmtpSettings) -> None:
    """Raise `Misconfigured` with everything that is wrong for the way out."""
    wrong = [
        f"addresses: {text!r} is not a plain mail address"
        for text in settings.addresses.values()
        if not plain_address(text)
    ]
    wrong += _wrong_hostname(settings)
    if not settings.addresses:
        wrong.append("addresses: name the address that each of our parties writes from")
    if bool(settings.client_certificate) != bool(settings.client_key):
        wrong.append("client_certificate, client_key: give both or none")
    wrong += _missing_files(settings, "client_certificate", "client_key")
    _raise(wrong)


def is_loopback(host: str) -> bool:
    """Whether a host can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong_hostname(settings: SmtpSettings) -> list[str]:
    fits = plain_domain(settings.hostname) and settings.hostname.isascii()
    return [] if fits else [f"hostname: {settings.hostname!r} is not a host name"]


def _wrong_tls(settings: SmtpSettings) -> list[str]:
    if settings.starttls == "never":
        return [] if is_loopback(settings.listen_host) else ["starttls: never is only possible on a loopback address"]
    if settings.starttls not in ("required", "optional"):
        return ["starttls: write required, optional or never"]
    if not (settings.tls_certificate and settings.tls_key):
        return ["tls_certificate, tls_key: needed unless starttls is never"]
    return _missing_files(settings, "tls_certificate", "tls_key")


def _missing_files(settings: SmtpSettings, *names: str) -> list[str]:
    paths = {name: str(getattr(settings, name)) for name in names}
    return [f"{name}: there is no file {path}" for name, path in paths.items() if path and not Path(path).is_file()]


def _raise(wrong: list[str]) -> None:
    if wrong:
        raise Misconfigured("smtp.settings", "The mail channel is not configured.", operator="\n".join(wrong))
