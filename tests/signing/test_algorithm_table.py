"""An algorithm or a kind of key ends with its day: for what partners sign and for what we do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from adapters.stores.memory.ledger import MemoryLedger
from gateway.errors import Misconfigured, Refused
from gateway.journal.entry import Entry
from gateway.signing.algorithms import EVERYTHING, AlgorithmPolicy, key_class
from gateway.signing.authority import set_up_authority
from gateway.signing.keys import KeyRing
from gateway.signing.sign import XadesSigner
from gateway.signing.usage import usage
from gateway.signing.verify import StrictVerifier
from tests.gateway.rig import TurnedClock
from tests.signing.forge import AT, FORM, MORE, XB, partner, rsa_key, sign

TODAY = AT.date()


def ending(kind: str, name: str, **days: date) -> AlgorithmPolicy:
    """Everything, with an end for one row."""
    return AlgorithmPolicy(
        rows=tuple(replace(row, **days) if (row.kind, row.name) == (kind, name) else row for row in EVERYTHING.rows)
    )


def without(kind: str, name: str) -> AlgorithmPolicy:
    return AlgorithmPolicy(rows=tuple(row for row in EVERYTHING.rows if (row.kind, row.name) != (kind, name)))


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("signature", "ecdsa-sha256", r"signature\.algorithm-ended"),
        ("digest", "sha256", r"signature\.algorithm-ended"),
        ("key", "P-256", r"signature\.key-ended"),
    ],
)
def test_the_last_day_counts_in_full_and_the_next_one_refuses(kind: str, name: str, code: str) -> None:
    document, verifier = sign(), StrictVerifier(ending(kind, name, accept_until=TODAY))

    verifier.verify(document, partner(), AT)
    verifier.verify(document, partner(), AT.replace(hour=23, minute=59))
    with pytest.raises(Refused, match=code):
        verifier.verify(document, partner(), AT.replace(hour=0, minute=0) + timedelta(days=1))


@pytest.mark.parametrize(("kind", "name"), [("signature", "ecdsa-sha256"), ("digest", "sha256"), ("key", "P-256")])
def test_what_has_no_row_is_refused(kind: str, name: str) -> None:
    with pytest.raises(Refused, match=r"-ended"):
        StrictVerifier(without(kind, name)).verify(sign(), partner(), AT)


def test_an_end_for_others_leaves_this_one_alone() -> None:
    verifier = StrictVerifier(ending("key", "rsa-3072", accept_until=TODAY - timedelta(days=1)))

    assert verifier.verify(sign(), partner(), AT).key == "P-256"
    signer = XB.issue("SIRENE XB signing", rsa_key(3072))
    with pytest.raises(Refused, match=r"signature\.key-ended"):
        verifier.verify(sign(signer, algorithm=f"{MORE}rsa-sha256"), partner(), AT)


def test_the_partners_date_never_outlives_the_tables_for_weak_rsa() -> None:
    document = sign(XB.issue("SIRENE XB signing", rsa_key(2048)), algorithm=f"{MORE}rsa-sha256")
    tolerant = partner(weak_rsa_until=TODAY + timedelta(days=30))

    assert StrictVerifier().verify(document, tolerant, AT).key == "rsa-2048"
    table = ending("key", "rsa-2048", accept_until=TODAY + timedelta(days=1))
    with pytest.raises(Refused, match=r"signature\.key-ended"):
        StrictVerifier(table).verify(document, tolerant, AT + timedelta(days=2))


def test_kinds_of_keys_have_the_names_of_the_table() -> None:
    sizes = {bits: key_class(rsa_key(bits).public_key()) for bits in (2048, 3072, 4096)}
    assert sizes == {2048: "rsa-2048", 3072: "rsa-3072", 4096: "rsa-4096"}


def test_we_stop_signing_on_the_day_of_the_table_while_partners_may_go_on(tmp_path: Path) -> None:
    files = set_up_authority(tmp_path, ["sirene:XA"], (), AT - timedelta(days=1)).signing
    table = ending("signature", "ecdsa-sha256", sign_until=TODAY)
    signer = XadesSigner(KeyRing.load(files, AT, table))

    signer.probe(AT)
    signer.sign(etree.fromstring(FORM), "sirene:XA", AT)
    tomorrow = AT + timedelta(days=1)
    with pytest.raises(Misconfigured, match=r"signing\.algorithm-ended"):
        signer.sign(etree.fromstring(FORM), "sirene:XA", tomorrow)
    with pytest.raises(Misconfigured, match=r"signing\.algorithm-ended"):
        signer.probe(tomorrow)
    StrictVerifier(table).verify(sign(), partner(), tomorrow)


# --- who still uses what


def verified(at: datetime, party: str, algorithm: str, **more: str) -> Entry:
    told = {"party": party, "certificate": "c" * 64, "algorithm": algorithm, "profile": "xades-b", **more}
    return Entry(event="envelope.verified", at=at, details=tuple(told.items()))


async def test_the_journal_says_who_still_uses_what() -> None:
    ledger = MemoryLedger(TurnedClock())
    await ledger.start()
    day = timedelta(days=1)
    await ledger.record([
        verified(AT - 400 * day, "sirene:XB", "rsa-sha256"),
        verified(AT - 3 * day, "sirene:XB", "ecdsa-sha256", key="P-256", digests="sha256"),
        verified(AT - 2 * day, "sirene:XC", "rsa-sha256", key="rsa-2048", digests="sha256"),
        verified(AT - 1 * day, "sirene:XB", "ecdsa-sha256", key="P-256", digests="sha256"),
        Entry(event="partner.added", at=AT, details=(("note", "envelope.verified algorithm"),)),
    ])  # fmt: skip

    told = [(use.party, use.algorithm, use.key, use.count, use.last_seen) for use in await usage(ledger)]
    assert told == [
        ("sirene:XB", "ecdsa-sha256", "P-256", 2, AT - 1 * day),
        ("sirene:XB", "rsa-sha256", "not told", 1, AT - 400 * day),
        ("sirene:XC", "rsa-sha256", "rsa-2048", 1, AT - 2 * day),
    ]
    assert len(await usage(ledger, since=AT - 30 * day)) == 2
