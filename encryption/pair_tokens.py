"""Search tokens for pairs of values: one for every time a pair is held, no two alike.

A *pair* is two short values that somebody has together, such as a given and a family name.
Its *key* is known to whoever holds the index key only, and the tokens of a key are numbered:
the holders of one pair have different tokens, so that the stored ones show nothing of who has
what in common. Whoever asks makes them all.

Everything goes through AES as a keyed random permutation of single blocks, because a question
needs thousands of tokens and a person some dozens:

    value    first 8 bytes of AES(K1, up to 16 bytes of the value, zeros)
    key      AES(K2, smaller value | larger value)
    token    first 4 bytes of AES(K3, first 12 bytes of the key | number), a signed integer

K1 to K3 come from an index key by HKDF, one purpose each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from sys import byteorder

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from encryption.keyring import Keyring

BLOCK = 16
_HALF = 8
_PLACE = 4


class PairKeys:
    """Keys one after the other, 16 bytes each."""

    def __init__(self, joined: bytes) -> None:
        self._joined = joined

    def __len__(self) -> int:
        return len(self._joined) // BLOCK

    def __iter__(self) -> Iterator[bytes]:
        return map(self.at, range(len(self)))

    def at(self, number: int) -> bytes:
        """Return one of them."""
        return self._joined[BLOCK * number : BLOCK * number + BLOCK]

    def places(self) -> array[int]:
        """Return 32 bits of each key that its tokens are not made from: where its count is kept."""
        return _numbers("I", self._joined)[3 :: BLOCK // _PLACE]


def _numbers(typecode: str, data: bytes) -> array[int]:
    found = array(typecode, data)
    if byteorder == "big":
        found.byteswap()
    return found


class PairTokens:
    """Makes keys and tokens under one purpose and one version of the index keys."""

    def __init__(self, ring: Keyring, purpose: str, version: int) -> None:
        # ECB over different single blocks is the bare permutation, which is what is wanted.
        self._values, self._keys, self._tokens = (
            Cipher(algorithms.AES(ring.derived(f"pairs|{purpose}|{step}", version)), modes.ECB())  # noqa: S305
            for step in ("value", "key", "token")
        )

    def values(self, plain: Sequence[bytes]) -> list[bytes]:
        """Return 8 bytes for each value of at most 16 bytes."""
        joined = b"".join([value.ljust(BLOCK, b"\0") for value in plain])
        done = self._values.encryptor().update(joined)
        return [done[at : at + _HALF] for at in range(0, len(done), BLOCK)]

    def keys(self, pairs: Sequence[tuple[bytes, bytes]]) -> PairKeys:
        """Return the 16-byte key of each pair of `values`, whichever comes first."""
        joined = b"".join([a + b if a < b else b + a for a, b in pairs])
        return PairKeys(self._keys.encryptor().update(joined))

    def tokens(self, numbered: Sequence[tuple[bytes, int]]) -> array[int]:
        """Return the token of each (key, number)."""
        joined = b"".join([key[:12] + number.to_bytes(4, "big") for key, number in numbered])
        return _numbers("i", self._tokens.encryptor().update(joined))[:: BLOCK // _PLACE]
