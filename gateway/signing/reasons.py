"""Every reason for which a signature is refused, and what its sender is told to do about it.

One table, so that a code never appears without a sentence, and so that the guides can print it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from gateway.errors import Refused

_SENTENCES: Final[dict[str, str]] = {
    # where the signature stands
    "signature.missing": "The form is not signed. Sign it with your signing certificate and send it again.",
    "signature.several": "The form carries several signatures. Sign it once.",
    "signature.nested": "A signature stands inside another element. Put one signature as the last child of the root element.",
    "signature.not-last": "The signature is not the last child of the root element. Put nothing after it.",
    "signature.enveloping": "The signature encloses the form. Put the signature into the form, as the last child of its root element.",
    "signature.namespace": "The signature element is not in the XML-DSig namespace. Use http://www.w3.org/2000/09/xmldsig#.",
    "signature.stray": "An element of the signature namespaces stands outside the signature. Remove it and sign again.",
    "signature.xml-attribute": "The root element carries xml:lang, xml:space, xml:base or xml:id. Remove it and sign again.",
    "signature.duplicate-id": "The same id stands on two elements. Give every element its own id and sign again.",
    # what it is made of
    "signature.malformed": "The signature is not built as agreed. Build it as our signature profile shows.",
    "signature.base64": "A value in the signature is not base64 of the expected length. Sign the form again.",
    "signature.c14n": "The canonicalization is not the agreed one. Use inclusive Canonical XML 1.0 without comments.",
    "signature.transform": "A reference carries a transform that is not agreed. Use enveloped-signature and inclusive Canonical XML 1.0 only.",
    "signature.algorithm": "The signature algorithm is not agreed. Use ECDSA or RSA with SHA-256, SHA-384 or SHA-512.",
    "signature.hmac": "The signature uses a shared secret (HMAC). Sign with the key of your signing certificate.",
    "signature.sha1": "The signature uses SHA-1. Use SHA-256, SHA-384 or SHA-512.",
    "signature.md5": "The signature uses MD5. Use SHA-256, SHA-384 or SHA-512.",
    "signature.digest-algorithm": "The digest algorithm is not agreed. Use SHA-256, SHA-384 or SHA-512.",
    "signature.algorithm-ended": "The signature or digest algorithm is no longer taken. Sign with ECDSA on P-256 and SHA-256.",
    "signature.reference-missing": "The signature does not cover the whole form. Make its first reference the one with an empty URI.",
    "signature.reference-several": "The signature refers to the same thing twice. Refer to the whole form once and to the signed properties once.",
    "signature.reference-fragment": "The signature covers a part of the form. Refer to the whole form with an empty URI.",
    "signature.reference-remote": "The signature refers to something outside the form. Refer to the whole form with an empty URI.",
    "signature.reference-type": "The Type of a reference does not fit what it refers to. Use the type of SignedProperties for them and none else.",
    "signature.key-info": "KeyInfo must hold one X509Data with the certificate and nothing else.",
    "signature.key-value": "KeyInfo holds a bare key. Enclose the signing certificate in X509Data instead.",
    "signature.retrieval-method": "KeyInfo points to a key elsewhere. Enclose the signing certificate in X509Data instead.",
    "signature.object": "The signature holds an object that is not agreed. Only one QualifyingProperties is allowed there.",
    "signature.unsigned-properties": "The signature carries unsigned properties. Leave them out.",
    "signature.properties": "The signed properties are not as agreed. Give SigningTime and SigningCertificateV2 as in XAdES baseline-B.",
    "signature.properties-unsigned": "The XAdES properties are not covered by the signature. Add a reference to SignedProperties.",
    "signature.plain": "The signature has no XAdES properties, which is not agreed with you. Sign with XAdES baseline-B.",
    # whose certificate it is
    "signature.certificate": "The certificate cannot be read. Enclose it as base64 of DER.",
    "signature.certificate-ambiguous": "More than one certificate could be the signer's. Enclose the signer's and those of its authorities only.",
    "signature.key-type": "The key of the certificate is of a kind that is not agreed. Use an EC key on P-256, P-384 or P-521, or RSA.",
    "signature.key-size": "The RSA key of the certificate is too short or too long. Use 3072 bits, or an EC key on P-256.",
    "signature.key-ended": "Keys of this kind and size are no longer taken. Use an EC key on P-256.",
    "signature.key-mismatch": "The signature algorithm does not fit the key of the certificate. Sign with the key that belongs to it.",
    "signature.is-authority": "The certificate is that of an authority. Sign with a certificate issued to your office.",
    "signature.self-signed": "The certificate is self-signed. Sign with a certificate issued by the authority agreed with us.",
    "signature.tls-only": "The certificate is for TLS only. Sign with your signing certificate.",
    "signature.key-usage": "The certificate is not meant for signing. Use one with key usage digitalSignature.",
    "signature.expired": "The certificate has expired. Sign with a valid one.",
    "signature.not-yet-valid": "The certificate is not valid yet. Sign with a valid one, and check your clock.",
    "signature.revoked": "The certificate was revoked by its authority. Sign with a valid one.",
    "signature.untrusted": "The certificate was not issued by the authority agreed with you. Send us the new authority, or use the agreed one.",
    "signature.forged-issuer": "The certificate names an authority that did not issue it. Use the certificate issued by the agreed authority.",
    "signature.authority-expired": "The authority that issued the certificate is not valid now. Agree on its successor with us.",
    "signature.signer": "The certificate is not one that may sign for you. Sign with the certificate agreed with us.",
    "signature.no-anchors": "We have no authority on file for you. Ask us to enter the one that issues your signing certificates.",
    "signature.no-signers": "We have no signer on file for you. Ask us to enter the name of your signing certificate.",
    # what it proves
    "signature.value": "The signature does not fit the form and the certificate. Sign the form again with the key of the certificate.",
    "signature.digest": "What was signed was changed afterwards. Send the form exactly as it was signed.",
    "signature.coverage": "The signature does not cover the whole form. Sign the whole form.",
    "signature.certificate-digest": "The signed properties name another certificate. Put the digest of the signing certificate first.",
    "signature.time": "The signing time is missing or not a time with a zone. Give it as in 2026-01-31T12:00:00Z.",
    "signature.time-future": "The signing time lies in the future. Check your clock and sign again.",
    "signature.time-before-certificate": "The signing time lies before the certificate became valid. Check your clock and sign again.",
    "signature.unverifiable": "The signature cannot be verified. Build it as our signature profile shows.",
}

SENTENCES: Final = MappingProxyType(_SENTENCES)
"""Code to sentence. The codes are stable: partners may act on them."""


def refusal(code: str, operator: str = "") -> Refused:
    """The refusal with this code and its sentence; `operator` may say more and is never sent."""
    return Refused(code, SENTENCES[code], operator=operator)


@contextmanager
def refused_as(code: str) -> Iterator[None]:
    """Turn whatever a library raises in the block into a refusal: a verifier fails closed.

    Libraries document some of their exceptions only, and hostile input finds the others. Running out of memory is ours, not the sender's.
    """
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise refusal(code, operator=f"{type(error).__name__}: {str(error)[:300]}") from error
