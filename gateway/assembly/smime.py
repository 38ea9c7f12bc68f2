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
from gateway.partners import SmimePolicy
from gateway.signing.algorithms import AlgorithmPolicy
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.remote import SignerLine, keys_over
from gateway.smime.seals import Seals


def smime_key_files(home: Home) -> list[KeyFiles]:
    """The S/MIME keys of our parties: those that the settings name, and those that `spoc init` made."""
    found = []
    for party in home.settings.office.parties:
        stem = home.keys / "smime" / party.replace(":", "-")
        given = home.settings.smime.keys.get(party)
        key = home.folder / given.key if given else stem.with_name(stem.name + ".key.pem")
        certificate = home.folder / given.certificate if given else stem.with_name(stem.name + ".cert.pem")
        if given or key.is_file():
            found.append(KeyFiles(party=party, key=key, certificates=certificate))
    return found


def seals_of(
    keys: Iterable[KeyFiles], now: datetime, algorithms: AlgorithmPolicy, line: SignerLine | None = None
) -> Seals:
    """S/MIME with these keys; raises `Misconfigured` for one that cannot be used. Where a signer process holds them, they are only
    looked at here.
    """
    files = list(keys)
    ring = KeyRing.load(files, now, algorithms)
    return Seals(ring, algorithms) if line is None else seals_over(line, files, algorithms)


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
