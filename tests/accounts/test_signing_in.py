"""Staff sign in with a password and a second factor, and with nothing less."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import Role
from audit.models import AuditEvent
from tests.accounts.signing_in import PASSWORD, code_of, give_app, sign_in
from tests.people import staff

pytestmark = pytest.mark.django_db


def test_password_and_code_lead_to_the_console() -> None:
    user = staff(Role.OFFICER)
    secret = give_app(user)
    client = Client()

    first = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert first.url == reverse("mfa_authenticate")  # type: ignore[attr-defined]
    assert client.get(reverse("console:people-find")).status_code == 302

    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    home = client.get(reverse("accounts:staff-home"))
    assert home.url == reverse("console:people-find")  # type: ignore[attr-defined]
    assert client.get(reverse("console:people-find")).status_code == 200
    assert AuditEvent.objects.filter(actor_id=user.pk, act="accounts.signed-in").count() == 1


@pytest.mark.parametrize("written", ["{a} {b}", "{a}-{b}", " {a}{b} ", "arabic"])
def test_a_code_is_taken_in_any_usual_writing(written: str) -> None:
    user = staff(Role.AUDITOR)
    secret = give_app(user)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    code = code_of(secret)
    if written == "arabic":
        typed = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    else:
        typed = written.format(a=code[:3], b=code[3:])
    client.post(reverse("mfa_authenticate"), {"code": typed})
    assert client.get(reverse("mfa_index")).status_code == 200


def test_a_code_works_once() -> None:
    user = staff(Role.AUDITOR)
    secret = give_app(user)
    code = code_of(secret)
    statuses = []
    for _ in range(2):
        client = Client()
        client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        statuses.append(client.post(reverse("mfa_authenticate"), {"code": code}).status_code)
    assert statuses == [302, 200]


def test_wrong_password_and_unknown_address_get_the_same_page() -> None:
    user = staff(Role.OFFICER)
    pages = []
    for email in (user.email, "nobody@meridia.example"):
        client = Client()
        response = client.post(reverse("account_login"), {"login": email, "password": "wrong one"})
        body = response.content.decode().replace(email, "")
        pages.append(re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken"|nonce)[^>]*', "", body))
        assert response.status_code == 200
    assert pages[0] == pages[1]


def test_three_hundred_colleagues_behind_one_address_sign_in() -> None:
    officers = [staff(Role.AUDITOR) for _ in range(300)]
    for user in officers:
        response = Client().post(
            reverse("account_login"), {"login": user.email, "password": PASSWORD}
        )
        assert response.status_code == 302


def test_guessing_one_account_from_one_address_is_stopped_and_elsewhere_it_stays_open() -> None:
    user = staff(Role.OFFICER)
    guesser = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(5):
        guesser.post(reverse("account_login"), {"login": user.email, "password": "a wrong guess"})
    stopped = guesser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "too many tries" in stopped.content.decode()

    own = Client(REMOTE_ADDR="198.51.100.7")
    response = own.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert response.status_code == 302


def test_guessing_codes_is_stopped() -> None:
    user = staff(Role.OFFICER)
    secret = give_app(user)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000 000 00"})
    stopped = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "too many tries" in stopped.content.decode()
    assert AuditEvent.objects.filter(act="accounts.second-factor-failed").count() == 5


def test_without_a_second_factor_every_console_leads_to_setting_one_up() -> None:
    user = staff(Role.OFFICER)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    for address in ("/console/", "/ministry/", "/staff/", "/console/looks/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response.url == reverse("mfa_activate_totp")  # type: ignore[attr-defined]


def test_a_second_factor_is_set_up_in_one_go_and_its_secret_never_lies_open() -> None:
    user = staff(Role.OFFICER)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert "style=" not in page.content.decode()
    assert client.get(reverse("mfa_activate_totp")).context["form"].secret == secret

    stored = [row.get_decoded() for row in Session.objects.all()]
    assert len(stored) == 1
    assert secret not in str(stored)

    response = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert response.url == reverse("mfa_view_recovery_codes")  # type: ignore[attr-defined]
    codes = client.get(reverse("mfa_view_recovery_codes"))
    assert codes.status_code == 200
    assert len(codes.context["unused_codes"]) == 10
    sealed = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert secret not in sealed
    assert client.get(reverse("console:people-find")).status_code == 200


def test_a_spare_code_replaces_the_app_once() -> None:
    user = staff(Role.AUDITOR)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    spare = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    statuses = []
    for _ in range(2):
        other = Client()
        other.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        statuses.append(other.post(reverse("mfa_authenticate"), {"code": spare}).status_code)
    assert statuses == [302, 200]


def test_signing_in_starts_the_working_day_anew() -> None:
    user = staff(Role.AUDITOR)
    client = Client()
    client.get(reverse("account_login"))
    session = client.session
    session["began_at"] = int(time.time()) - 7 * 3600
    session["seen_at"] = int(time.time())
    session.save()
    client.cookies["staff_session"] = str(session.session_key)
    sign_in(user, client=client)
    cookie = client.cookies["staff_session"].value
    began = Session.objects.get(session_key=cookie).get_decoded()["began_at"]
    assert time.time() - began < 60


def test_signing_out_has_the_browser_forget() -> None:
    client = sign_in(staff(Role.AUDITOR))
    response = client.post(reverse("account_logout"))
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(reverse("mfa_index")).status_code == 302
    assert AuditEvent.objects.filter(act="accounts.signed-out").count() == 1


def test_a_closed_account_is_out_on_its_next_request() -> None:
    user = staff(Role.AUDITOR)
    client = sign_in(user)
    user.is_active = False
    user.save()
    assert client.get(reverse("mfa_index")).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/staff/signup/",
        "/staff/email/",
        "/staff/confirm-email/",
        "/staff/password/reset/",
        "/staff/password/set/",
        "/staff/login/code/",
        "/staff/login/code/confirm/",
        "/staff/second-factor/recovery-codes/download/",
        "/staff/second-factor/webauthn/",
        "/staff/3rdparty/",
    ],
)
def test_pages_nobody_needs_are_not_there(address: str) -> None:
    assert Client().get(address).status_code == 404
    assert sign_in(staff(Role.AUDITOR)).get(address).status_code == 404


def test_nothing_leads_to_making_an_account() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "account_change_password",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "account_logout",
    ],
)
def test_every_sign_in_page_wears_our_look(name: str) -> None:
    response = sign_in(staff(Role.AUDITOR)).get(reverse(name))
    body = response.content.decode()
    assert response.status_code == 200
    assert "css/console.css" in body
    assert "style=" not in body
    assert "placeholder=" not in body


def test_the_sign_in_page_names_the_site_and_its_languages() -> None:
    user = staff(Role.AUDITOR)
    give_app(user)
    client = Client()
    pages = [client.get(reverse("account_login"))]
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    pages += [client.get(reverse("mfa_authenticate")), Client().get(reverse("account_inactive"))]
    for page in pages:
        assert page.status_code == 200
        assert page.context["site"].name == settings.SITE_NAME
        assert "العربية" in page.content.decode()


def test_a_password_is_changed_and_other_sessions_end() -> None:
    user = staff(Role.AUDITOR)
    client = sign_in(user)
    elsewhere = sign_in(user)
    response = client.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "heron basket thunder nine",
            "password2": "heron basket thunder nine",
        },
    )
    assert response.url == reverse("mfa_index")  # type: ignore[attr-defined]
    assert client.get(reverse("mfa_index")).status_code == 200
    assert elsewhere.get(reverse("mfa_index")).status_code == 302


def test_changing_the_second_factor_later_asks_for_the_password() -> None:
    user = staff(Role.AUDITOR)
    client = sign_in(user)
    key = client.cookies["staff_session"].value
    row = Session.objects.get(session_key=key)
    data = row.get_decoded()
    for entry in data["account_authentication_methods"]:
        entry["at"] -= 3600
    row.session_data = client.session.encode(data)
    row.save()
    response = client.get(reverse("mfa_deactivate_totp"))
    assert response.url.startswith(reverse("account_reauthenticate"))  # type: ignore[attr-defined]
    client.post(response.url, {"password": PASSWORD})  # type: ignore[attr-defined]
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
