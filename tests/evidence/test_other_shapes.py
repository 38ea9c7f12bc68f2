"""Bundles with S/MIME, with RSA keys in the signer process, and whatever a stranger may write into a summary: read or refused, never an end of the verifier."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.evidence.sealing import seal
from gateway.evidence.standalone import cms
from gateway.evidence.standalone.words import OK, OPEN
from gateway.signing.algorithms import EVERYTHING
from gateway.signing.keys import KeyFiles, load_key
from gateway.signing.remote import ring_over
from gateway.signing.signatory import ENCODER, TOLDS, Ask, Signatory, held
from tests.evidence.conftest import Made
from tests.evidence.damage import Piece
from tests.evidence.office import OFFICER, PURPOSE, Archive, judged
from tests.gateway.rig import NOON
from tests.smime.test_smime_agreed import Sealed

QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(("mode", "verdict"), [("signed", OK), ("encrypted", OPEN), ("signed-encrypted", OPEN)])
async def test_a_message_under_smime_says_what_can_be_held_against_what(
    tmp_path: Path, mode: str, verdict: str
) -> None:
    async with Sealed(tmp_path) as world:
        archive = Archive(tmp_path, world)
        world.agree(mode, required=True)
        envelope = await world.arrives(world.wrapped(mode))
        await archive.publish()
        exchange = (await world.row(envelope)).envelope.exchange
        with (await archive.desk.exchange(exchange, OFFICER, PURPOSE)).file as file:
            content = file.read()
        report = judged(content, archive.pinned(tmp_path / "trust"))
        assert report.exit_code == 0, report.text()
        hit = f"messages/{envelope}/form.xml"
        assert {each.verdict for each in report.found if (each.check, each.place) == ("message.form", hit)} == {verdict}
        assert {each.verdict for each in report.found if (each.check, each.place) == ("form.signature", hit)} == {OK}
        sent = [each for each in report.found if each.check == "message.sent"]
        assert sent and {each.verdict for each in sent} == {OK}


class Line:
    """The way to a signer that is in this process."""

    def __init__(self, signatory: Signatory) -> None:
        self._signatory = signatory

    def ask(self, ask: Ask) -> bytes:
        told = TOLDS.decode(self._signatory.answer(ENCODER.encode(ask)))
        assert not told.trouble
        return told.signature


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa3072"])
def test_the_office_may_sign_with_a_key_that_only_the_signer_process_has(tmp_path: Path, kind: str) -> None:
    files = own_key(tmp_path, kind)
    signatory = Signatory([held(load_key(files, NOON))])
    keys = ring_over(Line(signatory), [files], NOON, EVERYTHING)  # type: ignore[arg-type]  # it asks the same way
    signature = seal(b"the list", keys, "sirene:XA", NOON)
    signed = cms.verified(signature, "data", b"the list")
    assert signed.at == NOON
    assert signed.signer == x509.load_pem_x509_certificates(files.certificates.read_bytes())[0]


def own_key(folder: Path, kind: str) -> KeyFiles:
    """A key of that kind with its certificate, as `openssl` would have made them."""
    from tests.smime.mailroom import mailbox

    box = mailbox(folder, kind, "SIRENE XA signing")
    return KeyFiles(party="sirene:XA", key=box.key_file, certificates=box.certificate_file)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["inbound", "log/checkpoint", "../x", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@QUIET
@given(data=st.data())
def test_whatever_the_office_writes_into_the_summary_is_read_or_refused(made: Made, data: Any) -> None:
    piece = Piece(made)
    told: Any = piece.told
    where = data.draw(st.sampled_from(sorted(told)))
    if where in ("messages", "earlier") and data.draw(st.booleans()):
        row = data.draw(st.sampled_from(told[where]))
        row[data.draw(st.sampled_from(sorted(row)))] = data.draw(JSON)
    else:
        told[where] = data.draw(JSON)
    piece.members["summary.json"] = json.dumps(told).encode()
    try:
        bundle = piece.bundle("office")
    except (AttributeError, TypeError):
        return  # our own tool cannot sign for a party that is no text
    report = judged(bundle, made.trust)
    assert report.exit_code in (0, 1, 2)
    assert report.text() and report.json()


@QUIET
@given(place=st.floats(0, 1, exclude_max=True), octet=st.integers(0, 255), cut=st.booleans())
def test_a_file_that_was_changed_anywhere_is_refused_and_never_an_end(
    made: Made, place: float, octet: int, cut: bool
) -> None:
    content = bytearray(made.bundle)
    at = int(place * len(content))
    if cut:
        del content[at:]
    elif content[at] == octet:
        return
    else:
        content[at] = octet
    assert judged(bytes(content), made.trust).exit_code == 1


@QUIET
@given(content=st.binary(max_size=400))
def test_noise_is_no_bundle(content: bytes) -> None:
    assert judged(content).exit_code == 1
