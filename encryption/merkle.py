"""Hash trees over many rows, one level of memory per doubling (the tree of RFC 6962).

A leaf is the SHA-256 of a zero byte and the row, a node that of a one byte and its two
children; a tree of n leaves splits at the largest power of two below n.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf(row: bytes) -> bytes:
    """Return the leaf of a row, 32 bytes."""
    return hashlib.sha256(b"\x00" + row).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def link(previous: bytes, words: str) -> bytes:
    """Return the link of a chain that binds what came before to some text, 32 bytes."""
    return hashlib.sha256(b"\x02" + previous + words.encode()).digest()


class Tree:
    """A tree that grows leaf by leaf and keeps only the roots of its full subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, new_leaf: bytes) -> None:
        """Append a leaf of 32 bytes."""
        self.size += 1
        full, size = new_leaf, self.size
        while size % 2 == 0:
            full = _node(self._roots.pop(), full)
            size //= 2
        self._roots.append(full)

    def root(self) -> bytes:
        """Return the root over the leaves so far, 32 bytes."""
        if not self._roots:
            return EMPTY
        whole = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            whole = _node(left, whole)
        return whole


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves, 32 bytes."""
    tree = Tree()
    for each in leaves:
        tree.add(each)
    return tree.root()


def proof(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """Return the neighbours, lowest first, that lead from a leaf to the root.

    Raises IndexError for a position without a leaf.
    """
    if not 0 <= position < len(leaves):
        raise IndexError(position)
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:split], leaves[split:]
    if position < split:
        return [*proof(left, position), root_of(right)]
    return [*proof(right, position - split), root_of(left)]


def root_from(proven: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root a proof leads to. Raises ValueError if it cannot belong to such a tree."""
    whole, last, rest = proven, size - 1, list(path)
    if not 0 <= position <= last:
        raise ValueError("no such leaf")
    while last:
        if not rest:
            raise ValueError("the proof is too short")
        if position % 2 or position == last:
            whole = _node(rest.pop(0), whole)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            whole = _node(whole, rest.pop(0))
        position, last = position // 2, last // 2
    if rest:
        raise ValueError("the proof is too long")
    return whole
