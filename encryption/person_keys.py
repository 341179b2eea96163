"""Making, opening and destroying the data key of a person.

Each person has one random 32-byte key per key space. It is unwrapped in memory
only, a page of people at a time in one query.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from encryption.keyring import KEY_BYTES, NONCE_BYTES, Erased, SealError, keyring
from encryption.models import KeySpace, PersonKey

FORMAT = 1


def _context(person_id: UUID, space: int) -> bytes:
    return b"data-key|%s|%d" % (person_id.hex.encode(), space)


@dataclass(frozen=True, repr=False)
class DataKey:
    """An opened data key. Values it seals are bound to their table, column and row."""

    person_id: UUID
    cipher: AESGCM

    def seal(self, plaintext: bytes, place: bytes) -> bytes:
        """Return format(1) + nonce(12) + ciphertext + tag(16), bound to `place`."""
        nonce = os.urandom(NONCE_BYTES)
        return bytes((FORMAT,)) + nonce + self.cipher.encrypt(nonce, plaintext, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return the plaintext; raises SealError when altered, cut or found elsewhere."""
        if not sealed or sealed[0] != FORMAT:
            raise SealError("unknown format of a sealed value")
        try:
            return self.cipher.decrypt(
                sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], place
            )
        except (InvalidTag, ValueError):
            raise SealError("a sealed value does not belong where it was found") from None


def create_keys(person_ids: Iterable[UUID], space: int = KeySpace.IDENTITY) -> dict[UUID, DataKey]:
    """Make and store a new data key for each person, in one statement."""
    ring = keyring()
    rows, opened = [], {}
    for person_id in person_ids:
        raw = os.urandom(KEY_BYTES)
        version, wrapped = ring.wrap(raw, _context(person_id, space))
        rows.append(
            PersonKey(person_id=person_id, space=space, sealing_version=version, wrapped=wrapped)
        )
        opened[person_id] = DataKey(person_id, AESGCM(raw))
    PersonKey.objects.bulk_create(rows, batch_size=5000)
    return opened


def open_keys(person_ids: Sequence[UUID], space: int = KeySpace.IDENTITY) -> dict[UUID, DataKey]:
    """Open the keys of these people in one query; erased people are missing from the answer."""
    ring = keyring()
    rows = PersonKey.objects.filter(person_id__in=person_ids, space=space).values_list(
        "person_id", "sealing_version", "wrapped"
    )
    return {
        person_id: DataKey(
            person_id,
            AESGCM(ring.unwrap(version, bytes(wrapped), _context(person_id, space))),
        )
        for person_id, version, wrapped in rows
    }


def open_key(person_id: UUID, space: int = KeySpace.IDENTITY) -> DataKey:
    """Open one person's key; raises Erased when it has been destroyed."""
    try:
        return open_keys([person_id], space)[person_id]
    except KeyError:
        raise Erased("this person's key does not exist") from None


def destroy_keys(person_ids: Sequence[UUID]) -> int:
    """Destroy every key of these people, in all key spaces. There is no way back.

    Returns how many keys went.
    """
    return PersonKey.objects.filter(person_id__in=person_ids).delete()[0]
