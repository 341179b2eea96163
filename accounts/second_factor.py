"""Codes of authenticator apps: right once, and never a second time."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.core.cache import cache

from accounts.models import StaffUser
from encryption.digests import keyed_hex

# A code is good for its own half minute and the ones around it.
_CODE_LIFE_SECONDS = 120


def take_code(user: StaffUser, code: str) -> bool:
    """Tell whether a code is used for the first time, and remember it.

    Whoever reads it over a shoulder comes too late.
    """
    name = keyed_hex("second-factor-code", f"{user.pk}|{code}")
    return bool(cache.add(f"second-factor-used:{name}", 1, timeout=_CODE_LIFE_SECONDS))


def is_app_code(user: StaffUser, code: str) -> bool:
    """Tell whether a code is the one a user's app shows now, and take it."""
    app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return app is not None and bool(app.wrap().validate_code(code)) and take_code(user, code)
