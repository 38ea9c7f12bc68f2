"""An office that keeps a published log with a witness and a time-stamp authority, in one process; what it hands out, and what a stranger needs."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.evidence.binding import Binder, Shelves, policy_of
from gateway.evidence.collecting import Collector
from gateway.evidence.desk import EvidenceDesk
from gateway.evidence.sealing import seal
from gateway.evidence.standalone.examination import examine
from gateway.evidence.standalone.report import Report
from gateway.evidence.standalone.trust import Trust, read_trust
from gateway.journal.publishing.countersigning import Countersigner
from gateway.journal.publishing.folder import LogFolder
from gateway.journal.publishing.integrator import Integrator
from gateway.journal.publishing.keys import JOURNAL, WITNESS, LogKeys
from gateway.journal.publishing.log import PublishedLog
from gateway.journal.publishing.proving import Prover
from gateway.journal.publishing.witnessing import Witnessing
from gateway.journal.stamping.shelf import StampShelf
from gateway.journal.stamping.stamping import Stamping
from gateway.journal.tree.notes import VerifierKey
from gateway.ledger import Query
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.authority import signer_name
from gateway.signing.keys import KeyRing
from tests.gateway.rig import NOON, Rig

OFFICER: Final = "user:officer"
PURPOSE: Final = "asked for by the court"


class Neighbour:
    """A witness without a wire between: the countersigning half of a gateway, with a key of its own."""

    def __init__(self, folder: Path, office: VerifierKey, clock: object) -> None:
        keys = LogKeys(folder / "keys", "witness.example", "W1")
        self.key = keys.made(WITNESS).verifier
        self._signs = Countersigner([office], lambda: keys.made(WITNESS), folder / "seen", clock)  # type: ignore[arg-type]

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        answer = await self._signs.add_checkpoint(request)
        body = answer.body
        return answer.status, body if isinstance(body, bytes) else body.encode()


class Stamper:
    """A time-stamp authority that tells whatever time it is asked to."""

    def __init__(self) -> None:
        self.root_key, self.key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = certificate("Stamps of the XA state", self.root_key, None, self.root_key, authority=True)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        self.certificate = certificate("Stamper 1", self.key, self.root, self.root_key, purposes=usage)

    def stamp(self, over: bytes, at: datetime) -> bytes:
        """A token (RFC 3161) in DER."""
        info = tsp.TSTInfo({
            "version": "v1", "policy": "2.999.1", "serial_number": secrets.randbits(60), "gen_time": at,
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(over).digest()},
        })  # fmt: skip
        content, der = info.dump(), self.certificate.public_bytes(Encoding.DER)
        named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(der).digest()}]})
        attributes = cms.CMSAttributes([
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {"type": "signing_certificate_v2", "values": [named]},
        ])  # fmt: skip
        parsed = asn1_x509.Certificate.load(der)
        signer = cms.SignerInfo({
            "version": "v1", "sid": {"issuer_and_serial_number": {"issuer": parsed.issuer, "serial_number": parsed.serial_number}},
            "digest_algorithm": {"algorithm": "sha256"}, "signed_attrs": attributes, "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        })  # fmt: skip
        data = cms.SignedData({
            "version": "v3", "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})], "certificates": [parsed],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)}, "signer_infos": [signer],
        })  # fmt: skip
        made: bytes = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
        return made


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate | None, by: ec.EllipticCurvePrivateKey, *,
    authority: bool = False, purposes: x509.ExtendedKeyUsage | None = None,
) -> x509.Certificate:  # fmt: skip
    """A certificate for tests."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
    )
    builder = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=30))
        .not_valid_after(NOON + timedelta(days=900))
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    used = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = builder.add_extension(
        x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **used),
        critical=True,
    )
    if purposes:
        builder = builder.add_extension(purposes, critical=True)
    return builder.sign(by, hashes.SHA256())


