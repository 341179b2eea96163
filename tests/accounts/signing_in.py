"""Signing staff in the way they do it: password, then a code from their app."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from accounts.models import StaffUser

PASSWORD = "a long password"


def give_app(user: StaffUser) -> str:
    """Set up an authenticator app for a user and return its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code an app shows, `steps` half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def sign_in(user: StaffUser, *, client: Client | None = None) -> Client:
    """Return a client whose user signed in with password and code."""
    client = client or Client()
    Authenticator.objects.filter(user=user).delete()
    secret = give_app(user)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    response = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert response.status_code == 302, "the sign-in did not go through"
    return client
