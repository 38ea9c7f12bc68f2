"""Signing our own messages: XAdES baseline-B, enveloped, last child of the root.

signxml does the work. Its habits that are changed here: it takes the time from the system clock, and it adds a bare
KeyValue and a reference to KeyInfo. What comes out is held to the same shape as what partners send.
"""

from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureMethod
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

from gateway.errors import Misconfigured, Refused
from gateway.identity import PartyId
from gateway.signing.discretion import keep_content_out_of_logs
from gateway.signing.grammar import xades
from gateway.signing.keys import KeyRing, digest_of
from gateway.signing.shape import C14N, check_shape

_FORMAT: Final = XAdESDataObjectFormat(Description="Form", MimeType="application/xml")


class _SignerAt(XAdESSigner):
    """signxml's signer at a given time, with one reference to the form and one to the signed properties."""

    def __init__(self, method: SignatureMethod, at: datetime) -> None:
        super().__init__(
            data_object_format=_FORMAT,
            signature_algorithm=method,
            digest_algorithm=digest_of(method),
            c14n_algorithm=CanonicalizationMethod(C14N),  # with exclusive C14N signxml writes XAdES that others refuse
        )
        self._at = at

    def add_signing_time(
        self,
        signed_signature_properties: etree._Element,
        sig_root: Any,
        signing_settings: Any,
    ) -> None:
        time = etree.SubElement(signed_signature_properties, xades("SigningTime"))
        time.text = f"{self._at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"

    def _add_reference_to_signed_info(self, sig_root: Any, node_to_reference: etree._Element, **attrs: str) -> None:
        if node_to_reference.tag == xades("SignedProperties"):
            super()._add_reference_to_signed_info(  # type: ignore[no-untyped-call]  # untyped there
                sig_root, node_to_reference, **attrs
            )


class XadesSigner:
    """Signs for our own parties."""

    def __init__(self, keys: KeyRing) -> None:
        keep_content_out_of_logs()
        self._keys = keys

    def probe(self, at: datetime) -> None:
        """Raise `Misconfigured` unless there is a key and every key is valid at this time."""
        if not len(self._keys):
            raise Misconfigured("signing.no-key", "There is no signing key.")
        for own in self._keys:
            self._keys.check(own, at)

    def sign(self, root: etree._Element, party: PartyId, at: datetime) -> bytes:
        """The signed document as bytes; raises `Misconfigured` when there is no valid key for the party."""
        own = self._keys.of(party)
        self._keys.check(own, at)
        # A signer of signxml remembers every token it made, so each message has its own.
        # The chain goes along without its root, which the other side has pinned.
        chain = [own.certificate, *(one for one in own.chain[1:] if one.subject != one.issuer)]
        signed = _SignerAt(own.method, at).sign(root, key=own.key, cert=chain, always_add_key_value=False)
        try:
            check_shape(signed)
        except Refused as error:
            # Not the sender's fault: whoever made this tree put an id, a signature or the like into it.
            raise Misconfigured(
                "signing.shape", "The form cannot be signed.", operator=f"our own signature is refused: {error}"
            ) from error
        return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
