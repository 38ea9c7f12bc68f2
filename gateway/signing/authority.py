"""A small test authority for a first set-up: what `spoc init` needs before an office has keys of its own.

Nothing is ever overwritten: what is there stays, what is missing is made, so that running it twice or after a crash is
safe. Not for production: the authority's key lies in a file, without a passphrase.
"""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from gateway.errors import Misconfigured
from gateway.identity import PartyId
from gateway.signing.keys import KeyFiles

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 730
_BACKDATED: Final = timedelta(minutes=5)
"""So that a partner whose clock is a little behind takes the first message."""


class Pair(Struct, frozen=True, kw_only=True):
    """A private key and its certificate, as PEM files."""

    key: Path
    certificate: Path


class SetUp(Struct, frozen=True, kw_only=True):
    """Everything that was made or found."""

    authority: Pair
    signing: tuple[KeyFiles, ...]
    """One per own party, ready for `KeyRing.load`."""
    tls_server: Pair
    tls_client: Pair


class _Certificate(Struct, frozen=True, kw_only=True):
    """What a certificate is for."""

    name: str
    days: int = CERTIFICATE_DAYS
    authority: bool = False
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    names: tuple[str, ...] = ()
    mailbox: str = ""
    """Mail address; then the key also agrees on keys, so that others can encrypt for it."""


def signer_name(party: PartyId) -> str:
    """The common name of an office's signing certificate: `SIRENE XA signing` for `sirene:XA`."""
    role, _, code = party.partition(":")
    return f"{role.upper()} {code} signing"


def set_up_authority(folder: Path, parties: Iterable[PartyId], names: Iterable[str], now: datetime) -> SetUp:
    """Make what is missing of an authority, a signing key per party, and TLS keys for these host names and addresses.

    Raises `Misconfigured` when the folder cannot be written or holds a certificate without its key.
    """
    parties = tuple(parties)
    owner = parties[0].partition(":")[2] if parties else "test"
    authority = _pair(folder, "authority")
    signing = tuple(_signing_files(folder, party) for party in parties)
    server, client = _pair(folder / "tls", "server"), _pair(folder / "tls", "client")
    hosts = tuple(dict.fromkeys(("localhost", "127.0.0.1", *names)))
    wanted = [(authority, _Certificate(name=f"SPOC {owner} test authority", days=AUTHORITY_DAYS, authority=True))]
    wanted += [
        (Pair(key=files.key, certificate=files.certificates), _Certificate(name=signer_name(files.party)))
        for files in signing
    ]
    server_use = _Certificate(name=hosts[0], purposes=(ExtendedKeyUsageOID.SERVER_AUTH,), names=hosts)
    client_use = _Certificate(name=f"SPOC {owner} TLS client", purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,), names=hosts)
    wanted += [(server, server_use), (client, client_use)]
    try:
        for pair, what in wanted:
            _make(pair, what, authority, now)
    except (OSError, ValueError, TypeError) as error:
        raise _wrong(f"The keys in {folder} cannot be made: {error}.") from error
    return SetUp(authority=authority, signing=signing, tls_server=server, tls_client=client)


def make_signing_pair(keys: Path, folder: Path, party: PartyId, now: datetime) -> KeyFiles:
    """One more signing key for a party, in a folder of its own; raises `Misconfigured`. The authority is there."""
    pair = _pair(folder, party.replace(":", "-"))
    try:
        _make(pair, _Certificate(name=signer_name(party)), _pair(keys, "authority"), now)
    except (OSError, ValueError, TypeError) as error:
        raise _wrong(f"The key in {folder} cannot be made: {error}.") from error
    return KeyFiles(party=party, key=pair.key, certificates=pair.certificate)


def mail_name(party: PartyId) -> str:
    """The common name of an office's S/MIME certificate: `SIRENE XA mail` for `sirene:XA`."""
    return f"{signer_name(party).removesuffix(' signing')} mail"


def set_up_smime(folder: Path, addresses: Mapping[PartyId, str], now: datetime) -> tuple[KeyFiles, ...]:
    """Make what is missing of an S/MIME key per party, with its mail address; raises `Misconfigured`. The authority is there."""
    found = []
    for party, address in addresses.items():
        pair = _pair(folder / "smime", party.replace(":", "-"))
        what = _Certificate(name=mail_name(party), purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION,), mailbox=address)
        try:
            _make(pair, what, _pair(folder, "authority"), now)
        except (OSError, ValueError, TypeError) as error:
            raise _wrong(f"The S/MIME keys in {folder} cannot be made: {error}.") from error
        found.append(KeyFiles(party=party, key=pair.key, certificates=pair.certificate))
    return tuple(found)


def make_smime_pair(keys: Path, folder: Path, party: PartyId, address: str, now: datetime) -> KeyFiles:
    """One more S/MIME key for a party, in a folder of its own; raises `Misconfigured`. The authority is there."""
    pair = _pair(folder, party.replace(":", "-"))
    what = _Certificate(name=mail_name(party), purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION,), mailbox=address)
    try:
        _make(pair, what, _pair(keys, "authority"), now)
    except (OSError, ValueError, TypeError) as error:
        raise _wrong(f"The key in {folder} cannot be made: {error}.") from error
    return KeyFiles(party=party, key=pair.key, certificates=pair.certificate)


def _pair(folder: Path, name: str) -> Pair:
    return Pair(key=folder / f"{name}.key.pem", certificate=folder / f"{name}.cert.pem")


def _signing_files(folder: Path, party: PartyId) -> KeyFiles:
    pair = _pair(folder / "signing", party.replace(":", "-"))
    return KeyFiles(party=party, key=pair.key, certificates=pair.certificate)


def _make(pair: Pair, what: _Certificate, authority: Pair, now: datetime) -> None:
    if pair.key.exists() and pair.certificate.exists():
        return
    if pair.certificate.exists():
        raise _wrong(f"{pair.certificate} is there but {pair.key} is not. Put the key back, or remove the certificate.")
    if not pair.key.exists():
        new = ec.generate_private_key(ec.SECP256R1())
        _write(pair.key, new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = _read_key(pair.key)
    if what.authority:
        certificate = _issue(what, key.public_key(), None, key, now)
    else:
        issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
        certificate = _issue(what, key.public_key(), issuer, _read_key(authority.key), now)
    _write(pair.certificate, certificate.public_bytes(Encoding.PEM))


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _wrong(f"{path} is not an EC key; the test authority makes no others.")
    return key


def _issue(
    what: _Certificate,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, what.name)])
    days = timedelta(days=what.days)
    until = now + days if issuer is None else min(now + days, issuer.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(what.authority, 0 if what.authority else None), critical=True)
        .add_extension(_usage(what.authority, agrees=bool(what.mailbox)), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if what.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(what.purposes), critical=False)
    if what.names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(_host, what.names)), critical=False)
    if what.mailbox:
        mailbox = x509.SubjectAlternativeName([x509.RFC822Name(what.mailbox)])
        builder = builder.add_extension(mailbox, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(authority: bool, *, agrees: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=agrees, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    """A whole new file or none, readable by its owner only, never over another."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    finally:
        draft.unlink()


def _wrong(operator: str) -> Misconfigured:
    return Misconfigured("signing.authority", "The gateway's test keys cannot be made.", operator=operator)
