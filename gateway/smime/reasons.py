"""Every reason for which S/MIME around a mail is refused, and what its sender is told to do about it.

Whatever goes wrong with an encrypted mail, before its content is proven to be what its sender encrypted, is told in one and
the same words: an answer that tells bad padding from other faults would let a stranger decrypt by asking (RFC 3218,
RFC 8551 section 6).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from gateway.errors import Refused

UNDECRYPTABLE: Final = "smime.undecryptable"

_SENTENCES: Final[dict[str, str]] = {
    UNDECRYPTABLE: (
        "The encrypted mail cannot be opened. Encrypt it once, for the S/MIME certificate on our card, with AES: in GCM mode, or in "
        "CBC mode with a multipart/signed entity inside."
    ),
    # what was agreed
    "smime.not-agreed": "S/MIME is not agreed with you. Send the mail without it, or agree on it with us.",
    "smime.required": "The mail is not protected by S/MIME as agreed with you. Sign, and encrypt where agreed, as the card says.",
    # how the mail is built
    "smime.wrapped": "A part with S/MIME stands beside other parts. Let S/MIME enclose the whole mail.",
    "smime.nested": "S/MIME stands inside a signed part. Sign once, and encrypt what was signed.",
    "smime.parts": "A multipart/signed has exactly two parts: the content and its signature.",
    "smime.boundary": "The boundary of multipart/signed is missing, odd, or stands where it should not.",
    "smime.preamble": "There is text before the signed part. Leave it out.",
    "smime.epilogue": "There is text after the signature part. Leave it out.",
    "smime.header": "A header of the mail or of a part is odd, doubled or not ASCII. Write each once, as RFC 2045 shows.",
    "smime.parameters": "A parameter of a Content-Type is doubled, split, encoded or not ASCII. Write each once and plainly.",
    "smime.protocol": "The protocol of multipart/signed is not that of its second part. Use application/pkcs7-signature for both.",
    "smime.micalg": "The micalg of multipart/signed is not the digest of the signature. Name the digest that was used.",
    "smime.transfer-encoding": "The signature part is not base64 of one CMS object.",
    "smime.content-type": "The signed part is of a type that is not taken. Sign application/xml or multipart/mixed.",
    "smime.message-part": "A part refers to another message or to content elsewhere. Send the content itself.",
    "smime.opaque": "The signature encloses its content. Sign as multipart/signed, with the signature beside the content.",
    "smime.certs-only": "The mail holds certificates and no content. Send certificates on a partner card.",
    "smime.compressed": "The content is compressed. Send it uncompressed.",
    "smime.line-ends": "Lines do not end with CRLF, or were signed with other line ends. Sign the content with CRLF.",
    # the CMS object
    "smime.malformed": "The signature is not a CMS SignedData as RFC 5652 describes it.",
    "smime.too-large": "The CMS object is larger, deeper or of more elements than is taken.",
    "smime.no-signer": "The CMS object has no signer. Sign the content.",
    "smime.several-signers": "The CMS object has several signers. Sign once.",
    "smime.embedded": "The CMS object holds content of its own beside the signed part. Sign detached.",
    "smime.attributes": "The signed attributes lack content type or message digest, or repeat one. Give each once.",
    "smime.unsigned-attributes": "The CMS object has unsigned attributes. Leave them out.",
    "smime.sha1": "SHA-1 is used. Use SHA-256, SHA-384 or SHA-512.",
    "smime.md5": "MD5 is used. Use SHA-256, SHA-384 or SHA-512.",
    "smime.algorithm": "An algorithm is not agreed. Use ECDSA or RSA with SHA-256, SHA-384 or SHA-512, one digest throughout.",
    "smime.digest": "The content is not what was signed. Send it in base64, so that nobody on the way changes it.",
    "smime.value": "The signature does not fit the signed attributes and the certificate. Sign again with the certificate's key.",
    # whose it is
    "smime.certificate-missing": "The certificate of the signer is not enclosed, or does not stand there once. Enclose it.",
    "smime.certificate": "The certificate of the S/MIME signature may not sign for you. Use the one agreed with us.",
    "smime.certificate-purpose": "The certificate is not meant for mail. Use one with the purpose emailProtection, or none.",
    "smime.certificate-digest": "The signing-certificate attribute names another certificate. Name the signer's, or leave it out.",
    "smime.time": "The signing time lies in the future, or before the certificate became valid. Check your clock.",
    "smime.no-address": "The certificate names no mail address. Use one with your address as rfc822Name.",
    "smime.from-mismatch": "The From line is not an address of the S/MIME certificate. Send from the address that it names.",
    "smime.sender-mismatch": "The Sender line, or the mail envelope, names somebody else than the signer. Let your office send it.",
    "smime.reply-to-mismatch": "The Reply-To line names somebody else than the signer. Leave it out.",
}

SENTENCES: Final = MappingProxyType(_SENTENCES)
"""Code to sentence. The codes are stable: partners may act on them."""


def refusal(code: str, operator: str = "") -> Refused:
    """The refusal with this code and its sentence; `operator` may say more and is never sent."""
    return Refused(code, SENTENCES[code], operator=operator)


def undecryptable() -> Refused:
    """The one answer to everything that can be wrong with an encrypted mail; not even our own journal knows more."""
    return refusal(UNDECRYPTABLE)


@contextmanager
def refused_as(code: str) -> Iterator[None]:
    """Turn whatever a library raises in the block into a refusal: a verifier fails closed."""
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise refusal(code, operator=f"{type(error).__name__}: {str(error)[:300]}") from error
