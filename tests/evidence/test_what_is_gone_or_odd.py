"""Bundles of matters that did not go smoothly: destroyed content, revoked and refused signers, mails that cannot be read, copies, hostile words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import structs
from msgspec.structs import replace

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.envelope import Payload
from gateway.errors import Refused, Unavailable
from gateway.evidence.standalone.summary import entry_members
from gateway.evidence.standalone.words import FAILED, OK, OPEN
from gateway.identity import digest
from gateway.journal.entry import Entry
from gateway.ledger import Query
from gateway.persons import Person
from gateway.signing.authority_answers import read_crl
from gateway.vault.port import Destruction
from simulators.revocation import RevocationDesk
from tests.evidence.conftest import Made
from tests.evidence.damage import VERBS, Piece, flip
from tests.evidence.office import OFFICER, PURPOSE, Archive, judged
from tests.evidence.plays import PHOTO, hit, vehicle_hit
from tests.gateway.rig import Rig, TurnedClock
from tests.retention.shredding import keyring_in


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with Rig(tmp_path) as rig:
        yield Archive(tmp_path, rig)


async def taken(archive: Archive, about: str, *, message: bool = False) -> Made:
    """The bundle about this."""
    await archive.publish()
    ask = archive.desk.message if message else archive.desk.exchange
    with (await ask(about, OFFICER, PURPOSE)).file as file:
        content = file.read()
    return Made(content, archive.pinned(archive.folder / "trust"), archive)


def verdicts(made: Made, check: str) -> dict[str, str]:
    """Verdict by place."""
    report = judged(made.bundle, made.trust)
    return {each.place: each.verdict for each in report.found if each.check == check}


async def destroy(archive: Archive, envelope: str, payload: str) -> None:
    """As retention does it: the key goes, the certificate stays."""
    now = archive.rig.clock.now()
    entry = Entry(
        event="content.destroyed", at=now, envelope=envelope, reason="RR-120",
        details=(("subject", envelope), ("payload_sha256", payload)),
    )  # fmt: skip
    await archive.rig.ledger.destroy([envelope], Destruction(at=now, rule="RR-120"), [entry])


async def test_content_that_was_destroyed_is_missed_and_everything_else_still_proves(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    row = await archive.rig.row(exchange)
    await destroy(archive, exchange, row.envelope.payload.digest)
    made = await taken(archive, exchange)
    report = judged(made.bundle, made.trust)
    assert report.exit_code == 0, report.text()
    assert not any(name.startswith(f"messages/{exchange}") for name in Piece(made).members)
    assert verdicts(made, "message.destroyed") == {exchange: OK}
    assert verdicts(made, "form.signature")[exchange] == OPEN
    assert f"ok at {exchange}: the content was destroyed; nobody can check it any more" in report.text()
    assert b"Content destroyed: on 2026-11-21 under RR-120" in Piece(made).members["timeline.html"]


async def test_a_certificate_for_other_content_does_not_excuse_that_it_is_gone(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    await destroy(archive, exchange, "0" * 64)
    made = await taken(archive, exchange)
    assert verdicts(made, "message.destroyed") == {exchange: FAILED}


@pytest.fixture
def authority(archive: Archive) -> RevocationDesk:
    folder = archive.folder / "sirene-XB"
    certificate = x509.load_pem_x509_certificate((folder / "authority.cert.pem").read_bytes())
    key = load_pem_private_key((folder / "authority.key.pem").read_bytes(), None)
    return RevocationDesk(certificate, key, archive.rig.clock.now)  # type: ignore[arg-type]  # the test authority's keys are EC


def heard(archive: Archive, authority: RevocationDesk) -> None:
    """The authority's list is at hand, and kept."""
    rig, content = archive.rig, authority.crl()
    partners = [replace(one, signature=replace(one.signature, revocation="soft")) for one in rig.directory]
    rig.directory.replace(partners)
    rig.directory.revocation.take(read_crl(content, [authority.certificate], "list", rig.clock.now()))
    archive.answers[digest(content)] = content


