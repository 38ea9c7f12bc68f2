"""A workshop for S/MIME: offices with keys of every kind, and `openssl cms` as the program that nobody here wrote."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.envelope import Payload, SmimeReport
from gateway.errors import Refused
from gateway.parcel import MAIL
from gateway.partners import Directory, Partner, SignaturePolicy, SmimePolicy
from gateway.signing.keys import KeyFiles, OwnKey, load_key
from gateway.smime.seals import Seals
from tests.services.programs import require_program
from tests.signing.forge import rsa_key

AT = datetime.now(UTC).replace(microsecond=0)
"""`openssl cms` signs at the time of the machine and at no other, so certificates here are of today."""
ADDRESS = "oper@xb.sirene.example"
NAME = "SIRENE XB mail"
FORM = b"<FormG xmlns='urn:x-spoc:sirene:1' version='1.0'>content</FormG>"
EMAIL = "1.3.6.1.5.5.7.3.4"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
CURVES: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
KINDS = (*CURVES, "rsa3072")


def new_key(kind: str = "p256") -> Key:
    return rsa_key(int(kind[3:])) if kind.startswith("rsa") else ec.generate_private_key(CURVES[kind])


def issue(name: str, key: Key, issuer: Office | None, **traits: object) -> x509.Certificate:
    """A certificate; `traits`: addresses, purposes, usage, days."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    first, last = traits.get("days", (-30, 300))  # type: ignore[misc]
    usage = dict.fromkeys(
        ("content_commitment", "data_encipherment", "crl_sign", "encipher_only", "decipher_only"), False
    ) | {
        "digital_signature": issuer is not None, "key_cert_sign": issuer is None,
        "key_agreement": issuer is not None and isinstance(key, ec.EllipticCurvePrivateKey),
        "key_encipherment": issuer is not None and isinstance(key, rsa.RSAPrivateKey),
    }  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT + timedelta(days=first))
        .not_valid_after(AT + timedelta(days=last))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    addresses = traits.get("addresses", (ADDRESS,) if issuer else ())
    if addresses:
        names = x509.SubjectAlternativeName(x509.RFC822Name(each) for each in addresses)  # type: ignore[union-attr]
        builder = builder.add_extension(names, critical=False)
    purposes = traits.get("purposes", (EMAIL,) if issuer else ())
    if purposes:
        oids = [x509.ObjectIdentifier(each) for each in purposes]  # type: ignore[union-attr]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    if issuer:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(authority, critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


@dataclass(frozen=True)
class Office:
    """An authority."""

    key: Key
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str = "XB test authority") -> Office:
        key = new_key()
        return cls(key, issue(name, key, None))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


XB = Office.new()
STRANGER = Office.new("XC test authority")


@dataclass(frozen=True)
class Mailbox:
    """A key with its certificate, in files as `openssl` wants them."""

    folder: Path
    key: Key
    certificate: x509.Certificate

    @cached_property
    def key_file(self) -> Path:
        return self._file("key.pem", self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @cached_property
    def certificate_file(self) -> Path:
        return self._file("cert.pem", self.certificate.public_bytes(Encoding.PEM))

    def _file(self, name: str, content: bytes) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / name
        file.write_bytes(content)
        return file

    @cached_property
    def own(self) -> OwnKey:
        """As the gateway would load it."""
        return load_key(KeyFiles(party="sirene:XB", key=self.key_file, certificates=self.certificate_file), AT)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def mailbox(folder: Path, kind: str = "p256", name: str = NAME, office: Office = XB, **traits: object) -> Mailbox:
    """A new one, issued by the office."""
    key = new_key(kind)
    return Mailbox(folder / f"{name.replace(' ', '-')}-{kind}", key, issue(name, key, office, **traits))


def partner(mode: str = "signed", **policy: object) -> Partner:
    """XB as agreed."""
    return Partner(
        party="sirene:XB", name="SIRENE XB", addresses=(ADDRESS,),
        signature=SignaturePolicy(anchors=(XB.der,), signers=("SIRENE XB signing",)),
        smime=SmimePolicy(**{"mode": mode, "signers": (NAME,)} | policy),  # type: ignore[arg-type]
    )  # fmt: skip


def entity(form: bytes = FORM) -> bytes:
    """A form as openssl is given it, with CRLF."""
    body = base64.encodebytes(form).replace(b"\n", b"\r\n")
    return b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body


def mail(content: bytes, **headers: str) -> Payload:
    """An entity as a mail from XB; headers may replace or add lines."""
    lines = {"From": ADDRESS, "To": "sirene@xa.spoc.example", "Subject": "SIRENE G", "MIME-Version": "1.0"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    written = "".join(f"{name}: {text}\r\n" for name, text in lines.items() if text)
    entity = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if entity.startswith(b"MIME-Version: 1.0\r\n"):
        entity = entity.partition(b"\r\n")[2]
    return Payload.of(written.encode() + entity, MAIL)


def opened(
    payload: Payload, who: Partner, *keys: OwnKey, sender: str = ADDRESS, at: datetime = AT
) -> tuple[bytes, SmimeReport]:
    """The content and the report, as the stages together have it."""
    seals = Seals(keys)
    directory = Directory([who])
    peeled = seals.peeled(payload, directory, sender)
    report = seals.proved(peeled, who, sender, at, directory.revocation)
    assert peeled is not None and report is not None
    return peeled.payload.content, report


def refused(payload: Payload, who: Partner, *keys: OwnKey, **how: Any) -> Refused:
    """The refusal of a mail."""
    with pytest.raises(Refused) as caught:
        opened(payload, who, *keys, **how)
    return caught.value


def openssl(folder: Path, *arguments: str | Path, given: bytes = b"", fails: bool = False) -> bytes:
    """What `openssl cms` makes of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "given").write_bytes(given)
    command = [require_program("openssl"), "cms", "-in", str(folder / "given"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode != 0) == fails, done.stderr.decode()
    return done.stdout


def openssl_sign(folder: Path, who: Mailbox, *options: str, content: bytes | None = None) -> bytes:
    """The entity signed by openssl, as a mail's content."""
    key = ("-signer", who.certificate_file, "-inkey", who.key_file)
    return openssl(folder, "-sign", "-binary", "-crlfeol", *key, *options, given=content or entity())


def openssl_encrypt(folder: Path, to: Mailbox, content: bytes, *options: str) -> bytes:
    """Content encrypted by openssl, as a mail's content."""
    return openssl(folder, "-encrypt", "-binary", *(options or ("-aes256",)), to.certificate_file, given=content)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
