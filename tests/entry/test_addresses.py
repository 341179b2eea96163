"""One e-mail address, nothing else."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from entry.fields import EmailField


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("amal@example.org", "amal@example.org"),
        ("  amal@example.org\t", "amal@example.org"),
        ("amal@example.org\r\n", "amal@example.org"),
        ("A.Mal+Notes@Example.ORG", "A.Mal+Notes@example.org"),
        ("a.m.a.l@gmail.example", "a.m.a.l@gmail.example"),
        ("o'neill_1@mail.example.org", "o'neill_1@mail.example.org"),
        ("amal@exämple.org", "amal@xn--exmple-cua.org"),
        ("amal@مثال.إختبار", "amal@xn--mgbh0fb.xn--kgbechtv"),
        ("amal@例え.テスト", "amal@xn--r8jz45g.xn--zckzah"),
        ("amal@xn--exmple-cua.org", "amal@xn--exmple-cua.org"),
        ("ａｍａｌ＠ｅｘａｍｐｌｅ。ｏｒｇ", "amal@example.org"),
        ("\u200famal@example.org\u200f", "amal@example.org"),
        ("a@b.co", "a@b.co"),
        ("", ""),
    ],
)
def test_an_address_is_kept_with_its_domain_in_ascii(typed: str, kept: str) -> None:
    assert EmailField(required=False).clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "required"),
        ("amal", "no_at"),
        ("amal.example.org", "no_at"),
        ("amal@@example.org", "no_at"),
        ("amal@b@example.org", "no_at"),
        ("amal@example.org, b@example.org", "one_only"),
        ("amal@example.org;b@example.org", "one_only"),
        ("amal@example.org b@example.org", "one_only"),
        ("amal@example.org، b@example.org", "one_only"),
        ("amal,b@example.org", "one_only"),
        ("Amal <amal@example.org>", "address_only"),
        ('"amal"@example.org', "address_only"),
        ("amal@[127.0.0.1]", "address_only"),
        ("amal (home)@example.org", "address_only"),
        ("a mal@example.org", "spaces"),
        ("amal@ example.org", "spaces"),
        ("amal@example.org\r\nBcc: victim@example.org", "line_break"),
        ("amal@example.org\nSubject: x", "line_break"),
        ("amal@example.org\u2028Bcc: x", "line_break"),
        ("am\x00al@example.org", "line_break"),
        ("am\x1bal@example.org", "line_break"),
        ("am\udcffal@example.org", "broken_character"),
        ("ämal@example.org", "local_part"),
        ("امل@example.org", "local_part"),
        (".amal@example.org", "local_part"),
        ("amal.@example.org", "local_part"),
        ("a..mal@example.org", "local_part"),
        ("@example.org", "local_part"),
        ("mailto:amal@example.org", "local_part"),
        ("amal@", "domain"),
        ("amal@example", "domain"),
        ("amal@localhost", "domain"),
        ("amal@example..org", "domain"),
        ("amal@example.org.", "domain"),
        ("amal@.example.org", "domain"),
        ("amal@-example.org", "domain"),
        ("amal@exa_mple.org", "domain"),
        ("amal@127.0.0.1", "domain"),
        ("amal@example.o", "domain"),
        ("amal@" + "b" * 64 + ".org", "domain"),
        ("amal@straße.example", "ambiguous"),
        ("a" * 65 + "@example.org", "too_long"),
        ("amal@" + "b." * 130 + "org", "too_long"),
        ("a" * 10_000_000, "too_long"),
    ],
)
def test_anything_but_one_address_is_refused_for_its_own_reason(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        EmailField().clean(typed)
    assert refusal.value.code == code


def test_every_refusal_has_words_of_its_own() -> None:
    messages = [str(message) for message in EmailField().error_messages.values()]
    assert len(set(messages)) == len(messages)