async def test_the_answer_of_the_authority_at_that_time_goes_along(archive: Archive, authority: RevocationDesk) -> None:
    heard(archive, authority)
    made = await taken(archive, await vehicle_hit(archive))
    assert judged(made.bundle, made.trust).exit_code == 0
    assert set(verdicts(made, "form.revocation").values()) == {OK}


@pytest.mark.parametrize("by", ["finder", "office"])
async def test_an_answer_that_was_changed_is_found(archive: Archive, authority: RevocationDesk, by: str) -> None:
    heard(archive, authority)
    piece = Piece(await taken(archive, await vehicle_hit(archive)))
    name = next(name for name in piece.members if name.startswith("revocation/"))
    flip(piece, name)
    report = judged(piece.bundle(by), piece.made.trust)
    assert report.failures[0].check == ("manifest.digests" if by == "finder" else "manifest.summary")


async def test_an_answer_by_another_authority_does_not_count(archive: Archive, authority: RevocationDesk) -> None:
    heard(archive, authority)
    other = archive.folder / "ncb-XB"
    certificate = x509.load_pem_x509_certificate((other / "authority.cert.pem").read_bytes())
    key = load_pem_private_key((other / "authority.key.pem").read_bytes(), None)
    (digest_,) = archive.answers
    stranger = RevocationDesk(certificate, key, archive.rig.clock.now).crl()  # type: ignore[arg-type]
    archive.answers[digest_] = stranger
    made = await taken(archive, await vehicle_hit(archive))
    report = judged(made.bundle, made.trust)
    assert {each.check for each in report.failures} == {"manifest.summary", "form.revocation"}


