"""An address that could be read as two recipients never leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.addresses import (
    TwoRecipients,
    UnusableAddress,
    check_mail_address,
    check_phone_number,
)
from notifications.channels.protocol import OutgoingMail, OutgoingSms


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org",
        "ana.b+c_d'e@sub.example.co",
        "o'neil%sales@x-y.example",
        "1@localhost",
        "a" * 64 + "@example.org",
        "квитка@example.org",
        "用户@example.org",
        "أمل@example.org",
    ],
)
def test_one_address_passes_unchanged(address: str) -> None:
    assert check_mail_address(address) == address


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("用户@例え.example", "用户@xn--r8jz45g.example"),
    ],
)
def test_domains_go_out_in_ascii(address: str, wire: str) -> None:
    assert check_mail_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example,b@y.example",
        "a@x.example, b@y.example",
        "a@x.example;b@y.example",
        "a@x.example b@y.example",
        "a@x.example\nb@y.example",
        "a@x.example\r\nRCPT TO:<b@y.example>",
        "a@x.example>\r\nRCPT TO:<b@y.example",
        "a@x.example\n",
        "a@x.example\0",
        "a@b@c.example",
        "<a@x.example>",
        "Ana <a@x.example>",
        "friends:a@x.example,b@y.example;",
        "friends:a@x.example;",
        '"a b"@x.example',
        "a@[127.0.0.1]",
        "a(comment)@x.example",
        "a\\,b@x.example",
        " a@x.example",
        "a@x.example\u2028",
        "a\u00a0b@x.example",
        "a\x85b@x.example",
        "a@x.example，b@y.example",  # full-width comma
        "a＠b@x.example",  # full-width at sign
        "a；b@x.example",
        "a\u200bb@x.example",
        "a\u202eb@x.example",
        "a\udc80@x.example",
    ],
)
def test_what_could_be_two_is_refused(address: str) -> None:
    with pytest.raises(TwoRecipients) as refused:
        check_mail_address(address)
    assert "example" not in str(refused.value)
    with pytest.raises(TwoRecipients):
        OutgoingMail(address, "<1@x.example>", b"", "")
    with pytest.raises(TwoRecipients):
        OutgoingMail("a@x.example", "<1@x.example>", b"", address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "@", "a@", "@x.example", "a@-x.example", "a@x..example", "a@x.example.",
     "a" * 65 + "@x.example", "a@" + "b" * 64 + ".example", "é" * 33 + "@x.example",
     "a@" + "x." * 130 + "example", "a@bü" + "c" * 70 + ".example", "a@x_y.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        check_mail_address(address)


@given(st.text(max_size=40))
def test_whatever_passes_has_one_at_sign_and_nothing_that_ends_a_command(text: str) -> None:
    try:
        wire = check_mail_address(text)
    except UnusableAddress:
        return
    assert wire.count("@") == 1
    assert not set(wire) & set('<>,;: \r\n\0()[]\\"')
    assert wire.rpartition("@")[2].isascii()


@given(
    st.sampled_from(["a@x.example", "é@x.example"]),
    st.sampled_from(list(',;:<>()[]\\" @\t\r\n\x00\x0b\x1c\x85\u2028\u3000\uff1a\uff0c\uff20')),
    st.integers(0, 11),
)
def test_a_separator_anywhere_is_refused(address: str, separator: str, place: int) -> None:
    with pytest.raises(UnusableAddress):
        check_mail_address(address[:place] + separator + address[place:])


@pytest.mark.parametrize("number", ["+15550100", "+380441234567", "+123456789012345"])
def test_one_number_passes(number: str) -> None:
    assert check_phone_number(number) == number


@pytest.mark.parametrize(
    "number",
    ["+15550100,+15550101", "+15550100 +15550101", "+15550100+15550101", "+15550100;1",
     "+15550100\n"],
)  # fmt: skip
def test_two_numbers_are_refused(number: str) -> None:
    with pytest.raises(TwoRecipients):
        OutgoingSms(number, "text", "1", 60)


@pytest.mark.parametrize(
    "number", ["", "15550100", "+0155501000", "+12345", "+1234567890123456", "+١٢٣٤٥٦٧٨"]
)
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(UnusableAddress) as refused:
        OutgoingSms(number, "text", "1", 60)
    assert not number or number not in str(refused.value)


def test_messages_do_not_show_people_when_printed() -> None:
    mail = OutgoingMail("ana@x.example", "<1@x.example>", b"Dear Ana", "b+1@bounces.example")
    sms = OutgoingSms("+15550100", "Dear Ana", "r-1", 60)
    for shown in (repr(mail), repr(sms)):
        assert "ana@" not in shown
        assert "Ana" not in shown
        assert "5550100" not in shown
