"""`spoc journal balance` beside no gateway: the ledger is only read, and what somebody changed in it is named."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.stores.sqlite.ledger import SqliteLedger
from gateway.setup import make_home
from tests.cli.conftest import PARTIES, Spoc
from tests.cli.test_journal_proof import damage
from tests.contracts.store_examples import arrived, entry


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose ledger holds three messages."""
    home = tmp_path_factory.mktemp("books") / "home"
    make_home(home, PARTIES, "xa.spoc.example", datetime.now(UTC))

    async def take_in() -> None:
        ledger = SqliteLedger(home / "data" / "ledger.sqlite")
        await ledger.start()
        for text in (b"<a/>", b"<b/>", b"<c/>"):
            envelope = arrived(text)
            told = (("payload", envelope.payload.digest),)
            await ledger.accept(envelope, entry("envelope.received", envelope, details=told), "")
        await ledger.stop()

    (home / "data").mkdir(exist_ok=True)
    asyncio.run(take_in())
    return home


@pytest.fixture
def kept(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "kept")


def test_untouched_books_balance(quick: Spoc, kept: Path) -> None:
    done = quick("--home", kept, "journal", "balance", "--json")
    assert (done.code, done.told["source"], done.told["balanced"]) == (0, "ledger", True), done.text
    assert (done.told["accepted"], done.told["rows"]["waiting"], done.told["journal"]["waiting"]) == (3, 3, 3)
    shown = quick("--home", kept, "journal", "balance")
    assert "The books balance." in shown.text


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE envelopes SET state = 'settled' WHERE rowid = 1", "stands as 'settled'"),
        ("UPDATE standing SET accepted = 7", "the counter says 7"),
        ("DELETE FROM envelopes WHERE rowid = 2", "is not there"),
    ],
)
def test_what_somebody_changed_is_named_and_ends_with_1(quick: Spoc, kept: Path, statement: str, words: str) -> None:
    damage(kept, "PRAGMA foreign_keys = OFF", statement)
    done = quick("--home", kept, "journal", "balance", "--json")
    assert (done.code, done.told["balanced"]) == (1, False)
    assert any(words in each["words"] for each in done.told["differences"])
    shown = quick("--home", kept, "journal", "balance")
    assert "do not balance" in shown.text
