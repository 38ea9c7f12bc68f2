"""Which of our keys is in use: what the settings name, until a rollover says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from config.load import Home
from gateway.errors import Misconfigured
from gateway.signing.algorithms import key_class
from gateway.signing.authority import make_signing_pair, make_smime_pair
from gateway.signing.keys import KeyFiles, load_key, load_public
from gateway.signing.pkcs11 import SCHEME, read_uri
from gateway.signing.rollover import ROLLOVER_FILE, SMIME_FILE, Pair, RolloverFile
from gateway.smime.sealing import may_be_encrypted_for


def rollovers(home: Home, *, smime: bool = False) -> RolloverFile:
    """Where the keys for forms stand, or those for S/MIME."""
    return RolloverFile(home.keys, SMIME_FILE if smime else ROLLOVER_FILE)


def pair_of(home: Home, party: str, *, smime: bool = False) -> Pair:
    """The pair that signs now."""
    state = rollovers(home, smime=smime).of(party)
    if state.current is not None:
        return state.current
    given = (home.settings.smime.keys if smime else home.settings.signing).get(party)
    if given:
        return Pair(key=given.key, certificate=given.certificate)
    stem = home.keys / ("smime" if smime else "signing") / party.replace(":", "-")
    return Pair(key=_below(home, stem, ".key.pem"), certificate=_below(home, stem, ".cert.pem"))


def _below(home: Home, stem: Path, ending: str) -> str:
    file = stem.with_name(stem.name + ending)
    return str(file.relative_to(home.folder) if file.is_relative_to(home.folder) else file)


def files_of(home: Home, party: str, pair: Pair) -> KeyFiles:
    """Where a pair is."""
    certificates = home.folder / pair.certificate
    if pair.key.startswith(SCHEME):
        return KeyFiles(party=party, key=Path("token"), certificates=certificates, token=pair.key)
    return KeyFiles(party=party, key=home.folder / pair.key, certificates=certificates)


def key_files(home: Home) -> list[KeyFiles]:
    """The key that signs for each of our parties."""
    return [files_of(home, party, pair_of(home, party)) for party in home.settings.office.parties]


def old_files(home: Home) -> list[KeyFiles]:
    """Old keys that are not retired: a worker that is not renewed yet signs under their certificates."""
    states = RolloverFile(home.keys).read()
    return [files_of(home, party, state.previous) for party, state in states.items() if state.previous is not None]


def announced(home: Home, party: str, *, smime: bool = False) -> list[Pair]:
    """What our card names: the current pair, the next one once it is published, the old one until it is retired."""
    state = rollovers(home, smime=smime).of(party)
    also = [state.next if state.published_at else None, state.previous]
    return [pair_of(home, party, smime=smime), *(pair for pair in also if pair is not None)]


def encrypted_for(home: Home, party: str) -> Pair:
    """The S/MIME pair that partners are to encrypt for: the next one as soon as it is published."""
    state = rollovers(home, smime=True).of(party)
    return state.next if state.next is not None and state.published_at else pair_of(home, party, smime=True)


def shown(home: Home, pair: Pair) -> dict[str, Any]:
    """A pair for people; a certificate that cannot be read is said to be so."""
    try:
        one = x509.load_pem_x509_certificates((home.folder / pair.certificate).read_bytes())[0]
    except (OSError, ValueError):
        return {"signer": "cannot be read", "kind": "", "valid_until": "", "certificate": pair.certificate}
    names = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "signer": str(names[0].value) if names else "", "kind": key_class(one.public_key()),
        "valid_until": f"{one.not_valid_after_utc:%Y-%m-%d}", "certificate": pair.certificate,
    }  # fmt: skip


def new_pair(home: Home, party: str, now: datetime, *, dry: bool, smime: bool = False) -> Pair:
    """A new key with a certificate of the test authority; raises `Misconfigured` where there is none."""
    if not (home.keys / "authority.key.pem").is_file():
        words = "There is no test authority here. Have a certificate issued, and give --key and --certificate."
        raise Misconfigured("keys.no-authority", "A next key cannot be made.", operator=words)
    folder = home.keys / ("smime" if smime else "signing") / f"{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    stem = folder / party.replace(":", "-")
    if smime and not dry:
        make_smime_pair(home.keys, folder, party, _mailbox(home, party), now)
    elif not dry:
        make_signing_pair(home.keys, folder, party, now)
    return Pair(key=_below(home, stem, ".key.pem"), certificate=_below(home, stem, ".cert.pem"))


def _mailbox(home: Home, party: str) -> str:
    address = dict(home.settings.channels.get("smtp", {}).get("addresses", {})).get(party)
    if not address:
        words = f"There is no mail address of {party} in the settings; an S/MIME certificate is for one."
        raise Misconfigured("keys.no-mailbox", "A next key cannot be made.", operator=words)
    return str(address)


def checked(home: Home, party: str, pair: Pair, now: datetime, *, smime: bool = False) -> None:
    """Raise `Misconfigured` unless this pair could sign now, and mails be encrypted for it where that is what it is for."""
    files = files_of(home, party, pair)
    if files.token and smime:
        words = "S/MIME keys are files: a token signs, and opens nothing here."
        raise Misconfigured("keys.smime-token", "This key cannot be used.", operator=words)
    if files.token:
        read_uri(files.token)
        load_public(files, None, now)
        return
    own = load_key(files, now)
    if smime and not may_be_encrypted_for(own.certificate):
        words = f"{files.certificates} is not one that can be encrypted for: it needs keyAgreement (EC) or keyEncipherment (RSA)."
        raise Misconfigured("keys.smime-usage", "This key cannot be used.", operator=words)
