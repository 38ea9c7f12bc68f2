"""Settings of the AMQP channel, in and out. Units stand in the names; what is unsafe has to be asked for by name."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct, field

from gateway.errors import Misconfigured
from gateway.identity import party

MESSAGE_OCTETS: Final = 15_000_000
"""Longest message taken: a form with ten megabytes of files in base64."""
NAME_OCTETS: Final = 255
"""AMQP 0-9-1 section 4.2.5.3: names are short strings."""
PREFETCH: Final = 16
DELIVERY_LIMIT: Final = 20
CONFIRM_WINDOW: Final = 32
CONNECT_SECONDS: Final = 30.0
ANSWER_SECONDS: Final = 30.0
CONFIRM_SECONDS: Final = 60.0
HEARTBEAT_SECONDS: Final = 30
TAKE_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 5.0
HOLD_SECONDS: Final = 1500.0
"""Below the half hour after which RabbitMQ closes a channel that leaves a delivery unanswered (`consumer_timeout`)."""
CONSUMER_TIMEOUT_SECONDS: Final = 1800.0
RECONNECT_SECONDS: Final = 1.0
LONGEST_RECONNECT_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 60.0
STOP_SECONDS: Final = 5.0


class AmqpSettings(Struct, frozen=True, kw_only=True):
    """One broker: the queues we read there, and the way out beside them."""

    url: str = ""
    """`amqps://USER:PASSWORD@HOST:PORT/VHOST`, or `amqp://` (see `plaintext`). Holds a secret."""
    url_file: str = ""
    """A file that holds the URL, instead of `url`."""
    ca_file: str = ""
    """PEM file with the authorities that the broker's certificate must chain to, and no others; needed for `amqps`."""
    client_certificate: str = ""
    """PEM file with the certificate that we show to the broker; empty shows none."""
    client_key: str = ""
    """PEM file with the key of that certificate."""
    plaintext: bool = False
    """Whether `amqp://`, without TLS, may be used with a broker on another machine."""
    inbound_queue: str = ""
    """Queue where messages from partners arrive; empty reads none."""
    submission_queue: str = ""
    """Queue where national systems put messages to be sent abroad; empty reads none."""
    dead_letter_exchange: str = "spoc.dead"
    """Exchange through which refused messages go aside."""
    dead_letter_queue: str = "spoc.dead"
    """Queue where refused messages wait for a person."""
    declare: bool = True
    """Whether we make our queues and the dead-letter exchange; else they must be there, and only that is checked."""
    delivery_limit: int = DELIVERY_LIMIT
    """Deliveries without an answer after which the broker itself puts a message aside; for queues that we make."""
    users: dict[str, str] = field(default_factory=dict)
    """Broker users and the partner each writes for: `xb-writer = "sirene:XB"`."""
    default_sender: str = ""
    """The partner taken for the sender of messages without a user id; empty leaves it to the form."""
    submitters: tuple[str, ...] = ()
    """Broker users that may hand in messages at the submission queue; nobody else may."""
    exchange: str = ""
    """Exchange for partners that name none; empty is the broker's default exchange."""
    routing_key: str = ""
    """Routing key for partners that name none."""
    message_octets: int = MESSAGE_OCTETS
    """Longest message taken, in octets."""
    prefetch: int = PREFETCH
    """Deliveries of one queue that may be unanswered at once."""
    confirm_window: int = CONFIRM_WINDOW
    """Messages that may wait for the broker's confirmation at once."""
    connect_seconds: float = CONNECT_SECONDS
    """Time to connect, agree on TLS and log in."""
    answer_seconds: float = ANSWER_SECONDS
    """Time for each answer of the broker but a confirmation."""
    confirm_seconds: float = CONFIRM_SECONDS
    """Time from publishing a message to its confirmation."""
    heartbeat_seconds: int = HEARTBEAT_SECONDS
    """How often both sides show that they live."""
    take_seconds: float = TAKE_SECONDS
    """Time for the ledger to keep a message."""
    retry_seconds: float = RETRY_SECONDS
    """Pause before a message that could not be kept is tried again."""
    hold_seconds: float = HOLD_SECONDS
    """How long such a message is tried before it goes back to its queue."""
    reconnect_seconds: float = RECONNECT_SECONDS
    """Pause before the first new connection; doubled with every failure."""
    longest_reconnect_seconds: float = LONGEST_RECONNECT_SECONDS
    """The longest such pause."""
    idle_seconds: float = IDLE_SECONDS
    """Outbound: how long an unused lane to the broker is trusted without asking."""
    stop_seconds: float = STOP_SECONDS
    """How long what is being taken may go on when the channel closes."""

    def __repr__(self) -> str:
        """Without the secret, since settings end up in logs and tracebacks."""
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "url")
        return f"AmqpSettings(url={redacted(self.url)!r}, {', '.join(shown)})"

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that are read."""
        return tuple(name for name in (self.inbound_queue, self.submission_queue) if name)


def redacted(url: str) -> str:
    """A URL that may be shown; of one that is not well-formed, nothing, since the secret may be anywhere."""
    try:
        parsed = urlsplit(url)
        is_whole = bool(parsed.hostname) and parsed.port != 0 and "@" not in parsed.path
    except ValueError:
        is_whole = False
    if not is_whole:
        return "***" if url else ""
    before, at, host = parsed.netloc.rpartition("@")
    netloc = f"{before.partition(':')[0]}:***@{host}" if at else host
    return parsed._replace(netloc=netloc, query="", fragment="").geturl()


def broker_url(settings: AmqpSettings) -> SplitResult:
    """The broker's URL with its secret; raises `Misconfigured`."""
    text = settings.url
    if settings.url_file:
        try:
            text = Path(settings.url_file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            _raise([f"url_file: {settings.url_file} cannot be read: {type(error).__name__}"])
    if wrong := _wrong_url(text, settings):
        _raise([wrong])
    return urlsplit(text)


def own_user(url: SplitResult) -> str:
    """The broker user that we are."""
    return unquote(url.username or "")


def check_settings(settings: AmqpSettings) -> None:
    """Raise `Misconfigured` with everything that is wrong, in both directions."""
    wrong = [] if bool(settings.url) != bool(settings.url_file) else ["url, url_file: give one of them"]
    if settings.url and (text := _wrong_url(settings.url, settings)):
        wrong.append(text)
    wrong += _wrong_names(settings) + _wrong_numbers(settings) + _wrong_parties(settings)
    if bool(settings.client_certificate) != bool(settings.client_key):
        wrong.append("client_certificate, client_key: give both or none")
    for name in ("url_file", "ca_file", "client_certificate", "client_key"):
        path = str(getattr(settings, name))
        if path and not Path(path).is_file():
            wrong.append(f"{name}: there is no file {path}")
    if wrong:
        _raise(wrong)


def _wrong_url(text: str, settings: AmqpSettings) -> str:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.scheme not in ("amqp", "amqps"):
        return "url: write amqps://USER:PASSWORD@HOST:PORT/VHOST"
    if url.query or url.fragment:
        # aiormq reads options from there, one of which turns off the check of the certificate
        return "url: no options after a question mark; there are settings for them"
    if url.scheme == "amqps":
        return "" if settings.ca_file else "ca_file: needed for amqps"
    return "" if settings.plaintext or _is_loopback(host) else "url: amqp is only for this machine; use amqps"


def _wrong_names(settings: AmqpSettings) -> list[str]:
    named = [name for name in settings.__struct_fields__ if name.endswith(("_queue", "exchange", "routing_key"))]
    values = {name: str(getattr(settings, name)) for name in named}
    wrong = [f"{name}: not a name of at most 255 octets" for name, text in values.items() if not plain_name(text)]
    if settings.queues and not (settings.dead_letter_exchange and settings.dead_letter_queue):
        wrong.append("dead_letter_exchange, dead_letter_queue: refused messages must go somewhere")
    read = [*settings.queues, settings.dead_letter_queue]
    if len(set(read)) < len(read):
        wrong.append("inbound_queue, submission_queue, dead_letter_queue: give each a name of its own")
    return wrong


def _wrong_numbers(settings: AmqpSettings) -> list[str]:
    numbers = [name for name in settings.__struct_fields__ if name.endswith("_seconds")]
    numbers += ["prefetch", "confirm_window", "message_octets", "delivery_limit"]
    wrong = [f"{name}: must be more than 0" for name in numbers if getattr(settings, name) <= 0]
    if settings.hold_seconds + settings.take_seconds >= CONSUMER_TIMEOUT_SECONDS:
        wrong.append("hold_seconds, take_seconds: together less than 1800, after which the broker closes the channel")
    if settings.prefetch > 65535:
        wrong.append("prefetch: at most 65535")
    return wrong


def _wrong_parties(settings: AmqpSettings) -> list[str]:
    wrong = []
    for name, text in [*settings.users.items(), ("default_sender", settings.default_sender or "none:XX")]:
        try:
            party(text)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    return wrong


def plain_name(text: str) -> bool:
    """Whether a text can name a queue or exchange, or be a routing key."""
    return text.isprintable() and len(text.encode()) <= NAME_OCTETS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _raise(wrong: list[str]) -> None:
    raise Misconfigured("amqp.settings", "The AMQP channel is not configured.", operator="\n".join(wrong))
