"""Signed notes, checkpoints and countersignatures: the vectors of others hold, ours are read back, and damage is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal.tree.checkpoints import Checkpoint, cosign, cosigned, opened, read_checkpoint, signed
from gateway.journal.tree.hashing import EMPTY_ROOT, leaf_hash
from gateway.journal.tree.notes import (
    COSIGNATURE,
    Note,
    NoteInvalid,
    NoteSigner,
    VerifierKey,
    read_note,
    read_signatures,
    read_verifier,
    verified,
)
from gateway.journal.tree.packets import Packet, read_packet, verify_packet
from gateway.journal.tree.proofs import ProofFalse, inclusion
from tests.journal.tree.test_tree import LEAVES, flip, grown, source

# The vector of the Go module golang.org/x/mod/sumdb/note, in which the format was first written.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ORIGIN = "spoc.example/journal/XA"
SIGNER = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = NoteSigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32), COSIGNATURE)
HEAD = Checkpoint(origin=ORIGIN, size=7, root=leaf_hash(b"x"))


def test_the_note_of_the_go_module_is_read_and_written_the_same() -> None:
    key = read_verifier(GO_KEY)
    assert (key.text(), key.name) == (GO_KEY, "PeterNeumann")
    note = read_note(GO_NOTE.encode())
    assert verified(note, [key]) == (key,)
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO_PRIVATE)[1:])
    assert NoteSigner("PeterNeumann", private).sign(GO_TEXT).content().decode() == GO_NOTE


def test_a_mistyped_key_is_refused() -> None:
    for at in range(len(GO_KEY)):
        wrong = GO_KEY[:at] + chr(ord(GO_KEY[at]) + 1) + GO_KEY[at + 1 :]
        with pytest.raises(ValueError, match="key"):
            read_verifier(wrong)
    for name in ("", "with space", "with+plus", "x" * 201):
        with pytest.raises(ValueError, match="name"):
            NoteSigner(name, Ed25519PrivateKey.generate())


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", GO_TEXT.encode(), GO_NOTE.encode()[:-1], GO_NOTE.replace("— ", "- ").encode(), GO_NOTE.replace("x08", "x0!").encode(),
     GO_NOTE.encode() + b"\xff\n", GO_NOTE.replace("\n", "\r\n").encode(), GO_NOTE.encode() + b"\n", b"a" * 70_000,
     GO_NOTE.encode() + b"more\n", GO_NOTE.replace("PeterNeumann x", "Peter x x").encode(), (GO_TEXT + "\n— PeterNeumann AAAA\n").encode()],
)  # fmt: skip
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(NoteInvalid):
        read_note(content)


def test_signatures_of_strangers_say_nothing_and_false_ones_of_ours_refuse_the_note() -> None:
    note = signed(HEAD, SIGNER)
    stranger = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
    both = Note(text=note.text, signatures=(*note.signatures, stranger.line(b"other")))
    assert verified(both, [SIGNER.verifier]) == (SIGNER.verifier,)
    with pytest.raises(NoteInvalid, match="no key"):
        verified(note, [stranger.verifier])
    with pytest.raises(NoteInvalid, match="no key"):
        verified(note, [])
    forged = Note(text=note.text, signatures=(SIGNER.line(b"other"), *note.signatures))
    with pytest.raises(NoteInvalid, match="does not hold"):
        verified(forged, [SIGNER.verifier])


def test_a_checkpoint_is_read_back_as_it_was_signed() -> None:
    content = signed(HEAD, SIGNER).content()
    assert opened(content, SIGNER.verifier)[0] == HEAD
    assert content.decode().startswith(f"{ORIGIN}\n7\n{base64.b64encode(HEAD.root).decode()}\n\n— {ORIGIN} ")
    other = signed(Checkpoint(origin="spoc.example/other", size=7, root=EMPTY_ROOT), SIGNER)
    with pytest.raises(NoteInvalid, match="another log"):
        opened(other.content(), SIGNER.verifier)


@given(st.integers(0, 10**6))
def test_a_checkpoint_with_one_bit_turned_is_refused(bit: int) -> None:
    with pytest.raises(NoteInvalid):
        opened(flip(signed(HEAD, SIGNER).content(), bit), SIGNER.verifier)


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n1\nnotbase64\n", "a\n1\n" + "A" * 42 + "B=\n", "a\n١\n" + "A" * 43 + "=\n",
     "\n1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=\n\nmore\n", "a\n99999999999999999999\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "="],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        read_checkpoint(text)


def test_lines_of_others_are_carried_along() -> None:
    found = read_checkpoint(HEAD.text() + "extra line\n")
    assert found.extensions == ("extra line",)
    assert found.text() == HEAD.text() + "extra line\n"


def test_a_witness_says_when_and_a_false_one_is_refused() -> None:
    note = signed(HEAD, SIGNER)
    line = cosign(note.text, WITNESS, NOON)
    both = Note(text=note.text, signatures=(*note.signatures, line))
    found = cosigned(read_note(both.content()), WITNESS.verifier)
    assert found is not None
    assert (found.name, found.at) == ("witness.example/w1", NOON)
    assert cosigned(note, WITNESS.verifier) is None
    assert opened(both.content(), SIGNER.verifier)[0] == HEAD
    assert read_signatures(line.line()) == (line,)
    # as the specification says it, computed here by hand
    message = b"cosignature/v1\ntime " + str(int(NOON.timestamp())).encode() + b"\n" + note.text.encode()
    assert WITNESS.verifier.holds(line.content[8:], message)
    shifted = int((NOON - timedelta(days=1)).timestamp()).to_bytes(8, "big") + line.content[8:]
    for content in (shifted, line.content[:-1], flip(line.content, 100)):
        wrong = Note(text=note.text, signatures=(type(line)(name=line.name, key_id=line.key_id, content=content),))
        with pytest.raises(NoteInvalid, match="does not hold"):
            cosigned(wrong, WITNESS.verifier)


def test_the_key_of_a_witness_is_not_that_of_a_log() -> None:
    as_log = VerifierKey(name=WITNESS.name, kind=1, public=WITNESS.verifier.public)
    assert as_log.key_id != WITNESS.verifier.key_id
    assert read_verifier(WITNESS.verifier.text()) == WITNESS.verifier


# --- proofs in one text


def packet() -> Packet:
    head = Checkpoint(origin=ORIGIN, size=70, root=grown(LEAVES[:70]).root)
    return Packet(
        index=33, leaf=LEAVES[33], proof=tuple(inclusion(33, 70, source(LEAVES))), checkpoint=signed(head, SIGNER).content()
    )  # fmt: skip


def test_a_proof_is_carried_in_one_text() -> None:
    made = packet()
    assert made.text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    read = read_packet(made.text().encode())
    assert read == made
    assert verify_packet(read, SIGNER.verifier).size == 70


@given(st.integers(0, 10**6))
def test_a_proof_with_one_bit_turned_is_refused(bit: int) -> None:
    with pytest.raises(ProofFalse):
        verify_packet(read_packet(flip(packet().text().encode(), bit)), SIGNER.verifier)


def test_a_proof_under_another_key_is_refused() -> None:
    with pytest.raises(ProofFalse, match="checkpoint"):
        verify_packet(packet(), NoteSigner(ORIGIN, Ed25519PrivateKey.generate()).verifier)


# --- whatever comes


@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(str.encode),
        st.integers(0, 4000).map(lambda bit: flip(packet().text().encode(), bit)),
    )
)
def test_whatever_comes_is_read_or_refused_in_our_words(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    assert answered(lambda: read_note(content), NoteInvalid)
    assert answered(lambda: read_packet(content), ProofFalse)
    assert answered(lambda: read_checkpoint(text), NoteInvalid)
    assert answered(lambda: read_signatures(text), NoteInvalid)
    assert answered(lambda: read_verifier(text), ValueError)


def answered(read: Callable[[], object], refusal: type[Exception]) -> str:
    """`read`, or the words of the refusal; whatever else is raised goes through."""
    try:
        read()
    except refusal as error:
        return str(error)
    return "read"
