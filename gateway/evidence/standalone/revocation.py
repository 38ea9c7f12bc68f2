"""Whether a certificate was taken back then: the authority's own answer (CRL or OCSP) as it was at hand at that moment."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from .certificates import named, purposes
from .report import Bad, NotCheckable


def check(content: bytes, kind: str, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
    """Raise `Bad` when the answer is not the authority's, not of that time, or takes the certificate back."""
    if kind == "crl":
        _crl(content, certificate, issuer, at)
    elif kind == "ocsp":
        _ocsp(content, certificate, issuer, at)
    else:
        raise Bad("it is neither a list nor an OCSP answer")


def _fresh(begin: datetime, end: datetime | None, at: datetime) -> None:
    if at < begin:
        raise Bad(f"the answer is of {begin:%Y-%m-%d %H:%M}Z, later than the check of {at:%Y-%m-%d %H:%M}Z")
    if end is None or at > end:
        raise NotCheckable(f"the answer was out of date on {at:%Y-%m-%d %H:%M}Z")


def _crl(content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
    answer = x509.load_der_x509_crl(content)
    key = issuer.public_key()
    if (
        answer.issuer != issuer.subject
        or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        or not answer.is_signature_valid(key)
    ):
        raise Bad("the list is not one of the authority that issued the certificate, or was changed")
    row = answer.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if row is not None and row.revocation_date_utc <= at:
        raise Bad(
            f"the certificate of {named(certificate)} was taken back on {row.revocation_date_utc:%Y-%m-%d %H:%M}Z"
        )
    _fresh(answer.last_update_utc, answer.next_update_utc, at)


def _ocsp(content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
    answer = ocsp.load_der_ocsp_response(content)
    if (
        answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL
        or answer.serial_number != certificate.serial_number
    ):
        raise Bad("the answer speaks of another certificate, or of none")
    _signed(answer, _responder(answer, issuer))
    if answer.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        gone = answer.revocation_time_utc
        if gone is not None and gone <= at:
            raise Bad(f"the certificate of {named(certificate)} was taken back on {gone:%Y-%m-%d %H:%M}Z")
    if answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        raise NotCheckable("the authority did not know the certificate")
    _fresh(answer.this_update_utc, answer.next_update_utc, at)


def _responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate:
    """The authority itself, or whom it certified for this."""
    for each in answer.certificates:
        if each == issuer:
            return issuer
        try:
            each.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in purposes(each):
            return each
    return issuer


def _signed(answer: ocsp.OCSPResponse, responder: x509.Certificate) -> None:
    key, chosen = responder.public_key(), answer.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and chosen is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(chosen))
        elif isinstance(key, rsa.RSAPublicKey) and chosen is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), chosen)
        else:
            raise Bad("the answer is signed in a way that is not agreed")
    except InvalidSignature as error:
        raise Bad("the answer is not signed by the authority that issued the certificate, or was changed") from error
