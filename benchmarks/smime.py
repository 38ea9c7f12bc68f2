"""What S/MIME costs a mail, beside `openssl cms` as a process: `python -m benchmarks.smime`."""

from __future__ import annotations

import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.envelope import Payload
from gateway.parcel import MAIL
from gateway.partners import Directory, Partner, SignaturePolicy, SmimePolicy
from gateway.signing.authority import mail_name, set_up_authority, set_up_smime
from gateway.signing.keys import KeyFiles, KeyRing, OwnKey
from gateway.smime.sealing import encrypted_entity, entity_of, signed_entity
from gateway.smime.seals import Seals

ADDRESS = "oper@xb.sirene.example"
SIZES = (4_000, 1_000_000)


def timed(work: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU, of this process and of those that it starts; the median."""
    taken = []
    for _ in range(times):
        start = cpu_seconds()
        work()
        taken.append((cpu_seconds() - start) * 1000)
    return statistics.median(taken)


def cpu_seconds() -> float:
    """What this process has used, and those that it started and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def openssl(folder: Path, content: bytes, *arguments: str | Path) -> Callable[[], object]:
    (folder / "given").write_bytes(content)
    command = ["openssl", "cms", "-in", str(folder / "given"), "-out", "/dev/null", *map(str, arguments)]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def measured(folder: Path, key: OwnKey, files: KeyFiles, partner: Partner, size: int) -> Iterable[tuple[str, float]]:
    """Each piece of work with its median."""
    now = datetime.now(UTC)
    entity, seals, directory = entity_of(b"x" * size, "application/xml"), Seals([key]), Directory([partner])
    signed = signed_entity(entity, key, now)
    sealed = encrypted_entity(signed, partner, now, signed=True)
    head = f"From: {ADDRESS}\r\nMIME-Version: 1.0\r\n".encode()

    def opened(made: bytes) -> Callable[[], object]:
        payload = Payload.of(head + made, MAIL)

        def work() -> None:
            peeled = seals.peeled(payload, directory, ADDRESS)
            assert seals.proved(peeled, partner, ADDRESS, now, directory.revocation) is not None

        return work

    times = 200 if size < 100_000 else 20
    yield "sign", timed(lambda: signed_entity(entity, key, now), times)
    yield "verify", timed(opened(signed), times)
    yield "encrypt", timed(lambda: encrypted_entity(signed, partner, now, signed=True), times)
    yield "decrypt and verify", timed(opened(sealed), times)
    trust = ("-CAfile", folder / "authority.cert.pem", "-purpose", "any")
    own = ("-inkey", files.key, "-recip", files.certificates)
    signer = ("-signer", files.certificates, "-inkey", files.key)
    yield "openssl: sign", timed(openssl(folder, entity, "-sign", *signer), 20)
    yield "openssl: verify", timed(openssl(folder, head + signed, "-verify", *trust), 20)
    yield "openssl: encrypt", timed(openssl(folder, signed, "-encrypt", "-aes256", files.certificates), 20)
    yield "openssl: decrypt", timed(openssl(folder, head + sealed, "-decrypt", *own), 20)


def main() -> None:
    """Print one line for each kind of key, size and piece of work."""
    with tempfile.TemporaryDirectory() as place:
        folder, now = Path(place), datetime.now(UTC)
        set_up_authority(folder, ["sirene:XB"], (), now - timedelta(days=1))
        (files,) = set_up_smime(folder, {"sirene:XB": ADDRESS}, now)
        (key,) = KeyRing.load([files], now)
        pem = (folder / "authority.cert.pem").read_bytes()
        from cryptography import x509

        anchor = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        names = (mail_name("sirene:XB"),)
        partner = Partner(
            party="sirene:XB", name="XB", addresses=(ADDRESS,), signature=SignaturePolicy(anchors=(anchor,), signers=names),
            smime=SmimePolicy(mode="signed-encrypted", certificate=key.certificate.public_bytes(Encoding.DER)),
        )  # fmt: skip
        for size in SIZES:
            for name, milliseconds in measured(folder, key, files, msgspec.structs.replace(partner), size):
                print(f"P-256 {size:>9} octets  {name:<20} {milliseconds:8.2f} ms")


if __name__ == "__main__":
    main()
