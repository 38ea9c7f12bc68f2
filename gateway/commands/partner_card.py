"""Partner cards: the JSON by which two offices learn of each other, read into a row of the partner file and written from our own settings.

A card comes from outside: its shape is closed, and its certificates are held to what signature verification will ask of them later, so that a
wrong card fails when it is added and not when the first message comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.load import Home
from config.settings import PARTY, Partner, PartnerMail, PartnerQueue, ReceiptStage, SmimeMode
from gateway.commands.endings import REFUSED, Ending
from gateway.errors import Refused
from gateway.signing.algorithms import MAX_RSA_BITS, RSA_BITS
from gateway.signing.authority import signer_name
from gateway.signing.trust import is_authority, key_kind
from gateway.versions import Standing

MAX_CARD_OCTETS: Final = 256 * 1024
MAX_TEXT: Final = 65_536
SMTP_PORT: Final = 25


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CardMail(_Strict):
    """Where the office's mail server is."""

    host: str = Field(min_length=1, max_length=253)
    port: int = Field(SMTP_PORT, ge=1, le=65535)
    starttls: Literal["required", "never"] = "required"
    client_certificate: Literal["optional", "required"] = "optional"


class CardQueue(_Strict):
    """Where the office reads its messages on the broker."""

    exchange: str = ""
    routing_key: str = ""


class Card(_Strict):
    """A partner card."""

    party: str = Field(pattern=PARTY)
    name: str = Field(min_length=1, max_length=200)
    addresses: tuple[str, ...] = ()
    urgent_address: str = ""
    domains: tuple[str, ...] = ()
    channel: Literal["smtp", "amqp"] = "smtp"
    smtp: CardMail | None = None
    amqp: CardQueue | None = None
    signers: tuple[str, ...] = Field(min_length=1)
    anchors_pem: tuple[str, ...] = Field(min_length=1)
    tls_ca_pem: tuple[str, ...] = ()
    plain_xmldsig: bool = False
    smime: SmimeMode = "none"
    """How mail between us is protected beside the signature inside the form."""
    smime_certificate_pem: str = Field("", max_length=MAX_TEXT)
    """What others encrypt for."""
    smime_signers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    receipt_stages: tuple[ReceiptStage, ...] = ("RECEIVED", "VALID", "INVALID")
    """Which receipts it wants for its messages."""
    numbers: bool = False
    """Whether it wants running numbers on what it is sent."""
    sheets: bool = False
    """Whether it wants a sheet of each day."""
    versions: dict[
        Annotated[str, Field(pattern=r"^[a-z]{2,16}$")], tuple[Annotated[int, Field(ge=0, le=9999)], ...]
    ] = Field(default_factory=dict, max_length=16)
    """Major versions that it reads, by family; the current one of a family that is not named."""


class Overrides(_Strict):
    """What the operator knows better than the card."""

    host: str = ""
    port: int = 0
    starttls: str = ""


def read_card(content: bytes, overrides: Overrides, now: datetime) -> Partner:
    """The partner that a card describes; raises `Ending` with everything that is wrong with it."""
    if len(content) > MAX_CARD_OCTETS:
        raise _wrong([f"it is larger than {MAX_CARD_OCTETS} octets"])
    try:
        found = json.loads(content)
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # half characters could never be written to the file
        card = Card.model_validate(_overridden(found, overrides))
    except ValidationError as invalid:
        raise _wrong([f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in invalid.errors()]) from invalid
    except (ValueError, RecursionError) as error:
        raise _wrong(["it is not JSON in UTF-8"]) from error
    problems = [
        *_ways(card),
        *_certificates("anchors_pem", card.anchors_pem, now),
        *_certificates("tls_ca_pem", card.tls_ca_pem, now),
        *_smime(card, now),
    ]
    if problems:
        raise _wrong(problems)
    return _partner(card)


def _overridden(found: Any, overrides: Overrides) -> Any:
    given = {name: value for name, value in overrides.model_dump().items() if value}
    if given and isinstance(found, dict):
        return {**found, "smtp": {**(found.get("smtp") or {}), **given}}
    return found


