"""Typed configuration: what an office decides about its gateway, with a default and a sentence for each.

Adapters keep their own settings beside themselves; here their tables are passed through as they stand (`channels`,
`registers`, `case_systems`, `alert_systems`, `ledger`), and the assembly has each adapter read its own.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from config.flow import Flow

PARTY = r"^[a-z]{2,12}:[A-Za-z0-9][A-Za-z0-9\-]{0,23}$"
MOST_AUTHORITIES = 2
"""For time-stamps. A second one makes up for the first being away or wrong; a third adds little."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Office(_Strict):
    """Who we are."""

    name: str = Field("SPOC", description="Name of the office, shown to people.")
    parties: tuple[str, ...] = Field(
        description="Our own offices as role:code; the first speaks where nothing more fitting is known.", min_length=1
    )
    free_text_characters: int | None = Field(
        None,
        ge=200,
        le=1_000_000,
        description="Longest free text of a SIRENE form that we send; what is longer goes on in M forms with a number (2/3). The "
        "real limits are not public: left out, nothing is split.",
    )

    urgent_give_up_minutes: int = Field(
        30,
        ge=1,
        le=720,
        description="After so long an urgent message that cannot be handed over waits for a person who telephones.",
    )

    @field_validator("parties")
    @classmethod
    def _shape(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for party in value:
            if not re.fullmatch(PARTY, party):
                raise ValueError(f"{party!r} is not a party such as sirene:XA")
        return value


class Folders(_Strict):
    """Where things are written. Relative folders stand below the home folder."""

    data: Path = Field(Path("data"), description="Ledger, run-time files: everything that must be kept.")
    log: Path = Field(Path("log"), description="Technical logs; they hold no personal data.")
    keys: Path = Field(Path("keys"), description="Private keys and certificates of ours.")


class VaultKeeping(_Strict):
    """Where the keys of content are kept, apart from the ledger, and the master keys that wrap them."""

    kind: Literal["", "files", "postgres"] = Field(
        "", description="files for a folder, postgres for a database of its own; empty takes what fits the ledger."
    )
    folder: Path = Field(
        Path("vault"), description="The folder, below the data folder where it is relative; for files."
    )
    url: str = Field("", description="Another database than the ledger's: postgresql://…; for postgres.")
    url_file: str = Field("", description="A file that holds the url, in place of it; for postgres.")
    masters: Path = Field(
        Path("vault"),
        description="Folder of the master keys, below the keys folder where it is relative; it must lie outside the data folder.",
    )


class Workers(_Strict):
    """Processes that compute verdicts."""

    count: int = Field(0, ge=0, le=256, description="How many; 0 takes one for each core.")


class Api(_Strict):
    """The HTTP door for national systems and officers."""

    listen_host: str = Field(
        "127.0.0.1", description="Address to listen on; the default is reachable from this machine only."
    )
    listen_port: int = Field(8480, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    public_url: str = Field("", description="How clients reach it, for links; empty for the listening address.")
    tls_certificate: str = Field("", description="PEM file; without it only a loopback address may be listened on.")
    tls_key: str = Field("", description="PEM file with the key of that certificate.")
    client_ca: str = Field(
        "", description="PEM file of the authority for client certificates (mutual TLS); empty for none."
    )
    token_minutes: int = Field(60, ge=1, le=1440, description="Life of an access token.")


class Client(_Strict):
    """One caller of the API."""

    id: str = Field(description="Client id.", pattern=r"^[A-Za-z0-9._\-]{1,64}$")
    secret_hash: str = Field(
        "",
        description="scrypt hash of its secret, as `spoc clients add` makes it; empty when it shows a certificate.",
    )
    certificate: str = Field(
        "", description="SHA-256 of the client certificate in hexadecimal; empty when it uses a secret."
    )
    roles: tuple[Literal["submitter", "reader", "officer", "auditor", "operator"], ...] = Field(min_length=1)


class Signing(_Strict):
    """The key that signs for one of our parties."""

    key: str
    certificate: str


SmimeMode = Literal["none", "signed", "encrypted", "signed-encrypted"]


class Smime(_Strict):
    """S/MIME around our mails, for partners that want it."""

    offer: SmimeMode = Field(
        "none", description="What our partner card asks of others: `none`, `signed`, `encrypted` or `signed-encrypted`."
    )
    keys: dict[str, Signing] = Field(
        default_factory=dict,
        description='Tables `[smime.keys."PARTY"]`: key and certificate; a party that is left out uses keys/smime/PARTY where it is there.',
    )


class AddressBook(_Strict):
    """The signed address book of the bureaux, and whose signature on it is believed."""

    file: Path = Field(Path("address-book.xml"), description="Where the issue in force is kept.")
    anchors_file: Path = Field(description="PEM file: the authority that the publisher's certificate chains to.")
    signers: tuple[str, ...] = Field(min_length=1, description="Common names that may sign the address book.")


class LogWitness(_Strict):
    """One witness that countersigns our published journal."""

    url: str = Field(description="Its submission prefix; https, or http on a loopback address.")
    key: str = Field(description="Its public key as NAME+ID+KEY.")
    ca_file: str = Field("", description="PEM file: the authority of its certificate; empty for those of the machine.")


class Journal(_Strict):
    """The journal published as a log that outsiders can check."""

    witnesses: tuple[LogWitness, ...] = Field(
        (), max_length=16, description="Tables `[[journal.witnesses]]`: who countersigns our checkpoints."
    )
    countersigns: tuple[str, ...] = Field(
        (),
        max_length=1000,
        description="Public keys (NAME+ID+KEY) of the logs of others that our own witness countersigns.",
    )


class TimestampAuthority(_Strict):
    """One authority that stamps our published journal with the time (RFC 3161)."""

    url: str = Field(
        description="Where queries are posted; https, or http: what comes back is proved by its signature."
    )
    anchors_file: Path = Field(description="PEM file: the certificates that the signer of its stamps must lead to.")
    enabled: bool = Field(
        True,
        description="Whether it is asked. Keep the table of one that is no longer asked: its stamps are still checked.",
    )
    policy: str = Field(
        "",
        pattern=r"^([0-2](\.[0-9]{1,20}){1,20})?$",
        description="The only policy that is asked for and taken, as dotted numbers; empty for any.",
    )
    every_seconds: float = Field(
        30,
        ge=1,
        le=86_400,
        description="A new checkpoint is stamped at most so often, and at the latest so much later.",
    )
    tolerance_seconds: float = Field(
        60,
        ge=1,
        le=3600,
        description="How far its time may be from ours; beyond that its stamps are refused and a person is told.",
    )
    accuracy_seconds: float = Field(
        1, ge=0, le=3600, description="How exact its time must be by its own word; 0 takes what comes, also nothing."
    )
    ca_file: str = Field(
        "", description="PEM file: the authority of its TLS certificate; empty for those of the machine."
    )
    seconds: float = Field(10, gt=0, le=60, description="How long an answer may take.")


class Retention(_Strict):
    """How content is destroyed when its time is over; the rules themselves stand in retention.toml."""

    sweep_minutes: int = Field(
        240, ge=0, le=720, description="Pause between two looks at what is due; 0 destroys nothing by itself."
    )
    second_person: bool = Field(
        True, description="Whether an order to destroy before the time needs a second person who confirms it."
    )


class VersionDays(_Strict):
    """Days that this office has agreed on for one version of a family, instead of the shipped ones."""

    accept_from: date | None = Field(None, description="First day on which it is taken in.")
    accept_until: date | None = Field(None, description="Last day on which it is taken in without a warning.")
    grace_days: int | None = Field(
        None, ge=0, le=3660, description="Days after that on which it is taken, with a warning."
    )
    send_from: date | None = Field(None, description="First day on which it may go out.")
    send_until: date | None = Field(None, description="Last day on which it may go out.")


class Settings(_Strict):
    """Everything in `spoc.toml`."""

    office: Office
    folders: Folders = Folders()
    workers: Workers = Workers()
    flow: Flow = Flow()
    api: Api = Api()
    address_book: AddressBook | None = Field(None, description="Left out: addresses come from the partner file alone.")
    ledger: dict[str, Any] = Field(
        default_factory=lambda: {"kind": "sqlite"},
        description="kind = sqlite, memory or postgres, and that store's own settings.",
    )
    vault: VaultKeeping = VaultKeeping()
    signing: dict[str, Signing] = Field(
        default_factory=dict,
        description="Keys by party; a party that is left out uses keys/PARTY as `spoc init` made them.",
    )
    smime: Smime = Smime()
    channels: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Channel tables by name, each read by its adapter."
    )
    registers: dict[str, dict[str, Any]] = Field(default_factory=dict)
    case_systems: dict[str, dict[str, Any]] = Field(default_factory=dict)
    alert_systems: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="At most one: the national part of SIS. Without it there are no alerts."
    )
    calendars: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Tables `[calendars.CODE]`: zone, days off and holidays of a state, where the shipped ones are not enough.",
    )
    clients: tuple[Client, ...] = ()
    journal: Journal = Journal()
    retention: Retention = Retention()
    timestamps: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")], TimestampAuthority] = Field(
        default_factory=dict,
        description="Tables `[timestamps.NAME]`: who stamps our published journal with the time; at most two are asked.",
    )
    versions: dict[str, dict[str, VersionDays]] = Field(
        default_factory=dict,
        description="Tables `[versions.FAMILY.MAJOR]`: other days for a version of a family than `spoc formats` shows.",
    )

    @field_validator("timestamps")
    @classmethod
    def _two_authorities(cls, value: dict[str, TimestampAuthority]) -> dict[str, TimestampAuthority]:
        asked = [name for name, authority in value.items() if authority.enabled]
        if len(asked) > MOST_AUTHORITIES:
            raise ValueError(f"at most {MOST_AUTHORITIES} authorities are asked: set enabled = false for {asked[-1]}")
        return value


