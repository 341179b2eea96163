"""Returned mail: attributed by a token nobody can make up, read by the standard."""

from __future__ import annotations

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from encryption.references import seal_reference
from notifications.bounces import Bounce, Taken, read_bounce, take_bounce
from notifications.links import delivery_number
from notifications.models import Receipt

pytestmark = pytest.mark.django_db

TOKEN_OF = delivery_number(7, 3)


def address(token: str | None = None) -> str:
    return f"b+{token or seal_reference('delivery', TOKEN_OF)}@{settings.MAIL_BOUNCE_DOMAIN}"


def report(
    action: str = "failed", status: str = "5.1.1", *, to: str = "", message_id: str = ""
) -> bytes:
    lines = [
        "From: MAILER-DAEMON@elsewhere.example",
        f"To: {to or address()}",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="edge"',
        "",
        "--edge",
        "Content-Type: text/plain",
        "",
        "This is the mail system. I am sorry.",
        "--edge",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.elsewhere.example",
        "",
        "Final-Recipient: rfc822; a@b.example",
        f"Action: {action}",
        f"Status: {status}",
        "",
        "--edge",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message_id}",
        "Subject: hello",
        "",
        "--edge--",
        "",
    ]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("action", "status", "outcome"),
    [
        ("failed", "5.1.1", ("undeliverable", "smtp-5.1.1")),
        ("Failed", "5.2.2 (mailbox full)", ("undeliverable", "smtp-5.2.2")),
        ("failed", "4.4.7", ("expired", "smtp-4.4.7")),
        ("delayed", "4.2.1", ("delayed", "smtp-4.2.1")),
        ("delivered", "2.0.0", ("delivered", "smtp-2.0.0")),
    ],
)
def test_a_report_is_read_and_attributed(
    action: str, status: str, outcome: tuple[str, str]
) -> None:
    assert read_bounce(report(action, status)) == Bounce(7, 3, *outcome)


def test_the_envelope_counts_before_the_headers() -> None:
    mail = report(to="postmaster@elsewhere.example")
    assert read_bounce(mail) is None
    assert read_bounce(mail, address()) == Bounce(7, 3, "undeliverable", "smtp-5.1.1")


def test_a_token_spoilt_by_small_letters_is_found_in_what_came_back() -> None:
    token = seal_reference("delivery", TOKEN_OF)
    mail = report(to=address(token.lower()), message_id=f"<{token}@{settings.MAIL_BOUNCE_DOMAIN}>")
    assert read_bounce(mail) == Bounce(7, 3, "undeliverable", "smtp-5.1.1")


@pytest.mark.parametrize(
    "mail",
    [
        b"", b"hello", b"Subject: I am on holiday\r\n\r\nback on Monday\r\n",
        report("relayed", "2.0.0"), report("failed", to=address("A" * 22)),
    ],
)  # fmt: skip
def test_anything_else_changes_nothing(mail: bytes) -> None:
    assert take_bounce(mail) is Taken.UNKNOWN
    assert not Receipt.objects.exists()


def test_a_report_is_kept_once() -> None:
    assert take_bounce(report()) is Taken.STORED
    assert take_bounce(report(), address()) is Taken.REPEATED
    (stored,) = Receipt.objects.all()
    assert (stored.dispatch_id, stored.seq, stored.code) == (7, 3, "smtp-5.1.1")


@given(st.binary(max_size=600))
def test_no_octets_break_the_reader(octets: bytes) -> None:
    for mail in (
        octets,
        report().replace(b"Action", octets),
        b"To: " + address().encode() + octets,
    ):
        read_bounce(mail, octets.decode("latin-1"))
