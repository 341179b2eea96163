"""Trees are those of RFC 6962, and proofs lead from any leaf to the root."""

from __future__ import annotations

import hashlib

import pytest

from encryption import merkle


def plain(leaves: list[bytes]) -> bytes:
    """The tree as the standard writes it down."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + plain(leaves[:split]) + plain(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(40))
def test_a_tree_and_its_proofs(size: int) -> None:
    leaves = [merkle.leaf(str(number).encode()) for number in range(size)]
    root = merkle.root_of(leaves)
    assert root == plain(leaves)
    for position, each in enumerate(leaves):
        path = merkle.proof(leaves, position)
        assert merkle.root_from(each, position, size, path) == root
        other = merkle.leaf(b"other")
        assert merkle.root_from(other, position, size, path) != root
        with pytest.raises(ValueError, match="too long"):
            merkle.root_from(each, position, size, [*path, other])
        if path:
            with pytest.raises(ValueError, match="too short"):
                merkle.root_from(each, position, size, path[:-1])


def test_a_known_root() -> None:
    """The first and the second value of the test data of certificate transparency."""
    assert merkle.root_of([merkle.leaf(b"")]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert merkle.root_of([merkle.leaf(b""), merkle.leaf(b"\x00")]).hex() == (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    )


def test_no_proof_without_a_leaf() -> None:
    with pytest.raises(IndexError):
        merkle.proof([], 0)
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.root_from(b"", 1, 1, [])
