"""Who an office is, and how the command line sets it up.

The one idea: a counterpart differs from the next one by these values only; everything that acts is shared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulators.office.keys import KEY_KINDS

STARTTLS = ("required", "optional", "never")
CERTIFICATES = ("optional", "required")
CHANNELS = ("smtp", "amqp")
SETTINGS: Mapping[str, str] = {  # what every office can be told
    "partner-card": "the card of a partner; may be given several times",
    "starttls": "required, optional or never",
    "client-certificate": "optional or required",
    "plain-xmldsig": "yes: signs without the XAdES properties, and says so on the card",
    "signing-key": ", ".join(KEY_KINDS),
    "receipts": "no: never sends any",
    "channel": "amqp: the own card asks partners to write to the queue",
    "amqp-url": "the broker whose queue is read, too",
    "amqp-queue": "the name of that queue",
    "max-octets": "largest mail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The office itself."""

    party: str  # sirene:XB
    name: str
    address: str
    partner_role: str  # the role of the offices it writes to when nobody is named
    reference: str  # how its references begin: XB, EUROPOL

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def signer(self) -> str:
        """Common name of its signing certificate."""
        role, _, code = self.party.partition(":")
        return f"{role.upper()} {code} signing"

    @property
    def label(self) -> str:
        """The word that neutral mail subjects begin with."""
        return {"sirene": "SIRENE", "ncb": "INTERPOL", "enu": "EUROPOL"}.get(self.party.partition(":")[0], "EUROPOL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What `--set KEY=VALUE` says; the fields are the keys, with dashes for underscores."""

    partner_card: tuple[Path, ...] = ()
    starttls: str = "required"
    client_certificate: str = "optional"
    plain_xmldsig: bool = False
    signing_key: str = "p256"
    receipts: bool = True
    channel: str = "smtp"  # what the own card says
    amqp_url: str = ""
    amqp_queue: str = ""
    max_octets: int = 64 * 1024 * 1024  # of one mail

    @classmethod
    def read(cls, extra: Mapping[str, str]) -> "Setup":
        """Raises `ValueError` with what is wrong. Keys that only one kind of office knows are left alone."""
        setup = cls(
            partner_card=tuple(Path(each) for each in extra.get("partner-card", "").splitlines()),
            starttls=_one_of(extra, "starttls", STARTTLS),
            client_certificate=_one_of(extra, "client-certificate", CERTIFICATES),
            plain_xmldsig=_one_of(extra, "plain-xmldsig", ("no", "yes")) == "yes",
            signing_key=_one_of(extra, "signing-key", KEY_KINDS),
            receipts=_one_of(extra, "receipts", ("yes", "no")) == "yes",
            channel=_one_of(extra, "channel", CHANNELS),
            amqp_url=extra.get("amqp-url", ""),
            amqp_queue=extra.get("amqp-queue", ""),
            max_octets=int(extra.get("max-octets", str(cls().max_octets))),
        )
        if setup.channel == "amqp" and not setup.amqp_url:
            raise ValueError("--set channel=amqp needs --set amqp-url=URL")
        return setup


def _one_of(extra: Mapping[str, str], key: str, allowed: tuple[str, ...]) -> str:
    value = extra.get(key, allowed[0])
    if value not in allowed:
        raise ValueError(f"--set {key} takes {', '.join(allowed)}, not {value!r}")
    return value
