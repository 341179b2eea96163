"""A sealed copy opens with the other half of its key, whole, unaltered, under its own name."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encryption import copies
from encryption.keyring import SealError

PRIVATE, PUBLIC = copies.make_recovery_key()
CHUNK = 1024 * 1024


def sealed(content: bytes, name: str = "set/dump", key: str = PUBLIC) -> bytes:
    target = io.BytesIO()
    copies.seal_copy(key, name, io.BytesIO(content), target)
    return target.getvalue()


def opened(data: bytes, name: str = "set/dump", key: str = PRIVATE) -> bytes:
    return b"".join(copies.open_copy(key, name, io.BytesIO(data)))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_what_was_sealed_is_opened(size: int) -> None:
    content = bytes(size % 251 for size in range(size))
    data = sealed(content)
    assert opened(data) == content
    assert len(data) == 96 + size + 16 * max(1, -(-size // CHUNK))


@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_changed_or_missing_byte_is_noticed(content: bytes, data: st.DataObject) -> None:
    whole = sealed(content)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), whole[:place]):
        with pytest.raises(SealError):
            opened(wrong)


def test_chunks_cannot_be_cut_off_or_moved() -> None:
    data = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK)
    head, step = 96, CHUNK + 16
    first, second, third = (data[head + i * step : head + (i + 1) * step] for i in range(3))
    for wrong in (first + second, second + first + third, first + third, first * 2 + third):
        with pytest.raises(SealError):
            opened(data[:head] + wrong)


def test_two_copies_cannot_change_places() -> None:
    with pytest.raises(SealError):
        opened(sealed(b"content", "set-1/dump"), "set-2/dump")


def test_another_key_or_the_wrong_half_is_refused() -> None:
    other, _ = copies.make_recovery_key()
    with pytest.raises(SealError):
        opened(sealed(b"content"), key=other)
    for wrong in (PUBLIC, "", "nonsense", PRIVATE[:-8]):
        with pytest.raises(copies.NotARecoveryKey):
            opened(sealed(b"content"), key=wrong)
    with pytest.raises(copies.NotARecoveryKey):
        sealed(b"content", key=PRIVATE)


def test_a_stamp_fits_its_content_and_purpose_alone() -> None:
    stamp = copies.stamp("list", b"content")
    assert copies.is_stamped("list", b"content", stamp)
    assert not copies.is_stamped("list", b"contents", stamp)
    assert not copies.is_stamped("other", b"content", stamp)
    assert not copies.is_stamped("list", b"content", "nonsense")
