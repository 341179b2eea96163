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

from encryption.keyring import KEY_BYTES, NONCE_BYTES, Erased, Keyring, SealError, keyring
from encryption.models import KeySpace, PersonKey
from encryption.signals import Refusal, refuse

FORMAT = 1
# What a driver gives for bytes.
Stored = bytes | memoryview
_FORMAT = bytes((FORMAT,))
_BODY = 1 + NONCE_BYTES


def key_context(person_id: UUID, space: int) -> bytes:
    """Return what a wrapped data key is bound to, besides the version of the sealing key."""
    return b"data-key|%s|%d" % (person_id.hex.encode(), space)


@dataclass(frozen=True, repr=False, slots=True)
class DataKey:
    """An opened data key. Values it seals are bound to their table, column and row.

    `former` opens what was sealed before the person got a new key (encryption.resealing).
    """

    person_id: UUID
    cipher: AESGCM
    former: AESGCM | None = None

    def seal(self, plaintext: bytes, place: bytes) -> bytes:
        """Return format(1) + nonce(12) + ciphertext + tag(16), bound to `place`."""
        nonce = os.urandom(NONCE_BYTES)
        return _FORMAT + nonce + self.cipher.encrypt(nonce, plaintext, place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return the plaintext; raises SealError when altered, cut or found elsewhere."""
        if not sealed or sealed[0] != FORMAT:
            raise SealError("unknown format of a sealed value")
        nonce, body = sealed[1:_BODY], sealed[_BODY:]
        try:
            return self.cipher.decrypt(nonce, body, place)
        except (InvalidTag, ValueError):
            if self.former is None:
                raise SealError("a sealed value does not belong where it was found") from None
        try:
            return self.former.decrypt(nonce, body, place)
        except (InvalidTag, ValueError):
            raise SealError("a sealed value does not belong where it was found") from None


class BrokenKey(DataKey):
    """A data key that was altered or moved: everything of its person is refused."""

    def seal(self, plaintext: bytes, place: bytes) -> bytes:
        """Raise SealError: what is sealed under a key that nobody can open is lost."""
        raise SealError("this person's key does not belong to its row")

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Raise SealError."""
        raise SealError("this person's key does not belong to its row")


def create_keys(person_ids: Iterable[UUID], space: int = KeySpace.IDENTITY) -> dict[UUID, DataKey]:
    """Make and store a new data key for each person, in one statement."""
    ring = keyring()
    rows, opened = [], {}
    for person_id in person_ids:
        raw = os.urandom(KEY_BYTES)
        version, wrapped = ring.wrap(raw, key_context(person_id, space))
        rows.append(
            PersonKey(person_id=person_id, space=space, sealing_version=version, wrapped=wrapped)
        )
        opened[person_id] = DataKey(person_id, AESGCM(raw))
    PersonKey.objects.bulk_create(rows, batch_size=5000)
    return opened


def open_keys(person_ids: Sequence[UUID], space: int = KeySpace.IDENTITY) -> dict[UUID, DataKey]:
    """Open the keys of these people in one query; erased people are missing from the answer.

    Somebody whose key was tampered with has a BrokenKey: the others stay readable.
    """
    ring = keyring()
    rows = PersonKey.objects.filter(person_id__in=person_ids, space=space).values_list(
        "person_id", "sealing_version", "wrapped", "former_version", "former_wrapped"
    )
    return {
        person_id: _opened(ring, person_id, space, version, wrapped, former_version, former)
        for person_id, version, wrapped, former_version, former in rows
    }


def _opened(
    ring: Keyring,
    person_id: UUID,
    space: int,
    version: int,
    wrapped: Stored,
    former_version: int | None,
    former: Stored | None,
) -> DataKey:
    context = key_context(person_id, space)
    try:
        cipher = AESGCM(ring.unwrap(version, bytes(wrapped), context))
        if former_version is None or former is None:
            return DataKey(person_id, cipher)
        return DataKey(
            person_id, cipher, AESGCM(ring.unwrap(former_version, bytes(former), context))
        )
    except SealError:
        refuse(Refusal(PersonKey._meta.db_table, "wrapped", str(person_id), person_id))
        # Never used: every act of a broken key is refused before.
        return BrokenKey(person_id, AESGCM(bytes(KEY_BYTES)))


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
