"""The tree against RFC 9162 as it is written, against the vectors of the reference implementations, and against damage."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.journal.tree import proofs, tiles
from gateway.journal.tree.hashing import EMPTY_ROOT, Frontier, leaf_hash, node_hash, subtree_root
from gateway.journal.tree.leaves import leaf_of
from gateway.journal.tree.proofs import ProofFalse, Source
from tests.journal.tree import naive

MANY = 300
LEAVES = [bytes([number % 251]) * (number % 7) + str(number).encode() for number in range(MANY)]
# Leaves and roots of the reference implementation of Certificate Transparency (RFC 6962, whose hashes RFC 9162 keeps).
CT_LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_CONSISTENCY = {
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}  # fmt: skip


def source(leaves: list[bytes]) -> Source:
    """Complete subtrees straight from the leaves."""
    hashes = [leaf_hash(leaf) for leaf in leaves]

    def hash_at(level: int, index: int) -> bytes:
        part = hashes[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "only complete subtrees are asked for"
        return subtree_root(part)

    return hash_at


def grown(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    frontier.extend(map(leaf_hash, leaves))
    return frontier


def refused(check: Callable[[], None]) -> bool:
    try:
        check()
    except ProofFalse as error:
        return bool(str(error))
    return False


# --- the same as written


def test_roots_are_those_of_the_reference_implementation() -> None:
    assert EMPTY_ROOT.hex() == CT_ROOTS[0]
    for size in range(1, 9):
        assert grown(CT_LEAVES[:size]).root.hex() == naive.root(CT_LEAVES[:size]).hex() == CT_ROOTS[size]


def test_consistency_proofs_are_those_of_the_reference_implementation() -> None:
    for (first, second), expected in CT_CONSISTENCY.items():
        assert tuple(each.hex() for each in proofs.consistency(first, second, source(CT_LEAVES))) == expected


def test_every_root_and_every_proof_up_to_three_hundred_is_the_defined_one() -> None:
    hash_at, frontier = source(LEAVES), Frontier()
    for size in range(1, MANY + 1):
        frontier.append(leaf_hash(LEAVES[size - 1]))
        expected = naive.root(LEAVES[:size])
        assert frontier.root == proofs.root_at(size, hash_at) == expected
        assert list(frontier.peaks) == proofs.peaks_at(size, hash_at)
        for index in {0, size - 1, size // 2, size // 3, (size * 7) % size}:
            found = proofs.inclusion(index, size, hash_at)
            assert found == naive.path(index, LEAVES[:size])
            proofs.verify_inclusion(leaf_hash(LEAVES[index]), index, size, found, expected)


def test_every_pair_of_sizes_is_proved_consistent() -> None:
    roots = [naive.root(LEAVES[:size]) for size in range(71)]
    hash_at = source(LEAVES)
    for first, second in itertools.combinations_with_replacement(range(71), 2):
        found = proofs.consistency(first, second, hash_at)
        assert found == (naive.proof(first, LEAVES[:second]) if first else [])
        proofs.verify_consistency(first, second, found, roots[first], roots[second])
        if first:
            assert naive.continues(first, second, found, roots[first]) == (roots[first], roots[second])


SIZES = st.integers(min_value=1, max_value=5000)


@given(size=SIZES, part=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
@example(size=4096, part=1.0)
@example(size=4097, part=0.5)
def test_larger_trees_agree_with_another_verifier(size: int, part: float) -> None:
    leaves = [number.to_bytes(4, "big") for number in range(size)]
    hash_at, index = source(leaves), min(size - 1, int(size * part))
    top = grown(leaves).root
    assert naive.leads_to(index, size, leaves[index], proofs.inclusion(index, size, hash_at)) == top
    old = grown(leaves[: index + 1]).root
    found = proofs.consistency(index + 1, size, hash_at)
    assert naive.continues(index + 1, size, found, old) == (old, top)
    proofs.verify_consistency(index + 1, size, found, old, top)


# --- what is damaged proves nothing


@given(size=st.integers(2, MANY), pick=st.integers(0, 10**6), bit=st.integers(0, 255), how=st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_damaged_inclusion_proof_is_refused(size: int, pick: int, bit: int, how: int) -> None:
    index = pick % size
    leaf, top = leaf_hash(LEAVES[index]), grown(LEAVES[:size]).root
    good = proofs.inclusion(index, size, source(LEAVES))
    flipped = list(good)
    flipped[pick % len(good)] = flip(good[pick % len(good)], bit)
    wrong = [
        (leaf, index, size, flipped, top), (flip(leaf, bit), index, size, good, top), (leaf, index, size, good, flip(top, bit)),
        (leaf, index, size, good[:-1], top), (leaf, index, size, [*good, top], top), (leaf, size, size, good, top),
        (leaf, index ^ 1 if index ^ 1 < size else index - 1, size, good, top), (leaf[:-1], index, size, good, top),
    ]  # fmt: skip
    assert refused(lambda: proofs.verify_inclusion(*wrong[how]))


@given(second=st.integers(2, MANY), pick=st.integers(0, 10**6), bit=st.integers(0, 255), how=st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_a_damaged_consistency_proof_is_refused(second: int, pick: int, bit: int, how: int) -> None:
    first = 1 + pick % (second - 1)
    old, new = grown(LEAVES[:first]).root, grown(LEAVES[:second]).root
    good = proofs.consistency(first, second, source(LEAVES))
    flipped = list(good)
    flipped[pick % len(good)] = flip(good[pick % len(good)], bit)
    forked = grown([*LEAVES[: first - 1], b"another", *LEAVES[first:second]]).root
    wrong = [
        (first, second, flipped, old, new), (first, second, good, flip(old, bit), new), (first, second, good, old, flip(new, bit)),
        (first, second, good[:-1], old, new), (first, second, [*good, new], old, new), (second, first, good, old, new),
        (first, second, [], old, new), (first, second, good, old, forked),
    ]  # fmt: skip
    assert refused(lambda: proofs.verify_consistency(*wrong[how]))


def test_a_fork_of_the_same_size_is_named_so() -> None:
    with pytest.raises(ProofFalse, match="forked"):
        proofs.verify_consistency(3, 3, [], EMPTY_ROOT, node_hash(EMPTY_ROOT, EMPTY_ROOT))
    proofs.verify_consistency(0, 3, [], EMPTY_ROOT, node_hash(EMPTY_ROOT, EMPTY_ROOT))


def test_what_cannot_be_asked_is_said() -> None:
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="no leaf"):
            proofs.inclusion(index, size, source(LEAVES))
    for first, second in ((4, 3), (-1, 3)):
        with pytest.raises(ValueError, match="between"):
            proofs.consistency(first, second, source(LEAVES))
    with pytest.raises(ValueError, match="peaks"):
        Frontier(3, [EMPTY_ROOT])


def flip(content: bytes, bit: int) -> bytes:
    """The content with one bit turned."""
    at = bit % (len(content) * 8)
    return bytes(octet ^ (1 << at % 8) if place == at // 8 else octet for place, octet in enumerate(content))


# --- tiles


def test_a_tile_is_named_as_the_format_says() -> None:
    assert tiles.Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert tiles.Tile(1, 0, 17).path == "tile/1/000.p/17"
    assert tiles.Tile(tiles.ENTRIES, 273, 112).path == "tile/entries/273.p/112"
    assert tiles.Tile(2, 1000).path == "tile/2/x001/000"


def test_the_example_of_the_format_has_these_tiles() -> None:
    found = list(tiles.tiles_of(70_000))
    assert len([tile for tile in found if tile.level == 0 and tile.width == 256]) == 273
    assert [tile for tile in found if tile.width < 256 or tile.level] == [
        (0, 273, 112),
        (1, 0, 256),
        (1, 1, 17),
        (2, 0, 1),
    ]
    assert list(tiles.tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []


@given(level=st.integers(-1, 63), place=st.integers(0, 2**40), width=st.integers(1, 256))
def test_a_path_is_read_back(level: int, place: int, width: int) -> None:
    tile = tiles.Tile(level, place, width)
    assert tiles.read_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    ["tile/0/00", "tile/0/0000", "tile/0/x000/001", "tile/64/000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
     "tile/0/../000", "tile/0/x1/000", "/tile/0/000", "tile/0/000\n", "tile/data/000", "tile/0/٠٠٠", "", "tile/0/001/001"],
)  # fmt: skip
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    assert tiles.read_path(path) is None


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 513, 65_536, 65_537, 66_000])
def test_proofs_come_from_tiles_alone(size: int) -> None:
    leaves = [number.to_bytes(4, "big") for number in range(size)]
    kept = tiled(leaves)
    hash_at = tiles.source_of(lambda tile: kept[tile.path], size)
    assert proofs.root_at(size, hash_at) == grown(leaves).root
    for index in {0, size - 1, size // 2, size // 3}:
        proofs.verify_inclusion(
            leaf_hash(leaves[index]), index, size, proofs.inclusion(index, size, hash_at), grown(leaves).root
        )
        first = index + 1
        found = proofs.consistency(first, size, hash_at)
        proofs.verify_consistency(first, size, found, grown(leaves[:first]).root, grown(leaves).root)


def tiled(leaves: list[bytes]) -> dict[str, bytes]:
    """Tiles by their path, built level by level from what stands below."""
    made: dict[str, bytes] = {}
    level, hashes = 0, [naive.digest(b"\x00" + leaf) for leaf in leaves]
    while hashes:
        for place in range(0, len(hashes), 256):
            part = hashes[place : place + 256]
            made[tiles.Tile(level, place // 256, len(part)).path] = b"".join(part)
        hashes = [subtree_root(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        level += 1
    return made


def test_entries_travel_in_bundles_and_broken_ones_are_refused() -> None:
    leaves = [b"", b"{}", b"x" * 65_535]
    content = tiles.bundle(leaves)
    assert tiles.leaves_in(content) == leaves
    for broken in (content[:-1], content[:1], content + b"\x00", tiles.bundle([b""] * 256) + b"\x00\x00"):
        with pytest.raises(ValueError, match="breaks off"):
            tiles.leaves_in(broken)
    with pytest.raises(ValueError, match="at most"):
        tiles.bundle([b"x" * 65_536])
    for octets in (0, 31, 33, 257 * 32):
        with pytest.raises(ValueError, match="no tile"):
            tiles.hashes_in(bytes(octets))
    with pytest.raises(ValueError, match="no tile 1"):
        tiles.tile_at(0, 1, 256)


def test_a_leaf_is_the_entry_or_its_digest_where_it_is_too_long() -> None:
    assert leaf_of(b"{}") == b"{}"
    assert leaf_of(b"{" + b"x" * 65_534) == b"{" + b"x" * 65_534
    assert leaf_of(b"{" + b"x" * 65_535) == b"sha256:" + naive.digest(b"{" + b"x" * 65_535).hex().encode()
