"""Whether an authority has taken a certificate back: what its answers (CRL, OCSP) say as of a moment.

Nothing here fetches anything. Answers are read once, in the background, into plain facts; verification looks them up.
Two rules decide doubt: what is out of date no longer vouches for a certificate, but never takes a revocation back; and
a newer answer is never replaced by an older one, whoever plays it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from gateway.envelope import RevocationFound
from gateway.errors import Refused
from gateway.identity import Digest

CRL, OCSP = "crl", "ocsp"
GOOD, REVOKED, UNKNOWN = "good", "revoked", "unknown"
NO_ANSWER, STALE, NOT_THEIRS = "no answer", "out of date", "the authority does not know it"


class Gone(Struct, frozen=True, kw_only=True):
    """A certificate that was taken back."""

    at: datetime
    reason: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """One answer of an authority, read and checked."""

    kind: str
    """`crl` or `ocsp`."""
    issuer: Digest
    """The certificate of the authority that it speaks for."""
    serial: str = ""
    """The one certificate that an OCSP answer speaks of, in hexadecimal."""
    number: str = ""
    """CRL number in hexadecimal, where there is one."""
    this_update: datetime
    next_update: datetime
    fetched_at: datetime
    source: str
    digest: Digest
    """Of the answer as it came; under this name it is kept."""
    revoked: dict[str, Gone] = {}
    unknown: bool = False
    """The OCSP responder does not know the certificate."""

    def speaks_of(self, serial: str) -> bool:
        """A list speaks of every certificate of its authority."""
        return self.kind == CRL or self.serial == serial

    def fresh(self, at: datetime) -> bool:
        """Whether it may vouch for a certificate at this time."""
        return at <= self.next_update

    def takes_back(self, serial: str, at: datetime) -> Gone | None:
        """The revocation of a certificate, once it has begun."""
        gone = self.revoked.get(serial)
        return gone if gone is not None and gone.at <= at else None


class Standing(Struct, frozen=True, kw_only=True):
    """What is known of one certificate at one moment."""

    status: str
    why: str = ""
    answer: Answer | None = None
    gone: Gone | None = None

    def told(self) -> RevocationFound:
        """As the report of a signature keeps it."""
        answer = self.answer
        if answer is None:
            return RevocationFound(status=self.status, why=self.why)
        return RevocationFound(
            status=self.status, why=self.why, kind=answer.kind, source=answer.source, digest=answer.digest,
            as_of=answer.this_update, fetched_at=answer.fetched_at,
        )  # fmt: skip


class RevocationBook:
    """The newest answers of every authority. Replaced as a whole; who holds the book sees the new ones at once."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self._by_issuer: dict[Digest, tuple[Answer, ...]] = {}
        self.replace(answers)

    def __iter__(self) -> Iterator[Answer]:
        return (answer for answers in self._by_issuer.values() for answer in answers)

    def replace(self, answers: Iterable[Answer]) -> None:
        """Put other answers in place of all."""
        found: dict[Digest, list[Answer]] = {}
        for answer in answers:
            found.setdefault(answer.issuer, []).append(answer)
        newest_first = {
            issuer: tuple(sorted(each, key=lambda one: one.this_update, reverse=True)) for issuer, each in found.items()
        }
        self._by_issuer = newest_first

    def take(self, answer: Answer) -> bool:
        """Put a newer answer in place of its predecessor; false when it is the same one. Raises `Refused` for an older one."""
        before = self._before(answer)
        if before is not None:
            if before.digest == answer.digest:
                return False
            check_newer(answer, before)
        self.replace([*(one for one in self if one is not before), answer])
        return True

    def _before(self, answer: Answer) -> Answer | None:
        same = (answer.kind, answer.serial)
        return next((one for one in self._by_issuer.get(answer.issuer, ()) if (one.kind, one.serial) == same), None)

    def standing(self, issuer: Digest, serial: str, at: datetime) -> Standing:
        """What is known of a certificate: the newest answer decides, then the newest that is not out of date."""
        speaking = [one for one in self._by_issuer.get(issuer, ()) if one.speaks_of(serial)]
        if not speaking:
            return Standing(status=UNKNOWN, why=NO_ANSWER)
        fresh = next((one for one in speaking if one.fresh(at)), None)
        for answer in (speaking[0], fresh):
            gone = answer.takes_back(serial, at) if answer else None
            if gone is not None:
                return Standing(status=REVOKED, why=gone.reason, answer=answer, gone=gone)
        if fresh is None:
            return Standing(status=UNKNOWN, why=STALE, answer=speaking[0])
        if fresh.unknown:
            return Standing(status=UNKNOWN, why=NOT_THEIRS, answer=fresh)
        return Standing(status=GOOD, answer=fresh)


def check_newer(answer: Answer, before: Answer) -> None:
    """Raise `Refused` for an answer that is older than the one we have: a replay would take a revocation back."""
    older = answer.this_update < before.this_update
    if answer.number and before.number:
        older = older or int(answer.number, 16) < int(before.number, 16)
    if older:
        words = f"{answer.source} gave an answer of {answer.this_update:%Y-%m-%d %H:%M}, older than the one we have."
        raise Refused("revocation.older", "The answer is older than the one before.", operator=words)