async def test_a_signer_that_was_taken_back_is_refused_and_the_bundle_says_so_calmly(
    archive: Archive, authority: RevocationDesk
) -> None:
    file = archive.folder / "sirene-XB" / "signing" / "sirene-XB.cert.pem"
    authority.revoke(x509.load_pem_x509_certificate(file.read_bytes()).serial_number)
    heard(archive, authority)
    envelope = await archive.rig.arrives(archive.rig.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    made = await taken(archive, envelope, message=True)
    report = judged(made.bundle, made.trust)
    assert report.exit_code == 0, report.text()
    assert "did not verify or sign it" in report.text()


async def test_a_mail_that_cannot_be_read_is_enclosed_as_it_came(archive: Archive) -> None:
    envelope = await archive.rig.arrives(
        Payload.of(b"From: oper@xb.sirene.example\r\n\r\nno form\r\n", "message/rfc822")
    )
    made = await taken(archive, envelope, message=True)
    report = judged(made.bundle, made.trust)
    assert report.exit_code == 0, report.text()
    assert "no form could be read from it" in report.text()


async def test_a_copy_that_came_again_is_enclosed_with_the_receipts_sent_again(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    payload = (await archive.rig.row(exchange)).envelope.payload
    await archive.rig.arrives(payload)
    made = await taken(archive, exchange)
    report = judged(made.bundle, made.trust)
    assert report.exit_code == 0, report.text()
    kinds = [row["kind"] for row in Piece(made).told["messages"]]
    assert kinds.count("repeat") == 2


async def test_one_message_alone_is_enclosed_with_its_receipts(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    reply = next(each for each in await archive.rig.ledger.find(Query(exchange=exchange)) if each.kind == "reply")
    made = await taken(archive, reply.message_id, message=True)
    rows = Piece(made).told["messages"]
    assert sorted(row["kind"] for row in rows) == ["message", "message", "reply"]
    assert judged(made.bundle, made.trust).exit_code == 0


async def test_hostile_words_stay_words_on_the_page(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    hostile = "<script>alert(1)</script><img src=x onerror=y>\u202e\x1b[2J"
    person = Person(actor=f"user:{hostile}", role="officer", purpose=hostile, case=hostile)
    await archive.rig.gateway.desk.read(exchange, person, hostile)
    made = await taken(archive, exchange)
    page = Piece(made).members["timeline.html"].decode()
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "")
    report = judged(made.bundle, made.trust)
    assert report.exit_code == 0
    assert "\x1b" not in report.text() and "\u202e" not in report.text()


async def test_taking_out_is_journalled_for_every_message_with_person_role_purpose_and_case(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    await archive.publish()
    officer = Person(actor="user:karin", role="officer", purpose=PURPOSE, case="9999-99999-00001-26")
    bundle = await archive.desk.exchange(exchange, officer, PURPOSE)
    bundle.file.close()
    entries = [json.loads(link.entry) for link in await archive.rig.ledger.journal(0, 1000)]
    (whole,) = [entry for entry in entries if entry["event"] == "evidence.exported"]
    assert whole["actor"] == "user:karin"
    assert whole["details"]["exchange"] == exchange
    assert whole["details"]["bundle"] == bundle.digest
    each = [entry for entry in entries if entry["event"] == "envelope.exported"]
    assert len(each) == bundle.messages == 6
    said = {**whole["details"], **whole.get("personal", {})}
    assert {"purpose", "case", "role"} <= set(said)


async def test_without_a_purpose_nothing_is_taken_out(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    with pytest.raises(Refused, match=r"purpose\.missing"):
        await archive.desk.exchange(exchange, OFFICER, " ")
    with pytest.raises(Refused, match=r"evidence\.unknown"):
        await archive.desk.exchange("01a20000-0000-7000-8000-000000000000", OFFICER, PURPOSE)
    with pytest.raises(Refused, match=r"evidence\.unknown"):
        await archive.desk.message("01a20000-0000-7000-8000-000000000000", OFFICER, PURPOSE)


async def test_the_same_moment_gives_the_same_octets_but_for_the_signature(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    await archive.publish()
    matter, made = await archive.collector.exchange(exchange), []
    for _ in range(2):
        with await archive.binder.bound(matter, "sirene:XA", archive.rig.clock.now()) as file:
            made.append(file.read())
    # An ECDSA signature is another one each time.
    before, after = (each[: each.index(b"META-INF/signature.p7s") - 30] for each in made)
    assert before == after


async def test_a_later_bundle_tells_of_the_earlier_one(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    await taken(archive, exchange)
    made = await taken(archive, exchange)
    journal = [content for name, content in Piece(made).members.items() if name.startswith("journal/")]
    assert judged(made.bundle, made.trust).exit_code == 0
    assert any(b'"event":"envelope.exported"' in content for content in journal)


async def test_the_clock_of_the_office_may_jump_back(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    archive.rig.clock.turn(-timedelta(seconds=30))
    await archive.rig.gateway.desk.read(exchange, OFFICER, PURPOSE)
    made = await taken(archive, exchange)
    assert judged(made.bundle, made.trust).exit_code == 0


async def test_a_receipt_of_another_exchange_does_not_pass_for_one_of_this(archive: Archive) -> None:
    """Both are genuine, with their entries and proofs; the office puts the one in the place of the other."""
    first = await vehicle_hit(archive)
    second = await vehicle_hit(archive, hit("0193a5c0-7d10-7a01-8b3c-5e0f9a1c0777", "XB-G-2026-0000777", matter="77"))
    assert first != second
    await archive.publish()
    taken_out = []
    for about in (first, second):
        with (await archive.desk.exchange(about, OFFICER, PURPOSE)).file as file:
            taken_out.append(Made(file.read(), archive.pinned(archive.folder / "trust"), archive))
    piece, other = (Piece(each) for each in taken_out)
    assert piece.members["log/checkpoint"] == other.members["log/checkpoint"]
    VERBS["forget-everything"](piece, "their-receipt-1")
    foreign = other.message("their-receipt-1")
    piece.told["messages"].append(foreign)
    numbers = [
        each
        for each in other.told["entries"]
        if json.loads(other.members[entry_members(each)[0]])["envelope"] == foreign["envelope"]
    ]
    piece.told["entries"] = sorted([*piece.told["entries"], *numbers])
    piece.told["personal"] = sorted(
        [*piece.told["personal"], *(each for each in other.told["personal"] if each in numbers)]
    )
    piece.members |= {
        name: content for name, content in other.members.items()
        if name.startswith((f"messages/{foreign['envelope']}", *(f"journal/{each:012}" for each in numbers)))
    }  # fmt: skip
    piece.retold()
    report = judged(piece.bundle("office"), piece.made.trust)
    failed = {each.check: each.words for each in report.failures}
    assert set(failed) == {"journal.complete", "receipt.about"}
    assert "belongs to another exchange" in failed["receipt.about"]


async def test_what_was_signed_while_the_bundle_was_made_is_left_for_the_next_one(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    await archive.publish()
    whole = await archive.collector.exchange(exchange)
    (reply,) = [each.id for each in whole.messages if each.kind == "reply"]
    early = ("envelope.received", "envelope.checked", "envelope.routed", "envelope.encoded")
    entries = tuple(each for each in whole.entries if each.entry.envelope != reply or each.entry.event in early)
    messages = tuple(each for each in whole.messages if each.direction != "inbound" or each.format == "sirene/G@1")
    named = {each.id for each in messages}
    entries = tuple(each for each in entries if each.entry.envelope in named)
    matter = structs.replace(whole, entries=entries, messages=messages)
    with await archive.binder.bound(matter, "sirene:XA", archive.rig.clock.now()) as file:
        report = judged(file.read(), archive.pinned(archive.folder / "trust"))
    assert report.exit_code == 0, report.text()
    assert "it was not signed; the journal says" in report.text()


async def test_content_that_goes_while_the_bundle_is_made_is_asked_for_again(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    await archive.publish()
    matter, ledger = await archive.collector.exchange(exchange), archive.rig.ledger
    asked: list[str] = []

    class Vanishing:
        """The ledger, in which the key of the hit is destroyed between two looks."""

        def __getattr__(self, name: str) -> object:
            return getattr(ledger, name)

        async def get(self, envelope: str) -> object:
            asked.append(envelope)
            if asked.count(exchange) == 2 and envelope == exchange:
                await ledger.destroy([exchange], Destruction(at=archive.rig.clock.now(), rule="RR-120"), [])
            return await ledger.get(envelope)

    archive.binder._ledger = Vanishing()  # type: ignore[assignment]
    with pytest.raises(Unavailable, match=r"evidence\.changed"):
        await archive.binder.bound(matter, "sirene:XA", archive.rig.clock.now())


async def test_with_a_real_vault_destroyed_content_opens_nowhere_and_the_bundle_still_proves(tmp_path: Path) -> None:
    clock = TurnedClock()
    ledger = SqliteLedger(tmp_path / "ledger.sqlite", clock, keyring=keyring_in(tmp_path / "keys"))
    async with Rig(tmp_path, ledger, clock) as rig:
        archive = Archive(tmp_path, rig)
        exchange = await vehicle_hit(archive)
        every = [each.id for each in (await archive.collector.exchange(exchange)).messages]
        for envelope in every:
            await destroy(archive, envelope, (await rig.row(envelope)).envelope.payload.digest)
        made = await taken(archive, exchange)
    report = judged(made.bundle, made.trust)
    assert report.exit_code == 0, report.text()
    assert set(verdicts(made, "message.destroyed")) == set(every)
    assert b"Eksempla" not in made.bundle
    assert not any(name.startswith(("messages/", "journal/")) and "personal" in name for name in Piece(made).members)


async def test_a_destruction_that_was_begun_and_not_certified_is_said(archive: Archive) -> None:
    exchange = await vehicle_hit(archive)
    now = archive.rig.clock.now()
    begun = Entry(
        event="retention.intended", at=now, envelope=exchange, reason="RR-120", details=(("subject", exchange),)
    )
    await archive.rig.ledger.destroy([exchange], Destruction(at=now, rule="RR-120"), [begun])
    made = await taken(archive, exchange)
    assert verdicts(made, "message.destroyed") == {exchange: OPEN}
    assert judged(made.bundle, made.trust).exit_code == 0
