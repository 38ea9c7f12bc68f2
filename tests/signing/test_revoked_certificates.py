"""Certificates that were taken back: heard in the background, known at verification, never asked for in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from adapters.rest.public import PublicFetch
from adapters.stores.memory.ledger import MemoryLedger
from gateway.errors import Refused
from gateway.journal.entry import Entry, read
from gateway.partners import Directory, Partner
from gateway.signing.answer_shelf import AnswerShelf
from gateway.signing.authority_answers import fingerprint, ocsp_question, read_crl, read_ocsp, serial_of
from gateway.signing.hearing import Hearing
from gateway.signing.revocation import RevocationBook
from gateway.signing.verify import StrictVerifier
from simulators.revocation import LIST_LASTS, RevocationDesk
from tests.gateway.rig import TurnedClock
from tests.signing.forge import AT, XB, Signer, partner, sign

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STRANGER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(AT)


@pytest.fixture
def desk(clock: TurnedClock) -> RevocationDesk:
    assert isinstance(XB.key, ec.EllipticCurvePrivateKey)
    return RevocationDesk(XB.certificate, XB.key, clock.now)


@pytest.fixture
def signer() -> Signer:
    return XB.issue("SIRENE XB signing")


def serial(signer: Signer) -> str:
    return serial_of(signer.certificate.serial_number)


def asking(how: str, **policy: object) -> Partner:
    known = partner()
    return replace(known, signature=replace(known.signature, revocation=how, **policy))


def book(*answers: bytes, at: TurnedClock) -> RevocationBook:
    return RevocationBook(read_crl(one, [XB.certificate], "list", at.now()) for one in answers)


# --- what verification makes of answers


def test_a_good_answer_is_kept_in_the_report(clock: TurnedClock, desk: RevocationDesk, signer: Signer) -> None:
    verifier = StrictVerifier(revocation=book(desk.crl(), at=clock))

    (found,) = verifier.verify(sign(signer), asking("hard"), AT).revocation
    assert (found.status, found.kind, found.source, found.as_of) == ("good", "crl", "list", AT)
    assert len(found.digest) == 64


@pytest.mark.parametrize("how", ["none", "soft", "hard"])
def test_a_revoked_signer_is_refused_whatever_the_policy_says(
    how: str, clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    desk.revoke(signer.certificate.serial_number)
    known = book(desk.crl(), at=clock)

    with pytest.raises(Refused, match=r"signature\.revoked.*key_?[cC]ompromise"):
        StrictVerifier(revocation=known).verify(sign(signer), asking(how), AT)
    another = XB.issue("SIRENE XB signing")
    StrictVerifier(revocation=known).verify(sign(another), asking(how), AT)


def test_trust_that_was_kept_does_not_outlive_a_revocation(
    clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    known = book(desk.crl(), at=clock)
    verifier, document = StrictVerifier(revocation=known), sign(signer)
    verifier.verify(document, asking("soft"), AT)

    desk.revoke(signer.certificate.serial_number)
    clock.turn(HOUR)
    known.take(read_crl(desk.crl(), [XB.certificate], "list", clock.now()))
    with pytest.raises(Refused, match=r"signature\.revoked"):
        verifier.verify(document, asking("soft"), clock.now())


def test_what_is_out_of_date_vouches_for_nobody_but_takes_no_revocation_back(
    clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    gone = XB.issue("SIRENE XB signing")
    desk.revoke(gone.certificate.serial_number)
    known = book(desk.crl(), at=clock)
    later = AT + LIST_LASTS + timedelta(seconds=1)

    (found,) = StrictVerifier(revocation=known).verify(sign(signer), asking("soft"), later).revocation
    assert (found.status, found.why) == ("unknown", "out of date")
    with pytest.raises(Refused, match=r"signature\.revoked"):
        StrictVerifier(revocation=known).verify(sign(gone), asking("soft"), later)


def test_without_an_answer_the_report_says_so_and_without_a_policy_nobody_asks(signer: Signer) -> None:
    (found,) = StrictVerifier().verify(sign(signer), asking("soft"), AT).revocation
    assert (found.status, found.why) == ("unknown", "no answer")
    assert StrictVerifier().verify(sign(signer), asking("none"), AT).revocation == ()


def test_an_intermediate_that_was_taken_back_takes_its_signers_with_it(
    clock: TurnedClock, desk: RevocationDesk
) -> None:
    middle = XB.issue("XB issuing authority", authority=True)
    leaf = type(XB)("XB issuing authority", middle.key).issue("SIRENE XB signing")
    document = sign(Signer(leaf.key, leaf.certificate, (middle.certificate,)))
    desk.revoke(middle.certificate.serial_number, x509.ReasonFlags.ca_compromise)

    with pytest.raises(Refused, match=r"signature\.revoked"):
        StrictVerifier(revocation=book(desk.crl(), at=clock)).verify(document, asking("soft"), AT)


# --- what is no answer


def test_a_list_counts_only_by_its_authoritys_signature(clock: TurnedClock, desk: RevocationDesk) -> None:
    desk.knobs.other_key = STRANGER
    with pytest.raises(Refused, match=r"revocation\.signer"):
        book(desk.crl(), at=clock)


def test_a_list_of_another_authority_is_none_of_ours(clock: TurnedClock, desk: RevocationDesk) -> None:
    other = type(XB)("XC authority")
    with pytest.raises(Refused, match=r"revocation\.signer"):
        read_crl(desk.crl(), [other.certificate], "list", AT)


def test_a_list_of_a_part_only_is_refused(clock: TurnedClock, desk: RevocationDesk) -> None:
    desk.knobs.delta = True
    with pytest.raises(Refused, match=r"revocation\.partial"):
        book(desk.crl(), at=clock)


def test_a_list_from_the_future_is_refused(clock: TurnedClock, desk: RevocationDesk) -> None:
    desk.knobs.stale = -HOUR
    with pytest.raises(Refused, match=r"revocation\.future"):
        book(desk.crl(), at=clock)


@pytest.mark.parametrize("content", [b"", b"no list", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_what_is_no_list_is_refused_and_nothing_else_happens(content: bytes) -> None:
    with pytest.raises(Refused, match=r"revocation\.unreadable"):
        read_crl(content, [XB.certificate], "list", AT)


def test_an_old_list_played_back_takes_no_revocation_back(
    clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    old = desk.crl()
    clock.turn(HOUR)
    desk.revoke(signer.certificate.serial_number)
    known = book(desk.crl(), at=clock)

    with pytest.raises(Refused, match=r"revocation\.older"):
        known.take(read_crl(old, [XB.certificate], "list", clock.now()))
    assert known.standing(fingerprint(XB.certificate), serial(signer), clock.now()).status == "revoked"


# --- OCSP


def heard(desk: RevocationDesk, signer: Signer, clock: TurnedClock) -> RevocationBook:
    question = ocsp_question(XB.certificate, serial(signer), b"n" * 16)
    return RevocationBook([read_ocsp(desk.ocsp(question), XB.certificate, question, "responder", clock.now())])


@pytest.mark.parametrize("delegated", [False, True])
def test_an_ocsp_answer_speaks_of_its_certificate_alone(
    delegated: bool, clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    desk.knobs.delegated = delegated
    known, issuer = heard(desk, signer, clock), fingerprint(XB.certificate)

    assert known.standing(issuer, serial(signer), AT).status == "good"
    assert known.standing(issuer, "99", AT).why == "no answer"
    assert known.standing(issuer, serial(signer), AT + DAY).why == "out of date"
    desk.revoke(signer.certificate.serial_number)
    assert heard(desk, signer, clock).standing(issuer, serial(signer), AT).status == "revoked"


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"other_key": STRANGER}, "signer"),
        ({"delegated": True, "purpose": False}, "signer"),
        ({"other_nonce": True}, "replayed"),
        ({"stale": -HOUR}, "future"),
    ],
    ids=["stranger", "wrong-purpose", "other-question", "future"],
)
def test_an_ocsp_answer_that_proves_nothing_is_refused(
    knobs: dict[str, object], code: str, clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    for name, value in knobs.items():
        setattr(desk.knobs, name, value)
    with pytest.raises(Refused, match=rf"revocation\.{code}"):
        heard(desk, signer, clock)


def test_an_answer_about_another_certificate_is_refused(
    clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    about_another = desk.ocsp(ocsp_question(XB.certificate, "99", b"n" * 16))
    question = ocsp_question(XB.certificate, serial(signer), b"n" * 16)
    with pytest.raises(Refused, match=r"revocation\.other"):
        read_ocsp(about_another, XB.certificate, question, "responder", AT)


def test_a_certificate_that_its_authority_does_not_know_is_not_vouched_for(
    clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    desk.knobs.unknown = True
    found = heard(desk, signer, clock).standing(fingerprint(XB.certificate), serial(signer), AT)
    assert (found.status, found.why) == ("unknown", "the authority does not know it")


# --- the watch


class Office:
    """A watch with everything around it."""

    def __init__(self, folder: Path, clock: TurnedClock, desk: RevocationDesk, **policy: object) -> None:
        self.clock, self.desk, self.changes = clock, desk, 0
        self.directory = Directory([asking("soft", **policy)])
        self.ledger, self.folder = MemoryLedger(clock), folder
        self.hearing = self.again()

    def again(self) -> Hearing:
        """A watch after a restart."""
        shelf = AnswerShelf(self.folder / "revocation")
        self.directory.revocation.replace(shelf.open())
        fetch = PublicFetch(self.folder)
        return Hearing(self.directory, shelf, fetch, self.ledger, self.clock, self._changed)

    async def _changed(self) -> None:
        self.changes += 1

    async def told(self) -> list[tuple[str, str]]:
        entries = [read(link.entry) for link in await self.ledger.journal(0, 100)]
        return [(entry.event, entry.reason) for entry in entries if entry.event.startswith("revocation.")]

    def status(self, signer: Signer) -> str:
        known = self.directory.revocation
        return known.standing(fingerprint(XB.certificate), serial(signer), self.clock.now()).status


async def opened(folder: Path, clock: TurnedClock, desk: RevocationDesk, **policy: object) -> Office:
    office = Office(folder, clock, desk, **policy)
    await office.ledger.start()
    return office


@pytest.fixture
async def served(desk: RevocationDesk) -> AsyncIterator[RevocationDesk]:
    await desk.start()
    yield desk
    await desk.stop()


async def test_a_list_is_fetched_again_after_half_of_its_time_and_a_revocation_is_known_then(
    tmp_path: Path, clock: TurnedClock, served: RevocationDesk, signer: Signer
) -> None:
    office = await opened(tmp_path, clock, served, crl=(f"{served.url}/authority.crl",))
    assert office.status(signer) == "unknown"
    assert await office.hearing.look()
    assert (office.status(signer), office.changes) == ("good", 1)
    assert not await office.hearing.look()

    served.revoke(signer.certificate.serial_number)
    clock.turn(5 * HOUR)
    assert not await office.hearing.look()
    clock.turn(HOUR)
    assert await office.hearing.look()
    assert (office.status(signer), office.changes, served.asked) == ("revoked", 2, ["crl", "crl"])
    assert await office.told() == [("revocation.taken", "")] * 2


async def test_an_authority_that_is_away_is_told_once_and_older_answers_hold_until_they_end(
    tmp_path: Path, clock: TurnedClock, served: RevocationDesk, signer: Signer
) -> None:
    office = await opened(tmp_path, clock, served, crl=(f"{served.url}/authority.crl",))
    await office.hearing.look()
    served.knobs.away = True
    for _ in range(4):
        clock.turn(7 * HOUR)
        await office.hearing.look()

    assert office.status(signer) == "good"
    assert office.hearing.trouble == [(f"{served.url}/authority.crl", "revocation.away")]
    assert await office.told() == [("revocation.taken", ""), ("revocation.trouble", "revocation.away")]
    clock.turn(3 * DAY)
    assert office.status(signer) == "unknown"
    served.knobs.away = False
    await office.hearing.look()
    assert office.status(signer) == "good" and not office.hearing.trouble


async def test_after_a_restart_an_older_list_is_still_refused(
    tmp_path: Path, clock: TurnedClock, served: RevocationDesk, signer: Signer
) -> None:
    old = served.crl()
    clock.turn(HOUR)
    served.revoke(signer.certificate.serial_number)
    office = await opened(tmp_path, clock, served, crl=(f"{served.url}/authority.crl",))
    await office.hearing.look()

    served.knobs.replay = old
    again = office.again()
    await again.look()
    assert office.status(signer) == "revoked"
    assert again.trouble == [(f"{served.url}/authority.crl", "revocation.older")]


@pytest.mark.parametrize(
    ("knob", "value", "code"),
    [("other_key", STRANGER, "signer"), ("stale", 3 * DAY, "stale"), ("padding", 11_000_000, "too-long")],
    ids=["wrong-signer", "stale", "too-long"],
)
async def test_an_answer_that_cannot_be_used_is_an_alarm_and_vouches_for_nobody(
    knob: str, value: object, code: str, tmp_path: Path, clock: TurnedClock, served: RevocationDesk, signer: Signer
) -> None:
    setattr(served.knobs, knob, value)
    office = await opened(tmp_path, clock, served, crl=(f"{served.url}/authority.crl",))
    await office.hearing.look()

    assert office.status(signer) == "unknown"
    assert [code for _, code in office.hearing.trouble] == [f"revocation.{code}"]


async def test_whom_to_ask_about_is_learned_from_the_journal(
    tmp_path: Path, clock: TurnedClock, served: RevocationDesk, signer: Signer
) -> None:
    office = await opened(tmp_path, clock, served, ocsp=f"{served.url}/ocsp")
    assert not await office.hearing.look()

    told = (("issuer", fingerprint(XB.certificate)), ("serial", serial(signer)))
    await office.ledger.record([
        Entry(event="envelope.retry", at=AT, reason="signature.revocation-unknown", details=told),
        Entry(event="envelope.verified", at=AT, details=(("issuer", "0" * 64), ("serial", "77"))),
    ])  # fmt: skip
    assert await office.hearing.look()
    assert (office.status(signer), served.asked) == ("good", ["ocsp"])
    kept = AnswerShelf(tmp_path / "revocation")
    (answer,) = kept.open()
    assert kept.content([answer.digest])[answer.digest]


async def test_a_list_in_a_file_is_read_like_one_at_an_address(
    tmp_path: Path, clock: TurnedClock, desk: RevocationDesk, signer: Signer
) -> None:
    (tmp_path / "xb.crl").write_bytes(desk.crl())
    office = await opened(tmp_path, clock, desk, crl=("xb.crl",))
    await office.hearing.look()
    assert office.status(signer) == "good"