class PartnerMail(_Strict):
    """How mail goes to the partner and comes from it."""

    host: str
    port: int = Field(25, ge=1, le=65535)
    starttls: Literal["required", "never"] = "required"
    ca_pem: tuple[str, ...] = ()
    client_certificate: Literal["optional", "required"] = "optional"
    client_certificates: tuple[str, ...] = ()
    max_connections: int = Field(4, ge=1, le=64)
    messages_per_hour: int = Field(3600, ge=1)


class PartnerQueue(_Strict):
    """How messages go to the partner over the broker."""

    exchange: str = ""
    routing_key: str = ""


ReceiptStage = Literal["RECEIVED", "VALID", "INVALID", "HANDED_OVER", "READ"]


class Partner(_Strict):
    """One `[[partner]]` of `partners.toml`."""

    party: str = Field(pattern=PARTY)
    name: str
    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    urgent_address: str = ""
    channel: str = "smtp"
    anchors_pem: tuple[str, ...] = Field(
        description="Certificates that its signers chain to, in PEM. None: everything it signs is refused."
    )
    signers: tuple[str, ...] = Field(
        description="Common names that may sign for it. None: everything it signs is refused."
    )
    plain_xmldsig: bool = False
    weak_rsa_until: date | None = None
    revocation: Literal["none", "soft", "hard"] = Field(
        "none",
        description="Whether its authority must say that the signer's certificate was not revoked: `none` does not ask; with `soft` a "
        "message goes on without an answer, and that is noted; with `hard` it waits.",
    )
    crl: tuple[str, ...] = Field(
        (),
        max_length=8,
        description="Where its authorities' lists of revoked certificates are: addresses, or files below the home folder.",
    )
    ocsp: str = Field("", pattern=r"^(https?://\S+)?$", description="Address of its authority's OCSP responder.")
    mail: PartnerMail | None = None
    queue: PartnerQueue | None = None
    smime: SmimeMode = Field(
        "none", description="S/MIME around our mails to it: `none`, `signed`, `encrypted` or `signed-encrypted`."
    )
    smime_inbound: Literal["accepted", "required"] = Field(
        "accepted", description="Whether mails from it may, or must, have all that `smime` names."
    )
    smime_certificate_pem: str = Field("", description="Certificate that we encrypt for, in PEM.")
    smime_signers: tuple[str, ...] = Field(
        (), description="Common names of its S/MIME certificates; none for the same as `signers`."
    )
    receipts: bool = Field(True, description="Whether it understands our technical receipts, and sends its own.")
    receipt_stages: tuple[ReceiptStage, ...] = Field(
        ("RECEIVED", "VALID", "INVALID"),
        description="Which receipts it gets: also `HANDED_OVER` (the case system has it) and `READ` (an officer opened it) where it wants them.",
    )
    receipt_hours: int = Field(
        24,
        ge=1,
        le=720,
        description="Within how many hours its receipt must be here; then an officer is called and that is stated.",
    )
    urgent_receipt_hours: int = Field(1, ge=1, le=72, description="The same for an urgent message.")
    languages: tuple[str, ...] = ("en",)
    max_message_octets: int = Field(10_000_000, ge=1000)
    retry_hours: int = Field(72, ge=1, le=720)
    test_only: bool = False
    numbers: bool = Field(
        False, description="Whether our messages to it carry running numbers, so that it notices one that never comes."
    )
    sheets: bool = Field(
        False,
        description="Whether it gets a signed sheet of each day: how many messages went each way, with their digests.",
    )
    versions: dict[str, tuple[int, ...]] = Field(
        default_factory=dict,
        max_length=16,
        description="Table `[partner.versions]`: major versions that it reads, by family; the current one of a family that is not named.",
    )


class Partners(_Strict):
    """Everything in `partners.toml`."""

    partner: tuple[Partner, ...] = ()

    @field_validator("partner")
    @classmethod
    def _once(cls, value: tuple[Partner, ...]) -> tuple[Partner, ...]:
        seen: set[str] = set()
        for partner in value:
            if partner.party in seen:
                raise ValueError(f"{partner.party} stands here twice")
            seen.add(partner.party)
        return value

    @field_validator("partner")
    @classmethod
    def _readable_mailboxes(cls, value: tuple[Partner, ...]) -> tuple[Partner, ...]:
        for partner in value:
            boxes = (*partner.addresses, *((partner.urgent_address,) if partner.urgent_address else ()))
            odd = [text for text in boxes if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", text)]
            odd += [text for text in partner.domains if not re.fullmatch(r"[^\s@<>*]+", text)]
            if odd:
                raise ValueError(f"{partner.party}: {odd[0]!r} is no mail address or domain")
        return value
