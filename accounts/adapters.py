"""How allauth is bent to our rules: no sign-up, plain words, second-factor secrets sealed."""

from __future__ import annotations

import base64
import io
import time
from typing import Any, ClassVar

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from encryption.keyring import keyring


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Staff accounts are made by an administrator only."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "This e-mail address and password do not belong together. Check both."
        ),
        "enter_current_password": _("This is not your password of today."),
        "incorrect_password": _("This is not your password."),
        "rate_limited": _("There were too many tries. Wait five minutes, then try again."),
        "too_many_login_attempts": _(
            "There were too many tries. Wait five minutes, then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address for the sign-in throttle; it is not stored.

        "" where there is none, as behind a socket without a trusted proxy.
        """
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return ""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Per account and address: somebody far away must not be able to keep an officer out
        # by typing wrong passwords for them.
        account = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{account}:{self.get_client_ip(request)}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return where a changed password leads."""
        return reverse("mfa_index")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again, unless the sign-in itself was minutes ago."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        records = get_authentication_records(self.request, self.request.user)
        if not required or not records:
            return required
        return bool(time.time() - records[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


class SealingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second-factor secrets are sealed like everything else worth stealing."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or it is too old. Enter the newest one."),
    }

    def encrypt(self, text: str) -> str:
        """Return the text sealed under the system's key, in base64."""
        sealed = keyring().seal_for_system("second-factor", text.encode())
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return what `encrypt` was given; raises SealError for anything else."""
        sealed = base64.b64decode(encrypted_text)
        return keyring().open_for_system("second-factor", sealed).decode()

    def is_mfa_enabled(self, user: AbstractBaseUser, types: list[str] | None = None) -> bool:
        """Tell whether the user has a second factor; spare codes alone are none."""
        return bool(super().is_mfa_enabled(user, types or [Authenticator.Type.TOTP]))

    def build_totp_svg(self, url: str) -> str:
        """Return the picture that an authenticator app scans, as SVG without any style."""
        drawn = io.BytesIO()
        segno.make(url, error="m", micro=False).save(
            drawn, kind="svg", scale=5, border=4, light="#fff", xmldecl=False
        )
        return drawn.getvalue().decode("utf-8")