class Archive:
    """The office, its log, and its evidence desk."""

    def __init__(self, folder: Path, rig: Rig, stamper: Stamper | None = None) -> None:
        self.folder, self.rig, self.stamper = folder, rig, stamper or Stamper()
        self.keys = LogKeys(folder / "log-keys", "xa.spoc.example", "XA")
        self.keys.made(JOURNAL)
        tiles, clock = LogFolder(folder / "log"), rig.clock
        prover = Prover(rig.ledger, tiles)
        public = self.keys.public(JOURNAL)
        assert public is not None
        self.witness = Neighbour(folder / "witness", public, clock)
        shelf = StampShelf(tiles.folder)
        self.log = PublishedLog(
            ledger=rig.ledger, folder=tiles, keys=self.keys, prover=prover, integrator=Integrator(rig.ledger, tiles, self.keys, clock),
            witnessing=Witnessing([self.witness], prover, rig.ledger, folder / "witnessed", clock),
            countersigner=Countersigner([], lambda: self.keys.made(WITNESS), folder / "none", clock),
            stamping=Stamping([], prover, rig.ledger, shelf, clock),
        )  # fmt: skip
        self.answers: dict[str, bytes] = {}
        shelves = Shelves(
            answers=lambda digests: {each: self.answers[each] for each in digests if each in self.answers},
            stamps=lambda size: [(each.authority, each.note, each.token) for each in shelf.covering(size)],
            witnesses=self.log.witnessing.witnessed, policy=policy_of(EVERYTHING.rows),
        )  # fmt: skip
        self.ring = KeyRing.load(rig.signing, NOON)
        self.collector = Collector(rig.ledger, self.log, clock)
        self.binder = Binder(
            rig.ledger, self.log, rig.directory, lambda content, party, at: seal(content, self.ring, party, at), shelves
        )
        self.desk = EvidenceDesk(rig.ledger, rig.office, clock, self.collector, self.binder)

    async def publish(self, *, stamped: bool = True) -> None:
        """Everything is under a checkpoint, countersigned and stamped; then a little more is written and published."""
        await self.settle()
        await self.log.witnessing.quiet()
        checkpoint, note = await self.log.prover.checkpoint()
        if stamped:
            self.rig.clock.turn(timedelta(seconds=2))
            self.log.stamping.shelf.put(
                "stamps-xa", checkpoint.size, note, self.stamper.stamp(note, self.rig.clock.now())
            )
        await self.rig.gateway.desk.find(Query(limit=1), OFFICER, "the log goes on")
        await self.settle()

    async def settle(self) -> None:
        """Every entry is under a checkpoint."""
        self.rig.clock.turn(timedelta(seconds=1))
        await self.log.integrator.quiet()
        self.rig.clock.turn(timedelta(seconds=1))

    def pinned(self, place: Path) -> Path:
        """What a stranger got from the offices by another way."""
        place.mkdir(parents=True, exist_ok=True)
        for bureau in self.rig.bureaux.values():
            policy = bureau.partner.signature
            (place / f"{bureau.party.replace(':', '-')}.json").write_text(
                card(bureau.party, policy.signers, policy.anchors)
            )
        for party in self.rig.office.parties:
            text = card(party, (signer_name(party),), [own_anchor(self.rig)])
            (place / f"{party.replace(':', '-')}.json").write_text(text)
        key = self.keys.public(JOURNAL)
        assert key is not None
        (place / "keys.vkey").write_text(f"{key.text()}\n{self.witness.key.text()}\n")
        (place / "tsa").mkdir(exist_ok=True)
        (place / "tsa" / "stamps.pem").write_bytes(self.stamper.root.public_bytes(Encoding.PEM))
        return place


def own_anchor(rig: Rig) -> bytes:
    """The authority of our own signing keys, as the rig set it up."""
    folder = rig.signing[0].certificates.parents[1]
    leaf = x509.load_pem_x509_certificates(rig.signing[0].certificates.read_bytes())[0]
    for file in sorted(folder.rglob("*.pem")):
        try:
            found = x509.load_pem_x509_certificates(file.read_bytes())
        except ValueError:
            continue
        for each in found:
            if each.subject == leaf.issuer:
                return each.public_bytes(Encoding.DER)
    raise AssertionError("the rig has an authority")


def card(party: str, signers: Sequence[str], anchors: Sequence[bytes]) -> str:
    """As `spoc partners card` writes it, as far as a verifier reads it."""
    pems = [x509.load_der_x509_certificate(each).public_bytes(Encoding.PEM).decode() for each in anchors]
    return json.dumps({"party": party, "name": party, "signers": list(signers), "anchors_pem": pems})


def judged(bundle: bytes, trust: Path | None = None) -> Report:
    """What the verifier finds."""
    return examine(io.BytesIO(bundle), read_trust([trust]) if trust else Trust())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
