"""A time-stamp (RFC 3161) over a checkpoint: what it is over, who made it, when; and whether that can be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from asn1crypto import tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from . import cms
from .certificates import named, path, purposes
from .report import Bad

TOLERANCE: Final = timedelta(minutes=1)
"""Clocks of two houses differ."""


def stamped(der: bytes, over: bytes) -> tuple[datetime, cms.Signed]:
    """When the authority saw these octets; raises `Bad`. Whose authority it is, is asked by `trusted`."""
    token = der
    if (response := _response(der)) is not None:
        token = response
    signed = cms.verified(token, "tst_info")
    info = tsp.TSTInfo.load(signed.content, strict=True)
    algorithm = str(info["message_imprint"]["hash_algorithm"]["algorithm"].native)
    if algorithm not in cms.HASHES:
        raise Bad(f"the time-stamp is over a digest that is not agreed: {algorithm[:20]}")
    if info["message_imprint"]["hashed_message"].native != hashlib.new(algorithm, over).digest():
        raise Bad("it is a time-stamp of other data")
    if purposes(signed.signer) != {ExtendedKeyUsageOID.TIME_STAMPING}:
        raise Bad(f"the certificate of {named(signed.signer)} is not one for time-stamping alone")
    at = info["gen_time"].native.astimezone(UTC)
    return at, signed


def _response(der: bytes) -> bytes | None:
    """The token in an answer of an authority; None for a bare token."""
    try:
        answer = tsp.TimeStampResp.load(der, strict=True)
        if answer["status"]["status"].native not in ("granted", "granted_with_mods"):
            raise Bad("the authority refused to stamp")
        return bytes(answer["time_stamp_token"].dump())
    except (ValueError, TypeError, KeyError):
        return None


def trusted(signed: cms.Signed, at: datetime, anchors: Sequence[x509.Certificate]) -> None:
    """Raise `Bad` unless the authority is one of those that were pinned; `NotCheckable` where none was."""
    path(signed.signer, signed.others, anchors, at)


def check_times(at: datetime, earliest: datetime | None, made: datetime) -> None:
    """Raise `Bad` for a stamp from before the entries that it is over, or from after the bundle."""
    if earliest is not None and at < earliest - TOLERANCE:
        raise Bad(
            f"it is of {at:%Y-%m-%d %H:%M:%S}Z, before entries of {earliest:%Y-%m-%d %H:%M:%S}Z under the checkpoint: back-dated"
        )
    if at > made + TOLERANCE:
        raise Bad(f"it is of {at:%Y-%m-%d %H:%M:%S}Z, after the bundle was made")
