"""A workshop for signatures, good and bad.

It shares no code with what it tests: templates, lxml for C14N, cryptography for the rest.

`Office` issues certificates of every kind; `sign` fills in a template after the caller has bent it, so that a bad
signature is wrong in one respect only.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

from gateway.partners import Partner, SignaturePolicy

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
NAMES = {"ds": DS, "x": XADES, "s": "urn:x-spoc:sirene:1", "h": "urn:x-spoc:header:1"}

FORM = b"""<FormG xmlns="urn:x-spoc:sirene:1" xmlns:h="urn:x-spoc:header:1" xmlns:t="urn:x-spoc:types:1" version="1.0">
  <h:Header><h:MessageId>01999999-0000-7000-8000-000000000001</h:MessageId>
    <h:From>sirene:XB</h:From><h:To>sirene:XA</h:To></h:Header>
  <Body><Reason>Hit on a vehicle, \xc3\x86r\xc3\xb8 &amp; \xce\xb1\xce\xb8\xce\xae\xce\xbd\xce\xb1</Reason>
    <Plate>XX 00 000</Plate></Body>
</FormG>"""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Signer:
    """A key, its certificate, and what is enclosed in KeyInfo."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def enclosed(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self.chain)


@dataclass(frozen=True)
class Office:
    """An authority that issues whatever it is asked for."""

    name: str
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    lasting: tuple[float, float] = (-300, 3000)

    @property
    def certificate(self) -> x509.Certificate:
        return _authority(self)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def issue(self, name: str, key: Key | None = None, **traits: object) -> Signer:
        key = key or ec.generate_private_key(ec.SECP256R1())
        return Signer(key, build_certificate(name, key, self.name, self.key, **traits))  # type: ignore[arg-type]


@cache
def _authority(office: Office) -> x509.Certificate:
    return build_certificate(office.name, office.key, office.name, office.key, authority=True, days=office.lasting)


def build_certificate(
    name: str,
    key: Key,
    issuer: str,
    issuer_key: Key,
    *,
    authority: bool = False,
    days: tuple[float, float] = (-30, 300),
    purposes: tuple[str, ...] = (),
    usage: str | None = "digital_signature",
    certifies: bool = True,
) -> x509.Certificate:
    uses = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT + timedelta(days=days[0]))
        .not_valid_after(AT + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if authority:
        uses |= {"key_cert_sign": certifies, "crl_sign": True}
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    elif usage:
        uses[usage] = True
    if usage:
        builder = builder.add_extension(x509.KeyUsage(**uses), critical=True)
    if purposes:
        oids = [x509.ObjectIdentifier(one) for one in purposes]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


# --- the cast ------------------------------------------------------------------------------------------------------

XB = Office("XB test authority")
XC = Office("XC test authority")
SIGNER = XB.issue("SIRENE XB signing")


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def partner(**policy: object) -> Partner:
    """The office XB as agreed, with changes to its signature policy."""
    settings: dict[str, object] = {"anchors": (XB.der,), "signers": ("SIRENE XB signing",)} | policy
    return Partner(party="sirene:XB", name="SIRENE XB", signature=SignaturePolicy(**settings))  # type: ignore[arg-type]


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


# --- signing by template -------------------------------------------------------------------------------------------

PROPERTIES = f"""<ds:Object><x:QualifyingProperties xmlns:x="{XADES}" Target="#sig"><x:SignedProperties Id="props">
<x:SignedSignatureProperties><x:SigningTime>%(time)s</x:SigningTime><x:SigningCertificateV2><x:Cert><x:CertDigest>
<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>%(fingerprint)s</ds:DigestValue></x:CertDigest></x:Cert>
</x:SigningCertificateV2></x:SignedSignatureProperties></x:SignedProperties></x:QualifyingProperties></ds:Object>"""

PROPERTIES_REFERENCE = f"""<ds:Reference URI="#props" Type="http://uri.etsi.org/01903#SignedProperties">
<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>"""

CONTENT_REFERENCE = f"""<ds:Reference URI=""><ds:Transforms><ds:Transform
 Algorithm="{DS}enveloped-signature"/><ds:Transform Algorithm="{C14N}"/></ds:Transforms>
<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue/></ds:Reference>"""

TEMPLATE = f"""<ds:Signature xmlns:ds="{DS}" Id="sig"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{C14N}"/>
<ds:SignatureMethod Algorithm="%(algorithm)s"/>{CONTENT_REFERENCE}%(properties_reference)s</ds:SignedInfo>
<ds:SignatureValue/><ds:KeyInfo><ds:X509Data>%(certificates)s</ds:X509Data></ds:KeyInfo>%(properties)s</ds:Signature>"""

Edit = Callable[[str], str]
Mutate = Callable[[etree._Element], None]


def algorithm_for(key: Key) -> str:
    return MORE + ("rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ecdsa-sha256")


def template(signer: Signer, *, plain: bool = False, time: str = "", algorithm: str = "") -> str:
    """An unfilled signature that would be good."""
    certificates = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in signer.enclosed]
    fingerprint = base64.b64encode(signer.certificate.fingerprint(hashes.SHA256())).decode()
    properties = PROPERTIES % {"time": time or f"{AT:%Y-%m-%dT%H:%M:%S}Z", "fingerprint": fingerprint}
    return TEMPLATE % {
        "algorithm": algorithm or algorithm_for(signer.key),
        "properties_reference": "" if plain else PROPERTIES_REFERENCE,
        "certificates": "".join(f"<ds:X509Certificate>{one}</ds:X509Certificate>" for one in certificates),
        "properties": "" if plain else properties,
    }


