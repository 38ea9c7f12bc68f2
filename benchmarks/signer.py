"""What a signature costs with the key in this process, and with the key in the signer process.

`python -m benchmarks.signer`: medians over whole XAdES signatures of one small form, on the wall clock: the worker waits.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from gateway.clock import SystemClock
from gateway.signer import SignerBriefing
from gateway.signers import SignerProcess
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.authority import set_up_authority
from gateway.signing.keys import KeyFiles, KeyRing
from gateway.signing.remote import SignerLine, ring_over
from gateway.signing.sign import XadesSigner

ROUNDS: Final = 500
FORM: Final = b'<FormG xmlns="urn:x-spoc:sirene:1" version="1.0"><Body><Reason>Hit on a vehicle</Reason></Body></FormG>'


def _with_rsa(files: KeyFiles) -> KeyFiles:
    """The same certificate for an RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    old = x509.load_pem_x509_certificate(files.certificates.read_bytes())
    builder = (
        x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files.certificates.write_bytes(made.public_bytes(Encoding.PEM))
    return files


def _timed(signer: XadesSigner, party: str) -> tuple[float, float]:
    """Median and 99th percentile in seconds."""
    taken = []
    for _ in range(ROUNDS):
        root, now = etree.fromstring(FORM), SystemClock().now()
        begun = time.perf_counter()
        signer.sign(root, party, now)
        taken.append(time.perf_counter() - begun)
    return median(taken), sorted(taken)[int(ROUNDS * 0.99)]


async def _measured(folder: Path) -> list[tuple[str, str, float, float]]:
    now = SystemClock().now()
    made = set_up_authority(folder, ["sirene:XA", "ncb:XA"], (), now).signing
    files = [made[0], _with_rsa(made[1])]
    keys = tuple((one.party, str(one.key), str(one.certificates), "") for one in files)
    process = SignerProcess(
        folder / "k.sock",
        lambda number: SignerBriefing(keys=keys, log=str(folder / "log"), socket=number),
        SystemClock(),
    )
    await process.start()
    line = SignerLine(str(process.path))
    ways = {
        "in this process": XadesSigner(KeyRing.load(files, now)),
        "in the signer process": XadesSigner(ring_over(line, files, now, EVERYTHING)),
    }
    try:
        rows = []
        for party, key in (("sirene:XA", "P-256"), ("ncb:XA", "RSA 3072")):
            for name, signer in ways.items():
                await asyncio.to_thread(_timed, signer, party)  # warm
                rows.append((key, name, *await asyncio.to_thread(_timed, signer, party)))
        return rows
    finally:
        line.close()
        await process.stop()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        for key, way, middle, late in asyncio.run(_measured(Path(folder))):
            print(f"{key:9} key {way:22} median {middle * 1e3:6.2f} ms   99th {late * 1e3:6.2f} ms")


if __name__ == "__main__":
    main()
