"""The office's signature over the list of a bundle: CMS beside its content, with the key that signs its forms (CAdES-B in an ASiC-E container)."""

from __future__ import annotations

from datetime import datetime

from gateway.identity import PartyId
from gateway.signing.keys import KeyRing, digest_of
from gateway.smime.sealing import detached_signature


def seal(content: bytes, keys: KeyRing, party: PartyId, at: datetime) -> bytes:
    """The signature in DER; raises `Misconfigured` or `Unavailable` like every signature of ours."""
    own = keys.of(party)
    keys.check(own, at)
    return detached_signature(content, own, digest_of(own.method).name.lower(), at)
