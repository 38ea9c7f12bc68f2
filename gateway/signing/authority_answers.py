"""Reading what an authority answers about its certificates: a CRL (RFC 5280) or an OCSP response (RFC 6960).

Whoever carries it, an answer counts only by its signature: by the very authority, or by a responder that this authority
certified for that purpose. Everything that narrows what an answer covers is refused rather than guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.errors import Refused
from gateway.identity import digest
from gateway.signing.revocation import CRL, OCSP, Answer, Gone

MAX_ANSWER_OCTETS: Final = 10_000_000
MAX_REVOKED: Final = 200_000
MAX_AHEAD: Final = timedelta(minutes=5)
LONGEST_WITHOUT_END: Final = timedelta(hours=24)
"""For how long an OCSP answer without nextUpdate vouches; RFC 6960 says newer ones are always there."""
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def read_crl(content: bytes, authorities: list[x509.Certificate], source: str, now: datetime) -> Answer:
    """A list, in DER or PEM, of the one of these authorities that signed it; raises `Refused` with a code `revocation.…`."""
    with _refused_as("revocation.unreadable"):
        pem = content.lstrip().startswith(b"-----BEGIN")
        crl = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
        _check_extensions(crl)
        authority = _signer_of(crl, authorities)
        this_update, next_update = crl.last_update_utc, crl.next_update_utc
        if next_update is None:
            raise _refusal("revocation.no-end", f"The list of {source} does not say when the next one comes.")
        _check_time(this_update, next_update, source, now)
        return Answer(
            kind=CRL, issuer=fingerprint(authority), number=_number(crl), this_update=this_update, next_update=next_update,
            fetched_at=now, source=source, digest=digest(content), revoked=_revoked(crl, source),
        )  # fmt: skip


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the whole certificate."""
    return digest(certificate.public_bytes(Encoding.DER))


def serial_of(number: int) -> str:
    """A serial number as reports and answers write it."""
    return format(number, "x")


def _signer_of(crl: x509.CertificateRevocationList, authorities: list[x509.Certificate]) -> x509.Certificate:
    algorithm = crl.signature_hash_algorithm
    if not isinstance(algorithm, _HASHES):
        raise _refusal("revocation.algorithm", "The list is signed with a digest that is not good.")
    for authority in authorities:
        if authority.subject == crl.issuer and _may_sign_lists(authority):
            key = authority.public_key()
            if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) and crl.is_signature_valid(key):
                return authority
    raise _refusal(
        "revocation.signer", f"The list of {crl.issuer.rfc4514_string()[:120]} is not signed by its authority."
    )


def _may_sign_lists(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True  # RFC 5280, 6.3.3 (f): only where a key usage is there must it allow it


def _check_extensions(crl: x509.CertificateRevocationList) -> None:
    # A delta list, or one for a part of the certificates, would leave a revocation out without saying so.
    for extension in crl.extensions:
        if extension.critical or isinstance(extension.value, x509.DeltaCRLIndicator | x509.IssuingDistributionPoint):
            raise _refusal(
                "revocation.partial", f"The list covers a part only: extension {extension.oid.dotted_string}."
            )


def _number(crl: x509.CertificateRevocationList) -> str:
    try:
        return format(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number, "x")
    except x509.ExtensionNotFound:
        return ""


def _revoked(crl: x509.CertificateRevocationList, source: str) -> dict[str, Gone]:
    if len(crl) > MAX_REVOKED:
        raise _refusal("revocation.too-long", f"The list of {source} has more than {MAX_REVOKED} rows.")
    found = {}
    for row in crl:
        reason = ""
        for extension in row.extensions:
            if isinstance(extension.value, x509.CRLReason):
                reason = extension.value.reason.value
            elif extension.critical:
                raise _refusal("revocation.partial", "A row speaks for another authority; such lists are not read.")
        if reason != x509.ReasonFlags.remove_from_crl.value:
            found[serial_of(row.serial_number)] = Gone(at=row.revocation_date_utc, reason=reason)
    return found


def _check_time(this_update: datetime, next_update: datetime, source: str, now: datetime) -> None:
    if this_update > now + MAX_AHEAD:
        raise _refusal("revocation.future", f"{source} gave an answer from the future: {this_update.isoformat()}.")
    if next_update < this_update:
        raise _refusal("revocation.unreadable", f"{source} gave an answer that ends before it begins.")


# --- OCSP


def ocsp_question(authority: x509.Certificate, serial: str, nonce: bytes) -> bytes:
    """What to ask a responder about one certificate of an authority. SHA-1 names the authority here and protects nothing."""
    key_hash = x509.SubjectKeyIdentifier.from_public_key(authority.public_key()).digest
    sha1 = hashes.SHA1()  # noqa: S303  # RFC 6960, 4.3: the one that every responder knows
    name = hashes.Hash(sha1)
    name.update(authority.subject.public_bytes())
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name.finalize(), key_hash, int(serial, 16), sha1)
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)


