"""Enough for the owner to tell their contacts apart, too little for anybody else."""

from __future__ import annotations

import pytest

from registry.masking import masked_email, masked_number, masked_phone


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+9613123456", "+961 ••••• 56"),
        ("+12025550123", "+1 •••••••• 23"),
        ("+33612345678", "+33 ••••••• 78"),
        ("", "••••"),
    ],
)
def test_a_phone_shows_its_country_and_its_end(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("amal@mail.example", "a••••@mail.example"),
        ("a@mail.example", "a••••@mail.example"),
        ("amal@subdomain.of.a.long.domain.example", "a••••@…g.domain.example"),
        ("", "••••"),
    ],
)
def test_an_address_shows_its_first_letter_and_where_it_is(address: str, shown: str) -> None:
    assert masked_email(address) == shown


def test_a_document_shows_its_end() -> None:
    assert masked_number("AB1234567") == "•••• 67"
    assert masked_number("") == ""
