"""The desk's page: what arrived, the codes, and answering as a phone."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from allauth.mfa.totp.internal.auth import validate_totp_code
from playwright.sync_api import Browser

from demo.desk import Desk, Outside
from demo.mailbox import CapturedMail, Mailbox
from demo.ports import ADDRESS
from demo.smsgateway import CapturedSms, SmsGateway

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINK = "http://127.0.0.1:8000/m/abc"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    staff = tmp_path / "demo-staff.json"
    staff.write_text(json.dumps([{"email": "odette@meridia.example", "totp_secret": SECRET}]))
    live = Outside(Mailbox(), SmsGateway(secret="s"))
    exercise = Outside(Mailbox(), SmsGateway(secret="s"), is_exercise=True)
    desk = Desk([live, exercise], staff, site="http://127.0.0.1:8000").start()
    yield desk
    desk.stop()


def sms(text: str, to: str = "+9613123456", number: int = 0) -> CapturedSms:
    return CapturedSms(NOW.replace(minute=number), f"id{number}", to, "ABROAD", text, "r", 600)


def mail(to: str, text: str, subject: str = "A message") -> CapturedMail:
    content = f"From: a@abroad.example\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{text}\r\n"
    return CapturedMail(NOW, "b@bounces.example", (to,), content.encode())


def get(desk: Desk, path: str = "/", host: str = "") -> tuple[int, str, dict[str, str]]:
    return ask(desk, "GET", path, host=host)


def ask(
    desk: Desk, method: str, path: str, body: str = "", host: str = ""
) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection(ADDRESS, desk.port, timeout=20)
    try:
        connection.request(method, path, body, {"Host": host or f"{ADDRESS}:{desk.port}"})
        response = connection.getresponse()
        return response.status, response.read().decode(), dict(response.getheaders())
    finally:
        connection.close()


def test_an_empty_desk_says_so(desk: Desk) -> None:
    assert "Nothing has arrived yet." in get(desk)[1]


def test_messages_are_shown_newest_first_with_working_links(desk: Desk) -> None:
    desk.outsides[0].sms_gateway.messages.add(sms(f"Are you safe? {LINK}."))
    desk.outsides[0].sms_gateway.messages.add(sms("newer", number=1))
    page = get(desk)[1]
    assert page.index("newer") < page.index("Are you safe?")
    assert f'<a href="{LINK}">{LINK}</a>.' in page


def test_what_arrived_cannot_become_markup(desk: Desk) -> None:
    evil = '<script>alert(1)</script>"><img src=x>'
    desk.outsides[0].sms_gateway.messages.add(sms(evil, to=evil))
    desk.outsides[0].mailbox.messages.add(mail("a@post.example", evil, subject=evil))
    desk.outsides[0].sms_gateway.messages.add(sms('http://x.example/"onclick="a'))
    page = get(desk, f"/?to={urlencode({'': evil})[1:]}")[1] + get(desk)[1]
    assert "<script" not in page
    assert "<img" not in page
    assert '"onclick' not in page


def test_messages_can_be_narrowed_to_a_recipient(desk: Desk) -> None:
    desk.outsides[0].mailbox.messages.add(mail("amal@post.example", "for Amal"))
    desk.outsides[0].mailbox.messages.add(mail("bela@post.example", "for Bela"))
    page = get(desk, "/?to=AMAL")[1]
    assert "for Amal" in page
    assert "for Bela" not in page


def test_exercises_are_marked(desk: Desk) -> None:
    desk.outsides[0].sms_gateway.messages.add(sms("real"))
    assert "Exercise</strong>" not in get(desk)[1]
    desk.outsides[1].sms_gateway.messages.add(sms("drill"))
    assert get(desk)[1].count("Exercise</strong>") == 1


def test_a_mail_can_be_read_as_it_came(desk: Desk) -> None:
    desk.outsides[1].mailbox.messages.add(mail("a@post.example", "text"))
    status, content, headers = get(desk, "/mail/1/1")
    assert status == 200
    assert content.startswith("From: a@abroad.example")
    assert headers["Content-Type"].startswith("text/plain")
    assert get(desk, "/mail/0/1")[0] == get(desk, "/mail/9/1")[0] == 404


def test_the_codes_are_those_the_product_takes(desk: Desk) -> None:
    page = get(desk)[1]
    match = re.search(r'odette@meridia\.example</td><td class="code">(\d{6})</td>', page)
    assert match is not None
    assert validate_totp_code(SECRET, match[1])


def test_answering_as_a_phone(desk: Desk) -> None:
    gateway = desk.outsides[1].sms_gateway
    gateway.messages.add(sms("Are you safe?"))
    form = {"token": desk.token, "place": "1", "phone": "+9613123456", "text": "نعم"}
    status, _, headers = ask(desk, "POST", "/reply", urlencode(form))
    assert (status, headers["Location"]) == (303, "/")
    assert [(reply.sender, reply.recipient, reply.text) for reply in gateway.replies] == [
        ("+9613123456", "ABROAD", "نعم")
    ]
    assert "نعم" in get(desk)[1]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"token": "forged"}, 403),
        ({"phone": "+4915112345678"}, 404),
        ({"place": "7"}, 404),
        ({"place": "-1"}, 404),
    ],
)
def test_a_form_from_elsewhere_or_for_an_unknown_phone_is_refused(
    desk: Desk, changes: dict[str, str], status: int
) -> None:
    desk.outsides[0].sms_gateway.messages.add(sms("Are you safe?"))
    form = {"token": desk.token, "place": "0", "phone": "+9613123456", "text": "1", **changes}
    assert ask(desk, "POST", "/reply", urlencode(form))[0] == status
    assert len(desk.outsides[0].sms_gateway.replies) == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_name_for_this_machine_is_refused(desk: Desk, method: str) -> None:
    path = "/" if method == "GET" else "/reply"
    form = urlencode({"token": desk.token, "place": "0", "phone": "+1", "text": "1"})
    assert ask(desk, method, path, form, host="evil.example")[0] == 403


def test_the_page_may_load_nothing_but_its_own_style(desk: Desk) -> None:
    headers = get(desk)[2]
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert get(desk, "/desk.css")[2]["Content-Type"].startswith("text/css")
    assert get(desk, "/../desk.py")[0] == 404


def test_the_form_works_in_a_browser(desk: Desk, browser: Browser) -> None:
    desk.outsides[0].sms_gateway.messages.add(sms("Are you safe?"))
    page = browser.new_page(java_script_enabled=False)
    page.goto(desk.url)
    page.get_by_label("Answer as this phone").fill("SAFE")
    page.get_by_role("button", name="Send").click()
    assert page.get_by_role("heading", name="SMS sent back").count() == 1
    page.close()
    assert [reply.text for reply in desk.outsides[0].sms_gateway.replies] == ["SAFE"]
