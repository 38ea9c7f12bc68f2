"""Whatever keeps the keys of content keeps this contract: what is destroyed is gone for good, and everything else stays."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.vaults.files.vault import FileVault
from adapters.vaults.memory.vault import MemoryVault
from adapters.vaults.postgres.vault import PostgresVault
from gateway.errors import Misconfigured, Unavailable
from gateway.vault.keyring import Keyring
from gateway.vault.masters import MasterFolder, Masters
from gateway.vault.port import BLOCK, Destruction, Slot, Vault
from gateway.vault.sealed import Key
from tests.contracts.store_examples import START

FOLDER = Path(__file__).parents[2] / "adapters" / "vaults"
VAULTS = sorted(tomllib.loads(manifest.read_text())["name"] for manifest in FOLDER.glob("*/manifest.toml"))
GONE = Destruction(at=START, rule="sirene.three-years")
FIRST = 7 << 40
Open = Callable[[], Vault]


@pytest.fixture(params=VAULTS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    match request.param:
        case "memory":
            only = MemoryVault()
            return lambda: only
        case "files":
            return lambda: FileVault(tmp_path / "vault")
        case "postgres":
            url = str(request.getfixturevalue("postgres_url"))
            return lambda: PostgresVault(url)
    raise LookupError(f"no test opens the vault {request.param}")


@pytest.fixture
async def vault(opened: Open) -> AsyncIterator[Vault]:
    made = opened()
    await made.start()
    yield made
    await made.stop()


def masters(folder: Path, count: int = 1) -> Masters:
    kept = MasterFolder(folder)
    for number in range(count):
        kept.make(START + timedelta(seconds=number))
    return kept.read()


def slots(wrapping: Masters, first: int = FIRST, count: int = BLOCK) -> list[Slot]:
    return [wrapping.wrap(first + place, bytes([place % 256]) * 32) for place in range(count)]


async def test_keys_are_found_as_they_were_kept_also_by_the_next_process(opened: Open, tmp_path: Path) -> None:
    one, made = opened(), slots(masters(tmp_path / "masters"))
    await one.start()
    await one.keep(made)
    await one.stop()
    await one.stop()
    other = opened()
    await other.start()
    assert await other.find([slot.number for slot in made]) == {slot.number: slot for slot in made}
    assert await other.find([FIRST - 1, 1]) == {}
    assert await other.masters() == {made[0].master: BLOCK}
    await other.probe()
    await other.stop()


async def test_a_block_that_is_there_is_not_replaced(vault: Vault, tmp_path: Path) -> None:
    wrapping = masters(tmp_path / "masters")
    made = slots(wrapping)
    await vault.keep(made)
    with pytest.raises(ValueError, match="there already"):
        await vault.keep(slots(wrapping))
    assert await vault.find([FIRST + 3]) == {FIRST + 3: made[3]}


async def test_a_destroyed_key_is_gone_for_good_and_its_neighbours_stay(
    opened: Open, vault: Vault, tmp_path: Path
) -> None:
    made = slots(masters(tmp_path / "masters"))
    await vault.keep(made)
    await vault.destroy([FIRST + 3, FIRST + 9, FIRST << 1], GONE)
    await vault.destroy([FIRST + 3], Destruction(at=START + timedelta(days=1), rule="another"))
    again = opened()
    await again.start()
    found = await again.find([FIRST + 2, FIRST + 3, FIRST + 4, FIRST + 9, FIRST << 1])
    await again.stop()
    assert found == {FIRST + 2: made[2], FIRST + 3: GONE, FIRST + 4: made[4], FIRST + 9: GONE}
    assert sum((await vault.masters()).values()) == BLOCK - 2


async def test_all_keys_come_under_the_next_master_and_no_destroyed_one_comes_back(
    vault: Vault, tmp_path: Path
) -> None:
    known = masters(tmp_path / "masters", 2)
    before, after = known.names
    old = Masters({before: next((tmp_path / "masters").glob(f"{before}*")).read_bytes()})
    for block in range(3):
        await vault.keep(slots(old, FIRST + block * BLOCK))
    await vault.destroy([FIRST + 5], GONE)

    def rewrap(slot: Slot) -> bytes:
        return known.wrap(slot.number, known.unwrap(slot)).wrapped

    counts = []
    while done := await vault.rewrap(before, after, rewrap, BLOCK):
        counts.append(done)
    assert len(counts) > 1
    assert await vault.masters() == {after: 3 * BLOCK - 1}
    found = await vault.find([FIRST + 4, FIRST + 5, FIRST + 2 * BLOCK])
    assert found[FIRST + 5] == GONE
    slot = found[FIRST + 4]
    assert isinstance(slot, Slot)
    assert slot.master == after
    assert known.unwrap(slot) == bytes([4]) * 32


async def test_what_is_destroyed_while_masters_change_stays_destroyed(vault: Vault, tmp_path: Path) -> None:
    known = masters(tmp_path / "masters", 2)
    before, after = known.names
    old = Masters({before: next((tmp_path / "masters").glob(f"{before}*")).read_bytes()})
    for block in range(4):
        await vault.keep(slots(old, FIRST + block * BLOCK))
    gone = [FIRST + place for place in range(0, 4 * BLOCK, 17)]

    async def rewrap() -> None:
        while await vault.rewrap(before, after, lambda slot: known.wrap(slot.number, known.unwrap(slot)).wrapped, 1):
            pass

    await asyncio.gather(rewrap(), *(vault.destroy([number], GONE) for number in gone))
    assert await vault.find(gone) == dict.fromkeys(gone, GONE)
    assert await vault.masters() == {after: 4 * BLOCK - len(gone)}


async def test_a_vault_that_is_not_started_says_so(opened: Open) -> None:
    if isinstance(opened(), MemoryVault):
        assert await opened().find([1]) == {}  # there is nothing to start
        return
    with pytest.raises(Unavailable):
        await opened().find([1])


# --- the keyring over each of them -----------------------------------------------------------------------------------


async def test_the_keyring_opens_what_an_earlier_one_sealed_and_nothing_that_was_destroyed(
    opened: Open, tmp_path: Path
) -> None:
    folder = MasterFolder(tmp_path / "masters")
    folder.make(START)
    first = Keyring(opened(), folder)
    await first.start()
    keys = [await first.fresh() for _ in range(BLOCK + 5)]
    assert len({key.number for key in keys}) == BLOCK + 5
    sealed = [key.seal(f"e{place}", "payload", b"content") for place, key in enumerate(keys)]
    token = first.blinding.token("word", "Canary")
    await first.destroy([keys[1].number], GONE)
    await first.stop()

    second = Keyring(opened(), folder)
    await second.start()
    held = await second.find([key.number for key in keys])
    assert held.pop(keys[1].number) == GONE  # type: ignore[attr-defined]  # a dict, seen as what cannot change
    assert all(
        isinstance(key := held[keys[place].number], Key)
        and key.open(f"e{place}", "payload", sealed[place]) == b"content"
        for place in (0, 2, BLOCK + 4)
    )
    assert second.blinding.token("word", "Canary") == token
    assert (await second.fresh()).number not in {key.number for key in keys}
    await second.stop()


async def test_without_its_master_nothing_starts(opened: Open, tmp_path: Path) -> None:
    folder, other = MasterFolder(tmp_path / "masters"), MasterFolder(tmp_path / "others")
    with pytest.raises(Misconfigured, match="no master key"):
        await Keyring(opened(), folder).start()
    folder.make(START)
    other.make(START)
    keyring = Keyring(opened(), folder)
    await keyring.start()
    await keyring.stop()
    with pytest.raises(Misconfigured, match="which is not in"):
        await Keyring(opened(), other).start()
    (file,) = folder.folder.glob("*.master")
    file.chmod(0o640)
    with pytest.raises(Misconfigured, match="can be read by others"):
        await Keyring(opened(), folder).start()
    file.chmod(0o600)
    file.write_bytes(bytes(32))
    with pytest.raises(Misconfigured, match="does not hold the master key"):
        await Keyring(opened(), folder).start()
