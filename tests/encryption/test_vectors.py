"""The bytes that docs/sealing.md promises: whoever reads old data by another program needs them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.test import override_settings

from encryption.fields import SealedField, pad, unpad
from encryption.indexes import blind_index
from encryption.keyring import SealError, keyring
from encryption.keysets import KeySet
from encryption.person_keys import DataKey, key_context
from encryption.references import one_time_code, open_reference, seal_reference
from registry.models import Registrant

DOC = Path(__file__).parents[2] / "docs" / "sealing.md"
SEALING, INDEX, DATA = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
NONCE = bytes(range(12))
PERSON = UUID("018f3c00-0000-7000-8000-000000000001")


@pytest.fixture(autouse=True)
def _known_keys() -> Iterator[None]:
    with override_settings(
        SEALING_KEYS=KeySet(1, {1: SEALING}).as_text(), INDEX_KEYS=KeySet(1, {1: INDEX}).as_text()
    ):
        keyring.cache_clear()
        yield
    keyring.cache_clear()


@pytest.fixture(scope="module")
def promised() -> list[str]:
    """Every value of the table, in its order."""
    section = DOC.read_text(encoding="utf-8").split("## Test vectors")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    return [line.replace("\\|", "/").split("|")[2].replace("`", "").strip() for line in lines]


def test_a_wrapped_key(promised: list[str]) -> None:
    bound_to = b"data-key|018f3c00000070008000000000000001|1|1"
    wrapped = NONCE + AESGCM(SEALING).encrypt(NONCE, DATA, bound_to)
    assert promised[0] == wrapped.hex()
    assert keyring().unwrap(1, wrapped, key_context(PERSON, 1)) == DATA
    with pytest.raises(SealError):
        keyring().unwrap(1, wrapped, key_context(PERSON, 2))


def test_a_sealed_field(promised: list[str]) -> None:
    field = Registrant._meta.get_field("given_names")
    assert isinstance(field, SealedField)
    place = b"registry_registrant|given_names|018f3c00-0000-7000-8000-000000000001"
    assert field.place(Registrant(pk=PERSON)) == place
    padded = "Zoë".encode() + b"\x80" + bytes(27)
    assert pad(field.encode("Zoë"), field.pad_to) == padded
    sealed = b"\x01" + NONCE + AESGCM(DATA).encrypt(NONCE, padded, place)
    assert promised[1] == sealed.hex()
    opened = DataKey(PERSON, AESGCM(DATA)).open(sealed, place)
    assert field.decode(unpad(opened)) == "Zoë"


def test_tokens_references_and_codes(promised: list[str]) -> None:
    assert promised[2] == keyring().derived("index|phone").hex()
    assert promised[3] == str(blind_index("phone", "+96170100001"))
    assert promised[4] == seal_reference("delivery", 1)
    assert open_reference("delivery", promised[4]) == 1
    assert len(base64.urlsafe_b64decode(promised[4] + "==")) == 16
    assert promised[5] == one_time_code("contact", "18")


def test_fingerprints(promised: list[str]) -> None:
    known = keyring().fingerprints()
    assert promised[6] == f"{known['sealing:1']}, {known['index:1']}"
