"""S/MIME for the stages: what they ask of it, with our keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gateway.envelope import Payload, SmimeReport
from gateway.errors import Misconfigured
from gateway.partners import Directory, Partner
from gateway.signing.algorithms import EVERYTHING, AlgorithmPolicy
from gateway.signing.keys import OwnKey, check_validity
from gateway.signing.revocation import RevocationBook
from gateway.signing.verify import TrustKept
from gateway.smime.peeling import Peeled, is_protected, peel
from gateway.smime.proof import prove
from gateway.smime.reasons import refusal
from gateway.smime.sealing import check_recipient, encrypted_entity, entity_of, signed_entity


class Seals:
    """Opens what partners send under S/MIME and seals what we send them."""

    def __init__(self, keys: Iterable[OwnKey] = (), algorithms: AlgorithmPolicy = EVERYTHING) -> None:
        self._keys = tuple(keys)
        """All of them open; the first of a party signs."""
        self._algorithms = algorithms
        self.kept = TrustKept(algorithms=algorithms)
        self._opened: tuple[Payload, Peeled] | None = None
        """The mail that was opened last, until its signer is proved: two stages need it, and decryption is what costs."""

    def peeled(self, payload: Payload, directory: Directory, sender: str) -> Peeled | None:
        """What is under S/MIME, None for a mail without it; raises `Refused`. Only what a partner that has agreed to it seems
        to have sent is decrypted at all.
        """
        if not is_protected(payload):
            return None
        if not any(each.smime.layers and each.owns_address(sender) for each in directory):
            raise refusal("smime.not-agreed")
        if self._opened is None or self._opened[0] is not payload:
            self._opened = None
            self._opened = (payload, peel(payload, self._keys))
        return self._opened[1]

    def proved(
        self, peeled: Peeled | None, partner: Partner, sender: str, at: datetime, revocation: RevocationBook
    ) -> SmimeReport | None:
        """What S/MIME proves of a mail of this partner; raises `Refused`, also where less is there than was agreed."""
        self._opened = None
        there = frozenset(peeled.layers) if peeled else frozenset()
        if partner.smime.required and not partner.smime.layers <= there:
            raise refusal("smime.required", f"there is {'+'.join(sorted(there)) or 'nothing'}")
        if peeled is None:
            return None
        if not partner.smime.layers:
            raise refusal("smime.not-agreed")
        if peeled.signature:
            self._algorithms.check_taken("signature", peeled.signature.algorithm, at)
            self._algorithms.check_taken("digest", peeled.signature.algorithm.rpartition("-")[2], at)
        return prove(peeled, partner, sender, at, self.kept, revocation)

    def sealed(
        self, packed: Payload, party: str, partner: Partner, at: datetime, revocation: RevocationBook | None = None
    ) -> bytes | None:
        """The entity for a mail to this partner, None where S/MIME is not agreed; raises `Misconfigured`."""
        layers = partner.smime.layers
        if not layers:
            return None
        entity = entity_of(packed.content, packed.media_type)
        if "signed" in layers:
            entity = signed_entity(entity, self._key(party, at), at)
        if "encrypted" in layers:
            check_recipient(partner, at, revocation or RevocationBook())
            entity = encrypted_entity(entity, partner, at, signed="signed" in layers)
        return entity

    def _key(self, party: str, at: datetime) -> OwnKey:
        own = next((each for each in self._keys if each.party == party), None)
        if own is None:
            public = "The mail cannot be protected by S/MIME as agreed."
            raise Misconfigured(
                "smime.no-key",
                public,
                operator=f"There is no S/MIME key for {party}. Name its key and certificate in the settings.",
            )
        check_validity(party, own.certificate, at)
        return own
