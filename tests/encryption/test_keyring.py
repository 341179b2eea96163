"""Keys: read once, refused when wrong, apart by purpose."""

from __future__ import annotations

import base64
import json
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from encryption.identifiers import new_id
from encryption.indexes import blind_index
from encryption.keyring import Keyring, SealError, keyring
from encryption.keysets import KeySet, parse_key_set
from encryption.models import KeyFingerprint
from encryption.references import one_time_code, open_reference, seal_reference
from encryption.starting import verify_keys


def keys(*versions: int) -> KeySet:
    return KeySet(max(versions), {version: os.urandom(32) for version in versions})


def as_text(active: int, **found: bytes) -> str:
    encoded = {v.lstrip("v"): base64.b64encode(key).decode() for v, key in found.items()}
    return json.dumps({"active": active, "keys": encoded})


def test_a_key_set_is_read() -> None:
    first, second = os.urandom(32), os.urandom(32)
    found = parse_key_set("KEYS", as_text(2, v1=first, v2=second))
    assert (found.active, found.key(1), found.key(2)) == (2, first, second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "not json",
        '{"active": 1, "keys": {"1": "###"}}',
        as_text(2, v1=bytes(range(32))),
        as_text(1, v1=bytes(range(16))),
        as_text(1, v1=b"\x00" * 32),
        as_text(1, v1=b"abcd" * 8),
    ],
)
def test_what_is_no_key_set_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse_key_set("SEALING_KEYS", text)
    assert text == "" or text not in str(caught.value)


def test_one_key_cannot_serve_both_ends() -> None:
    shared = keys(1)
    with pytest.raises(ImproperlyConfigured, match="both"):
        Keyring(shared, shared)


def test_a_wrapped_key_is_bound_to_its_person_and_version() -> None:
    ring = Keyring(keys(1, 2), keys(1))
    data_key = os.urandom(32)
    version, wrapped = ring.wrap(data_key, b"person-a")
    assert version == 2
    assert ring.unwrap(2, wrapped, b"person-a") == data_key
    for other in ((1, wrapped, b"person-a"), (2, wrapped, b"person-b")):
        with pytest.raises(SealError):
            ring.unwrap(*other)
    with pytest.raises(SealError):
        ring.unwrap(9, wrapped, b"person-a")


def test_something_of_the_systems_is_sealed_for_one_purpose() -> None:
    ring = keyring()
    sealed = ring.seal_for_system("second-factor", b"secret")
    assert ring.open_for_system("second-factor", sealed) == b"secret"
    for wrong in (("other", sealed), ("second-factor", sealed[:-1]), ("second-factor", b"")):
        with pytest.raises(SealError):
            ring.open_for_system(*wrong)


def test_tokens_are_equal_for_equal_values_of_one_purpose_only() -> None:
    assert blind_index("phone", "+96170123456") == blind_index("phone", "+96170123456")
    assert blind_index("phone", "+96170123456") != blind_index("phone", "+96170123457")
    assert blind_index("phone", "x") != blind_index("email", "x")
    assert -(2**63) <= blind_index("phone", "x") < 2**63


@given(st.integers(0, 2**63 - 1))
def test_a_reference_opens_for_its_kind_only(number: int) -> None:
    reference = seal_reference("answer", number)
    assert len(reference) == 22
    assert open_reference("answer", reference) == number
    assert open_reference("contact-proof", reference) is None


@given(st.text(max_size=30))
def test_made_up_references_open_nothing(text: str) -> None:
    assert open_reference("answer", text) is None


def test_neighbouring_references_share_nothing() -> None:
    one, two = seal_reference("answer", 1), seal_reference("answer", 2)
    assert sum(a == b for a, b in zip(one, two, strict=True)) < 8


def test_a_code_is_ten_digits_and_belongs_to_its_row() -> None:
    codes = {one_time_code("contact-proof", str(new_id())) for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 10 and code.isdecimal() for code in codes)
    assert one_time_code("a", "x") != one_time_code("b", "x")


def test_identifiers_are_in_order_of_time_and_of_version_seven() -> None:
    found = [new_id() for _ in range(50)]
    assert {identifier.version for identifier in found} == {7}
    assert len(set(found)) == 50


@pytest.mark.django_db
def test_a_wrong_key_is_refused_at_start() -> None:
    verify_keys()
    verify_keys()
    KeyFingerprint.objects.filter(key="sealing:1").update(fingerprint="0" * 16)
    with pytest.raises(ImproperlyConfigured, match="sealing:1"):
        verify_keys()
