"""How allauth is bent to our rules: no sign-up, second-factor secrets sealed."""

from __future__ import annotations

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from encryption.keyring import keyring


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Staff accounts are made by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # Only for the sign-in throttle; it is not stored.
        return str(request.META.get("REMOTE_ADDR", ""))


class SealingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second-factor secrets are sealed like everything else worth stealing."""

    def encrypt(self, text: str) -> str:
        sealed = keyring().seal_for_system("second-factor", text.encode())
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text)
        return keyring().open_for_system("second-factor", sealed).decode()

