"""The watch that hears authorities: fetches lists and OCSP answers in the background, and keeps each as it came.

Never in the message path (promise 8). Which certificates to ask a responder about is learned from the journal, where
verification leaves issuer and serial number; so nothing is asked because of a message that is not yet there, and a
restart goes on where it was. An answer that is refused changes nothing but the alarm.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
from cryptography import x509
from msgspec import Struct

from gateway.errors import GatewayError, Unavailable
from gateway.journal.entry import Entry
from gateway.ledger import Ledger
from gateway.partners import Directory, Partner
from gateway.ports import Clock
from gateway.signing.answer_shelf import AnswerShelf
from gateway.signing.authority_answers import MAX_ANSWER_OCTETS, fingerprint, ocsp_question, read_crl, read_ocsp
from gateway.signing.revocation import Answer, RevocationBook

LOOK_EVERY: Final = timedelta(seconds=5)
"""A look reads what is new in the journal; most find nothing to fetch."""
SOONEST: Final = timedelta(minutes=5)
LATEST: Final = timedelta(hours=6)
"""An answer is fetched again after half of its time, within these bounds."""
AGAIN_MINUTES: Final = (1, 2, 5, 10, 30)
"""Waits after failures; the last one repeats."""
PAGE: Final = 500
MAX_ASKED: Final = 1000
"""Certificates of one authority that are asked about; the ones seen first are left out beyond that."""
NONCE_OCTETS: Final = 16
NAMED: Final = (("issuer", "serial"), ("smime_issuer", "smime_serial"))
"""Where an entry names a certificate: of the form, and of the mail around it."""
SILENT: Final = frozenset({"revocation.away", "revocation.too-slow"})
CODES: Final = {"envelope.verified", "envelope.retry", "envelope.held"}
log = logging.getLogger(__name__)


class Fetch(Protocol):
    """Gets what stands at an address or in a file; with a body it asks."""

    async def __call__(self, source: str, body: bytes = b"", *, most: int) -> bytes:
        """The whole content; raises `Unavailable`."""
        ...


class Due(Struct, kw_only=True):
    """When one source is asked next, and how it went."""

    at: datetime
    failures: int = 0
    trouble: str = ""
    """Code of what is wrong; empty when it answered."""


class _Seen(Struct, frozen=True, kw_only=True):
    event: str
    details: dict[str, str]


_ENTRIES: Final = msgspec.json.Decoder(_Seen)
_Ask = tuple[str, str, str]
"""Source, issuer and serial number; the last two are empty for a list."""


class Hearing:
    """Fetches answers and puts them into the directory's book of revocations."""

    def __init__(  # the parts that it joins, each once
        self, directory: Directory, shelf: AnswerShelf, fetch: Fetch, ledger: Ledger, clock: Clock,
        changed: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        """`changed` is awaited when verification must know something new."""
        self._directory, self._shelf, self._fetch = directory, shelf, fetch
        self._ledger, self._clock, self._changed = ledger, clock, changed
        self._due: dict[_Ask, Due] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def book(self) -> RevocationBook:
        """The newest answers."""
        return self._directory.revocation

    @property
    def trouble(self) -> list[tuple[str, str]]:
        """Sources that gave no usable answer the last time, with the code of why."""
        return sorted({(ask[0], due.trouble) for ask, due in self._due.items() if due.trouble})

    def start(self) -> None:
        """Begin."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="revocation-hearing")

    async def stop(self) -> None:
        """Stop at once."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.warning("revocation hearing: %s", error.code)
            except Exception as error:  # one odd source must not end the watch
                log.exception("revocation hearing failed, kind=%s", type(error).__name__)
            await self._clock.wait_until(self._clock.now() + LOOK_EVERY)

    async def look(self) -> bool:
        """Ask what is due now; whether verification must know something new."""
        partners = [one for one in self._directory if one.signature.revocation != "none"]
        if not partners:
            return False
        if any(one.signature.ocsp for one in partners):
            await self._learn()
        wanted = {ask: partner for partner in partners for ask in self._asks(partner)}
        self._due = {ask: due for ask, due in self._due.items() if ask in wanted}
        sources: dict[str, list[tuple[_Ask, Partner]]] = {}
        for ask, partner in wanted.items():
            if self._is_due(ask):
                sources.setdefault(ask[0], []).append((ask, partner))
        # Each source by itself: one that is slow holds nobody else up.
        found = await asyncio.gather(*map(self._ask_one_source, sources.values()))
        if any(found):
            await self._changed()
        return any(found)

    # --- whom to ask about what

    async def _learn(self) -> None:
        """Read from the journal which certificates are in use."""
        shelf = self._shelf
        while page := await self._ledger.journal(shelf.cursor, PAGE):
            for link in page:
                if b'serial"' not in link.entry:
                    continue
                entry = _ENTRIES.decode(link.entry)
                for issuer, serial in NAMED if entry.event in CODES else ():
                    if entry.details.get(serial) and entry.details.get(issuer):
                        shelf.note(entry.details[issuer], entry.details[serial], MAX_ASKED)
            shelf.go_on_from(page[-1].number)

    def _asks(self, partner: Partner) -> list[_Ask]:
        policy = partner.signature
        asks: list[_Ask] = [(source, "", "") for source in (*policy.crl, *_named_by(partner))]
        if policy.ocsp:
            issuers = {fingerprint(one) for one in _anchors(partner)}
            asks += [(policy.ocsp, issuer, serial) for issuer in issuers for serial in self._shelf.seen(issuer)]
        return list(dict.fromkeys(asks))

    def _is_due(self, ask: _Ask) -> bool:
        due = self._due.get(ask)
        return due is None or due.at <= self._clock.now()

    # --- asking

    async def _ask_one_source(self, asks: list[tuple[_Ask, Partner]]) -> bool:
        """One question after the other; who does not answer the first is not asked the others now."""
        new = False
        for number, (ask, partner) in enumerate(asks):
            new = await self._ask(ask, partner) or new
            if self._due[ask].trouble in SILENT:
                self._due |= {later: self._due[ask] for later, _ in asks[number + 1 :]}
                break
        return new

    async def _ask(self, ask: _Ask, partner: Partner) -> bool:
        now = self._clock.now()
        try:
            content, answer = await self._answer(ask, partner, now)
            new = self.book.take(answer)
        except GatewayError as error:
            await self._failed(ask, partner, error, now)
            return False
        if new:
            self._shelf.keep(answer, content)
            await self._ledger.record([_taken(answer, partner, now)])
        if answer.fresh(now):
            self._due[ask] = Due(at=now + _pause(answer, now))
        else:
            words = f"{answer.source} should have given a newer answer by {answer.next_update:%Y-%m-%d %H:%M}."
            await self._failed(
                ask, partner, Unavailable("revocation.stale", "The answer is out of date.", operator=words), now
            )
        return new

    async def _failed(self, ask: _Ask, partner: Partner, error: GatewayError, now: datetime) -> None:
        """Try again later; told once for as long as the trouble is the same."""
        before = self._due.get(ask)
        failures = (before.failures if before else 0) + 1
        pause = timedelta(minutes=AGAIN_MINUTES[min(failures, len(AGAIN_MINUTES)) - 1])
        self._due[ask] = Due(at=now + pause, failures=failures, trouble=error.code)
        if before is None or before.trouble != error.code:
            await self._ledger.record([_trouble(ask[0], partner, error, now)])
            log.warning("no usable answer about revoked certificates: %s", error.code)

    async def _answer(self, ask: _Ask, partner: Partner, now: datetime) -> tuple[bytes, Answer]:
        source, issuer, serial = ask
        anchors = _anchors(partner)
        if not issuer:
            content = await self._fetch(source, most=MAX_ANSWER_OCTETS)
            return content, await asyncio.to_thread(read_crl, content, anchors, source, now)
        authority = next(one for one in anchors if fingerprint(one) == issuer)
        question = ocsp_question(authority, serial, secrets.token_bytes(NONCE_OCTETS))
        content = await self._fetch(source, question, most=MAX_ANSWER_OCTETS)
        return content, read_ocsp(content, authority, question, source, now)


def _pause(answer: Answer, now: datetime) -> timedelta:
    return min(max((answer.next_update - now) / 2, SOONEST), LATEST)


def _anchors(partner: Partner) -> list[x509.Certificate]:
    """Who may speak: the authorities of its signers, and that of its mail server, whose list tells of TLS certificates."""
    mail = partner.mail.ca if partner.mail else ()
    return [x509.load_der_x509_certificate(der) for der in dict.fromkeys((*partner.signature.anchors, *mail))]


def _named_by(partner: Partner) -> list[str]:
    """Where self-signed anchors say that their list is. Another's extension speaks of the list that it stands in itself."""
    found = []
    for anchor in _anchors(partner):
        if anchor.issuer != anchor.subject:
            continue
        try:
            points = anchor.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        except (x509.ExtensionNotFound, ValueError):
            continue
        names = [name.value for point in points for name in point.full_name or () if name.value is not None]
        found += [str(name) for name in names if str(name).startswith(("http://", "https://"))]
    return found


def _taken(answer: Answer, partner: Partner, now: datetime) -> Entry:
    details = (
        ("party", partner.party), ("kind", answer.kind), ("issuer", answer.issuer), ("serial", answer.serial),
        ("source", answer.source), ("answer", answer.digest), ("number", answer.number),
        ("as_of", answer.this_update.isoformat()), ("until", answer.next_update.isoformat()),
        ("revoked", str(len(answer.revoked))),
    )  # fmt: skip
    return Entry(event="revocation.taken", at=now, details=tuple((name, told) for name, told in details if told))


def _trouble(source: str, partner: Partner, error: GatewayError, now: datetime) -> Entry:
    details = (("party", partner.party), ("source", source), ("why", error.operator[:500]))
    return Entry(event="revocation.trouble", at=now, reason=error.code, details=details)
