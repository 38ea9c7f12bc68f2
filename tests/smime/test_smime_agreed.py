"""What was agreed with a partner, through the stages: what comes is held to it, what goes is made once and kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import parcel
from gateway.envelope import Payload
from gateway.journal import entry as entries
from gateway.parcel import MAIL
from gateway.partners import SmimePolicy
from gateway.signing.authority import mail_name, set_up_smime
from gateway.signing.keys import KeyRing
from gateway.signing.revocation import Answer
from gateway.smime.sealing import authenticated, encrypted_entity, entity_of, signed_entity
from gateway.smime.seals import Seals
from tests.gateway.rig import NOON
from tests.journeys.worlds import PHOTO, World, hit
from tests.smime import forgery as forge
from tests.smime.mailroom import ADDRESS

MODES = ("signed", "encrypted", "signed-encrypted")


class Sealed(World):
    """XB and we have S/MIME keys; `agree` says what is agreed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.theirs, self.ours = (
            next(iter(KeyRing.load(set_up_smime(folder / place, {party: box}, NOON - timedelta(days=20)), NOON)))
            for place, party, box in (
                ("sirene-XB", "sirene:XB", ADDRESS),
                ("own", "sirene:XA", "sirene@xa.spoc.example"),
            )
        )
        self.knowledge = msgspec.structs.replace(self.knowledge, seals=Seals([self.ours]))
        self.gateway = self.joined()
        self.agree("signed")

    def agree(self, mode: str, *, required: bool = False) -> None:
        policy = SmimePolicy(
            mode=mode, required=required, certificate=self.theirs.certificate.public_bytes(Encoding.DER),
            signers=(mail_name("sirene:XB"),),
        )  # fmt: skip
        changed = msgspec.structs.replace(self.directory.get("sirene:XB"), smime=policy)  # type: ignore[type-var]
        self.directory.replace([changed, *(one for one in self.directory if one.party != "sirene:XB")])

    def wrapped(self, mode: str, form: bytes = hit()) -> Payload:
        """A hit of XB under S/MIME, as a mail."""
        packed = self.bureaux["sirene:XB"].signed(form, (PHOTO,))
        made = entity_of(packed.content, packed.media_type)
        if "signed" in mode:
            made = signed_entity(made, self.theirs, NOON)
        if "encrypted" in mode:
            to = msgspec.structs.replace(
                self.directory.get("sirene:XB"),  # type: ignore[type-var]
                smime=SmimePolicy(certificate=self.ours.certificate.public_bytes(Encoding.DER)),
            )
            made = encrypted_entity(made, to, NOON, signed="signed" in mode)
        return self.letter_of(made)

    @staticmethod
    def letter_of(made: bytes) -> Payload:
        """An entity as a mail from XB."""
        first, blank, rest = made.partition(b"\r\n\r\n")
        made = first.replace(b"\r\nMIME-Version: 1.0", b"") + blank + rest
        head = f"From: {ADDRESS}\r\nTo: sirene@xa.spoc.example\r\nSubject: SIRENE G\r\nMIME-Version: 1.0\r\n".encode()
        return Payload.of(head + made, MAIL)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Sealed]:
    async with Sealed(tmp_path) as made:
        yield made
        await made.sound()


@pytest.mark.parametrize("mode", MODES)
async def test_a_hit_under_smime_is_worked_on_with_its_photo(world: Sealed, mode: str) -> None:
    world.agree(mode, required=True)
    envelope = await world.arrives(world.wrapped(mode))
    assert (await world.stands(envelope))[0] == "acknowledged"
    known = (await world.row(envelope)).envelope
    report = known.signature.smime
    assert report is not None
    assert sorted(report.layers) == sorted(mode.split("-"))
    assert bool(report.certificate) == ("signed" in mode)
    assert parcel.open_parcel(known.content).files[0].content == PHOTO.content
    assert known.payload.digest != known.content.digest, "the mail itself is kept as it came"
    told = [entries.read(link.entry) for link in await world.ledger.timeline(envelope)]
    details = dict(next(entry.details for entry in told if entry.event == "envelope.verified"))
    assert details["smime"] == "+".join(report.layers)


@pytest.mark.parametrize("mode", MODES)
async def test_less_than_was_agreed_is_refused_where_it_is_required(world: Sealed, mode: str) -> None:
    world.agree(mode, required=True)
    plain = world.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
    envelope = await world.arrives(world.letter_of(entity_of(plain.content, plain.media_type)))
    assert await world.stands(envelope) == ("rejected", "smime.required")
    for less in MODES:
        if not set(mode.split("-")) <= set(less.split("-")):
            envelope = await world.arrives(world.wrapped(less))
            assert await world.stands(envelope) == ("rejected", "smime.required")


async def test_a_mail_without_it_is_taken_where_it_is_not_required(world: Sealed) -> None:
    plain = world.bureaux["sirene:XB"].signed(hit(), (PHOTO,))
    envelope = await world.arrives(world.letter_of(entity_of(plain.content, plain.media_type)))
    assert (await world.stands(envelope))[0] == "acknowledged"
    assert (await world.row(envelope)).envelope.signature.smime is None


