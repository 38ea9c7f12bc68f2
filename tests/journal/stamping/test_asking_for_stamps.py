"""Settings and questions: an address that cannot be, what an authority is asked, and what is asked of stamps that are kept."""

from __future__ import annotations

from hashlib import sha256

import pytest

from adapters.timestamps.rfc3161.authority import AuthoritySettings, HttpAuthority
from gateway.errors import Misconfigured, Refused, Unavailable
from gateway.journal.stamping.question import Question, question_for
from gateway.journal.stamping.shelf import check_kept
from gateway.journal.stamping.tokens import Trust
from tests.gateway.rig import NOON
from tests.journal.publishing.press import SECOND
from tests.journal.stamping.authorities import POLICY, StampedPress


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "", "https://", "http://user:word@127.0.0.1/", "nonsense"])
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="url"):
        HttpAuthority(AuthoritySettings(url=url))


async def test_a_way_that_was_not_opened_says_so() -> None:
    wire = HttpAuthority(AuthoritySettings(url="http://127.0.0.1:1/"))
    await wire.stop()
    with pytest.raises(Unavailable):
        await wire.ask(b"")
    with pytest.raises(Misconfigured, match="ca_file"):
        await HttpAuthority(AuthoritySettings(url="https://tsa.example/", ca_file="/nowhere")).start()


def test_a_question_holds_a_digest_a_nonce_and_the_policy() -> None:
    from asn1crypto import tsp

    first, again = question_for(b"note", POLICY), question_for(b"note")
    read = tsp.TimeStampReq.load(first.content, strict=True).native
    assert read["message_imprint"] == {
        "hash_algorithm": {"algorithm": "sha256", "parameters": None}, "hashed_message": sha256(b"note").digest(),
    }  # fmt: skip
    assert (read["req_policy"], read["nonce"], read["cert_req"]) == (POLICY, first.nonce, True)
    assert first.nonce != again.nonce
    assert isinstance(again, Question)


async def test_what_is_asked_of_new_stamps_is_not_asked_of_kept_ones(stamped: StampedPress) -> None:
    """The office agrees on another policy, and on more exact times: what it has stays good."""
    await stamped.stamped()
    (kept,) = stamped.shelf.covering(1)
    stricter = Trust(anchors=stamped.taken[0].trust.anchors, policy="2.999.1", accuracy_seconds=0.1)
    assert check_kept(kept, stricter).at == NOON + SECOND
    with pytest.raises(Refused) as refused:
        check_kept(kept, Trust(anchors=()))
    assert refused.value.code == "stamp.untrusted"
