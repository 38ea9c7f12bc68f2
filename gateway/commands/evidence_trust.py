"""What an office believes, as files for a verifier: the same that its gateway goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.assembly import directory_of, log_keys
from gateway.assembly.log import known_authorities
from gateway.commands.partner_card import own_card
from gateway.journal.publishing.keys import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config.load import Home


def believed(home: Home) -> dict[str, bytes | dict[str, Any]]:
    """Files by name: cards of offices, keys of log and witnesses, authorities for time-stamps."""
    files: dict[str, bytes | dict[str, Any]] = {}
    for party in home.settings.office.parties:
        own = own_card(home, party, {})
        files[_name(party)] = {name: own[name] for name in ("party", "name", "signers", "anchors_pem")}
    for partner in directory_of(home.partners):
        anchors = [_pem(each).decode() for each in partner.signature.anchors]
        card = {
            "party": partner.party,
            "name": partner.name,
            "signers": list(partner.signature.signers),
            "anchors_pem": anchors,
        }
        files[_name(partner.party)] = card
    key = log_keys(home).public(JOURNAL)
    if key is not None:
        files["log.vkey"] = f"{key.text()}\n".encode()
    witnesses = [witness.key for witness in home.settings.journal.witnesses]
    if witnesses:
        files["witnesses.vkey"] = "".join(f"{each}\n" for each in witnesses).encode()
    for authority in known_authorities(home):
        files[f"tsa/{authority.name}.pem"] = _pems(authority.trust.anchors)
    return files


def _name(party: str) -> str:
    return f"{party.replace(':', '-')}.json"


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _pems(ders: Iterable[bytes]) -> bytes:
    return b"".join(map(_pem, ders))
