"""S/MIME from the settings: where our keys are, and what was agreed with a partner. Keys are optional; a home without any can
verify what comes and seal nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config import settings as files
from config.load import Home
from gateway.assembly.keys import announced, files_of
from gateway.partners import SmimePolicy
from gateway.signing.algorithms import AlgorithmPolicy
from gateway.signing.keys import KeyFiles, load_keys
from gateway.signing.remote import SignerLine, keys_over
from gateway.smime.seals import Seals


def smime_key_files(home: Home) -> list[KeyFiles]:
    """The S/MIME keys of our parties, for each the one that signs first: those that the settings name, those that `spoc init` made,
    and those that are being exchanged, which open mails only.
    """
    found = []
    for party in home.settings.office.parties:
        for pair in announced(home, party, smime=True):
            files = files_of(home, party, pair)
            if files.key.is_file() or party in home.settings.smime.keys:
                found.append(files)
    return found


def seals_of(
    keys: Iterable[KeyFiles], now: datetime, algorithms: AlgorithmPolicy, line: SignerLine | None = None
) -> Seals:
    """S/MIME with these keys; raises `Misconfigured` for one that cannot be used. Where a signer process holds them, they are only
    looked at here.
    """
    files = list(keys)
    first = {one.party: one for one in reversed(files)}
    load_keys(first.values(), now)  # one that only opens mails may have expired
    return Seals(load_keys(files, None), algorithms) if line is None else seals_over(line, files, algorithms)


def seals_over(line: SignerLine, keys: Iterable[KeyFiles], algorithms: AlgorithmPolicy) -> Seals:
    """S/MIME with keys that the signer process holds: whoever reads hostile mail has none."""
    return Seals(keys_over(line, keys, None), algorithms)


def smime_policy(partner: files.Partner) -> SmimePolicy:
    """What was agreed; raises `ValueError` for a certificate that cannot be read."""
    pem = partner.smime_certificate_pem
    certificate = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER) if pem else b""
    return SmimePolicy(
        mode=partner.smime, required=partner.smime_inbound == "required", certificate=certificate,
        signers=partner.smime_signers,
    )  # fmt: skip
