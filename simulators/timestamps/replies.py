"""Replies as `openssl ts` makes them, and what a dishonest authority would change in them.

The one idea: the honest reply is made by a program that nobody here wrote. Only what that program refuses to say (another time, a signer
that is not one) is written into its reply afterwards and signed again with the authority's own key.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from simulators.authority import KeyPair
from simulators.timestamps.habits import Conduct

OPENSSL_SECONDS = 20.0
PLAIN_SIGNER = "tsa"
BY_OPENSSL = frozenset({"tsa", "stranger", "expired"})  # it refuses to sign with the others
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATES = frozenset({"1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"})

_CONFIGURATION = """\
[tsa]
default_tsa = section
[section]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {signer.certificate}
signer_key = {signer.key}
certs = {chain}
signer_digest = sha256
default_policy = {policy}
other_policies = 2.999.3161.2
digests = {digests}
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class OpensslFailed(Exception):
    """The program is missing or gave no reply; the text is what it said."""


class Signer:
    """A key pair, read once: reading a key takes longer than signing with it."""

    def __init__(self, pair: KeyPair) -> None:
        self.pair = pair
        self.certificate = load_pem_x509_certificate(pair.certificate.read_bytes()).public_bytes(Encoding.DER)
        key = load_pem_private_key(pair.key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What replies are made with: a folder to write in, signers by name, the certificates of the authorities."""

    folder: Path
    openssl: str
    signers: Mapping[str, Signer]
    chain: Path

    async def reply(self, query: bytes, conduct: Conduct) -> bytes:
        """What `openssl ts -reply` answers to the query."""
        name = conduct.signer if conduct.signer in BY_OPENSSL else PLAIN_SIGNER
        text = _CONFIGURATION.format(
            folder=self.folder, signer=self.signers[name].pair, chain=self.chain, policy=conduct.policy, digests=conduct.digests
        )  # fmt: skip
        accuracy = f"secs:{conduct.accuracy_seconds}" if conduct.accuracy_seconds else conduct.accuracy
        text += f"accuracy = {accuracy}\n" if accuracy else ""
        settings, asked = self.folder / "tsa.cnf", self.folder / "query.tsq"
        serial = self.folder / "serial"
        if not serial.exists():
            serial.write_text("01\n")
        settings.write_text(text)
        asked.write_bytes(query)
        process = await asyncio.create_subprocess_exec(
            self.openssl, "ts", "-reply", "-config", str(settings), "-queryfile", str(asked),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(OPENSSL_SECONDS):
            made, errors = await process.communicate()
        if not made:
            raise OpensslFailed(errors.decode("utf-8", "replace")[-2000:])
        return made

    def again(self, reply: bytes, conduct: Conduct, at: datetime) -> bytes:
        """The reply with this time, or by another signer, signed again."""
        try:
            response = tsp.TimeStampResp.load(reply)
            signed = response["time_stamp_token"]["content"]
        except ValueError:
            return reply  # no token, which this class does not know: a refusal
        signer = self.signers[conduct.signer]
        info = signed["encap_content_info"]["content"].parsed.copy()
        info["gen_time"] = core.GeneralizedTime(at.replace(microsecond=0))
        signed["encap_content_info"]["content"] = core.ParsableOctetString(info.dump(force=True))
        authorities = [each for each in signed["certificates"] if each.chosen.ca]
        one = cms.CertificateChoices({"certificate": asn1_x509.Certificate.load(signer.certificate)})
        signed["certificates"] = cms.CertificateSet([one, *authorities])
        self._sign(signed, signer, conduct)
        content = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        return bytes(tsp.TimeStampResp({"status": response["status"], "time_stamp_token": content}).dump())

    def _sign(self, signed: cms.SignedData, signer: Signer, conduct: Conduct) -> None:
        certificate = asn1_x509.Certificate.load(signer.certificate)
        named = certificate.dump() if conduct.names_certificate != "other" else b"another certificate"
        content = signed["encap_content_info"]["content"].contents
        digest = {"algorithm": conduct.digest}
        kept = [each for each in signed["signer_infos"][0]["signed_attrs"] if each["type"].dotted == CONTENT_TYPE]
        told = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(named).digest()}]})
        attributes = cms.CMSAttributes(
            [
                *kept,
                cms.CMSAttribute({"type": "message_digest", "values": [hashlib.new(conduct.digest, content).digest()]}),
                cms.CMSAttribute({"type": "signing_certificate_v2", "values": [told]}),
            ]
        )
        chosen = hashes.SHA1() if conduct.digest == "sha1" else hashes.SHA256()  # noqa: S303 - what is to be refused
        value = signer.key.sign(attributes.dump(), ec.ECDSA(chosen))
        signed["digest_algorithms"] = [algos.DigestAlgorithm(digest)]
        signed["signer_infos"] = [
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": {
                            "issuer": certificate.issuer,
                            "serial_number": certificate.serial_number,
                        }
                    }
                ),
                "digest_algorithm": digest,
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": f"{conduct.digest}_ecdsa"},
                "signature": value if not conduct.value else value[:-1] + bytes([value[-1] ^ 1]),
            }
        ]


def changed(query: bytes, conduct: Conduct) -> bytes:
    """The query as a dishonest authority reads it."""
    asked = tsp.TimeStampReq.load(query)
    if conduct.imprint == "other":
        asked["message_imprint"]["hashed_message"] = hashlib.sha256(b"something else").digest()
    if conduct.nonce == "other":
        asked["nonce"] = secrets.randbits(63)
    if conduct.nonce == "none":
        asked["nonce"] = None
    asked["req_policy"] = None  # its own is the only one
    return bytes(asked.dump(force=True))