def _partner(card: Card) -> Partner:
    mail = card.smtp and PartnerMail(
        host=card.smtp.host, port=card.smtp.port, starttls=card.smtp.starttls, ca_pem=_tidy(card.tls_ca_pem),
        client_certificate=card.smtp.client_certificate,
    )  # fmt: skip
    queue = card.amqp and PartnerQueue(exchange=card.amqp.exchange, routing_key=card.amqp.routing_key)
    return Partner(
        party=card.party, name=card.name, addresses=card.addresses, domains=card.domains, urgent_address=card.urgent_address,
        channel=card.channel, anchors_pem=_tidy(card.anchors_pem), signers=card.signers, plain_xmldsig=card.plain_xmldsig,
        smime=card.smime, smime_signers=card.smime_signers,
        smime_certificate_pem="".join(_tidy((card.smime_certificate_pem,) if card.smime_certificate_pem else ())),
        mail=mail, queue=queue if queue and (queue.exchange or queue.routing_key) else None, languages=card.languages,
        receipt_stages=card.receipt_stages,
        numbers=card.numbers, sheets=card.sheets,
        versions={family: majors for family, majors in card.versions.items() if majors},
    )  # fmt: skip


def _tidy(pems: Iterable[str]) -> tuple[str, ...]:
    """The certificates alone, whatever stands around them in the PEM texts."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return tuple(
        one.public_bytes(Encoding.PEM).decode("ascii")
        for pem in pems
        for one in x509.load_pem_x509_certificates(pem.encode())
    )


def _ways(card: Card) -> list[str]:
    """What is missing on the way to the office."""
    wrong = []
    if card.channel == "smtp" and card.smtp is None:
        wrong.append("smtp: the channel is smtp and no mail server is named; or give --host")
    if card.channel == "smtp" and not card.addresses:
        wrong.append("addresses: the channel is smtp and no mail address is named")
    if card.smtp and card.smtp.starttls == "required" and not card.tls_ca_pem:
        wrong.append("tls_ca_pem: STARTTLS is required and no authority for the mail server's certificate is given")
    if card.channel == "amqp" and not (card.amqp and card.amqp.routing_key):
        wrong.append("amqp.routing_key: the channel is amqp and no queue is named")
    wrong += [
        f"addresses: {address[:80]!r} is not a mail address"
        for address in (*card.addresses, card.urgent_address)
        if address and not _is_address(address)
    ]
    return wrong


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return (
        bool(at and local and domain)
        and text.isprintable()
        and not any(letter in " <>,;:\"'()@" for letter in local + domain)
    )


def _certificates(where: str, pems: tuple[str, ...], now: datetime) -> list[str]:
    """What would keep these authorities from being believed."""
    wrong = []
    for number, pem in enumerate(pems, 1):
        try:
            found = x509.load_pem_x509_certificates(pem[:MAX_TEXT].encode())
        except (ValueError, UnsupportedAlgorithm):
            wrong.append(f"{where}[{number}]: there is no certificate in PEM")
            continue
        for one in found:
            problem = authority_problem(one, now)
            if problem:
                wrong.append(f"{where}[{number}]: {problem}")
    return wrong


def _smime(card: Card, now: datetime) -> list[str]:
    """What would keep mail to the office from being protected as the card asks."""
    from gateway.smime.sealing import may_be_encrypted_for

    if not card.smime_certificate_pem:
        missing = "encrypted" in card.smime
        return ["smime_certificate_pem: mail is to be encrypted and no certificate is given"] if missing else []
    try:
        found = x509.load_pem_x509_certificates(card.smime_certificate_pem.encode())
        usable = [may_be_encrypted_for(one) and one.not_valid_after_utc > now for one in found]
    except (ValueError, UnsupportedAlgorithm):
        usable = []
    if usable == [True]:
        return []
    wanted = f"key agreement (EC on P-256, P-384 or P-521) or key encipherment (RSA of at least {RSA_BITS} bits)"
    return [f"smime_certificate_pem: it is not one valid certificate in PEM for {wanted}"]


def authority_problem(certificate: x509.Certificate, now: datetime) -> str:
    """Why a certificate is no authority that can be pinned, or an empty text."""
    try:
        name = certificate.subject.rfc4514_string()[:120]
        authority, kind = is_authority(certificate), key_kind(certificate)
    except (Refused, ValueError, UnsupportedAlgorithm):
        return "its key is neither RSA nor EC on P-256, P-384 or P-521, or it cannot be read"
    if not authority:
        return f"{name} is not an authority; send the certificate that issued the signer's"
    bits = getattr(certificate.public_key(), "key_size", 0)
    if kind == "rsa" and not RSA_BITS <= bits <= MAX_RSA_BITS:
        return f"{name} has an RSA key of {bits} bits; between {RSA_BITS} and {MAX_RSA_BITS} are accepted"
    if now > certificate.not_valid_after_utc:
        return f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if now < certificate.not_valid_before_utc:
        return f"{name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d}"
    return ""


def _wrong(problems: list[str]) -> Ending:
    listed = "\n".join(f"  {problem}" for problem in problems)
    return Ending(
        REFUSED,
        "card.invalid",
        f"The card cannot be used:\n{listed}",
        "Mend it, or ask the office for a new one.",
        {"problems": problems},
    )


# --- our own card


def own_card(home: Home, party: str, ready: Mapping[str, Any]) -> dict[str, Any]:
    """The card of one of our parties; `ready` is what the running gateway says about its doors, empty when it does not run."""
    smtp = home.settings.channels.get("smtp", {})
    addresses = dict(smtp.get("addresses", {}))
    address = str(addresses.get(party, ""))
    running = ready.get("channels", {}).get("smtp", {}).get("port")
    listening = str(smtp.get("listen_host", "127.0.0.1"))
    host = listening if listening not in ("", "0.0.0.0", "::") else str(smtp.get("hostname", "localhost"))  # noqa: S104  compared, not bound
    authority = _pem(home.keys / "authority.cert.pem")
    return {
        "party": party,
        "name": f"{home.settings.office.name} {party}",
        "addresses": [address] if address else [],
        "urgent_address": "",
        "domains": [],
        "channel": "smtp",
        "smtp": {
            "host": host,
            "port": int(running or smtp.get("listen_port", 2525)),
            "starttls": "never" if smtp.get("starttls") == "never" else "required",
            "client_certificate": "optional",
        },
        "amqp": {"exchange": "", "routing_key": ""},
        "signers": _signers(home, party),
        "anchors_pem": [*authority, *_further_anchors(home, party)],
        "tls_ca_pem": authority,
        "plain_xmldsig": False,
        **_own_smime(home, party),
        "languages": ["en"],
        "numbers": True,
        "sheets": True,
        "versions": _versions(home),
    }


def _own_smime(home: Home, party: str) -> dict[str, Any]:
    """What we ask of others about S/MIME, and our certificate; nothing but the mode where there is no key."""
    from cryptography.x509.oid import NameOID

    from gateway.assembly.keys import announced, encrypted_for

    file = home.folder / encrypted_for(home, party).certificate
    if not file.is_file():
        return {"smime": "none"}
    known = [home.folder / pair.certificate for pair in announced(home, party, smime=True)]
    names = [
        str(one.value)
        for each in known if each.is_file()
        for one in x509.load_pem_x509_certificates(each.read_bytes())[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    ]  # fmt: skip
    pem = _tidy([file.read_text("ascii")])[0]
    return {
        "smime": home.settings.smime.offer,
        "smime_certificate_pem": pem,
        "smime_signers": list(dict.fromkeys(names)),
    }


def _versions(home: Home) -> dict[str, list[int]]:
    """The versions that we take in today, by family; receipts have one only."""
    from gateway.assembly import formats_of
    from gateway.clock import SystemClock

    formats, now = formats_of(home), SystemClock().now()
    families = sorted({spec.family for spec in formats if not formats.family(spec.id).technical})
    taken = (Standing.OPEN, Standing.GRACE)
    return {
        family: [version.major for version in formats.versions(family) if version.accepted(now) in taken]
        for family in families
    }


def _signers(home: Home, party: str) -> list[str]:
    """The common names of the certificates that sign for the party now, or are about to, or did until a moment ago."""
    from gateway.assembly.keys import announced, shown

    files = [pair for pair in announced(home, party) if (home.folder / pair.certificate).is_file()]
    names = [str(shown(home, pair)["signer"]) or signer_name(party) for pair in files]
    return list(dict.fromkeys(names)) or [signer_name(party)]


def _further_anchors(home: Home, party: str) -> list[str]:
    """Authorities of keys that are being exchanged, where they are others."""
    from gateway.assembly.keys import announced

    return [pem for pair in announced(home, party) if pair.anchor for pem in _pem(home.folder / pair.anchor)]


def _pem(file: Path) -> list[str]:
    return [file.read_text("ascii")] if file.is_file() else []