async def test_smime_that_was_not_agreed_is_refused(world: Sealed) -> None:
    mail = world.wrapped("signed")
    world.agree("none")
    assert await world.stands(await world.arrives(mail)) == ("rejected", "smime.not-agreed")


async def test_the_signature_inside_the_form_still_decides(world: Sealed) -> None:
    made = signed_entity(entity_of(hit(file=None), "application/xml"), world.theirs, NOON)
    assert await world.stands(await world.arrives(world.letter_of(made))) == ("rejected", "signature.missing")


async def test_a_letter_of_one_office_around_the_form_of_another_is_refused(world: Sealed) -> None:
    """XB's mailbox signs a mail with a form that the other desk of its state has signed."""
    form = world.bureaux["ncb:XB"].signed(hit(file=None))
    made = signed_entity(entity_of(form.content, form.media_type), world.theirs, NOON)
    assert await world.stands(await world.arrives(world.letter_of(made))) == ("rejected", "signature.forged-issuer")


async def test_what_cannot_be_opened_is_told_in_one_sentence(world: Sealed) -> None:
    world.agree("encrypted")
    stranger = authenticated(b"Content-Type: application/xml\r\n\r\n" + hit(), world.theirs.certificate)
    for cms in (stranger, stranger[:-1], b"noise"):
        envelope = await world.arrives(world.letter_of(forge.sealed(cms)))
        assert await world.stands(envelope) == ("rejected", "smime.undecryptable")


@pytest.mark.parametrize("mode", MODES)
async def test_every_attempt_carries_the_same_bytes(world: Sealed, mode: str) -> None:
    world.agree(mode)
    world.wire.forms["FormP"] = ["unavailable", "unavailable", "taken"]
    envelope = await world.arrives(world.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
    for _ in range(40):
        await world.later(timedelta(minutes=1))
    reply = await world.reply_to(envelope)
    sent = [out.entity for out in world.wire.sent if out.envelope == reply.id]
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert (b"multipart/signed" in sent[0]) == (mode == "signed")


async def test_a_repeated_receipt_is_the_same_bit_for_bit(world: Sealed) -> None:
    world.agree("signed-encrypted")
    mail = world.wrapped("signed-encrypted")
    await world.arrives(mail)
    first = {out.entity for out in world.wire.sent if out.entity != b""}
    await world.arrives(mail)
    again = [out.entity for out in world.wire.sent]
    assert set(again) == first
    assert len(again) > len(first)


async def test_without_a_key_of_ours_a_message_waits_for_a_person(tmp_path: Path) -> None:
    world = Sealed(tmp_path)
    world.knowledge = msgspec.structs.replace(world.knowledge, seals=Seals())
    world.gateway = world.joined()
    async with world:
        envelope = await world.arrives(world.bureaux["sirene:XB"].signed(hit(), (PHOTO,)))
        reply = await world.reply_to(envelope)
        assert (await world.stands(reply.id)) == ("held", "smime.no-key")
        await world.sound()


async def test_a_certificate_of_the_partner_that_has_ended_stops_its_mail(world: Sealed) -> None:
    world.agree("encrypted")
    await world.later(timedelta(days=800))
    party = world.directory.get("sirene:XB")
    assert party is not None
    with pytest.raises(Exception, match="not valid now"):
        Seals([world.ours]).sealed(Payload.of(b"<x/>", "application/xml"), "sirene:XA", party, world.clock.now())


async def test_the_authority_of_the_mail_s_signer_must_be_heard_where_that_is_demanded(world: Sealed) -> None:
    world.agree("signed", required=True)
    partner = world.directory.get("sirene:XB")
    assert partner is not None
    hard = msgspec.structs.replace(partner, signature=msgspec.structs.replace(partner.signature, revocation="hard"))
    world.directory.replace(hard if one.party == "sirene:XB" else one for one in world.directory)

    def heard(told: dict[str, str], *which: str) -> None:
        answers = [
            Answer(
                kind="ocsp", issuer=told[f"{name}issuer"], serial=told[f"{name}serial"], this_update=NOON - timedelta(hours=1),
                next_update=NOON + timedelta(days=1), fetched_at=NOON, source=f"{name}ocsp", digest="0" * 64,
            )
            for name in which
        ]  # fmt: skip
        world.directory.revocation.replace(answers)

    envelope = await world.arrives(world.wrapped("signed"))
    waiting = ("identified", "signature.revocation-unknown")
    assert await world.stands(envelope) == waiting
    entry = [entries.read(link.entry) for link in await world.ledger.timeline(envelope)][-1]
    told = dict(entry.details)  # what the watch learns whom to ask about
    assert told["serial"] != told["smime_serial"]

    heard(told, "")
    await world.later(timedelta(minutes=1))
    assert await world.stands(envelope) == waiting, "the form's signer is known, the mail's is not"
    heard(told, "", "smime_")
    await world.later(timedelta(minutes=1))
    assert (await world.stands(envelope))[0] == "acknowledged"
    report = (await world.row(envelope)).envelope.signature.smime
    assert report is not None and {(one.status, one.source) for one in report.revocation} == {("good", "smime_ocsp")}
