"""Strict verification of what a partner signed.

The one idea: shape, then trust, then value, then coverage, and only what the last step returned goes on. signxml
computes digests and the signature value; which signature, over what, with which algorithms and whose key is settled
before it is called.
"""

from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final

from cryptography.exceptions import InvalidSignature as WrongSignature
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from gateway.envelope import RevocationFound, SignatureReport
from gateway.identity import digest
from gateway.partners import Partner, SignaturePolicy
from gateway.safexml import canonical, parse
from gateway.signing.algorithms import ALGORITHMS, DIGESTS, EVERYTHING, AlgorithmPolicy
from gateway.signing.discretion import keep_content_out_of_logs
from gateway.signing.properties import check_properties
from gateway.signing.reasons import refusal, refused_as
from gateway.signing.revocation import RevocationBook
from gateway.signing.shape import C14N, Shape, check_shape
from gateway.signing.trust import Trust, check_certificates

MAX_TRUST_KEPT: Final = 512
"""Certificates whose path is remembered; an office has a few."""

_METHODS: Final = frozenset(SignatureMethod(uri) for uri in ALGORITHMS)
_DIGESTS: Final = frozenset(DigestAlgorithm(uri) for uri in DIGESTS)


class TrustKept:
    """Paths found before, by the exact certificates and the whole policy, for as long as all of them are valid.

    A changed policy (another anchor, another signer) is another key, so what was kept under the old one is not found.
    """

    def __init__(self, size: int = MAX_TRUST_KEPT, algorithms: AlgorithmPolicy = EVERYTHING) -> None:
        self._size, self._algorithms = size, algorithms
        self._kept: OrderedDict[tuple[tuple[str, ...], SignaturePolicy], Trust] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def trust(self, certificates: tuple[bytes, ...], policy: SignaturePolicy, at: datetime) -> Trust:
        """The trust in these certificates at this time; raises `Refused`. Refusals are not kept."""
        key = (tuple(map(digest, certificates)), policy)
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found.valid_from <= at <= found.valid_until:
                self._kept.move_to_end(key)
                return found
        found = check_certificates(certificates, policy, at, self._algorithms)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found

    def forget(self) -> None:
        """Ask again for every certificate, for instance after a revocation."""
        with self._lock:
            self._kept.clear()


class StrictVerifier:
    """Verifies the one enveloped signature of a document against what was agreed with the partner.

    1. Parse: `gateway.safexml` only (its refusals keep their codes `xml.…`).
    2. Shape: exactly one signature, in its place, of the closed lists in `shape.py`, with algorithms that are taken now.
    3. Profile: XAdES baseline-B, or plain XML-DSig where the partner's policy says so.
    4. Trust: the certificate in KeyInfo may sign for this partner, at this time.
    5. Fit: the algorithm belongs to the certificate's kind of key.
    6. Value: signxml checks signature value and digests with this certificate and none else.
    7. Coverage: what signxml returns as signed is the whole document without the signature.
    8. Properties: the signed ones name this certificate and a sane signing time.
    9. Revocation: no certificate of the path was taken back, by the answers that are at hand; nobody is asked now.
    10. Report: the canonical bytes of the returned tree, and nothing of the tree that was parsed in step 1.
    """

    def __init__(self, algorithms: AlgorithmPolicy = EVERYTHING, revocation: RevocationBook | None = None) -> None:
        keep_content_out_of_logs()
        self._revocation = revocation if revocation is not None else RevocationBook()
        self._algorithms = algorithms
        self.kept = TrustKept(algorithms=algorithms)

    def verify(self, document: bytes, partner: Partner, at: datetime) -> SignatureReport:
        """What the signature proves; raises `Refused` (`signature.…`, `xml.…`) for everything else."""
        # 1
        root = parse(document)
        # 2
        with refused_as("signature.malformed"):
            shape = check_shape(root)
        self._algorithms.check_taken("signature", shape.algorithm.name, at)
        for name in shape.digests:
            self._algorithms.check_taken("digest", name, at)
        # 3
        if shape.profile == "xmldsig" and not partner.signature.plain_xmldsig:
            raise refusal("signature.plain")
        # 4
        trust = self.kept.trust(shape.certificates, partner.signature, at)
        # 5
        if shape.algorithm.key != trust.key:
            raise refusal("signature.key-mismatch", f"{shape.algorithm.name} with a key of kind {trust.key}")
        # 6
        results = _verify_value(root, shape, trust, at)
        # 7
        verified = covered(root, shape.signature, results[0])
        # 8
        signed_at = check_properties(results, trust.certificate, at) if shape.profile == "xades-b" else None
        # 9
        known = self._known(trust, partner.signature, at)
        # 10
        return SignatureReport(
            party=partner.party,
            profile=shape.profile,
            algorithm=shape.algorithm.name,
            certificate=trust.fingerprint,
            subject=trust.subject,
            serial=format(trust.certificate.serial_number, "x"),
            signed_at=signed_at,
            verified=verified,
            key=trust.key_class,
            digests=shape.digests,
            issuer=trust.links[0][0] if trust.links else "",
            revocation=known,
        )

    def _known(self, trust: Trust, policy: SignaturePolicy, at: datetime) -> tuple[RevocationFound, ...]:
        """What is known of the path; raises `Refused` for a revoked certificate, also where that answer is not demanded."""
        found = [self._revocation.standing(issuer, serial, at) for issuer, serial in trust.links]
        for one in found:
            if one.gone is not None:
                raise refusal("signature.revoked", f"on {one.gone.at:%Y-%m-%d %H:%M} {one.gone.reason}".strip())
        return () if policy.revocation == "none" else tuple(one.told() for one in found)


def _verify_value(root: etree._Element, shape: Shape, trust: Trust, at: datetime) -> list[VerifyResult]:
    config = SignatureConfiguration(
        require_x509=True,
        location="./",
        expect_references=shape.references,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        ignore_ambiguous_key_info=False,
        verification_time=at,
        default_reference_c14n_method=CanonicalizationMethod(C14N),
    )
    with refused_as("signature.unverifiable"):
        try:
            # A verifier of signxml keeps its arguments in itself, so every call has its own.
            found = XMLVerifier().verify(root, x509_cert=trust.certificate, expect_config=config)
        except InvalidDigest as error:
            raise refusal("signature.digest", str(error)[:300]) from error
        except WrongSignature as error:
            raise refusal("signature.value", str(error)[:300]) from error
        results = found if isinstance(found, list) else [found]
        if len(results) != shape.references:
            raise refusal("signature.unverifiable", "another number of references than the shape has")
        return results


def covered(root: etree._Element, signature: etree._Element, content: VerifyResult) -> bytes:
    """The canonical bytes of what was signed, if that is the whole document without its signature."""
    if content.signed_xml is None:
        raise refusal("signature.coverage", "the signed octets are no XML")
    with refused_as("signature.coverage"):
        verified = canonical(content.signed_xml)
        _take_out(root, signature)
        if verified != content.signed_data or verified != canonical(root):
            raise refusal("signature.coverage")
        return verified


def _take_out(root: etree._Element, signature: etree._Element) -> None:
    # lxml removes the text behind an element with it; the enveloped-signature transform does not.
    tail, before = signature.tail or "", signature.getprevious()
    root.remove(signature)
    if before is None:
        root.text = (root.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
