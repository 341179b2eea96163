"""A compiled skeleton says what Django's own message would say, for names in any script."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from html import escape

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.channels.addresses import TwoRecipients, UnusableAddress
from notifications.rendering import (
    MailSkeleton,
    bounce_address,
    check_placeholders,
    compile_mail,
    html_from,
    placeholders_in,
    render_sms,
    text_direction,
    validate_subject,
)

SENDER = "Abroad – Réseau <messages@abroad.example>"
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
NAMES = [
    "Ana", "Łucja Żółć", "Олександра", "أمل بنت محمد", "שָׁלוֹם", "王小明", "さくら", "김민지",
    "नीतू", "தமிழ்", "ประยุทธ์", "ኢትዮጵያ", "ქეთევან", "Արամ", "Ελένη", "မြန်မာ", "ភាសាខ្មែរ", "བོད་ཡིག",
    "ᠮᠣᠩᠭᠣᠯ", "𐤀𐤁𐤂", "José María", "O'Neil, Jr. (III)", '"Q" <b@x.example>', "a=3D=\u00e9=?",
    "=?utf-8?q?x?=", "..", ".", "From me", " two  spaces ", "&lt;{name}", "x" * 200, "é" * 200,
]  # fmt: skip
CONTROLS = ["\r", "\n", "\r\n", "\t", "\0", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x7f",
            "\x85", "\u2028", "\u2029"]  # fmt: skip

# A value is one line; what else it may hold is anything at all.
one_line = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Zl", "Zp"],
        exclude_characters="\u202a\u202b\u202c\u202d\u202e",
    ),
    max_size=120,
)
names = st.one_of(st.sampled_from(NAMES), one_line)
fixed_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="{}"),
        st.sampled_from("\n .=\t-"),
    ),
    max_size=200,
).map(lambda text: text.replace("\t", " "))
templates = st.lists(st.one_of(fixed_text, st.sampled_from(["{name}", "{link}"])), max_size=6).map(
    "".join
)


def filled(template: str, values: dict[str, str]) -> str:
    pieces = template.replace("{name}", "\0name\0").replace("{link}", "\0link\0").split("\0")
    return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def parsed(message: bytes) -> EmailMessage:
    found = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def said(message: EmailMessage) -> dict[str, object]:
    """Return everything a reader gets, boundaries left out."""
    headers = sorted(
        (name.lower(), str(value))
        for name, value in message.items()
        if name.lower() not in ("content-type", "content-transfer-encoding")
    )
    parts = [
        (part.get_content_type(), part.get_content_charset(), part.get_payload(decode=True))
        for part in message.walk()
        if not part.is_multipart()
    ]
    return {"headers": headers, "type": message.get_content_type(), "parts": parts}


def plainly_built(
    subject: str, text: str, html: str | None, to: str, headers: dict[str, str]
) -> EmailMessage:
    message = EmailMultiAlternatives(subject, text, SENDER, [to], headers=headers)
    if html is not None:
        message.attach_alternative(html, "text/html")
    return parsed(message.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]


@given(template=templates, name=names, link=names, has_html=st.booleans(), is_crisis=st.booleans())
@example("{name}{link}{name}", "", "", True, False)
@example("=\xa0\xa0𐀀𐀀𐀀𐀀𐀀0{name}", "=\xa0\xa0𐀀𐀀𐀀𐀀𐀀0", "", True, False)
@example("=\xa0\xa0\xa0𐀀𐀀𐀀𐀀𐀀é{name}", "a" * 76 + "=", "a" * 76, True, False)
@example("{name}", "é" * 200, "", True, False)
@example("a {name}\n{link}\n.\n{name} b", "Ана", "https://x.example/?a=1&b=2", True, True)
@example("x" * 300 + " {name} " + "é" * 300, "王", "", False, False)
def test_the_skeleton_says_what_a_plain_message_says(
    template: str, name: str, link: str, has_html: bool, is_crisis: bool
) -> None:
    values = {"name": name, "link": link}
    fragment = f"<p>{template.replace('<', '').replace('&', '')}</p>" if has_html else None
    skeleton = compile_mail(
        subject="Отруйний дим – עזבו עכשיו",
        text=template,
        html=fragment,
        language="uk",
        sender=SENDER,
        is_crisis=is_crisis,
    )
    rendered = skeleton.render(
        recipient="ana@people.example", message_id="<7.1@x.example>", values=values, at=AT
    )
    assert_well_formed(rendered)
    headers = {
        "Message-ID": "<7.1@x.example>",
        "Date": "Sun, 01 Mar 2026 12:30:00 -0000",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "uk",
        **({"Importance": "high"} if is_crisis else {}),
    }
    html = None
    if fragment is not None:
        escaped = {slot: escape(value) for slot, value in values.items()}
        html = (
            '<!doctype html>\n<html lang="uk" dir="ltr">\n<head><meta charset="utf-8">'
            "<title>Отруйний дим – עזבו עכשיו</title></head>\n"
            f"<body>\n{filled(fragment, escaped)}\n</body>\n</html>\n"
        )
    plain = plainly_built(
        "Отруйний дим – עזבו עכשיו",
        filled(template.rstrip() + "\n", values),
        html,
        "ana@people.example",
        headers,
    )
    assert said(parsed(rendered)) == said(plain)


def assert_well_formed(message: bytes) -> None:
    """Seven bits, CRLF only, lines as short as RFC 5322 likes them."""
    assert message.isascii()
    assert message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r")
    _head, _blank, body = message.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, message.split(b"\r\n"))) <= 998


def one_mail(text: str = "Hello {name}\n", html: str | None = None) -> MailSkeleton:
    return compile_mail(subject="Hello", text=text, html=html, language="en", sender=SENDER)


@given(names.filter(lambda name: bool(name.strip())))
def test_a_name_in_the_to_header_is_one_name_for_one_address(name: str) -> None:
    rendered = one_mail().render(
        recipient="ana@people.example",
        message_id="<1@x.example>",
        values={"name": ""},
        recipient_name=name,
    )
    assert_well_formed(rendered)
    # Python's newer parser puts a space between two encoded words (RFC 2047, 6.2 says none),
    # so the older one reads here.
    unfolded = str(email.message_from_bytes(rendered)["To"]).replace("\r\n", "")
    ((shown, address),) = getaddresses([unfolded])
    assert address == "ana@people.example"
    assert str(make_header(decode_header(shown))).split() == name.split()


@pytest.mark.parametrize("control", CONTROLS)
def test_a_value_never_adds_a_line_or_a_header(control: str) -> None:
    name = f"Ana{control}Bcc: b@x.example{control}{control}.{control}"
    rendered = one_mail(html="<p>{name}</p>").render(
        recipient="ana@people.example",
        message_id="<1@x.example>",
        values={"name": name},
        recipient_name=name,
    )
    assert_well_formed(rendered)
    message = parsed(rendered)
    assert message["Bcc"] is None
    assert len(message["To"].addresses) == 1
    body = message.get_body(["plain"])
    assert body is not None
    assert len(body.get_content().splitlines()) == 1
    assert control not in render_sms("{name}", {"name": name})


def test_a_name_cannot_turn_the_text_around() -> None:
    assert render_sms("{name} is safe", {"name": "Ana\u202e"}) == "Ana is safe"


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "a@x.example,b@x.example"},
        {"recipient": "a@x.example\r\nBcc: b@x.example"},
        {"reply_to": "a@x.example, b@x.example"},
    ],
)
def test_a_header_holds_one_address(wrong: dict[str, str]) -> None:
    right = {"recipient": "ana@people.example", "message_id": "<1@x.example>"}
    with pytest.raises(TwoRecipients):
        one_mail().render(**{**right, **wrong}, values={"name": ""})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_id": "1@x.example"},
        {"message_id": "<1@x.example>\r\nBcc: b@x.example"},
        {"message_id": "<a b@x.example>"},
        {"unsubscribe_url": "https://x.example/\r\nBcc: b@x.example"},
        {"unsubscribe_url": "https://x.example/>,<mailto:b@x.example"},
        {"unsubscribe_url": "javascript:alert(1)"},
    ],
)
def test_an_unusable_header_is_refused(wrong: dict[str, str]) -> None:
    right = {"recipient": "ana@people.example", "message_id": "<1@x.example>"}
    with pytest.raises(ValueError, match="not a"):
        one_mail().render(**{**right, **wrong}, values={"name": ""})  # type: ignore[arg-type]


def test_optional_headers_come_only_when_asked_for() -> None:
    plain = parsed(
        one_mail().render(recipient="a@x.example", message_id="<1@x.example>", values={"name": ""})
    )
    for header in ("List-Unsubscribe", "List-Unsubscribe-Post", "Reply-To", "Importance", "Cc"):
        assert plain[header] is None
    asked = parsed(
        one_mail().render(
            recipient="a@x.example",
            message_id="<1@x.example>",
            values={"name": ""},
            reply_to="r+1@bücher.example",
            unsubscribe_url="https://x.example/stop?t=1",
        )
    )
    assert asked["List-Unsubscribe"] == "<https://x.example/stop?t=1>"
    assert asked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert asked["Reply-To"] == "r+1@xn--bcher-kva.example"


def test_an_address_in_another_script_stays_as_it_is() -> None:
    rendered = one_mail().render(
        recipient="квитка@bücher.example", message_id="<1@x.example>", values={"name": ""}
    )
    assert "To: квитка@xn--bcher-kva.example\r\n".encode() in rendered


def test_a_missing_value_is_an_error_that_names_the_slot() -> None:
    skeleton = one_mail("{name} {link}")
    assert skeleton.placeholders == {"name", "link"}
    with pytest.raises(ValueError, match="link"):
        skeleton.render(recipient="a@x.example", message_id="<1@x.example>", values={"name": ""})


# --- what staff typed -------------------------------------------------------------------


@pytest.mark.parametrize("control", [*CONTROLS, "\ud800"])
def test_a_subject_is_one_line(control: str) -> None:
    for subject in (f"Alert{control}", f"Alert{control}Bcc: b@x.example", control):
        with pytest.raises(ValidationError):
            validate_subject(subject)
        with pytest.raises(ValidationError):
            compile_mail(subject=subject, text="x", language="en", sender=SENDER)


@pytest.mark.parametrize("subject", ["For {name}", "}", "{"])
def test_a_subject_is_the_same_for_everybody(subject: str) -> None:
    with pytest.raises(ValidationError):
        validate_subject(subject)


@pytest.mark.parametrize(
    "subject", ["Alert: leave now", "تنبيه: غادر الآن", "Увага – 警报 \u200f!", ""]
)
def test_ordinary_subjects_pass(subject: str) -> None:
    validate_subject(subject)


@pytest.mark.parametrize(
    "template",
    ["{", "}", "{}", "{Name}", "{name", "name}", "{{name}}", "{na me}", "{name:>9}", "{0}",
     "{name.x}", "{name!r}", "{name[0]}", "{ name }", "{n4me}", "{_x}"],
)  # fmt: skip
def test_a_brace_that_is_no_slot_is_refused(template: str) -> None:
    for text in (template, f"Hello {template} {{name}}"):
        with pytest.raises(ValidationError):
            placeholders_in(text)
        with pytest.raises(ValidationError):
            render_sms(text, {"name": "Ana"})
        with pytest.raises(ValidationError):
            one_mail(text)


def test_only_allowed_slots_pass() -> None:
    check_placeholders("{name}: {link} {link}", {"name", "link"})
    check_placeholders("no slot", ())
    with pytest.raises(ValidationError) as refused:
        check_placeholders("{name} {code} {salary}", ["name"])
    (message,) = refused.value.messages
    assert "{code}, {salary}" in message
    assert "{name}" in message


@given(templates, names, names)
def test_an_sms_is_its_template_filled(template: str, name: str, link: str) -> None:
    values = {"name": name, "link": link}
    assert render_sms(template, values) == filled(template, values)
    assert placeholders_in(template) == {s for s in values if f"{{{s}}}" in template}


# --- HTML ------------------------------------------------------------------------------------


def test_html_is_made_from_the_text_and_keeps_directions_apart() -> None:
    fragment = html_from("Hello {name} <3\nGo & wait.\n\n{link}\n \nEnd {my_link}")
    assert fragment == (
        "<p>Hello <bdi>{name}</bdi> &lt;3<br>Go &amp; wait.</p>\n"
        '<p><a href="{link}"><bdi>{link}</bdi></a></p>\n'
        '<p>End <a href="{my_link}"><bdi>{my_link}</bdi></a></p>'
    )


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ar", "rtl"), ("fa-AF", "rtl"), ("ur", "rtl"), ("he", "rtl"), ("ckb", "rtl"),
     ("uz-Arab", "rtl"), ("az-Latn", "ltr"), ("ks-Latn", "ltr"), ("en", "ltr"), ("uk", "ltr")],
)  # fmt: skip
def test_the_document_says_its_language_and_direction(language: str, direction: str) -> None:
    assert text_direction(language) == direction
    skeleton = compile_mail(
        subject="A < B", text="x", html="<p>x</p>", language=language, sender=SENDER
    )
    rendered = skeleton.render(recipient="a@x.example", message_id="<1@x.example>", values={})
    html = parsed(rendered).get_body(["html"])
    assert html is not None
    content = html.get_content()
    assert f'<html lang="{language}" dir="{direction}">' in content
    assert "<title>A &lt; B</title>" in content


def test_a_value_in_html_is_text_also_inside_an_attribute() -> None:
    skeleton = one_mail("x", html=html_from("{name} {link}"))
    rendered = skeleton.render(
        recipient="a@x.example",
        message_id="<1@x.example>",
        values={"name": "<script>alert(1)</script>", "link": '" onclick="alert(1)'},
    )
    html = parsed(rendered).get_body(["html"])
    assert html is not None
    assert "<script>" not in html.get_content()
    assert '" onclick="' not in html.get_content()


@pytest.mark.parametrize("html", ["<html><p>x", "<!DOCTYPE html>", "<p>x<script src=x>", "< BODY>"])
def test_an_html_part_is_a_fragment_without_script(html: str) -> None:
    with pytest.raises(ValueError, match="fragment"):
        one_mail("x", html=html)


# --- bounces ----------------------------------------------------------------------------------


def test_a_bounce_comes_back_to_its_token() -> None:
    assert bounce_address("a1-B_2", "bounces.x.example") == "b+a1-B_2@bounces.x.example"


@pytest.mark.parametrize(
    ("token", "domain"),
    [("", "x.example"), ("a b", "x.example"), ("a@b", "x.example"), ("a" * 59, "x.example")],
)
def test_a_token_is_letters_and_digits(token: str, domain: str) -> None:
    with pytest.raises(ValueError, match="token"):
        bounce_address(token, domain)


def test_a_bounce_domain_is_a_domain() -> None:
    with pytest.raises(UnusableAddress):
        bounce_address("a", "x.example>\r\n")