def read_ocsp(
    content: bytes, authority: x509.Certificate, question: bytes, source: str, now: datetime
) -> Answer:  # fmt: skip
    """The answer of a responder to a question about one certificate of this authority; raises `Refused`."""
    with _refused_as("revocation.unreadable"):
        response, asked = ocsp.load_der_ocsp_response(content), ocsp.load_der_ocsp_request(question)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _refusal("revocation.no-answer", f"{source} answered {response.response_status.name}.")
        _check_nonce(response, asked, source)
        meant = (asked.serial_number, asked.issuer_key_hash, asked.issuer_name_hash)
        if (response.serial_number, response.issuer_key_hash, response.issuer_name_hash) != meant:
            raise _refusal("revocation.other", f"{source} answered about another certificate.")
        _check_ocsp_signature(response, authority, source, now)
        next_update = response.next_update_utc or response.this_update_utc + LONGEST_WITHOUT_END
        _check_time(response.this_update_utc, next_update, source, now)
        serial, status = serial_of(asked.serial_number), response.certificate_status
        return Answer(
            kind=OCSP, issuer=fingerprint(authority), serial=serial, this_update=response.this_update_utc,
            next_update=next_update, fetched_at=now, source=source, digest=digest(content),
            revoked={serial: _gone(response)} if status is ocsp.OCSPCertStatus.REVOKED else {},
            unknown=status is ocsp.OCSPCertStatus.UNKNOWN,
        )  # fmt: skip


def _gone(response: ocsp.OCSPResponse) -> Gone:
    at, reason = response.revocation_time_utc, response.revocation_reason
    return Gone(at=at or response.this_update_utc, reason=reason.value if reason else "")


def _check_nonce(response: ocsp.OCSPResponse, asked: ocsp.OCSPRequest, source: str) -> None:
    """Many responders prepare answers and leave the nonce out; one that is there must be ours."""
    try:
        theirs = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return
    if theirs != asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce:
        raise _refusal("revocation.replayed", f"{source} gave an answer to another question.")


def _check_ocsp_signature(response: ocsp.OCSPResponse, authority: x509.Certificate, source: str, now: datetime) -> None:
    """RFC 6960, 4.2.2.2: by the authority, or by one to whom it delegated exactly this."""
    if not isinstance(response.signature_hash_algorithm, _HASHES):
        raise _refusal("revocation.algorithm", f"{source} signs with a digest that is not good.")
    delegates = [one for one in response.certificates if one != authority and _is_delegate(one, authority, now)]
    if not any(_signed_by(response, one) for one in (authority, *delegates)):
        raise _refusal("revocation.signer", f"{source} gave an answer that its authority did not sign.")


def _is_delegate(certificate: x509.Certificate, authority: x509.Certificate, now: datetime) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    lasting = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return lasting and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _signed_by(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    key, algorithm = certificate.public_key(), response.signature_hash_algorithm
    assert algorithm is not None, "it was looked at before"
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _refusal(code: str, operator: str) -> Refused:
    return Refused(code, "The answer about revoked certificates cannot be used.", operator=operator)


@contextmanager
def _refused_as(code: str) -> Iterator[None]:
    """Whatever a library raises over hostile bytes becomes a refusal."""
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise _refusal(code, f"{type(error).__name__}: {str(error)[:200]}") from error
