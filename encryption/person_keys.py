"""Making, opening and destroying the data key of a person.

Each person has one random 32-byte key per key space. It is unwrapped in memory
only, a page of people at a time in one query.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connections

from encryption.keyring import KEY_BYTES, NONCE_BYTES, Erased, SealError, keyring
from encryption.models import KeySpace, PersonKey
from encryption.routing import KEY_STORE
from encryption.signals import Refusal, refuse

FORMAT = 1
_FORMAT = bytes((FORMAT,))
_BODY = 1 + NONCE_BYTES
_BATCH = 5000


def key_context(person_id: UUID, space: int) -> bytes:
    """Return what a wrapped data key is bound to, besides the version of the sealing key."""
    return f"data-key|{person_id.hex}|{space:d}".encode()


class DataKey:
    """An opened data key. Values it seals are bound to their table, column and row.

    `former` opens what was sealed before the person got a new key (encryption.resealing).
    """

    __slots__ = ("cipher", "former", "person_id")

    def __init__(self, person_id: UUID, cipher: AESGCM, former: AESGCM | None = None) -> None:
        self.person_id = person_id
        self.cipher = cipher
        self.former = former

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
    """Make and store a new data key for each person, in one statement for thousands."""
    ring = keyring()
    people, held = list(person_ids), []
    opened = {}
    for person_id in people:
        raw = os.urandom(KEY_BYTES)
        held.append(ring.wrap(raw, key_context(person_id, space))[1])
        opened[person_id] = DataKey(person_id, AESGCM(raw))
    with connections[KEY_STORE].cursor() as cursor:
        for start in range(0, len(people), _BATCH):
            cursor.execute(
                "INSERT INTO encryption_personkey "
                "(person_id, space, sealing_version, wrapped, created_at) "
                "SELECT person_id, %s, %s, wrapped, statement_timestamp() "
                "FROM unnest(%s::uuid[], %s::bytea[]) AS given(person_id, wrapped)",
                [
                    int(space),
                    ring.sealing_version,
                    people[start : start + _BATCH],
                    held[start : start + _BATCH],
                ],
            )
    return opened


def open_keys(person_ids: Sequence[UUID], space: int = KeySpace.IDENTITY) -> dict[UUID, DataKey]:
    """Open the keys of these people in one query; erased people are missing from the answer.

    Somebody whose key was tampered with has a BrokenKey: the others stay readable.
    """
    ring = keyring()
    # One array instead of thousands of parameters, which would cost more than the unwrapping.
    with connections[KEY_STORE].cursor() as cursor:
        cursor.execute(
            "SELECT person_id, sealing_version, wrapped, former_version, former_wrapped "
            "FROM encryption_personkey WHERE person_id = ANY(%s) AND space = %s",
            [list(person_ids), int(space)],
        )
        rows = cursor.fetchall()
    opened: dict[UUID, DataKey] = {}
    for person_id, version, wrapped, former_version, former in rows:
        context = key_context(person_id, space)
        try:
            cipher = AESGCM(ring.unwrap(version, wrapped, context))
            before = None
            if former is not None:
                before = AESGCM(ring.unwrap(former_version, former, context))
            opened[person_id] = DataKey(person_id, cipher, before)
        except SealError:
            refuse(Refusal(PersonKey._meta.db_table, "wrapped", str(person_id), person_id))
            # Never used: every act of a broken key is refused before.
            opened[person_id] = BrokenKey(person_id, AESGCM(bytes(KEY_BYTES)))
    return opened


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