def sign(
    signer: Signer = SIGNER,
    form: bytes = FORM,
    *,
    edit: Edit | None = None,
    after: Mutate | None = None,
    secret: bytes = b"",
    **options: object,
) -> bytes:
    """A signed form. `edit` bends the template before anything is computed; `after` bends the tree afterwards."""
    text = template(signer, **options)  # type: ignore[arg-type]
    bent = edit(text) if edit else text
    assert not edit or bent != text, "the edit changed nothing"
    root = etree.fromstring(form)
    root.append(etree.fromstring(bent))
    fill(root, signer.key, secret)
    if after:
        after(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def fill(root: etree._Element, key: Key, secret: bytes = b"") -> None:
    """Compute every digest that can be computed, then the signature value."""
    signature = root[-1]
    info = signature.find("ds:SignedInfo", NAMES)
    assert info is not None
    for reference in info.findall("ds:Reference", NAMES):
        value = reference.find("ds:DigestValue", NAMES)
        if value is not None:
            value.text = base64.b64encode(_digest(reference, _referred(root, reference))).decode()
    method = info.find("ds:SignatureMethod", NAMES)
    value = signature.find("ds:SignatureValue", NAMES)
    assert method is not None
    assert value is not None
    octets = etree.tostring(info, method="c14n")
    value.text = base64.b64encode(signature_value(key, method.get("Algorithm", ""), octets, secret)).decode()


def _referred(root: etree._Element, reference: etree._Element) -> bytes:
    uri = reference.get("URI", "")
    if uri.startswith("#"):
        found = root.xpath("//*[@Id=$id]", id=uri[1:])
        return etree.tostring(found[0], method="c14n") if found else b""
    bare = copy.deepcopy(root)
    bare.remove(bare[-1])
    return etree.tostring(bare, method="c14n")


def _digest(reference: etree._Element, octets: bytes) -> bytes:
    method = reference.find("ds:DigestMethod", NAMES)
    name = "" if method is None else method.get("Algorithm", "").rpartition("#")[2]
    return hashlib.new(name if name in ("md5", "sha1", "sha224", "sha384", "sha512") else "sha256", octets).digest()


def signature_value(key: Key, algorithm: str, octets: bytes, secret: bytes = b"") -> bytes:
    name = algorithm.rpartition("#")[2]
    if name.startswith("hmac"):
        return hmac.new(secret, octets, name.rpartition("-")[2]).digest()
    known = {"sha1": hashes.SHA1(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(), "md5": hashes.MD5()}
    digest = next((one for word, one in known.items() if word in name), hashes.SHA256())
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return key.sign(octets, pss if "MGF1" in name else padding.PKCS1v15(), digest)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(octets)
    size = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(octets, ec.ECDSA(digest)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
