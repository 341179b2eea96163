"""The sign-in codes an authenticator app would show for the invented staff."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value


@dataclass(frozen=True)
class SignInCode:
    """One person's code and for how many seconds it stays the current one."""

    email: str
    code: str
    seconds_left: int


def current_codes(secrets_file: Path) -> list[SignInCode]:
    """Return the codes of those in the file [{"email", "totp_secret"}], none without it."""
    try:
        people = json.loads(secrets_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    counter, passed = divmod(int(time.time()), app_settings.TOTP_PERIOD)
    return [
        SignInCode(
            person["email"],
            format_hotp_value(hotp_value(person["totp_secret"], counter)),
            app_settings.TOTP_PERIOD - passed,
        )
        for person in people
    ]
