"""Replies and tokens that are not what they should be: every one is refused with a code of ours, and nothing that a library says escapes."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from gateway.errors import Refused
from gateway.journal.stamping.question import Question, question_for
from gateway.journal.stamping.reasons import SENTENCES
from gateway.journal.stamping.tokens import MAX_REPLY_OCTETS, Trust, check_token, read_reply
from tests.journal.stamping.authorities import POLICY, Authority

NOTE = b"a checkpoint\n"
CHANCE = random.Random(20261121)


def code_of(reading: Callable[[], object]) -> str:
    """Why it is refused; empty when it is not."""
    code = ""
    try:
        reading()
    except Refused as refused:
        code = refused.code
    assert code in {"", *SENTENCES}
    return code


class Answered:
    """One question with a good answer."""

    def __init__(self, question: Question, reply: bytes, trust: Trust) -> None:
        self.question, self.reply, self.trust = question, reply, trust

    @property
    def token(self) -> bytes:
        return bytes(tsp.TimeStampResp.load(self.reply)["time_stamp_token"].dump())

    def code(self, reply: bytes) -> str:
        """The reason for which a reply is refused; empty for one that is taken."""
        return code_of(lambda: read_reply(reply, self.question, self.trust))


@pytest.fixture(scope="module")
def answered(authorities: Callable[[str], Authority]) -> Answered:
    import asyncio

    from tests.journal.stamping.conftest import behaving

    authority = behaving(authorities("first"))
    question = question_for(NOTE, POLICY)

    async def asked() -> bytes:
        wire = authority.wire()
        await wire.start()
        try:
            return await wire.ask(question.content)
        finally:
            await wire.stop()

    return Answered(question, asyncio.run(asked()), Trust(anchors=authority.anchors, policy=POLICY))


def test_the_answer_is_good(answered: Answered) -> None:
    stamp = read_reply(answered.reply, answered.question, answered.trust)
    assert stamp.token == answered.token
    assert check_token(stamp.token, sha256(NOTE).digest(), answered.trust) == stamp


def test_every_flipped_bit_of_a_token_is_found_or_is_of_no_account(answered: Answered) -> None:
    """Of no account: a bit in what no signature is over and nobody reads. There is no such bit in a token of ours."""
    token = answered.token
    taken = []
    for bit in sorted(CHANCE.sample(range(len(token) * 8), 400)):
        changed = bytearray(token)
        changed[bit // 8] ^= 1 << bit % 8
        if not code_of(lambda content=bytes(changed): check_token(content, sha256(NOTE).digest(), answered.trust)):  # type: ignore[misc]
            taken.append(bit)
    assert [bit for bit in taken if not _in_the_authoritys_own(token, bit)] == []


def _in_the_authoritys_own(token: bytes, bit: int) -> bool:
    """Whether it is in the enclosed certificate of the authority, which is believed as it is pinned and not as it is sent."""
    signed = cms.ContentInfo.load(token)["content"]
    ours = next(each.chosen.dump() for each in signed["certificates"] if each.chosen.ca)
    begin = token.index(ours)
    return begin <= bit // 8 < begin + len(ours)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"\x30", b"\x30\x80", b"\x30\x80\x00\x00", b"<html></html>", b"\x30\x03\x02\x01\x00", b"\x30\x05\x30\x03\x02\x01\x00", b"\x30" * 60_000],
)  # fmt: skip
def test_garbage_is_refused(answered: Answered, content: bytes) -> None:
    assert answered.code(content) in {"stamp.malformed", "stamp.rejected"}


def test_what_is_too_long_is_not_even_read(answered: Answered) -> None:
    assert answered.code(answered.reply + bytes(MAX_REPLY_OCTETS)) == "stamp.too-long"
    assert answered.code(answered.reply + b"\x00") == "stamp.malformed"
    assert answered.code(answered.reply[:-1]) == "stamp.malformed"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 99])
def test_every_status_but_granted_is_a_rejection(answered: Answered, number: int) -> None:
    at = answered.reply.index(b"\x30\x03\x02\x01\x00")
    reply = answered.reply[: at + 4] + bytes([number]) + answered.reply[at + 5 :]
    assert answered.code(reply) in {"stamp.rejected", "stamp.malformed"}
    assert number == 99 or answered.code(reply) == "stamp.rejected"


@given(content=some.binary(max_size=300), at=some.integers(0, 2000), cut=some.integers(0, 40))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_put_into_a_reply_is_refused_or_read(answered: Answered, content: bytes, at: int, cut: int) -> None:
    at %= len(answered.reply)
    reply = answered.reply[:at] + content + answered.reply[at + cut :]
    assert answered.code(reply) in {"", *SENTENCES}
    assert reply == answered.reply or answered.code(reply) or len(content) == cut


def changed_by(answered: Answered, change: Callable[[Any], None]) -> str:
    """What is said of a token whose parts were changed."""
    token = cms.ContentInfo.load(answered.token).copy()
    change(token["content"])
    reply = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump(force=True)
    return answered.code(reply)


def test_certificates_in_any_order_are_taken(answered: Answered) -> None:
    def turned(signed: Any) -> None:
        signed["certificates"] = list(reversed(signed["certificates"]))

    assert changed_by(answered, turned) == ""


def test_without_the_certificate_it_is_refused(answered: Answered) -> None:
    def without(signed: Any) -> None:
        signed["certificates"] = None

    def only_authorities(signed: Any) -> None:
        signed["certificates"] = [each for each in signed["certificates"] if each.chosen.ca]

    assert changed_by(answered, without) in {"stamp.certificate", "stamp.malformed"}
    assert changed_by(answered, only_authorities) == "stamp.certificate"


def test_two_signers_are_refused(answered: Answered) -> None:
    def doubled(signed: Any) -> None:
        signed["signer_infos"] = [signed["signer_infos"][0], signed["signer_infos"][0]]

    assert changed_by(answered, doubled) == "stamp.malformed"


def test_another_content_is_refused(answered: Answered) -> None:
    def other_time(signed: Any) -> None:
        info = signed["encap_content_info"]["content"].parsed.copy()
        info["gen_time"] = core.GeneralizedTime(info["gen_time"].native.replace(year=2025))
        signed["encap_content_info"]["content"] = core.ParsableOctetString(info.dump(force=True))

    def data(signed: Any) -> None:
        signed["encap_content_info"] = {"content_type": "data", "content": b"nothing"}

    assert changed_by(answered, other_time) in {"stamp.signature", "stamp.expired"}
    assert changed_by(answered, data) == "stamp.malformed"


def test_without_signed_attributes_it_is_refused(answered: Answered) -> None:
    def bare(signed: Any) -> None:
        signed["signer_infos"][0]["signed_attrs"] = None

    assert changed_by(answered, bare) == "stamp.certificate"


def test_nobody_is_believed_without_anchors(answered: Answered) -> None:
    with pytest.raises(Refused) as refused:
        check_token(answered.token, answered.question.digest, Trust(anchors=()))
    assert refused.value.code == "stamp.untrusted"


def test_it_is_over_nothing_else(answered: Answered) -> None:
    with pytest.raises(Refused) as refused:
        check_token(answered.token, sha256(b"another").digest(), answered.trust)
    assert refused.value.code == "stamp.imprint"
