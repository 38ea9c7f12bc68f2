"""Every reason for which a time-stamp is refused, and what to do about it. One table, so that the guides can print it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from gateway.errors import Refused

_SENTENCES: Final[dict[str, str]] = {
    # what came over the wire
    "stamp.too-long": "The answer is longer than any reply of a time-stamp authority. Check the address.",
    "stamp.media-type": "The answer is not application/timestamp-reply. Check the address.",
    "stamp.malformed": "It is no RFC 3161 reply or token in DER. Check the address; where it is a kept one, it was damaged.",
    "stamp.rejected": "The authority did not grant a stamp. Ask it why.",
    # what the token says
    "stamp.imprint": "It is over something else than the checkpoint.",
    "stamp.nonce": "It answers another question than the one that was asked: an old answer, or somebody else's.",
    "stamp.policy": "It was given under another policy than the settings name. Ask the authority, or correct the settings.",
    "stamp.accuracy": "It does not say how exact its time is, or is less exact than the settings demand.",
    "stamp.back-dated": "Its time is before what it is over can have existed. One of the two clocks is wrong, or the authority is.",
    "stamp.future": "Its time has not come yet by the clock of this machine. One of the two clocks is wrong, or the authority is.",
    # whose it is
    "stamp.algorithm": "A digest, signature or key is not among those that are taken: SHA-256, SHA-384, SHA-512; ECDSA, or RSA from 2048 bits.",
    "stamp.certificate": "The certificate that signed is not enclosed, or not the one that the signed attributes name (RFC 5816).",
    "stamp.purpose": "The certificate is not for time-stamps alone, as RFC 3161 demands (critical).",
    "stamp.expired": "The certificate was not valid at the time that the stamp tells.",
    "stamp.untrusted": "The certificate does not lead to an authority that the settings name.",
    "stamp.signature": "The signature does not hold.",
    # kept ones
    "stamp.checkpoint": "What stands beside the token is no checkpoint of this log, or of another size than its name says.",
    "stamp.forked": "The stamped checkpoint has another root than the log: two histories were signed.",
    "stamp.missing": "There is a token without its checkpoint. Put the file back from a copy.",
    "stamp.unknown-authority": "Its authority does not stand in the settings. Keep the table of one that is no longer asked, with enabled = false.",
}
SENTENCES: Final = MappingProxyType(_SENTENCES)


def refusal(code: str, detail: str = "") -> Refused:
    """The error for a reason; the detail is for our own operators."""
    sentence = _SENTENCES[code]
    return Refused(code, sentence, operator=f"{sentence} ({detail})" if detail else sentence)


@contextmanager
def refused_as(code: str) -> Iterator[None]:
    """Whatever a library says about what others sent becomes this reason."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise refusal(code, f"{type(error).__name__}: {error}"[:200]) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Rust code that gave up over hostile input
            raise
        raise refusal(code, "the library gave up") from error
