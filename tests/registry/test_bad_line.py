"""Registering on a line that breaks: nothing is lost, nobody is registered twice or by half."""

from __future__ import annotations

import http.client
import random
import re
import socket
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from consent.models import LiveConsent
from registry.models import ContactPoint, Registrant, RegistrationDraft, Stay
from tests import people
from tests.registry.portal_visits import WHERE, WHO

pytestmark = pytest.mark.django_db(transaction=True)

REGISTRATIONS = 25
CUTS_PER_SCREEN = 2
CONSENTS = {"consent_crisis_alert_sms": "on", "consent_crisis_alert_email": "on"}


class Phone:
    """A browser without JavaScript whose line can be cut anywhere."""

    def __init__(self, origin: str, chance: random.Random) -> None:
        parts = urlsplit(origin)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.cookies: SimpleCookie = SimpleCookie()
        self.chance = chance

    def get(self, path: str) -> str:
        return self._ask("GET", path, "")[1]

    def send(self, path: str, fields: dict[str, Any]) -> int:
        return self._ask("POST", path, urlencode(fields, doseq=True))[0]

    def send_and_break(self, path: str, fields: dict[str, Any]) -> None:
        """Begin to send a form; the line breaks on the way there or on the way back."""
        body = urlencode(fields, doseq=True).encode()
        whole = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Cookie: {self._cookie()}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body
        with socket.create_connection((self.host, self.port), timeout=10) as line:
            if self.chance.random() < 0.3:
                line.sendall(whole)
                line.recv(self.chance.randrange(1, 200))
            else:
                # Mostly within the form itself: that is where half of it could be taken for all.
                first = len(whole) - len(body) if self.chance.random() < 0.8 else 1
                line.sendall(whole[: self.chance.randrange(first, len(whole))])
                line.shutdown(socket.SHUT_WR)
                line.recv(65536)

    def _ask(self, method: str, path: str, body: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        headers = {"Cookie": self._cookie()}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(value)
        connection.close()
        return answer.status, text

    def _cookie(self) -> str:
        return "; ".join(f"{name}={each.value}" for name, each in self.cookies.items())


def token_in(page: str) -> dict[str, str]:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None
    return {"csrfmiddlewaretoken": found[1]}


def send_at_last(phone: Phone, path: str, fields: dict[str, Any]) -> int:
    """Send a form as somebody does whose line broke: the same again, until it goes through."""
    with_token = {**token_in(phone.get(path)), **fields}
    for _ in range(CUTS_PER_SCREEN):
        phone.send_and_break(path, with_token)
    page = phone.get(path)
    if "csrfmiddlewaretoken" in page:
        with_token = {**token_in(page), **fields}
    return phone.send(path, with_token)


def test_a_line_that_breaks_a_hundred_times_loses_nothing_and_doubles_nothing(
    live_server: Any,
) -> None:
    people.load_posts()
    chance = random.Random(6)
    for number in range(REGISTRATIONS):
        phone = Phone(live_server.url, chance)
        mobile, mail = f"+9617012{number:04d}", f"amal{number}@mail.example"
        where = {**WHERE, "phone": mobile, "email": mail}
        assert send_at_last(phone, "/register/", where) == 302
        who = {**WHO, "given_names": f"Amal {number}", **CONSENTS}
        assert send_at_last(phone, "/register/who/", who) == 302
    assert Registrant.objects.count() == REGISTRATIONS
    assert Stay.objects.count() == REGISTRATIONS
    assert ContactPoint.objects.count() == 2 * REGISTRATIONS
    # Not one of them by half: the last fields of the form are there, and the first as well.
    assert LiveConsent.objects.count() == 2 * REGISTRATIONS
    for person in Registrant.objects.all():
        stay = person.stays.get()
        assert (person.family_names, person.passport_number) == ("Haddad", "AB1234567")
        assert (stay.area_id, stay.place) == ("LB-BA", "Hamra, second street")
    # What was begun twice while no answer came back is nobody, and goes by itself.
    assert RegistrationDraft.objects.count() <= CUTS_PER_SCREEN * REGISTRATIONS
