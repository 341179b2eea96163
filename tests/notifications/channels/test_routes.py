"""Route URLs from the settings."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifications.channels.httpsms import HttpSmsRoute
from notifications.channels.routes import (
    open_mail_route,
    open_route,
    open_sms_route,
    share_an_endpoint,
)
from notifications.channels.smtp import SmtpRoute


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("smtp://127.0.0.1:2525", SmtpRoute),
        ("smtps://u:p@mail.example?connections=4", SmtpRoute),
        ("http://127.0.0.1:8026/send", HttpSmsRoute),
        ("https://:secret@sms.example/send?connections=4&from=ABROAD", HttpSmsRoute),
    ],
)
@pytest.mark.parametrize("is_exercise", [True, False])
def test_the_scheme_chooses_the_channel(url: str, kind: type, is_exercise: bool) -> None:
    route = open_route(url, is_exercise=is_exercise)
    assert isinstance(route, kind)
    assert route.is_exercise is is_exercise
    assert route.window == (4 if "connections=4" in url else 1)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smtp://",
        "ftp://mail.example",
        "mail.example",
        "smtp://u:s3cret@mail.example:notaport",
        "smtp://u:s3cret@mail.example",
        "smtp://u:s3cret@127.0.0.1?startls=1",
        "smtp://u:s3cret@127.0.0.1?final_timeout=soon",
        "smtp://u:s3cret@127.0.0.1?final_timeout=-1",
        "https://:s3cret@sms.example?connections=0.5",
        "https://:s3cret@sms.example?connections=0",
        "https://:s3cret@sms.example?timeout=0",
        "https://:s3cret@sms.example?tls=no",
    ],
)
def test_a_mistake_in_a_url_is_told_without_its_secret(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        open_route(url, is_exercise=False)
    assert "s3cret" not in str(refused.value)


def test_mail_does_not_leave_by_an_sms_route_nor_the_reverse() -> None:
    with pytest.raises(ImproperlyConfigured):
        open_mail_route("http://127.0.0.1:8026/send", is_exercise=False)
    with pytest.raises(ImproperlyConfigured):
        open_sms_route("smtp://127.0.0.1:2525", is_exercise=False)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("smtp://u:p@mail.example", "smtp://mail.example.:25?starttls=1", True),
        ("smtp://MAIL.example:25", "smtp://mail.example", True),
        ("https://sms.example/live", "https://sms.example:443/exercise", True),
        ("smtp://mail.example", "smtp://mail.example:2525", False),
        ("smtp://mail.example", "smtp://exercise.example", False),
    ],
)
def test_routes_that_meet_are_recognised(first: str, second: str, expected: bool) -> None:
    assert share_an_endpoint(first, second) is expected
